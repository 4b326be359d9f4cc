"""E. A solution uses up what there is: processes, memory, output, disk, descriptors, time."""

# The attacks stand here as their authors would write them.

# The attacks stand here as their authors would write them.
# ruff: noqa: E501

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from rewards.programs import code

BOMBS = {
    "forks": "import os\ndef solve(x):\n    while True: os.fork()",
    "forks that ignore errors": "import os\ndef solve(x):\n    for _ in range(2000):\n        try: os.fork()\n        except OSError: pass\n    return 0",
    "threads": "import threading, time\ndef solve(x):\n    while True: threading.Thread(target=time.sleep, args=(100,)).start()",
    "daemons": "import os, time\ndef solve(x):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0: time.sleep(100)\n    return 0",
    "memory": "def solve(x):\n    return len(bytearray(1 << 34))",
    "memory bit by bit": "def solve(x):\n    hold = []\n    while True: hold.append(bytearray(1 << 20))",
    "a big integer": "def solve(x): return 9 ** 9 ** 9 ** 9",
    "a factorial": "import math\ndef solve(x): return math.factorial(10 ** 9)",
    "a regular expression": "import re\ndef solve(x): return re.match('(a+)+$', 'a' * 60 + 'b')",
    "recursion": "import sys\nsys.setrecursionlimit(10 ** 9)\ndef solve(x): return solve(x)",
    "sleep": "import time\ndef solve(x): time.sleep(1000)",
    "a long answer": "def solve(x): return 'x' * (1 << 28)",
    "a list of many": "def solve(x): return [0] * 30_000_000",
    "an answer shared 2**40 times": "def solve(x):\n    out = [1]\n    for _ in range(40): out = [out, out]\n    return out",
    "descriptors": "import os\ndef solve(x):\n    while True: os.dup(1)",
    "signals by timer": "import signal\ndef solve(x):\n    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)\n    while True: pass",
    "wait for input": "import sys\ndef solve(x): return sys.stdin.read() or input()",
    "a program that does not compile in bounded time": "(" * 100_000,
    "nested blocks": "\n".join(" " * depth + "if 1:" for depth in range(200)),
    "a source of digits": "x = " + "9" * 100_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_costs_its_row_one_deadline(
    bomb: str, earns_nothing: Callable[..., Any], shapes: dict[str, Any]
) -> None:
    earns_nothing(BOMBS[bomb], shapes["cases"], memory_mb=512)


@pytest.mark.parametrize("bomb", ["memory bit by bit", "a long answer", "an answer shared 2**40 times", "sleep"])
def test_the_process_that_holds_the_tests_survives_too(
    bomb: str, earns_nothing: Callable[..., Any], shapes: dict[str, Any]
) -> None:
    earns_nothing(BOMBS[bomb], shapes["tester"], memory_mb=512)


def test_an_iterator_without_end_is_late(earns_nothing: Callable[..., Any]) -> None:
    test = "def check(candidate):\n    for number in candidate(2):\n        assert number == 1\n"
    score = earns_nothing(
        "import itertools\ndef solve(x): return itertools.repeat(1)", {"test": test, "entry_point": "solve"}
    )
    assert "timed out" in score.why


FLOODS = {
    "output": "while True: print('x' * 1000)",
    "errors": "import sys\nwhile True: sys.stderr.write('x' * 1000)",
    "output without a line": "import os\nwhile True: os.write(1, b'x' * 65536)",
    "closing its output": "import os, time\nos.close(1)\ntime.sleep(100)",
}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_output_is_cut(flood: str, program: dict[str, Any], earns_nothing: Callable[..., Any]) -> None:
    earns_nothing(FLOODS[flood], program)


DISK = """
import os, sys
def attempt(action):
    try: action()
    except (OSError, MemoryError): return
def fill():
    for number in range(100):
        with open('/tmp/%d' % number, 'wb') as file:
            for _ in range(64): file.write(b'x' * (1 << 20))
def files():
    for number in range(100000): open('/tmp/f%d' % number, 'w').close()
def sparse():
    with open('/tmp/sparse', 'wb') as file: file.truncate(1 << 40)
def deep():
    for _ in range(100000):
        os.mkdir('d'); os.chdir('d')
def chdir(): os.chdir('/tmp')
for action in (chdir, deep, sparse, files, fill): attempt(action)
print('done')
"""


def test_a_filled_disk_is_empty_for_the_next_check() -> None:
    options = {"timeout_s": 10.0}
    started = time.monotonic()
    assert code(f"```python\n{DISK}\n```", {"stdin": [""], "stdout": ["done"]}, **options).value == 1.0
    assert time.monotonic() - started < 60
    look = "import os\ntry: print(os.listdir('/tmp'))\nexcept OSError: print([])"
    assert code(f"```python\n{look}\n```", {"stdin": [""], "stdout": ["[]"]}).value == 1.0


def test_a_hang_costs_one_deadline_for_all_its_tests() -> None:
    tests = {"entry_point": "solve", "cases": [[[number], number] for number in range(50)]}
    started = time.monotonic()
    score = code("def solve(x):\n    while x == 3: pass\n    return x\n", tests, timeout_s=0.5, partial=True)
    assert time.monotonic() - started < 20  # a deadline each would be 23 s of CPU time
    assert score.value == pytest.approx(3 / 50)
    assert score.why == "test 4 of 50: timed out after 0.5 s"
