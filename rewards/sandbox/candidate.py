"""Inside the sandbox: run model-written code, and answer what is asked of it.

This is the untrusted side. Everything here shares an interpreter with the model's code, which may patch, forge or kill
any of it. That is no loss: expected results never come here, and the only thing a forged reply can say is another
value, which the other side compares as it would compare an honest one.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import operator
import os
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

from rewards.sandbox import frames, plain, preamble
from rewards.sandbox.passing import Received
from rewards.sandbox.waiting import self_pipes

SOLUTION = "<solution>"


def _awaited(coroutine: Any) -> object:
    import asyncio

    return asyncio.run(coroutine)


_OPERATIONS: dict[str, Callable[..., Any]] = {
    "get": lambda value: value,
    "call": lambda function, *arguments, **named: function(*arguments, **named),
    "getattr": getattr,
    "setattr": setattr,
    "len": len,
    "iter": iter,
    "next": next,
    "bool": bool,
    "str": str,
    "repr": repr,
    "int": int,
    "float": float,
    "getitem": operator.getitem,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
    "isinstance": lambda kind, value: isinstance(value, kind),
    "operator": lambda value, name, other: getattr(operator, f"__{name}__")(value, other),
    "await": _awaited,
}


def serve(fd: int) -> None:
    """Load a solution, then answer requests on `fd` until the other side closes it.

    First frame in: {"programs": [text, ...], "preamble": bool}; the first that compiles is run as a module. Answer:
    {"loaded": true} or {"error": [class, message]}. Then one frame per request, see `_Server.answer`.
    """
    job = frames.receive(fd)
    module = types.ModuleType("solution")
    sys.modules["solution"] = module
    try:
        _run(job, module)
    except BaseException as error:  # noqa: BLE001  whatever the model's code raises
        frames.send(fd, {"error": describe(error)})
        return
    frames.send(fd, {"loaded": True})
    server = _Server(fd, module.__dict__)
    while True:
        try:
            request = frames.receive(fd)
        except EOFError:
            return
        server.answer(request)


def run_program(fd: int) -> None:
    """Run a program as `__main__` on standard input and output; say on `fd` how it ended.

    {"ended": true} after its last line or sys.exit(), whatever the status (as LiveCodeBench);
    {"error": [class, message]} after an uncaught exception. The process then exits.
    """
    job = frames.receive(fd)
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    vars(builtins).update(open=_open)
    ended: dict[str, Any] = {"ended": True}
    try:
        with contextlib.suppress(SystemExit):
            _run(job, module)
        _finish()
    except BaseException as error:  # noqa: BLE001  whatever the model's code raises
        ended = {"error": describe(error)}
    frames.send(fd, ended)


_STREAMS = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}
_open_file = open


def _open(file: Any, *arguments: Any, **named: Any) -> Any:
    """`open`, for which the standard streams have their names; there is no such folder here."""
    return _open_file(_STREAMS.get(file, file) if type(file) is str else file, *arguments, **named)


def _finish() -> None:
    """What Python does after the last line of a program: wait for its threads, run its exit functions, flush."""
    threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001  what the interpreter itself calls
    atexit._run_exitfuncs()  # noqa: SLF001
    sys.stdout.flush()


def describe(error: BaseException) -> list[str]:
    """Class and message of an exception, with the line of the solution it came from."""
    kind = type(error).__name__[:100]
    try:
        message = str(error)[:300]
    except BaseException:  # noqa: BLE001  its __str__ is the model's code, too
        message = ""
    line = error.lineno if isinstance(error, SyntaxError) else None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == SOLUTION:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is not None and "line" not in message:
        message = f"{message} (line {line})" if message else f"line {line}"
    return [kind, message]


def _run(job: dict[str, Any], module: types.ModuleType) -> None:
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # what the module `site` would have put there
    self_pipes()
    with contextlib.suppress(OSError):
        os.chdir("/tmp")  # noqa: S108  a file system of its own, where it may write
    if job.get("preamble"):
        vars(builtins).update(preamble.usual_names())  # beside the solution's own, so that none passes for one of them
        module.__dict__.update(ListNode=preamble.ListNode, TreeNode=preamble.TreeNode)
    code = _compile(job["programs"])
    exec(code, module.__dict__)  # noqa: S102  this is what the sandbox is for


def _compile(programs: list[str]) -> types.CodeType:
    """The first program that compiles; else the error of the first."""
    problems: list[Exception] = []
    for program in programs:
        try:
            return compile(program, SOLUTION, "exec", dont_inherit=True)
        except (SyntaxError, ValueError, MemoryError, RecursionError, OverflowError) as error:
            problems.append(error)
    raise problems[0]


class _Server:
    """Requests on the objects of a loaded solution.

    {"id", "do": operation, "on": target, "args": tree, "kwargs": tree, "objects"?: [[class, tree of attributes], ...],
    "watch"?: true, "await"?: true} is answered by the same id and one of "value", "error": [class, message], "stop":
    true (the end of an iterator), and, when it was asked to watch, "args": the arguments after a call that changed
    them. A target is {"name": n} or {"ref": k}. Objects that are not plain data go out as references [k, class] and
    are kept here; those of the tests come in by value, and the reply to that request calls them by their place in
    "objects", and holds the attributes of those that changed.
    """

    def __init__(self, fd: int, names: dict[str, Any]) -> None:
        self.fd = fd
        self.names = names
        self.objects: list[object] = []
        self.numbers: dict[int, int] = {}

    def answer(self, request: dict[str, Any]) -> None:
        reply: dict[str, Any] = {"id": request["id"]}
        try:
            target = self.target(request["on"])
            given = Received(self, request.get("objects", ()))
            arguments = plain.decode(request.get("args", []), given.resolve)
            named = plain.decode(request.get("kwargs", {"d": []}), given.resolve)
            before = plain.dumps(request.get("args", [])) if request.get("watch") else b""
            value = _OPERATIONS[request["do"]](target, *arguments, **named)
            if request.get("await") and type(value) is types.CoroutineType:
                value = _awaited(value)
            reply["value"] = plain.encode(value, given.export if request.get("refs") else None)
            if before:
                after = plain.encode(arguments, given.export)
                if plain.dumps(after) != before:
                    reply["args"] = after
            if changed := given.changed():
                reply["objects"] = changed
        except StopIteration as error:
            reply |= {"stop": True} if request["do"] == "next" else {"error": describe(error)}
        except plain.NotPlain as error:
            reply["error"] = ["NotPlain", str(error)]
        except BaseException as error:  # noqa: BLE001  whatever the model's code raises
            reply["error"] = describe(error)
            reply["base"] = next((kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"), "")
        frames.send(self.fd, reply)

    def target(self, on: dict[str, Any]) -> object:
        if "ref" in on:
            return self.objects[on["ref"]]
        name = on["name"]
        if name in self.names:
            return self.names[name]
        if on.get("method") and isinstance(self.names.get("Solution"), type):
            return getattr(self.names["Solution"](), name)  # LeetCode: a fresh object for each call
        if on.get("builtin") and hasattr(builtins, name):
            return getattr(builtins, name)  # as a test beside the solution would find it
        raise NameError(f"name '{name}' is not defined")

    def export(self, value: object) -> plain.Tree:
        number = self.numbers.setdefault(id(value), len(self.objects))
        if number == len(self.objects):
            self.objects.append(value)
        return {"ref": [number, type(value).__name__[:60]]}

    def resolve(self, body: plain.Tree) -> object:
        if isinstance(body, dict):
            return self.callback(body["callback"])
        return self.objects[body]

    def callback(self, number: int) -> Callable[..., object]:
        """A function of the tests that was passed to the solution: calling it asks the other side."""

        def call(*arguments: object) -> object:
            frames.send(self.fd, {"callback": number, "args": plain.encode(list(arguments), self.export)})
            while True:
                message = frames.receive(self.fd)
                if "do" not in message:
                    break
                self.answer(message)
            if "error" in message:
                raise RuntimeError(message["error"])
            return plain.decode(message["value"], self.resolve)

        return call


def main(fd: int, role: str) -> None:
    """Be the candidate of one check."""
    (run_program if role == "program" else serve)(fd)
