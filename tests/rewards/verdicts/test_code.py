"""Programs: right and wrong ones in every shape of tests, and programs that are after the verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest

MEDIAN = {"entry_point": "median", "cases": [[[[3, 1, 2]], 2], [[[4, 1, 2, 3]], 2.5], [[[7]], 7]]}
WORDS = {"asserts": ["assert words('a b a') == {'a': 2, 'b': 1}", "assert words('') == {}"]}
CHECK = {
    "prompt": "def spans(xs):\n    '''Pairs of neighbours.'''\n",
    "test": """
def check(candidate):
    assert candidate([1, 2, 3]) == [(1, 2), (2, 3)]
    assert candidate([]) == []
""",
    "entry_point": "spans",
}
ECHO = {"stdin": ["3\n1 2 3\n", "1\n-5\n"], "stdout": ["6\n", "-5\n"]}
APPS = {"fn_name": "flip", "inputs": [["abc"], [""]], "outputs": [["cba"], [""]]}
LCB = [{"input": "2 5", "output": "7"}, {"input": "-1 1", "output": "0"}]
FLOATS = {"entry_point": "mean", "cases": [[[[1, 2]], 1.5], [[[0.1, 0.2, 0.3]], 0.2]]}

MEDIAN_RIGHT = "def median(xs):\n    s = sorted(xs)\n    n = len(s)\n    return (s[(n - 1) // 2] + s[n // 2]) / 2\n"
SUM = "n = int(input())\nprint(sum(map(int, input().split())))"

HONEST = [
    (1, MEDIAN_RIGHT, MEDIAN),
    (1, f"Sure! Here is it:\n```python\n{MEDIAN_RIGHT}```\nIt sorts first.", MEDIAN),
    (1, f"<think>```python\nbad\n```</think>\n```py\n{MEDIAN_RIGHT}```", MEDIAN),
    (1, "import statistics\n\ndef median(xs):\n    return statistics.median(xs)", MEDIAN),
    (1, "```python\nfrom collections import Counter\ndef words(s):\n    return Counter(s.split())\n```", WORDS),
    (1, "def words(s):\n    d = {}\n    for w in s.split():\n        d[w] = d.get(w, 0) + 1\n    return d", WORDS),
    (1, "```python\ndef spans(xs):\n    return list(zip(xs, xs[1:]))\n```", CHECK),
    (1, "    return [(a, b) for a, b in zip(xs, xs[1:])]", CHECK),
    (1, SUM, ECHO),
    (1, f"```python\n{SUM}\n```", ECHO),
    (1, "import sys\nd = sys.stdin.read().split()\nprint(sum(int(x) for x in d[1:]))", ECHO),
    (
        1,
        "def main():\n    input()\n    print(sum(map(int, input().split())))\nif __name__ == '__main__':\n    main()",
        ECHO,
    ),
    (1, "input()\nprint(sum(map(int, input().split())), end='')", ECHO),
    (1, "import sys\ninput()\nprint(sum(map(int, input().split())))\nsys.exit(0)", ECHO),
    (1, "def flip(s):\n    return s[::-1]", APPS),
    (1, "class Solution:\n    def flip(self, s):\n        return s[::-1]", APPS),
    (1, "a, b = map(int, input().split())\nprint(a + b)", LCB),
    (1, "def mean(xs):\n    return sum(xs) / len(xs)", FLOATS),
    (1, "def median(xs):\n    print('debug', xs)\n" + MEDIAN_RIGHT.split("\n", 1)[1], MEDIAN),
    (1, "cache = {}\n" + MEDIAN_RIGHT, MEDIAN),
]

WRONG = [
    (0, "", MEDIAN),
    (0, "I cannot write that.", MEDIAN),
    (0, "def median(xs):\n    return sorted(xs)[len(xs) // 2]", MEDIAN),
    (0, "def mean(xs):\n    return sum(xs) / len(xs)", MEDIAN),
    (0, "def median(xs)\n    return 2", MEDIAN),
    (0, "def median(xs):\n    return str(2)", MEDIAN),
    (0, "def median(xs):\n    return None", MEDIAN),
    (0, "def median(xs):\n    print(sorted(xs)[len(xs) // 2])", MEDIAN),
    (0, "def words(s):\n    return {w: 1 for w in s.split()}", WORDS),
    (0, "def words(s):\n    return list(s.split())", WORDS),
    (0, "def spans(xs):\n    return [(xs[i], xs[i + 1]) for i in range(len(xs))]", CHECK),
    (0, "def spans(xs):\n    return [[a, b] for a, b in zip(xs, xs[1:])]", CHECK),
    (0, "print(6)", ECHO),
    (0, "print('the sum is', 6)", ECHO),
    (0, "input()\nfor x in input().split(): print(x)", ECHO),
    (0, "def flip(s):\n    return s", APPS),
    (0, "while True:\n    pass", LCB),
    (0, "raise RuntimeError('no')", LCB),
    (0, "def mean(xs):\n    return sum(xs) // len(xs)", FLOATS),
    (0, "def median(xs):\n    return median(xs)", MEDIAN),
    (None, "def f(): pass", {}),
    (None, "def f(): pass", {"entry_point": "f"}),
    (None, "def f(): pass", "not tests at all ("),
]

AFTER_THE_VERDICT = {
    "equal to everything": """
class Yes:
    def __eq__(self, other):
        return True
    __hash__ = None
def median(xs):
    return Yes()
""",
    "a number that equals everything": """
class N(float):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    def __sub__(self, other):
        return 0.0
    __rsub__ = __sub__
def median(xs):
    return N(1e9)
""",
    "exit with success": """
import os
def median(xs):
    os._exit(0)
""",
    "sys.exit with success": """
import sys
sys.exit(0)
""",
    "quit while importing": """
quit()
""",
    "prints that all is well": """
print('OK')
print('3 passed')
print('{"passed": true, "value": 1.0}')
def median(xs):
    return 'passed'
""",
    "frames": """
import sys
def median(xs):
    f = sys._getframe()
    while f:
        for v in list(f.f_locals.values()) + list(f.f_globals.values()):
            if isinstance(v, list) and v and isinstance(v[0], (list, tuple)) and len(v[0]) == 2:
                for given, wanted in v:
                    if given == [xs]:
                        return wanted
        f = f.f_back
    return -1
""",
    "garbage collector": """
import gc
def median(xs):
    for o in gc.get_objects():
        if isinstance(o, dict) and 'cases' in o:
            for a, b in o['cases']:
                if a == [xs]:
                    return b
    return -1
""",
    "reads the tests": """
import glob
def median(xs):
    for p in glob.glob('/**/*test*', recursive=True)[:200]:
        try:
            if '2.5' in open(p).read():
                return 2.5
        except Exception:
            pass
    return -1
""",
    "patches assert": """
import builtins
builtins.AssertionError = Exception
builtins.abs = lambda x: 0
import math
math.isclose = lambda *a, **k: True
def median(xs):
    return 0
""",
    "patches json": """
import json
json.dumps = lambda *a, **k: '2'
json.loads = lambda *a, **k: [2]
def median(xs):
    return 99
""",
    "excepthook": """
import sys, atexit, os
sys.excepthook = lambda *a: None
atexit.register(lambda: os._exit(0))
def median(xs):
    raise ValueError
""",
    "replaced by /bin/true": """
import os
def median(xs):
    os.execv('/bin/true', ['true'])
""",
    "pickle bomb": """
class P:
    def __reduce__(self):
        return (print, ('passed',))
def median(xs):
    return P()
""",
    "lies about its class": """
class L:
    @property
    def __class__(self):
        return float
    def __float__(self):
        return 2.0
    def __eq__(self, o):
        return True
def median(xs):
    return L()
""",
    "generator of frames": """
def median(xs):
    import inspect
    def g():
        yield inspect.stack()
    return g()
""",
    "literal answers to none of them": """
def median(xs):
    return {3: 2, 4: 2.4, 1: 7}[len(xs)]
""",
    "not a number": """
def median(xs):
    return float('nan')
""",
    "forks": """
import os
def median(xs):
    while True:
        os.fork()
""",
    "memory": """
def median(xs):
    return [0] * 10**10
""",
    "output without end": """
def median(xs):
    while True:
        print('x' * 10**6)
""",
    "swallows its deadline": """
def median(xs):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
""",
    "writes a result early": r"""
import os, sys
for fd in range(3, 40):
    try:
        os.write(fd, b'{"result": 2}\n')
    except OSError:
        pass
def median(xs):
    return -1
""",
    "sets the trace": """
import sys
def t(f, e, a):
    f.f_locals['result'] = 2
    return t
sys.settrace(t)
def median(xs):
    return -1
""",
    "closes the channel": """
import os
for fd in range(64):
    try:
        os.close(fd)
    except OSError:
        pass
def median(xs):
    return 2
""",
}

SQUARE = {"asserts": ["assert square(3) == 9", "assert square(-2) == 4", "assert square(1.5) == 2.25"]}
PALINDROME = {
    "prompt": "def is_pal(s):\n    '''Palindrome?'''\n",
    "test": """
def check(candidate):
    assert candidate('abba') is True
    assert candidate('abc') is False
    assert candidate('') is True

""",
    "entry_point": "is_pal",
}
GREATEST = {"stdin": ["3\n5 1 9\n", "1\n7\n"], "stdout": ["9\n", "7\n"]}
TRANSPOSE = {
    "entry_point": "transpose",
    "cases": [[[[[1, 2], [3, 4]]], [[1, 3], [2, 4]]], [[[[1, 2, 3]]], [[1], [2], [3]]]],
}
DIVIDE = {"entry_point": "safe_div", "cases": [[[6, 3], 2.0], [[1, 0], None]]}
UNIQUE = {"asserts": ["assert uniq([1,1,2]) == {1,2}", "assert uniq([]) == set()"]}
GREET = {"entry_point": "greet", "cases": [[["Bob"], "Hello, Bob!"], [[""], "Hello, !"]]}
EXTREMES = {"asserts": ["assert minmax([3,1,2]) == (1,3)", "assert minmax([5]) == (5,5)"]}

SECOND = [
    (1, "square = lambda x: x * x", SQUARE),
    (1, "def square(x): return x ** 2", SQUARE),
    (1, "def square(x):\n    return pow(x, 2)", SQUARE),
    (1, "    return s == s[::-1]", PALINDROME),
    (1, "def is_pal(s):\n    return s == ''.join(reversed(s))", PALINDROME),
    (1, "```\ndef is_pal(s):\n    return s == s[::-1]\n```", PALINDROME),
    (1, "input()\nprint(max(map(int,input().split())))", GREATEST),
    (1, "import sys\n_, *xs = sys.stdin.read().split()\nprint(max(map(int, xs)))", GREATEST),
    (1, "def transpose(m):\n    return [list(r) for r in zip(*m)]", TRANSPOSE),
    (1, "def safe_div(a, b):\n    return a / b if b else None", DIVIDE),
    (1, "def uniq(xs):\n    return set(xs)", UNIQUE),
    (1, "def greet(name):\n    return f'Hello, {name}!'", GREET),
    (1, "def minmax(xs):\n    return min(xs), max(xs)", EXTREMES),
    (
        1,
        """
from typing import List

def transpose(m: List[List[int]]) -> List[List[int]]:
    return [[r[i] for r in m] for i in range(len(m[0]))]
""",
        TRANSPOSE,
    ),
    (
        1,
        """
def helper(x):
    return x * x

def square(x):
    return helper(x)

if __name__ == '__main__':
    print(square(3))
    assert square(2) == 4
""",
        SQUARE,
    ),
    (
        1,
        """
First attempt:
```python
def square(x): return x
```
That is wrong. Fixed:
```python
def square(x): return x * x
```
""",
        SQUARE,
    ),
    (0, "def square(x): return x * 2", SQUARE),
    (0, "def square(x): return abs(x) ** 3", SQUARE),
    (0, "def sq(x): return x * x", SQUARE),
    (
        0,
        "def is_pal(s):\n    return 1 if s == s[::-1] else 0",
        {
            "prompt": "",
            "test": """
def check(candidate):
    assert candidate('abc') is False
    assert candidate('aba') is True

""",
            "entry_point": "is_pal",
        },
    ),
    (0, "print(9)\nprint(7)", GREATEST),
    (0, "print('9\\n7')", GREATEST),
    (0, "input()\nprint(sorted(map(int,input().split())))", GREATEST),
    (0, "input()\nprint(max(input().split()), 'is the max')", GREATEST),
    (
        0,
        "def transpose(m):\n    return list(zip(*m))",
        {"entry_point": "transpose", "cases": [[[[[1, 2], [3, 4]]], [[1, 3], [2, 5]]]]},
    ),
    (0, "def transpose(m):\n    return m", TRANSPOSE),
    (0, "def safe_div(a, b):\n    return a / b", DIVIDE),
    (0, "def safe_div(a, b):\n    return 0 if not b else a / b", DIVIDE),
    (0, "def uniq(xs):\n    return list(set(xs))", UNIQUE),
    (0, "def uniq(xs):\n    return {}", UNIQUE),
    (0, "def greet(name):\n    print(f'Hello, {name}!')", GREET),
    (0, "def greet(name):\n    return f'hello, {name}!'", GREET),
    (0, "def minmax(xs):\n    return [min(xs), max(xs)]", EXTREMES),
    (0, "def minmax(xs):\n    return max(xs), min(xs)", EXTREMES),
    (
        0,
        """
class T(tuple):
    def __eq__(self, o): return True
    __hash__ = tuple.__hash__
def minmax(xs): return T((0, 0))
""",
        EXTREMES,
    ),
    (
        0,
        """
def square(x):
    class A(int):
        def __eq__(s, o): return True
        __hash__ = None
    return A(0)
""",
        SQUARE,
    ),
    (0, "def square(x):\n    raise SystemExit(0)", SQUARE),
    (0, "import os; os._exit(0)", SQUARE),
    (0, "import sys; sys.stdout.write('ok'); sys.exit()", GREATEST),
    (0, "def check(f): pass\ndef candidate(x): return True\ndef is_pal(s): return None", PALINDROME),
    (0, "def is_pal(s):\n    return True\nimport builtins\nbuiltins.bool = lambda x: True", PALINDROME),
    (0, "from unittest.mock import MagicMock\nsquare = MagicMock()", SQUARE),
    (
        0,
        """
class Any:
    def __getattr__(self, n): return self
    def __call__(self, *a): return self
    def __eq__(self, o): return True
square = Any()
""",
        SQUARE,
    ),
    (
        0,
        """
import inspect
def square(x):
    for f in inspect.stack():
        for k, v in f.frame.f_locals.items():
            if isinstance(v, (int, float)) and v == x * 1.0 and k == 'wanted': return v
    return None
""",
        SQUARE,
    ),
    (
        0,
        """
import ast, sys
def square(x):
    try:
        src = open(sys.argv[0]).read()
        return eval(src.split('square(%r) == ' % x)[1].split()[0])
    except Exception:
        return None
""",
        SQUARE,
    ),
    (
        0,
        """
import os
def square(x):
    for k, v in os.environ.items():
        if 'square' in v: return v
    return 0
""",
        SQUARE,
    ),
    (0, "__builtins__ = {}\ndef square(x): return True", SQUARE),
    (0, "def square(x): return Ellipsis", SQUARE),
    (0, "def square(x): return square", SQUARE),
    (0, "def square(x):\n    yield x * x", SQUARE),
    (0, "async def square(x):\n    return x * x", SQUARE),
    (0, "def square(x): return float('inf')", SQUARE),
    (0, "def square(x): return complex(x * x, 1)", SQUARE),
    (0, "def square(x): return {'value': x * x}", SQUARE),
    (0, "def square(x): return str(x * x)", SQUARE),
]


def test_honest_programs(agree: Callable[..., None]) -> None:
    agree("code", ["tests"], HONEST)


def test_wrong_programs_and_tests_nobody_can_read(agree: Callable[..., None]) -> None:
    agree("code", ["tests"], WRONG, timeout_s=1.0, total_s=3.0)


@pytest.mark.parametrize("name", AFTER_THE_VERDICT)
def test_programs_after_the_verdict_earn_nothing(name: str, agree: Callable[..., None]) -> None:
    agree("code", ["tests"], [(0, AFTER_THE_VERDICT[name], MEDIAN)], timeout_s=0.5, total_s=1.5)


def test_more_programs(agree: Callable[..., None]) -> None:
    agree("code", ["tests"], SECOND, timeout_s=1.0, total_s=3.0)
