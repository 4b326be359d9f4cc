"""The `code` reward: run a completion's program against the row's tests, in the sandbox.

kinds       what tests are: programs, calls, asserts
shapes      the forms they come in
packed      LiveCodeBench's private ones
extracting  the program in a completion
splitting   asserts as calls and expected values
comparing   what counts as the same result
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial as bind
from typing import Any

from rewards import sandbox
from rewards.base import Score
from rewards.programs import shapes
from rewards.programs.comparing import text_problem, value_problem
from rewards.programs.extracting import defines, programs
from rewards.programs.kinds import Asserts, Calls, Programs, Tests, Unreadable
from rewards.programs.parsing import is_program
from rewards.programs.splitting import Expectation, split
from rewards.sandbox import Call, Limits, Outcome, Run, Sandbox, Solution, plain

ANSWER_SPARE = 1 << 16
_CALLED = re.compile(r"\b([A-Za-z_]\w*)\(")
MOST_CALLED = 100  # names in the tests of a row


def code(
    completion: str,
    tests: Any,
    *,
    partial: bool = False,
    timeout_s: float = 10.0,
    total_s: float = 60.0,
    memory_mb: int = 1024,
    tolerance: float = 1e-6,
    modules: Sequence[str] = (),
    min_level: str = "seccomp",
    unsafe_exec: bool = False,
) -> Score:
    r"""Whether a program passes its tests; with `partial` the share of them it passes.

    After the graders of HumanEval, MBPP, APPS, TACO and LiveCodeBench, with one difference in kind: expected results
    never enter the process that runs the model's code (`rewards.sandbox`), so objects that lie about equality, stolen
    answers and forged verdicts earn nothing. Assert-style tests mean what they mean in Python (`1 == True` holds), but
    on plain data; for the other shapes see `rewards.programs.comparing`.

    tests: one of the shapes of `rewards.programs.shapes`. timeout_s: wall time of one test. total_s: of all of them; a
    hang ends the row. tolerance: for floats, 0 for exact. modules: third-party packages a program may import.
    min_level: the weakest isolation to accept (`rewards.sandbox.LEVELS`); unsafe_exec accepts none at all.
    Range 0 to 1. A program that fails, crashes or runs out of time earns 0 with the first reason; None when the tests
    are unreadable or the sandbox refuses. evidence: isolation, tests passed and total.

    >>> code("def double(x): return 2 * x", {"entry_point": "double", "cases": [[[4], 8]]}).value
    1.0
    >>> code("```python\nprint(input())\n```", {"stdin": ["3"], "stdout": ["4"]}).why
    "test 1 of 1: line 1: expected '4', got '3'"
    """
    limits = Limits(timeout_s, total_s, memory_mb)
    try:
        place = sandbox.open_sandbox(modules=modules)
        level = sandbox.require(place, min_level, unsafe_exec=unsafe_exec)
        outcome = _check(place, completion, shapes.read(tests), limits, tolerance, partial=partial)
    except (Unreadable, sandbox.Refused, sandbox.Lost, plain.NotPlain) as error:
        return Score(None, str(error))
    evidence = {"isolation": level, "passed": outcome.passed, "total": outcome.total, **outcome.evidence}
    if not outcome.decided:
        return Score(None, outcome.why, evidence)
    if partial:
        why = outcome.why or f"{outcome.passed} of {outcome.total} tests pass"
        return Score(outcome.passed / max(outcome.total, 1), why, evidence)
    passed = not outcome.why and outcome.passed == outcome.total > 0
    return Score(float(passed), f"{outcome.total} of {outcome.total} tests pass" if passed else outcome.why, evidence)


def code_batch(completions: Sequence[str], tests: Sequence[Any], **options: Any) -> list[Score]:
    """`code` for many completions, each with its tests, as many at a time as there are cores."""
    if not isinstance(tests, list) or len(tests) != len(completions):
        raise TypeError("code_batch needs the tests of each completion")
    size = sandbox.open_sandbox(modules=options.get("modules", ())).size
    with ThreadPoolExecutor(size) as threads:
        return list(threads.map(bind(code, **options), completions, tests))


def _check(
    place: Sandbox, completion: str, tests: Tests, limits: Limits, tolerance: float, *, partial: bool
) -> Outcome:
    if isinstance(tests, Programs):
        solution = Solution(programs(completion, "", ""), preamble=True)
        runs = [Run(given, bind(_text_judge, wanted, tolerance)) for given, wanted in tests.runs]
        return sandbox.run_programs(place, solution, runs, limits, partial=partial)
    if isinstance(tests, Calls):
        name = _method(tests.entry_point)
        solution = Solution(programs(completion, "", _wanted(completion, name)), preamble=True)
        calls = [_call(name, case, tests.boxed, tolerance) for case in tests.cases]
        return sandbox.run_calls(place, solution, calls, limits, partial=partial)
    return _check_asserts(place, completion, tests, limits, partial=partial)


def _check_asserts(place: Sandbox, completion: str, tests: Asserts, limits: Limits, *, partial: bool) -> Outcome:
    whole = "\n".join(tests.sources)
    method = _method(tests.entry_point)
    bare = not tests.entry_point and not tests.setup and len(tests.sources) == 1  # LeetCode: a script about a class
    name = "Solution" if method != tests.entry_point or (bare and "Solution" in whole) else method
    parts = [] if tests.setup else [split(source, method) for source in tests.sources]
    found = [expectation for part in parts if part for expectation in part]
    name = name or (found[0].name if found else _defined(completion, whole))
    solution = Solution(programs(completion, tests.prompt, name), preamble=bare or name == "Solution")
    if parts and all(parts):
        under_test = method or name
        return sandbox.run_calls(
            place, solution, [_asserted(one, under_test) for one in found], limits, partial=partial
        )
    sources = [tests.setup, *tests.sources]
    if tests.entry_point and "def check(" in whole:
        sources.append(f"check(Solution().{method})" if method != tests.entry_point else f"check({method})")
    job = {
        "helpers": tests.prompt if is_program(tests.prompt) else "",
        "tests": sources,
        "entry_point": name if method != tests.entry_point else tests.entry_point,
        "partial": partial,
    }
    return sandbox.run_tests(place, solution, job, limits)


def _defined(completion: str, tests: str) -> str:
    """The first name the tests call that the completion defines."""
    called = list(dict.fromkeys(_CALLED.findall(tests)))[:MOST_CALLED]
    return next((name for name in called if defines(completion, name)), "")


def _method(entry_point: str) -> str:
    """A function's name, or that of a method of LeetCode's class: `Solution().f`."""
    return entry_point.removeprefix("Solution().").removeprefix("Solution.")


def _call(name: str, case: tuple[list[Any], dict[str, Any], Any], boxed: bool, tolerance: float) -> Call:
    arguments, named, expected = case
    size = len(plain.dumps(plain.encode(expected)))
    judge = bind(_boxed_judge if boxed else _value_judge, expected, tolerance)
    return Call(name, arguments, named, judge, ANSWER_SPARE + 4 * size, awaited=True)


def _asserted(one: Expectation, name: str) -> Call:
    """name: what is under test, and so must be the solution's own even where Python has a function of that name."""
    size = len(plain.dumps(plain.encode(one.expected)))
    return Call(one.name, one.arguments, one.named, one.judge, ANSWER_SPARE + 4 * size, builtin=one.name != name)


def _wanted(completion: str, name: str) -> str:
    """What a call-based solution defines: the function, or LeetCode's class."""
    return "Solution" if "class Solution" in completion else name


def _text_judge(expected: str, tolerance: float, got: str) -> str:
    return text_problem(got, expected, tolerance)


def _value_judge(expected: Any, tolerance: float, got: Any) -> str:
    return value_problem(got, expected, tolerance)


def _boxed_judge(expected: Any, tolerance: float, got: Any) -> str:
    problem = value_problem(got, expected, tolerance)
    if problem and isinstance(expected, list) and len(expected) == 1:
        return value_problem(got, expected[0], tolerance) and problem
    return problem
