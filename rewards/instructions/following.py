"""The reward `ifeval`: does a response follow its instructions?"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from rewards.base import Score, did_you_mean
from rewards.extract import strip_thinking
from rewards.instructions.kinds import KINDS, REFUSED, Checker


def ifeval(
    completion: str,
    instruction_id_list: Sequence[str] | str,
    kwargs: Sequence[Mapping[str, Any] | None] | str,
    prompt: str = "",
    *,
    loose: bool = False,
    partial: bool = False,
) -> Score:
    """All instructions of the row are followed.

    Source: IFEval (arXiv 2311.07911), google-research `instruction_following_eval`: `test_instruction_following_strict`
    and `_loose`; the ids also with the prefix "en:". Also the instructions of IFBench (arXiv 2507.02833) that need no
    tagger or word list, and with the prefix "es:" those of M-IFEval in Spanish (arXiv 2502.04688). Thinking is taken
    off first. See `rewards.instructions` for the differences, `rewards.instructions.kinds` for the ids.

    kwargs: one mapping of arguments an instruction (nulls are left out). Both lists may be JSON text. prompt: for
    instructions to repeat the prompt that come without its text. loose: also try without the first line, without the
    last, and without asterisks. partial: the share of instructions that are followed.

    Range: 0 or 1, with `partial` [0, 1]; None when an instruction or an argument is unknown or missing.

    >>> score = ifeval("Hi, all", ["punctuation:no_comma", "length_constraints:number_words"],
    ...                [{}, {"num_words": 2, "relation": "at least"}], partial=True)
    >>> score.value, score.why
    (0.5, 'not followed: punctuation:no_comma (1 commas)')
    """
    try:
        checks = _checks(instruction_id_list, kwargs, prompt)
    except (ValueError, TypeError) as error:
        return Score(None, f"the instructions cannot be read: {error}")
    response = strip_thinking(completion)
    variants = [variant for variant in (_loose(response) if loose else [response]) if variant.strip()]
    problems = [_problem(checker, arguments, variants) for _, checker, arguments in checks]
    failed = [f"{name} ({problem})" for (name, _, _), problem in zip(checks, problems, strict=True) if problem]
    share = (len(checks) - len(failed)) / len(checks)
    evidence = {"followed": [[name, not problem] for (name, _, _), problem in zip(checks, problems, strict=True)]}
    why = f"not followed: {'; '.join(failed)}" if failed else "every instruction is followed"
    return Score(share if partial else float(not failed), why, evidence)


def _problem(checker: Checker, arguments: Mapping[str, Any], variants: Sequence[str]) -> str:
    """What is wrong with every variant (said of the first); "" when one of them follows."""
    first = "the response is empty"
    for at, variant in enumerate(variants):
        problem = checker(variant, **arguments)
        if not problem:
            return ""
        first = first if at else problem
    return first


def _loose(response: str) -> Iterator[str]:
    lines = response.split("\n")
    for cut in (lines, lines[1:], lines[:-1], lines[1:-1]):
        text = "\n".join(cut)
        text = text if cut is lines else text.strip()
        yield text
        if "*" in text:
            yield text.replace("*", "")


def _checks(
    ids: Sequence[str] | str, kwargs: Sequence[Mapping[str, Any] | None] | str, prompt: str
) -> list[tuple[str, Checker, dict[str, Any]]]:
    """The checkers and their arguments. Raises ValueError, saying what is unknown or missing."""
    ids = json.loads(ids) if isinstance(ids, str) else ids
    given = json.loads(kwargs) if isinstance(kwargs, str) else kwargs
    if not len(ids):
        raise ValueError("instruction_id_list is empty")
    if len(ids) != len(given):
        raise ValueError(f"{len(ids)} instructions, but {len(given)} kwargs")
    checks = []
    for name, values in zip(ids, given, strict=True):
        checker = KINDS.get(name) or KINDS.get(name.removeprefix("en:"))
        if name in REFUSED:
            raise ValueError(f"IFBench's '{name}' is not judged: {REFUSED[name]}")
        if checker is None:
            raise ValueError(f"unknown instruction '{name}'{did_you_mean(name, list(KINDS))}")
        arguments = {key: value for key, value in (values or {}).items() if value is not None}
        if "prompt_to_repeat" in _arguments(checker) and prompt:
            arguments.setdefault("prompt_to_repeat", prompt)
        missing = [key for key in _arguments(checker) if key not in arguments]
        if missing:
            raise ValueError(f"{name} lacks {', '.join(missing)}")
        checks.append((name, checker, {key: arguments[key] for key in _arguments(checker)}))
    return checks


@cache
def _arguments(checker: Checker) -> tuple[str, ...]:
    return tuple(inspect.signature(checker).parameters)[1:]
