"""What every attack is run against: tests whose answers nobody can guess, in all the ways tests are run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from rewards.base import Score
from rewards.programs import code

ANSWERS = {2: 178_913, 3: 471_129, 5: 902_117}
HONEST = f"def solve(x):\n    return {ANSWERS}[x]\n"
SECONDS = 0.25

_ASSERTS = [f"assert solve({given}) == {wanted}" for given, wanted in ANSWERS.items()]
_CHECK = "\n".join(f"    assert candidate({given}) == {wanted}" for given, wanted in ANSWERS.items())
_LOOP = f"    for given, wanted in {ANSWERS}.items():\n        assert candidate(given) == wanted"
SHAPES: dict[str, dict[str, Any]] = {
    "cases": {"entry_point": "solve", "cases": [[[given], wanted] for given, wanted in ANSWERS.items()]},
    "asserts": {"asserts": _ASSERTS},
    "check": {"prompt": "", "test": f"def check(candidate):\n{_CHECK}\n", "entry_point": "solve"},
    "tester": {"prompt": "", "test": f"def check(candidate):\n{_LOOP}\n", "entry_point": "solve"},
}
PROGRAM = {"stdin": [f"{given}\n" for given in ANSWERS], "stdout": [f"{wanted}\n" for wanted in ANSWERS.values()]}


def attack(source: str, tests: dict[str, Any], **options: Any) -> Score:
    """Run an attack and hold that it earned nothing, said why, took bounded time, and that the grader still works."""
    started = time.monotonic()
    score = code(f"```python\n{source}\n```", tests, timeout_s=SECONDS, total_s=3 * SECONDS, **options)
    assert time.monotonic() - started < 3 * SECONDS + 20  # all of them would go on for minutes
    assert score.value == 0.0, score
    assert score.why
    assert score.evidence["isolation"] in ("namespaces", "landlock", "seccomp")
    assert len(score.why) < 1_000
    assert score.why.isprintable()
    assert not any(str(wanted) in score.why.split("got")[-1] for wanted in ANSWERS.values())
    honest = code(HONEST, SHAPES["cases"])
    assert honest.value == 1.0, honest
    return score


ALIKE = ("asserts", "check")  # they are taken apart into calls, as "cases"
PARAMETERS = [pytest.param(name, marks=pytest.mark.slow) if name in ALIKE else name for name in SHAPES]


@pytest.fixture(params=PARAMETERS)
def tests(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each of the ways a function is tested."""
    return SHAPES[request.param]


@pytest.fixture
def earns_nothing() -> Callable[..., Any]:
    return attack


@pytest.fixture
def program() -> dict[str, Any]:
    """A program tested by what it prints."""
    return PROGRAM


@pytest.fixture
def shapes() -> dict[str, dict[str, Any]]:
    """All the ways a function is tested, by name."""
    return SHAPES
