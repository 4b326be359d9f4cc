"""The process in which a stranger's reward runs: reads calls from stdin, one JSON line each, and answers likewise."""

from __future__ import annotations

import asyncio
import base64
import inspect
import json
import os
import pickle
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from rewards.base import Reward, Score, load, signature_of
from rewards.composing import Composed
from rewards.redteaming.corpus import MARKER


def main() -> None:
    """Load the function named by the first line, tell what it is, then answer calls until stdin ends."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)  # what the reward prints must not look like an answer
    _limit_memory()
    first = json.loads(sys.stdin.readline())
    sys.path[:0] = [first["root"]] if first["root"] else []
    try:
        if first.get("pickled"):  # made by the user's own module in such a process, for one such process
            function = pickle.loads(base64.b64decode(first["pickled"]))  # noqa: S301
        else:
            function = getattr(import_module(first["module"]), first["name"])
        told = describe(function)
    except BaseException as error:  # noqa: BLE001 - whatever a stranger's module raises belongs in the answer
        print(json.dumps({"failed": _say(error)}), file=channel)
        return
    print(json.dumps(told), file=channel)
    for line in sys.stdin:
        call = json.loads(line)
        print(json.dumps(answer(function, call)), file=channel)


def describe(function: Any) -> dict[str, Any]:
    """Parameters, where the source lies, and the pickled function."""
    inner = load(function.entry.use) if isinstance(function, Reward) else inspect.unwrap(function)
    inner = getattr(inner, "func", inner)  # functools.partial
    if isinstance(function, Reward):
        parameters = [("completions", "POSITIONAL_OR_KEYWORD", False)]
        parameters += [(name, "KEYWORD_ONLY", False) for name in function.columns]
        if not isinstance(function, Composed):
            parameters += [(name, "KEYWORD_ONLY", True) for name in signature_of(function.entry.use).optional]
    else:
        signature = inspect.signature(function)
        parameters = [(p.name, p.kind.name, p.default is not p.empty) for p in signature.parameters.values()]
    named = inner if inspect.isroutine(inner) else type(inner)  # an object may have a __name__ of its own
    try:
        pickled, unpicklable = base64.b64encode(pickle.dumps(function)).decode(), ""
    except Exception as error:  # noqa: BLE001 - pickling runs the object's own code
        pickled, unpicklable = "", _say(error)
    return {
        "parameters": parameters,
        "source": inspect.getsourcefile(named),
        "function": named.__qualname__,
        "pickled": pickled,
        "unpicklable": unpicklable,
    }


def answer(function: Callable[..., Any], call: dict[str, Any]) -> dict[str, Any]:
    """The values of one call, or how it failed; and whether code in the answer ran."""
    try:
        result: dict[str, Any] = {"values": values_of(_run(function, call))}
    except BaseException as error:  # noqa: BLE001 - SystemExit of a reward is a finding, too
        result = {"error": _say(error)}
    ran = Path(MARKER).exists()
    if ran:
        Path(MARKER).rmdir() if Path(MARKER).is_dir() else Path(MARKER).unlink()
    return result | {"ran": ran}


def _run(function: Callable[..., Any], call: dict[str, Any]) -> Any:
    def direct() -> Any:
        result = function(*call["args"], **call["kwargs"])
        return asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result

    async def in_loop() -> Any:
        result = function(*call["args"], **call["kwargs"])
        return await result if inspect.isawaitable(result) else result

    if call["mode"] == "asyncio":
        return asyncio.run(in_loop())
    if call["mode"] != "thread":
        return direct()
    box: dict[str, Any] = {}

    def work() -> None:
        try:
            box["value"] = direct()
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            box["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join()
    if "error" in box:
        raise box["error"]
    return box["value"]


async def _awaited(result: Any) -> Any:
    return await result


def values_of(result: Any) -> list[float | None]:
    """The numbers in what a reward gave: a number, a Score, a dict of verl or OpenRLHF, a list or tensor of these."""
    if isinstance(result, dict):
        result = result["rewards"] if "rewards" in result else result["score"]
    if isinstance(result, Score):
        result = result.value
    if hasattr(result, "tolist"):
        result = result.tolist()
    if isinstance(result, list | tuple):
        return [value for one in result for value in values_of(one)]
    return [None if result is None else float(result)]


def _say(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _limit_memory(size: int = 4 << 30) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
