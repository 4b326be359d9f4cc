"""Tests in functions and classes, as pytest and unittest collect them: what they say of a program."""

from __future__ import annotations

import pytest

from rewards.programs import code

MEAN = """
class EmptyError(ValueError):
    pass

def mean(xs):
    if not xs:
        raise EmptyError("an empty list")
    return sum(xs) / len(xs)
"""
PYTEST = """
import pytest
from solution import EmptyError, mean

@pytest.fixture
def data():
    return [1, 2, 4]

@pytest.mark.parametrize("xs, wanted", [([1, 2], 1.5), ([0.1, 0.2], 0.15)])
def test_values(xs, wanted):
    assert mean(xs) == pytest.approx(wanted)

def test_fixture(data):
    assert abs(mean(data) - 7 / 3) < 1e-9

@pytest.mark.parametrize("error", [ValueError, EmptyError])
def test_errors(error):
    with pytest.raises(error, match="empty"):
        mean([])

class TestOne:
    def setup_method(self):
        self.xs = [3]

    def test_one(self):
        assert mean(self.xs) == 3
"""
UNITTEST = """
import unittest

class TestCases(unittest.TestCase):
    def setUp(self):
        self.xs = [1, 2, 3]

    def test_values(self):
        self.assertEqual(mean(self.xs), 2)
        self.assertAlmostEqual(mean([0.1, 0.2]), 0.15)
        self.assertTrue(mean([1, 2]) > 1)

    def test_errors(self):
        with self.assertRaises(ValueError):
            mean([])

if __name__ == "__main__":
    unittest.main()
"""
EITHER = pytest.mark.parametrize("tests", [PYTEST, UNITTEST], ids=["pytest", "unittest"])
WRONG = {
    "another value": MEAN.replace("/ len", "// len"),
    "no error": MEAN.replace("raise EmptyError", "return len"),
    "always an error": MEAN.replace("if not xs", "if True"),
    "an end where an error is expected": "import os\n" + MEAN.replace("raise EmptyError", "os._exit"),
    "an end of the iteration": "class EmptyError(ValueError): pass\ndef mean(xs): raise StopIteration",
    "tests of its own": MEAN.replace("/ len", "// len") + "\ndef test_values(): assert True\ndef test_errors(): pass",
    "a pytest of its own": "import sys, types\nsys.modules['pytest'] = types.ModuleType('pytest')\n"
    + MEAN.replace("/ len", "// len"),
    "an object for all": """
class EmptyError(ValueError): pass
class Any(float):
    __eq__ = __gt__ = lambda *_: True
    __sub__ = __rsub__ = lambda *_: 0
    __hash__ = None
def mean(xs):
    if not xs: raise EmptyError('empty')
    return Any(9)
""",
    "words of another verdict": MEAN.replace("if not xs", "if True").replace(
        'EmptyError("an empty list")', "TypeError('catching classes that do not inherit from BaseException')"
    ),
    "a skip": "import unittest\nclass EmptyError(unittest.SkipTest): pass\ndef mean(xs): raise EmptyError('empty')",
    "nothing": "",
}


@EITHER
def test_a_right_program_passes(tests: str) -> None:
    score = code(f"Here:\n```python\n{MEAN}```\nUse it so:\n```python\nprint(mean([1]))\n```", {"test": tests})
    assert score.value == 1.0, score


@EITHER
@pytest.mark.parametrize("program", WRONG)
def test_a_wrong_one_earns_nothing(program: str, tests: str) -> None:
    score = code(f"```python\n{WRONG[program]}\n```", {"test": tests})
    assert score.value == 0.0, score


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("from solution import mean\ndef test_a(capsys):\n    assert mean([1]) == 1", "capsys"),
        ("from unittest.mock import patch\ndef test_a():\n    assert mean([1]) == 1", "mock"),
        ("import sys\ndef test_a():\n    sys.stdout = None\n    assert mean([1]) == 1", "sys.stdout"),
        ("def test_a(server):\n    assert mean([1]) == 1", "fixture server"),
        ("import pytest\n@pytest.mark.skip\ndef test_a():\n    assert mean([1]) == 1", "assert nothing"),
        ("import pytest\ndef test_a():\n    assert pytest.warns(UserWarning, mean, [1])", "pytest.warns"),
        ("from mine import mean\ndef test_a():\n    assert mean([1]) == 1", "mine"),
        ("import tempfile\ndef test_a():\n    assert mean([1]) == 1", "tempfile"),
        ("def test_a():\n    open('x', 'w').close()\n    assert mean([1]) == 1", "open"),
        ("def helper():\n    assert mean([1]) == 1", "assert nothing"),
    ],
)
def test_what_cannot_be_told_from_another_process_is_no_verdict(test: str, reason: str) -> None:
    score = code(MEAN, {"test": test})
    assert score.value is None
    assert reason in score.why


def test_a_share_of_collected_tests_counts_asserts() -> None:
    tests = "def test_a():\n    assert mean([2]) == 2\n\ndef test_b():\n    assert mean([1, 2]) == 1.5\n"
    assert code(WRONG["another value"], {"test": tests}, partial=True).value == 0.5


ASYNC = "import asyncio\nasync def twice(x):\n    await asyncio.sleep(0)\n    return 2 * x\n"


@pytest.mark.parametrize(
    "tests",
    [
        {"entry_point": "twice", "cases": [[[2], 4]]},
        {"asserts": ["import asyncio\nassert asyncio.run(twice(2)) == 4"]},
        {"test": "import pytest\n@pytest.mark.asyncio\nasync def test_a():\n    assert await twice(2) == 4"},
        {"test": "import asyncio\nasync def test_a():\n    assert await asyncio.gather(twice(1), twice(2)) == [2, 4]"},
    ],
)
def test_async_functions_are_awaited_where_they_run(tests: dict[str, object]) -> None:
    assert code(ASYNC, tests).value == 1.0
    assert code(ASYNC.replace("2 *", "3 *"), tests).value == 0.0


def test_asyncio_runs_without_sockets() -> None:
    program = (
        "import asyncio\nasync def main():\n    print(await asyncio.to_thread(lambda: 1 + 1))\nasyncio.run(main())"
    )
    assert code(program, {"stdin": [""], "stdout": ["2"]}).value == 1.0


def test_a_method_may_be_the_entry_point() -> None:
    right = "class Solution:\n    def order(self, nums: List[int]) -> List[int]:\n        return sorted(nums)\n"
    for body in (
        "assert candidate(nums=[2, 1]) == [1, 2]",
        "for n in (1, 2):\n        assert candidate([n, 0]) == [0, n]",
    ):
        tests = {"prompt": "from typing import *\n", "test": f"def check(candidate):\n    {body}\n"}
        for name in ("Solution().order", "Solution.order"):
            assert code(right, {**tests, "entry_point": name}).value == 1.0
            assert code(right.replace("sorted(nums)", "nums"), {**tests, "entry_point": name}).value == 0.0


def test_days_and_context_managers_cross() -> None:
    days = "from datetime import timedelta\ndef after(day): return day + timedelta(days=1)\n"
    tests = {"asserts": ["from datetime import date\nassert after(date(2024, 2, 28)) == date(2024, 2, 29)"]}
    assert code(days, tests).value == 1.0
    assert code(days.replace("days=1", "days=2"), tests).value == 0.0
    managed = "from contextlib import contextmanager\n@contextmanager\ndef five():\n    yield 5\n"
    tests = {"asserts": ["with five() as got:\n    assert got == 5"]}
    assert code(managed, tests).value == 1.0
    assert code(managed.replace("yield 5", "yield 6"), tests).value == 0.0


VECTOR = """
class V:
    def __init__(self, x, y): self.x, self.y = x, y
    def __add__(self, other): return V(self.x + other.x, self.y + other.y)
    def __mul__(self, other): return self.x * other.x + self.y * other.y
    def __sub__(self, other): return 0
    def __repr__(self): return f"V({self.x}, {self.y})"
"""


def test_an_operator_between_objects_gives_a_third_and_no_value() -> None:
    tests = {"asserts": ["assert repr(V(1, 2) + V(3, 4)) == 'V(4, 6)'\nassert (V(1, 2) + V(0, 1)).y == 3"]}
    assert code(VECTOR, tests).value == 1.0
    assert code(VECTOR.replace("self.y + other.y", "self.y"), tests).value == 0.0
    for tested in ("V(1, 2) - V(3, 4) == 0", "abs(V(1, 2) - 3) < 1", "V(1, 2) * V(3, 4) == 11", "V(1, 2) + 3 == 3"):
        assert code(VECTOR, {"asserts": [f"assert {tested}"]}).value == 0.0
