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


def test_honest_programs(agree: Callable[..., None]) -> None:
    agree("code", ["tests"], HONEST)


def test_wrong_programs_and_tests_nobody_can_read(agree: Callable[..., None]) -> None:
    agree("code", ["tests"], WRONG, timeout_s=1.0, total_s=3.0)


@pytest.mark.parametrize("name", AFTER_THE_VERDICT)
def test_programs_after_the_verdict_earn_nothing(name: str, agree: Callable[..., None]) -> None:
    agree("code", ["tests"], [(0, AFTER_THE_VERDICT[name], MEDIAN)], timeout_s=0.5, total_s=1.5)
