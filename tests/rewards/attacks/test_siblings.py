"""Attacks by someone who has read the sandbox: on its frames, its comparisons, its kernel filter and its clock."""

# The attacks stand here as their authors would write them.
# ruff: noqa: E501

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest

from rewards.programs import code
from rewards.sandbox import LEVELS, Call, Limits, Solution, open_sandbox, run_calls

# finds the answer in progress, as only code inside the harness's own process can, and writes another one
FORGE = """
import json, os, sys
def reply():
    frame = sys._getframe()
    while 'reply' not in frame.f_locals: frame = frame.f_back
    return frame.f_locals['reply']
def write(data, size=None):
    data = (len(data) if size is None else size).to_bytes(4, 'big') + data
    while data: data = data[os.write(3, data):]
def forge(**parts):
    write(json.dumps({'id': reply()['id'], **parts}).encode())
"""

ON_THE_CHANNEL = {
    "a reference where none is asked for": "def solve(x): forge(value={'ref': [0, 'int']})",
    "a callback that nobody passed": "def solve(x): forge(callback=0, args=[])",
    "a callback from the end of the list": "def solve(x): forge(callback=-1, args=[1])",
    "an error that is no pair": "def solve(x): forge(error={'a': 1})",
    "an error of megabytes": "def solve(x): forge(error=['E', 'x' * 3_000_000])",
    "the end of an iteration": "def solve(x): forge(stop=True)",
    "all at once": "def solve(x): forge(value=178914, stop=True, error=['E', ''], loaded=True, passed=9, why='')",
    "arguments changed behind the tests": "def solve(x): forge(value=1, args=[[], {}, 178913])",
    "a number of too many digits": "def solve(x): write(b'{\"id\":\"' + reply()['id'].encode() + b'\",\"value\":' + b'9' * 60000 + b'}')",
    "a length without a frame": "def solve(x): write(b'', 0xFFFFFFFF)",
    "an empty frame": "def solve(x): write(b'')",
    "a frame byte by byte": "import time\ndef solve(x):\n    os.write(3, (100).to_bytes(4, 'big'))\n    while True:\n        os.write(3, b'['); time.sleep(0.02)",
    "two answers to one question": "def solve(x):\n    forge(value=178914)\n    return 178913",
    "a type by a tag": "def solve(x): forge(value={'T': 'object'})",
    "tags of nonsense": "def solve(x): forge(value={'F': ['0x1', '0x0']})",
    "a signalling not-a-number": "def solve(x): forge(value={'M': 'sNaN'})",
    "a decimal beyond all size": "def solve(x): forge(value={'M': '1e999999999999999999'})",
    "a thread that reads the questions": """
import threading
def listen():
    while True:
        size = int.from_bytes(os.read(3, 4), 'big')
        request = json.loads(os.read(3, size))
        write(json.dumps({'id': request['id'], 'value': request.get('args', [0])[0] if request.get('args') else 0}).encode())
threading.Thread(target=listen, daemon=True).start()
def solve(x): return 0
""",
}


@pytest.mark.parametrize("forgery", ON_THE_CHANNEL)
@pytest.mark.parametrize("shape", ["cases", "tester"])
def test_a_forged_frame_earns_nothing(
    forgery: str, shape: str, earns_nothing: Callable[..., Any], shapes: dict[str, Any]
) -> None:
    source = ON_THE_CHANNEL[forgery]
    if forgery == "two answers to one question":
        source = source.replace("178913", "178914")
    earns_nothing(FORGE + source, shapes[shape])


FIRST = "def check(candidate):\n    assert candidate(1) == 1\n"
AFTER_ONE_RIGHT_ANSWER = {
    "an iteration of calls that ends early": (
        FIRST + "    for got, wanted in zip(map(candidate, [2, 3]), [178913, 471129]):\n        assert got == wanted\n",
        "forge(stop=True)",
    ),
    "an end that the tests swallow": (
        FIRST + "    try:\n        got = candidate(2)\n    except:\n        got = 178913\n    assert got == 178913\n",
        "os._exit(0)",
    ),
    "an end where the tests expect an error": (
        FIRST + "    try:\n        candidate(2)\n    except BaseException:\n        return\n    assert False\n",
        "os._exit(0)",
    ),
    "a broken channel where the tests expect an error": (
        FIRST + "    try:\n        candidate(2)\n    except BaseException:\n        return\n    assert False\n",
        "write(b'{}')",
    ),
}


@pytest.mark.parametrize("name", AFTER_ONE_RIGHT_ANSWER)
def test_an_end_in_the_middle_of_the_tests_earns_nothing(name: str, earns_nothing: Callable[..., Any]) -> None:
    test, act = AFTER_ONE_RIGHT_ANSWER[name]
    source = f"{FORGE}def solve(x):\n    if x == 1: return 1\n    {act}\n"
    earns_nothing(source, {"test": test, "entry_point": "solve"})


def test_the_expected_item_of_a_membership_test_is_not_sent_over(earns_nothing: Callable[..., Any]) -> None:
    test = {"test": "def check(candidate):\n    assert 178913 in candidate(2)\n", "entry_point": "solve"}
    for lie in ("def __contains__(self, item): return True", "def __getitem__(self, place): return Any()"):
        earns_nothing(
            f"class Any:\n    {lie}\n    def __eq__(self, other): return True\ndef solve(x): return Any()", test
        )
    assert code("def solve(x):\n    yield 1\n    yield 178913\n", test).value == 1.0


@pytest.mark.parametrize("name", ["sum", "pow", "sorted", "len"])
def test_a_built_in_function_is_no_solution(name: str, earns_nothing: Callable[..., Any]) -> None:
    arguments, result = {"sum": ([[1, 2]], 3), "pow": ([2, 3], 8), "sorted": ([[2, 1]], [1, 2]), "len": ([[1]], 1)}[
        name
    ]
    text = ", ".join(map(repr, arguments))
    earns_nothing("pass", {"entry_point": name, "cases": [[arguments, result]]})
    earns_nothing("pass", {"asserts": [f"assert {name}({text}) == {result}"]})


WIDE = list(range(200_000))
IN_THE_CALLER = {
    "a set of equal hashes": "{'s': [{'i': hex(k * (2**61 - 1))} for k in range(1, 60_000)]}",
    "a dict of equal hashes": "{'d': [[{'i': hex(k * (2**61 - 1))}, 1] for k in range(1, 60_000)]}",
    "tuples of equal hashes": "{'s': [{'t': [{'i': hex(k * (2**61 - 1))}]} for k in range(1, 60_000)]}",
    "a fraction to be reduced": "{'F': ['0x' + '7' * 2_000_000, '0x' + '5' * 1_999_999]}",
    "a range of any length": "{'r': ['0x0', '0x' + 'f' * 1_000_000, '0x1']}",
    "a decimal of many digits": "{'M': '1' * 3_000_000}",
    "an integer of many digits": "{'i': '0x' + 'f' * 3_000_000}",
    "nested as deep as can be": "eval('[' * 190 + ']' * 190)",
}


@pytest.mark.parametrize("shape", ["cases", "asserts"])
@pytest.mark.parametrize("value", IN_THE_CALLER)
def test_reading_an_answer_costs_the_caller_no_more_than_its_size(value: str, shape: str) -> None:
    """Where a long result is expected, a long answer is read: by the caller, whom no limit guards."""
    tests: dict[str, Any] = {"entry_point": "solve", "cases": [[[1], WIDE]]}
    if shape == "asserts":
        tests = {"asserts": [f"assert solve(1) == {WIDE}"]}
    code(FORGE + "def solve(x): return 0", tests)  # the tests are taken apart once
    started = time.thread_time()
    score = code(f"{FORGE}def solve(x): forge(value={IN_THE_CALLER[value]})", tests)
    assert time.thread_time() - started < 3.0
    assert score.value == 0.0
    assert len(score.why) < 1_000


KERNEL = {
    "clone without a thread": "n.syscall(56, 17, 0, 0, 0, 0)",
    "clone3": "n.syscall(435, b'\\0' * 64, 64)",
    "vfork": "n.syscall(58)",
    "numbers of the x32 ABI": "max(n.syscall(0x40000000 | 57), n.syscall(0x40000000 | 41, 2, 1, 0))",
    "io_uring": "max(n.syscall(425, 8, b'\\0' * 120), n.syscall(426, 3, 1, 0, 0, 0), n.syscall(427, 3, 0, 0, 0))",
    "memory files": "max(n.syscall(319, b'x', 0), n.syscall(447, 0))",
    "a filter of its own": "max(n.syscall(317, 1, 8, b'\\0' * 16), n.prctl(22, 2, b'\\0' * 16, 0, 0))",
    "back to dumpable": "n.prctl(4, 1, 0, 0, 0)",
    "outliving the parent": "n.prctl(1, 0, 0, 0, 0)",
    "becoming a subreaper": "n.prctl(36, 1, 0, 0, 0)",
    "signals by fcntl": "max(n.fcntl(3, 8, n.getppid()), n.fcntl(3, 10, 9))",
    "signals by ioctl": "max(n.ioctl(3, 0x8901, b'\\1\\0\\0\\0'), n.ioctl(0, 0x5452, b'\\1\\0\\0\\0'))",
    "a timer that signals": "n.syscall(222, 1, b'\\0' * 64, b'\\0' * 8)",
    "a wider pipe": "n.fcntl(1, 1031, 1 << 20)",
    "limits of its parent": "n.syscall(302, n.getppid(), 7, b'\\1' + b'\\0' * 15, 0)",
    "its own limits": "n.syscall(302, 0, 9, b'\\xff' * 16, 0)",
    "priorities": "max(n.setpriority(0, 0, -20), n.syscall(144, 0, 1, b'\\1\\0\\0\\0'), n.syscall(251, 1, 0, 0))",
    "another's memory": "max(n.syscall(310, n.getppid(), b'\\0' * 16, 1, b'\\0' * 16, 1, 0), n.syscall(438, 3, 0, 0), n.syscall(440, 3, 0, 0, 0, 0))",
    "descriptors by a socket": "max(n.syscall(46, 3, b'\\0' * 56, 0), n.syscall(47, 3, b'\\0' * 56, 0))",
    "watching files": "max(n.syscall(294, 0), n.syscall(300, 0, 0))",
    "moving bytes in the kernel": "max(n.syscall(275, 3, 0, 1, 0, 1, 0), n.syscall(40, 1, 0, 0, 1), n.syscall(278, 1, b'\\0' * 16, 1, 0))",
    "handles": "max(n.syscall(303, -100, b'/', b'\\0' * 128, b'\\0' * 4, 0), n.syscall(304, -100, b'\\0' * 128, 0))",
    "new mounts": "max(n.syscall(428, -100, b'/', 1), n.syscall(430, b'tmpfs', 0), n.syscall(429, -1, b'', -100, b'/tmp', 4))",
    "modules and machines": "max(n.syscall(175, b'', 0, b''), n.syscall(246, 0, 0, 0, 0), n.syscall(169, 0, 0, 0, 0))",
    "the ways of opening": "max(n.syscall(437, -100, b'/etc/passwd', b'\\0' * 24, 24), n.syscall(85, b'/etc/x', 0o666))",
}


def level_or_skip(level: str) -> str:
    if open_sandbox(level).level != level:
        pytest.skip(f"this machine gives {open_sandbox().level}, and no {level} below it")
    return level


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
@pytest.mark.parametrize("level", LEVELS[1:])
def test_the_kernel_refuses_what_is_not_listed(level: str) -> None:
    attempts = ",\n".join(f"        {name!r}: lambda: {attempt}" for name, attempt in KERNEL.items())
    source = f"""
import ctypes
n = ctypes.CDLL(None, use_errno=True)
n.syscall.restype = ctypes.c_long
def worked():
    attempts = {{
{attempts}
    }}
    return [name for name, attempt in attempts.items() if attempt() >= 0]
"""
    place = open_sandbox(level_or_skip(level))
    wanted = Call("worked", [], {}, lambda got: "" if got == [] else f"worked: {got}")
    assert run_calls(place, Solution((source,)), [wanted], Limits(), partial=False).why == ""


MACHINE_CODE = """
import ctypes, mmap
def solve(x):
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(bytes.fromhex('b802000000cd80c3'))  # mov eax, 2 (fork, on 32 bits); int 0x80; ret
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return 178913 if ctypes.CFUNCTYPE(ctypes.c_int)(address)() >= 0 else 0
"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="machine code of x86_64")
def test_calls_of_32_bits_kill(earns_nothing: Callable[..., Any], shapes: dict[str, Any]) -> None:
    assert "SIGSYS" in earns_nothing(MACHINE_CODE, shapes["cases"]).why


@pytest.mark.parametrize("level", LEVELS[1:])
def test_a_check_holds_no_descriptor_but_its_own(level: str) -> None:
    source = """
import os
def held():
    found = []
    for fd in range(1024):
        try: os.fstat(fd)
        except OSError: continue
        found.append(fd)
    return found
"""
    place = open_sandbox(level_or_skip(level))
    wanted = Call("held", [], {}, lambda got: "" if got == [0, 1, 2, 3] else f"held: {got}")
    assert run_calls(place, Solution((source,)), [wanted], Limits(), partial=False).why == ""


@pytest.mark.parametrize("level", LEVELS[1:])
def test_threads_with_tiny_stacks_are_bounded_too(level: str) -> None:
    source = """
import threading, time
threading.stack_size(32768)
def many():
    count = 0
    try:
        while count < 100_000:
            threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
            count += 1
    except (RuntimeError, MemoryError): pass
    return count
"""
    place = open_sandbox(level_or_skip(level))
    wanted = Call("many", [], {}, lambda got: "" if got < 1_000 else f"{got} threads")
    started = time.monotonic()
    assert run_calls(place, Solution((source,)), [wanted], Limits(3.0, 6.0), partial=False).why == ""
    assert time.monotonic() - started < 40  # a thread sleeps for longer


LOOKALIKES = {
    "full-width digits": "print('\\uff11\\uff17\\uff18\\uff19\\uff11\\uff13')",
    "arabic digits": "print('\\u0661\\u0667\\u0668\\u0669\\u0661\\u0663')",
    "a zero-width space": "print('178\\u200b913')",
    "an underscore": "print('178_913')",
    "a right-to-left mark": "print('\\u202e178913')",
    "a NUL": "print('178913\\0')",
    "an escape that erases": "print('1\\b178913')",
    "carriage returns over a wrong line": "print('999\\r178913')",
    "three lines in one by U+2028": "print('178913\\u2028471129\\u2028902117')",
    "digits and a comma": "print('178,913')",
    "hexadecimal": "print(hex(178913))",
    "words around it": "print('Answer: 178913')",
    "infinity": "print('inf')",
    "not a number": "print('nan')",
    "a tower": "print('1e999999')",
    "a float near it": "print(178913.0000001)",
    "nothing, in many lines": "print('\\n' * 100_000)",
}


@pytest.mark.parametrize("lookalike", LOOKALIKES)
def test_a_text_that_looks_alike_earns_nothing(lookalike: str, program: dict[str, Any]) -> None:
    score = code(LOOKALIKES[lookalike], program)
    assert score.value == 0.0
    assert score.why.isprintable()


PROGRAMS = {
    "the last words before the first": "import os\nos.write(3, (14).to_bytes(4, 'big') + b'{\"ended\":true}')",
    "output after the last words": "import os, threading, time\nos.write(3, (14).to_bytes(4, 'big') + b'{\"ended\":true}')\nwhile True: print('178913', flush=True)",
    "a drip": "import time\nwhile True:\n    print(end='1', flush=True); time.sleep(0.02)",
    "a thread that never ends": "import threading, time\nthreading.Thread(target=time.sleep, args=(100,)).start()\nprint(178913)",
    "an exit function that never ends": "import atexit, time\natexit.register(time.sleep, 100)\nprint(178913)",
    "printing what its descriptors hold": "import os\nfor fd in range(3, 64):\n    try: print(os.pread(fd, 100, 0), os.read(fd, 100))\n    except OSError: pass",
    "a __main__ that lies": "import sys\nclass Lie(str):\n    def __eq__(self, other): return True\nsys.stdout.write(Lie('1'))",
    "a repr without end": "class R(list):\n    def __repr__(self): return repr([self])\nprint(R())",
    "an integer of digits without end": "print(9 ** 10 ** 8)",
    "an iterator without end": "import itertools\nprint(*itertools.count())",
    "another encoding": "import sys\nsys.stdout.reconfigure(encoding='utf-16')\nprint(178913)",
}


@pytest.mark.parametrize("source", PROGRAMS)
def test_a_program_earns_by_its_output_alone(
    source: str, program: dict[str, Any], earns_nothing: Callable[..., Any]
) -> None:
    earns_nothing(PROGRAMS[source], program, memory_mb=512)


SPIES = """
import gc, sys, threading
found = set()
def look(value, depth=0):
    if type(value) is int and value > 100_000: found.add(value)
    elif depth < 4 and type(value) in (list, tuple, set): [look(item, depth + 1) for item in list(value)[:1000]]
    elif depth < 4 and type(value) is dict: look(list(value.values()), depth + 1)
def spy(frame, event, argument):
    look(dict(frame.f_locals)); look(argument)
    return spy
sys.settrace(spy); sys.setprofile(spy); threading.settrace(spy)
sys.addaudithook(lambda event, arguments: look(arguments))
def solve(x):
    for frame in sys._current_frames().values():
        while frame:
            look(dict(frame.f_locals)); look(dict(frame.f_globals)); frame = frame.f_back
    for thing in gc.get_objects(): look(thing)
    return [number + 1 for number in found if number % 1000 in (913, 129, 117)] or 0
"""


def test_no_trace_profile_or_audit_hook_sees_an_expected_result(
    earns_nothing: Callable[..., Any], shapes: dict[str, Any]
) -> None:
    for shape in ("cases", "tester"):
        assert "178914" not in earns_nothing(SPIES, shapes[shape], memory_mb=2048).why
