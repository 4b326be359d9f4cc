"""The `code` reward: shapes of tests, programs in completions, what counts as equal, and real data with labels."""


# Programs stand on one line each, as a table.
# ruff: noqa: E501

from __future__ import annotations

import base64
import json
import pickle
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewards
from rewards.programs import code, code_batch, shapes
from rewards.programs.comparing import same_value, text_problem
from rewards.programs.extracting import blocks, extract, programs
from rewards.programs.splitting import split

Rows = Callable[[Path], Iterator[dict[str, Any]]]
DOUBLE = "def double(x):\n    return 2 * x\n"


# shapes

SHAPES: dict[str, Any] = {
    "cases": {"entry_point": "double", "cases": [[[1], 2], [[4], 8]]},
    "cases by name": {"entry_point": "double", "cases": [[{"x": 4}, 8]]},
    "cases of scalars": {"entry_point": "double", "cases": [[4, 8]]},
    "cases as JSON": json.dumps({"entry_point": "double", "cases": [[[4], 8]]}),
    "a table's nulls": {"entry_point": "double", "cases": [[[4], 8]], "stdin": None, "asserts": None},
    "asserts": {"asserts": ["assert double(4) == 8", "assert double('a') == 'aa'"]},
    "asserts with a setup": {"asserts": ["assert double(four) == 8"], "setup": "four = 4"},
    "MBPP": {"test_list": ["assert double(4) == 8"], "test_setup_code": "", "challenge_test_list": []},
    "a list of asserts": ["assert double(4) == 8"],
    "asserts as text": "assert double(4) == 8\nassert double(0) == 0",
    "HumanEval": {
        "prompt": "",
        "test": "def check(candidate):\n    assert candidate(4) == 8\n",
        "entry_point": "double",
    },
    "a loop": {
        "test": "def check(f):\n    for n in range(9):\n        assert f(n) == n + n\n",
        "entry_point": "double",
    },
    "APPS": {"fn_name": "double", "inputs": [[4], [5]], "outputs": [[8], [10]]},
    "APPS, in a column": {"input_output": json.dumps({"fn_name": "double", "inputs": [[4]], "outputs": [8]})},
    "open-r1's column": {"test_cases": [{"fn_name": "double", "input": [4], "output": 8, "type": "function_call"}]},
    "LiveCodeBench calls": {"fn_name": "double", "inputs": ["4", "[1, 2]"], "outputs": ["8", "[1, 2, 1, 2]"]},
    "LiveCodeBench rows": [
        {"input": "4", "output": "8", "testtype": "functional", "metadata": '{"func_name": "double"}'}
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_of_tests_tells_right_from_wrong(shape: str) -> None:
    right = code(DOUBLE, SHAPES[shape])
    assert right.value == 1.0, right
    wrong = code("def double(x):\n    return 3 * x if x else 1\n", SHAPES[shape])
    assert wrong.value == 0.0, wrong
    assert wrong.why.startswith("test 1 of "), wrong


PROGRAM = "import sys\nfor line in sys.stdin:\n    print(int(line) * 2)\n"


@pytest.mark.parametrize(
    "tests",
    [
        {"stdin": ["1\n2\n"], "stdout": ["2\n4\n"]},
        {"inputs": ["1\n2"], "outputs": ["2\n4"]},
        {"input": ["3"], "output": ["6"]},
        {"input_output": {"inputs": [["1", "2"]], "outputs": [["2", "4"]]}},
        {
            "test_cases": [{"fn_name": None, "input": "3\n", "output": "6\n", "type": "stdin_stdout"}],
            "language": "python",
        },
        {"public_tests": {"input": ["3\n"], "output": ["6\n"]}, "private_tests": {"input": [], "output": []}},
        {"public_tests": None, "generated_tests": '{"input": ["3"], "output": ["6"]}'},
        [{"input": "3\n", "output": "6\n", "testtype": "stdin"}],
        json.dumps([{"input": "3\n", "output": "6\n", "testtype": "stdin"}]),
    ],
)
def test_programs_are_judged_by_what_they_print(tests: Any) -> None:
    assert code(PROGRAM, tests).value == 1.0
    assert code(PROGRAM.replace("* 2", "* 3"), tests).value == 0.0


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        ({}, "no known shape"),
        ({"stdin": ["1"]}, "no known shape (keys: stdin)"),
        ({"stdin": ["1"], "stdout": []}, "1 inputs, but 0 outputs"),
        ({"stdin": [], "stdout": []}, "there are no tests"),
        ({"asserts": []}, "there are no tests"),
        ({"public_tests": {"input": [], "output": []}}, "there are no tests"),
        ({"public_tests": {"stdin": ["1"]}}, "'inputs|input' is a list"),
        ({"asserts": ["assert ("]}, "the tests are no Python"),
        ({"entry_point": "f", "cases": [[1]]}, "a case is [arguments, result]"),
        ({"entry_point": "f", "cases": []}, "there are no tests"),
        ("nonsense", "neither JSON nor asserts"),
        (7, "not int"),
        ([1, 2], "a list of tests holds"),
        ({"test": "x = 1", "entry_point": "double"}, "the tests assert nothing"),
        ({"test": "import numpy_that_is_not_here\nassert double(1) == 2"}, "the tests cannot be run here"),
        ({"asserts": ["class A:\n    def half(self): return 1", "assert double(A()) == 2"]}, "an object of class A"),
        ({"asserts": ["import sys\nsys.exit(0)"]}, "the tests end their own process"),
        ("[" * 100_000, "neither JSON nor asserts"),
    ],
)
def test_tests_that_judge_nothing_give_none_and_say_why(tests: Any, why: str) -> None:
    score = code(DOUBLE, tests)
    assert score.value is None, score
    assert why in score.why


# the program in a completion

COMPLETIONS = {
    "bare": DOUBLE,
    "fenced": f"Here it is:\n```python\n{DOUBLE}```\nDone.",
    "after thinking": f"<think>```python\ndef double(x): return x\n```</think>\n```python\n{DOUBLE}```",
    "a usage example follows": f"```python\n{DOUBLE}```\nUse it:\n```python\nprint('double(4)')\n```",
    "a draft comes first": f"```python\ndef double(x):\n    return x\n```\nNo:\n```python\n{DOUBLE}```",
    "output follows": f"```python\n{DOUBLE}```\n```\n8\n```",
    "no language": f"```\n{DOUBLE}```",
    "another language beside": f"```bash\npip install x\n```\n```py\n{DOUBLE}```",
    "a fence that is never closed": f"```python\n{DOUBLE}",
    "tildes": f"~~~python\n{DOUBLE}~~~",
    "windows lines": f"```python\n{DOUBLE}```".replace("\n", "\r\n"),
    "answer tags": f"<answer>\n{DOUBLE}</answer>",
    "MBPP marks": f"[BEGIN]\n{DOUBLE}[DONE]",
    "indented as a whole": "    def double(x):\n        return 2 * x\n",
    "a fence in a string": f"```python\ndoc = '''\n~~~\n'''\n{DOUBLE}```",
    "four backticks around three": f"````python\nmark = '```'\n{DOUBLE}````",
    "words before and after": f"Here is the solution:\n\n{DOUBLE}\nIt doubles the number, as asked.\n",
    "words before, imports": f"Sure.\n\nimport math\n\n{DOUBLE}",
    "code tags": f"<code>\n{DOUBLE}</code>",
    "a byte order mark": f"\ufeff{DOUBLE}",
    "a fence in a list": "1. Code:\n    ```python\n    def double(x):\n        return 2 * x\n    ```\n2. Done.",
    "words behind the closing fence": f"```python\n{DOUBLE}``` and that is all",
    "a main block": f"```python\n{DOUBLE}\nif __name__ == '__main__':\n    print(double(int(input())))\n```",
}


@pytest.mark.parametrize("kind", COMPLETIONS)
def test_the_program_is_found_in_a_completion(kind: str) -> None:
    score = code(COMPLETIONS[kind], SHAPES["cases"])
    assert score.value == 1.0, score


@pytest.mark.parametrize(
    "completion",
    [
        "",
        " \n",
        "I cannot do this.",
        "```python\n```",
        "<think>def double(x): return 2*x",
        "def double(x)",
        "\x00",
        "return 2 * x",
    ],
)
def test_no_program_earns_nothing(completion: str) -> None:
    assert code(completion, SHAPES["cases"]).value == 0.0


PROMPT = (
    'import math\n\n\ndef area(r: float) -> float:\n    """Area of a circle.\n\n    >>> area(0)\n    0.0\n    """\n'
)
AREA = {
    "prompt": PROMPT,
    "entry_point": "area",
    "test": "def check(candidate):\n    assert candidate(1) == math.pi\n    assert candidate(0) == 0\n",
}


@pytest.mark.parametrize(
    "completion",
    [
        "    return math.pi * r * r\n",
        "return math.pi * r * r\n",
        "```python\n    return math.pi * r * r\n```",
        "```python\nreturn math.pi * r * r\n```",
        "```python\nsquare = r * r\nreturn math.pi * square\n```",
        "```python\ndef area(r):\n    return math.pi * r * r\n```",
        f"```python\n{PROMPT}    return math.pi * r * r\n```",
        f"{PROMPT}    return math.pi * r * r\n",
        "    return math.pi * r * r\n\nThis is the area.\n",
        "The body:\n\n    return math.pi * r * r\n",
        "Here it is:\n\ndef area(r):\n    return math.pi * r * r\n\nDone.",
    ],
)
def test_a_completion_may_continue_the_prompt_or_repeat_it(completion: str) -> None:
    score = code(completion, AREA)
    assert score.value == 1.0, score
    assert code(completion.replace("math.pi", "3.14"), AREA).value == 0.0


@given(st.text(alphabet="`~ \nabpython#\t", max_size=80), st.text(max_size=10))
def test_cutting_out_code_never_fails(text: str, name: str) -> None:
    _, fenced = extract(text, name)
    assert fenced == bool(list(blocks(text)))
    assert all(isinstance(program, str) for program in programs(text, "def f():\n", name))


def test_a_long_completion_is_cut_in_linear_time() -> None:
    import time

    started = time.process_time()
    for text in ("`" * 300_000, "```\n" * 100_000, "def f(" * 100_000, "<answer>" * 50_000, " " * 300_000 + "x"):
        extract(text, "f")
    assert time.process_time() - started < 2


# what counts as the same


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        (1, 1, True),
        (1, 1.0, True),
        (1, True, False),
        (True, 1, False),
        (True, True, True),
        (0, False, False),
        ("1", 1, False),
        ((1, 2), [1, 2], True),
        ([1, 2], [1, 2, 3], False),
        ([1, [2, (3,)]], [1, [2, [3]]], True),
        (0.1 + 0.2, 0.3, True),
        (1e10 + 1, 1e10, True),
        (10**10 + 1, 10**10, False),
        (1.001, 1.0, False),
        (float("nan"), float("nan"), True),
        (float("inf"), float("inf"), True),
        (float("inf"), 1e308, False),
        (10**400, 1.0, False),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({1, 2}, {2, 1}, True),
        ({1, 2}, [1, 2], False),
        (None, None, True),
        (None, 0, False),
        ("a", "a ", False),
    ],
)
def test_values_are_compared_by_type_and_number(got: Any, expected: Any, same: bool) -> None:
    assert same_value(got, expected, 1e-6) == same


@pytest.mark.parametrize(
    ("got", "expected", "same"),
    [
        ("1 2\n3\n", "1 2\n3", True),
        ("1  2 \n\n3\n\n", "1 2\n3", True),
        ("1 2 3", "1 2\n3", False),
        ("3.0", "3", True),
        ("3.0000001", "3", False),
        ("0.333333", "0.333333333333", True),
        ("0.3333", "0.333333333333", False),
        ("1e3", "1000", True),
        ("1_0", "10", False),
        ("nan", "NaN", False),
        ("YES", "Yes", False),
        ("1,5", "1.5", False),
        ("", "", True),
        ("", "0", False),
        ("0x10", "16", False),
        ("1" * 500, "1" * 499 + "2", False),
        ("1e999999", "1.0", False),
        ("Case #1: 0.5000001", "Case #1: 0.5", True),
    ],
)
def test_text_is_compared_by_lines_and_tokens(got: str, expected: str, same: bool) -> None:
    assert (text_problem(got, expected, 1e-6) == "") == same


def test_without_tolerance_numbers_must_be_exact() -> None:
    assert text_problem("0.3333333", "0.33333333", 0.0)
    assert code("def f(): return 0.1 + 0.2", {"entry_point": "f", "cases": [[[], 0.3]]}, tolerance=0.0).value == 0.0
    assert code("def f(): return 0.1 + 0.2", {"entry_point": "f", "cases": [[[], 0.3]]}).value == 1.0


@given(st.text(max_size=40), st.text(max_size=40))
def test_comparing_text_never_fails_and_a_text_equals_itself(one: str, other: str) -> None:
    assert text_problem(one, one, 1e-6) == ""
    text_problem(one, other, 1e-6)


# asserts mean what they mean in Python


@pytest.mark.parametrize(
    ("solution", "test", "value"),
    [
        ("def f(): return 1", "assert f() == True", 1.0),
        ("def f(): return 1", "assert f() is True", 0.0),
        ("def f(): return (1, 2)", "assert f() == [1, 2]", 0.0),
        ("def f(): return 1.0", "assert f() == 1", 1.0),
        ("def f(): return []", "assert not f()", 1.0),
        ("def f(): return [0]", "assert f()", 1.0),
        ("def f(): return None", "assert f() is None", 1.0),
        ("import collections\ndef f(): return collections.Counter('aab')", "assert f() == {'a': 2, 'b': 1}", 1.0),
        ("def f(x): return x", "assert f({1: [2, (3, None)], 'k': {4.5}}) == {1: [2, (3, None)], 'k': {4.5}}", 1.0),
        ("def f(*a, **k): return a, k", "assert f(1, b=2) == ((1,), {'b': 2})", 1.0),
        ("def sum(a, b): return a + b", "assert sum(1, 2) == 3", 1.0),
        ("def f(x): x.sort()", "x = [3, 1]\nf(x)\nassert x == [1, 3]", 1.0),
        ("def f(x): x['k'] = 1", "x = {}\nf(x)\nassert x == {'k': 1}", 1.0),
        ("def f(g, x): return g(g(x))", "assert f(lambda n: n + 1, 1) == 3", 1.0),
        ("def f(g): return sorted([3, 1, 2], key=g)", "assert f(lambda n: -n) == [3, 2, 1]", 1.0),
        ("def f(x):\n    if x < 0: raise ValueError('no')", "try:\n    f(-1)\n    assert False\nexcept ValueError: assert True\nassert f(1) is None", 1.0),
        ("def f():\n    yield 1\n    yield 2", "assert list(f()) == [1, 2]", 1.0),
        ("def f(): return map(str, [1, 2])", "assert [x for x in f()] == ['1', '2']", 1.0),
        ("def f(): return (n for n in range(3))", "assert sum(f()) == 3\nassert next(f()) == 0", 1.0),
        ("class Stack:\n    def __init__(self): self.items = []\n    def push(self, x): self.items.append(x)\n    def __len__(self): return len(self.items)", "s = Stack()\ns.push(1)\nassert len(s) == 1\nassert s.items == [1]\nassert s.items[0] == 1", 1.0),
        ("class Pair:\n    def __init__(self, a, b): self.a, self.b = a, b\ndef f(pairs): return max(p.b for p in pairs)", "assert f([Pair(1, 2), Pair(3, 9)]) == 9", 1.0),
        ("class N:\n    def __init__(self, v, n=None): self.v, self.n = v, n\ndef f(n): return n", "x = N(1)\nassert f(x) is x\nassert f(N(1)) is not x\nassert f(x) == x\nassert f(x) != None", 1.0),
        ("R = 3\ndef f(): return R", "assert f() == R", 1.0),
        ("import math\ndef f(x): return math.sqrt(x)", "assert math.isclose(f(2), 1.41421356, rel_tol=1e-6)", 1.0),
        ("def f(x): return [n for n in x if type(n) != int]", "assert f([1, 'a']) == ['a']\nassert set(f([2.5])) == {2.5}", 1.0),
        ("def f(x, t): return [n for n in x if type(n) is not t]", "assert f([1, 'a'], int) == ['a']", 1.0),
        ("def f(x): return x + 1", "assert all(f(n) == n + 1 for n in range(50))", 1.0),
        ("def g(): return 1", "assert f() == 1", 0.0),
        ("def f(): return 9 ** 9999", "assert f() % 10 == 9 and f() == 9 ** 9999", 1.0),
    ],
)  # fmt: skip
def test_asserts_mean_what_they_mean_in_python(solution: str, test: str, value: float) -> None:
    score = code(solution, {"asserts": [test]})
    assert score.value == value, score


def test_both_ways_of_running_asserts_agree() -> None:
    """Taken apart by the caller, or run as a whole by the tester."""
    tests = ["assert f(2) == 4", "assert f(3) is True", "assert not f(0)", "assert f(5)", "assert f(-1) == (1, [2.0])"]
    assert all(split(test) for test in tests)
    for solution in ("def f(x): return {2: 4, 3: True, 0: 0, 5: 'x', -1: (1, [2.0])}[x]", "def f(x): return 4", "def f(x): return object()", "def f(x): return (1, [2])", "def f(x): raise KeyError(x)"):  # fmt: skip
        for test in tests:
            apart = code(solution, {"asserts": [test]})
            whole = code(solution, {"asserts": [f"if True:\n    {test}"]})
            assert apart.value == whole.value, (solution, test)


# verdicts


def test_the_reason_names_the_test_the_value_and_the_line() -> None:
    tests = {"entry_point": "f", "cases": [[[1], 1], [[2], 4], [[3], 9]]}
    assert code("def f(x): return x", tests).why == "test 2 of 3: expected 4, got 2"
    assert code("def f(x):\n    y = 1\n    return y // 0", tests).why.endswith(
        "ZeroDivisionError: integer division or modulo by zero (line 3)"
    )
    assert (
        code("def f(x) return", tests).why
        == "test 1 of 3: the solution cannot be loaded: SyntaxError: expected ':' (<solution>, line 1)"
    )
    assert "name 'f' is not defined" in code("def g(x): return x", tests).why
    assert code("import os\ndef f(x): os._exit(3)", tests).why == "test 1 of 3: the process ended (exit status 3)"
    assert code("import ctypes\ndef f(x): ctypes.string_at(0)", tests).why == "test 1 of 3: the process ended (SIGSEGV)"
    assert (
        code("class C: pass\ndef f(x): return C()", tests).why == "test 1 of 3: an object of class C is not plain data"
    )
    long = code("def f(x): return 'x' * 10000", tests).why
    assert len(long) < 400


def test_partial_credit_is_the_share_of_tests_that_pass() -> None:
    half = "def f(x):\n    return x if x % 2 else -1"
    tests = {"entry_point": "f", "cases": [[[n], n] for n in range(1, 5)]}
    assert code(half, tests, partial=True).value == 0.5
    assert code(half, tests).value == 0.0
    loop = {"test": "def check(f):\n    for n in range(1, 5):\n        assert f(n) == n\n", "entry_point": "f"}
    assert code(half, loop, partial=True).value == 0.5
    program = {"stdin": ["1", "2", "3", "4"], "stdout": ["1", "2", "3", "4"]}
    assert code("n = int(input())\nprint(n if n < 4 else 0)", program, partial=True).value == 0.75
    assert code("def f(x): raise OSError", tests, partial=True).value == 0.0


def test_a_batch_is_judged_row_by_row_and_in_order() -> None:
    completions = [DOUBLE, "def double(x): return x", DOUBLE, "def double(x):\n    while True: pass"] * 2
    tests = [SHAPES["cases"], SHAPES["HumanEval"], 7, SHAPES["asserts"]] * 2
    reward = rewards.get("code", timeout_s=0.5)
    assert reward(completions, tests=tests) == [1.0, 0.0, None, 0.0] * 2
    with pytest.raises(TypeError):
        code_batch(completions, tests[:3])


def test_a_program_may_read_all_of_its_input_and_write_as_it_likes() -> None:
    big = "\n".join(map(str, range(100_000)))
    source = (
        "import sys\ndata = sys.stdin.buffer.read().split()\nsys.stdout.buffer.write(str(sum(map(int, data))).encode())"
    )
    assert code(source, {"stdin": [big], "stdout": [str(sum(range(100_000)))]}).value == 1.0
    echo = "import sys\nfor line in sys.stdin: sys.stdout.write(line)"
    assert code(echo, {"stdin": [big], "stdout": [big]}).value == 1.0
    assert code("print(open(0).read().upper())", {"stdin": ["é\u4e2d"], "stdout": ["É\u4e2d"]}).value == 1.0
    deep = "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(1 << 27)\ndef down(n): return n and 1 + down(n - 1)\nt = threading.Thread(target=lambda: print(down(50000)))\nt.start(); t.join()"
    assert code(deep, {"stdin": [""], "stdout": ["50000"]}).value == 1.0


ENDS = {
    "exit": "print(3)\nexit()",
    "quit in a function": "def main():\n    print(3)\n    quit()\nmain()",
    "a status": "import sys\nprint(3)\nsys.exit(1)",
    "a thread nobody waits for": "import threading, time\ndef late():\n    time.sleep(0.1)\n    print(3)\nthreading.Thread(target=late).start()",
    "an exit function": "import atexit\natexit.register(print, 3)",
    "output that is not flushed": "import sys\nsys.stdout.write('3')",
}


def test_the_standard_streams_have_their_names() -> None:
    source = "import sys\nsys.stdin = open('/dev/stdin')\nprint(int(input()) * 2, file=open('/dev/stdout', 'w'))"
    assert code(source, {"stdin": ["4"], "stdout": ["8"]}).value == 1.0
    assert code(source, {"stdin": ["4"], "stdout": ["9"]}).value == 0.0


@pytest.mark.parametrize(
    "tests",
    [
        {"fn_name": "gcd", "inputs": [[4, 6]], "outputs": [2]},
        {"entry_point": "gcd", "cases": [[[4, 6], 2]]},
        {"asserts": ["assert gcd(4, 6) == 2"]},
        {"test": "for n in (1, 2):\n    assert gcd(2 * n, 4 * n) == 2 * n"},
        {"test": "from solution import gcd\ndef test_a():\n    assert gcd(4, 6) == 2"},
    ],
)
def test_a_function_that_python_has_must_be_the_solutions_own(tests: Any) -> None:
    """The names LeetCode's programs need not import are none of theirs."""
    assert code("x = 1", tests).value == 0.0
    assert code("from math import gcd", tests).value == 1.0
    assert code("def gcd(a, b): return functools.reduce(math.gcd, (a, b))", tests).value == 1.0


def test_a_built_in_function_must_be_the_solutions_own_where_it_is_under_test() -> None:
    check = {"entry_point": "pow", "test": "def check(f):\n    for n in (1, 2):\n        assert f(n, 2) == n * n"}
    assert code("x = 1", check).value == 0.0
    assert code("def pow(a, b): return a ** b", check).value == 1.0
    nothing = code("x = 1", {"test": "for n in (1, 2):\n    assert pow(n, 2) == n * n"})
    assert nothing.value is None
    assert "ask nothing of the solution" in nothing.why


@pytest.mark.parametrize("end", ENDS)
def test_a_program_ends_as_python_ends_it(end: str) -> None:
    score = code(ENDS[end], {"stdin": [""], "stdout": ["3"]})
    assert score.value == 1.0, score
    assert code(ENDS[end].replace("3", "4"), {"stdin": [""], "stdout": ["3"]}).value == 0.0


# real data with labels


def pick(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def test_all_of_humaneval_passes(shared_data: Path, read_rows: Rows) -> None:
    rows = list(read_rows(shared_data / "code_humaneval" / "humaneval.jsonl.gz"))
    tests = [pick(row, "prompt", "test", "entry_point") for row in rows]
    right = code_batch([row["canonical_solution"] for row in rows], tests)
    assert [row["task_id"] for row, score in zip(rows, right, strict=True) if score.value != 1.0] == []


UNDEFINED = {"HumanEval/133", "HumanEval/143", "HumanEval/150"}  # davinci's need a name the prompt does not define


@pytest.mark.slow
def test_labelled_runs_of_humaneval_agree(shared_data: Path, read_rows: Rows) -> None:
    rows = list(read_rows(shared_data / "code_humaneval_runs" / "solutions_labelled.jsonl.gz"))
    tests = [pick(row, "prompt", "test", "entry_point") for row in rows]
    scores = code_batch([row["solution"] for row in rows], tests)
    pairs = list(zip(rows, scores, strict=True))
    differing = {(row["model"], row["task_id"]) for row, score in pairs if (score.value == 1.0) != row["is_solved"]}
    assert differing == {("text-davinci-003", task) for task in UNDEFINED}
    assert all("is not defined" in score.why for row, score in pairs if (row["model"], row["task_id"]) in differing)


@pytest.mark.slow
@pytest.mark.parametrize("apart", [True, False])
def test_humaneval_is_judged_the_same_when_no_test_is_taken_apart(
    apart: bool, shared_data: Path, read_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not apart:
        monkeypatch.setattr("rewards.programs.split", lambda source, entry_point="": None)
    rows = list(read_rows(shared_data / "code_humaneval" / "humaneval.jsonl.gz"))
    tests = [pick(row, "prompt", "test", "entry_point") for row in rows]
    assert {score.value for score in code_batch([row["canonical_solution"] for row in rows], tests)} == {1.0}
    assert {score.value for score in code_batch(["    return None\n"] * len(rows), tests)} == {0.0}


PATIENT = {"timeout_s": 60.0, "total_s": 120.0}  # one solution computes for 5 seconds


@pytest.mark.slow
def test_mbpp_passes_but_for_the_two_that_need_their_setup(shared_data: Path, read_rows: Rows) -> None:
    rows = list(read_rows(shared_data / "code_mbpp" / "mbpp.jsonl.gz"))
    bare = code_batch([row["code"] for row in rows], [{"asserts": row["test_list"]} for row in rows], **PATIENT)
    assert [row["task_id"] for row, score in zip(rows, bare, strict=True) if score.value != 1.0] == [367, 927]
    whole = code_batch(
        [row["code"] for row in rows], [pick(row, "test_list", "test_setup_code") for row in rows], **PATIENT
    )
    assert {score.value for score in whole} == {1.0}


LEETCODE = {
    "double-a-number-represented-as-a-linked-list": """
class Solution:
    def doubleIt(self, head: Optional[ListNode]) -> Optional[ListNode]:
        digits = []
        while head:
            digits.append(str(head.val))
            head = head.next
        node = None
        for digit in reversed(str(2 * int("".join(digits)))):
            node = ListNode(int(digit), node)
        return node
""",
    "insert-greatest-common-divisors-in-linked-list": """
class Solution:
    def insertGreatestCommonDivisors(self, head: Optional[ListNode]) -> Optional[ListNode]:
        node = head
        while node and node.next:
            node.next = ListNode(gcd(node.val, node.next.val), node.next)
            node = node.next.next
        return head
""",
    "minimum-number-of-pushes-to-type-word-i": """
class Solution:
    def minimumPushes(self, word: str) -> int:
        return sum(position // 8 + 1 for position in range(len(word)))
""",
}


def test_leetcode_runs_with_its_node_classes_and_without_imports(shared_data: Path, read_rows: Rows) -> None:
    rows = {row["title"]: row for row in read_rows(shared_data / "code_leetcode" / "leetcode_180.jsonl.gz")}
    for title, solution in LEETCODE.items():
        tests = {"test": rows[title]["test"]}
        score = code(f"```python{solution}```", tests)
        assert score.value == 1.0, score
        assert score.evidence["total"] == 100
        assert code(f"```python{solution.replace('2 *', '3 *').replace('gcd', 'max').replace('+ 1', '+ 2')}```", tests).value == 0.0  # fmt: skip


@pytest.mark.slow
def test_every_leetcode_test_can_be_run(shared_data: Path, read_rows: Rows) -> None:
    rows = list(read_rows(shared_data / "code_leetcode" / "leetcode_180.jsonl.gz"))
    stub = "class Solution:\n    def __getattr__(self, name): return lambda **named: None\n"
    scores = code_batch([stub] * len(rows), [{"test": row["test"]} for row in rows])
    assert {score.value for score in scores} == {0.0}


def test_tests_written_in_a_data_set_stay_readable(shared_data: Path, read_rows: Rows) -> None:
    for row in read_rows(shared_data / "code_mbpp" / "mbpp.jsonl.gz"):
        assert isinstance(shapes.read(json.dumps({"asserts": row["test_list"]})), shapes.Asserts)


PAIRS = [
    {"input": "4\n", "output": "8\n", "testtype": "stdin"},
    {"input": "5\n", "output": "10\n", "testtype": "stdin"},
]
FUNCTIONAL = [{"input": "4", "output": "8", "testtype": "functional"}]


def packed(tests: object) -> str:
    """As LiveCodeBench packs its private tests."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(tests)))).decode()


@pytest.mark.parametrize("private", [json.dumps(PAIRS), packed(PAIRS), None])
def test_rows_of_livecodebench_are_read_with_their_private_tests(private: str | None) -> None:
    row = {"public_test_cases": json.dumps(PAIRS[:1]), "private_test_cases": private, "metadata": "{}"}
    right = code("print(int(input()) * 2)", row)
    assert (right.value, right.evidence["total"]) == (1.0, 3 if private else 1)
    assert code("print(8)", row).value == (0.0 if private else 1.0)
    functional = {
        "public_test_cases": FUNCTIONAL,
        "private_test_cases": packed(FUNCTIONAL),
        "metadata": '{"func_name": "double"}',
    }
    assert code("class Solution:\n    def double(self, x): return 2 * x", functional).value == 1.0
    assert code("class Solution:\n    def double(self, x): return 3 * x", functional).value == 0.0


class Runs:
    def __reduce__(self) -> Any:
        return print, ("ran",)


@pytest.mark.parametrize(
    "hostile",
    [
        base64.b64encode(zlib.compress(pickle.dumps(Runs()))).decode(),
        base64.b64encode(zlib.compress(b"0" * (300 << 20))).decode(),
        base64.b64encode(b"no zip").decode(),
        "not base64",
    ],
    ids=["runs code", "a bomb", "no zip", "no base64"],
)
def test_packed_tests_are_read_and_never_run(hostile: str, capfd: pytest.CaptureFixture[str]) -> None:
    score = code("print(8)", {"public_test_cases": PAIRS[:1], "private_test_cases": hostile})
    assert score.value is None
    assert "packed tests" in score.why
    assert "ran" not in capfd.readouterr().out


def test_whole_numbers_that_are_keys_of_json_are_read_as_apps_reads_them() -> None:
    tests = {"fn_name": "turn", "inputs": [[{"1": "a", "2": "b"}]], "outputs": [[{"1": 2}]]}
    assert code("def turn(d):\n    return {1: 2} if d == {1: 'a', 2: 'b'} else d", tests).value == 1.0
    assert code("def turn(d):\n    return {1: 3}", tests).value == 0.0
