"""The sandbox itself: levels, limits, and a life beside threads, forks and dead parents."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import rewards
from rewards import sandbox
from rewards.programs import code, code_batch
from rewards.sandbox import LEVELS, Limits, Refused, Sandbox, Solution, client, filters, running
from rewards.sandbox.running import Slot

CASES = {"entry_point": "f", "cases": [[[n], n * n] for n in range(5)]}
LOOP = {
    "test": "def check(candidate):\n    for n in range(5):\n        assert candidate(n) == n * n\n",
    "entry_point": "f",
}
RIGHT, WRONG = "def f(n): return n * n", "def f(n): return n + n"
REAL_LEVELS = LEVELS[:0:-1]
ROOT = Path(rewards.__file__).parents[1]


@pytest.fixture(params=REAL_LEVELS)
def level(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every level this machine can give, one after the other, in force for all rewards."""
    wanted = request.param
    best = sandbox.level()
    if LEVELS.index(best) < LEVELS.index(wanted):
        pytest.skip(f"this machine gives level {best}: {sandbox.describe()}")

    def limited(modules: Any = (), max_level: str = wanted) -> Sandbox:
        return client.open_sandbox(max_level, modules)

    monkeypatch.setattr(sandbox, "open_sandbox", limited)
    if sandbox.open_sandbox().level != wanted:
        pytest.skip(f"this machine has no level {wanted} below {best}: {sandbox.describe()}")
    return wanted


def test_the_verdict_is_the_same_at_every_level(level: str) -> None:
    for tests in (CASES, LOOP):
        right, wrong = code(RIGHT, tests), code(WRONG, tests)
        assert (right.value, wrong.value) == (1.0, 0.0)
        assert right.evidence["isolation"] == level
    assert code("n = int(input())\nprint(n * n)", {"stdin": ["3"], "stdout": ["9"]}).value == 1.0


def test_the_usual_modules_can_be_imported_at_every_level(level: str) -> None:
    source = """
import argparse, asyncio, bisect, collections, csv, dataclasses, datetime, decimal, fractions, functools, hashlib
import heapq, itertools, json, logging, math, operator, pathlib, random, re, statistics, string, struct, sys
import textwrap, threading
import time, typing, unittest, uuid, zlib
@dataclasses.dataclass
class Point:
    x: int
def f(n):
    thread = threading.Thread(target=lambda: None); thread.start(); thread.join()
    hashlib.sha256(b"x").hexdigest(); decimal.Decimal(1) / 3; datetime.datetime.strptime("2020", "%Y")
    return Point(n * n).x
"""
    assert code(f"```python\n{source}\n```", CASES).value == 1.0


DOORS = {
    "fork": "import os; os.fork()",
    "exec": "import os; os.execv('/bin/true', ['true'])",
    "a shell": "import subprocess; subprocess.run(['true'])",
    "a socket": "import socket; socket.socket()",
    "a pair of sockets": "import _socket; _socket.socketpair()",
    "a file of the host": "open('/etc/passwd')",
    "the environment": "open('/proc/self/environ')",
    "another process": "import os; os.kill(os.getppid(), 0)",
    "a file beside the library": "import os; open(os.__file__ + '.x', 'w')",
    "memory without a name": "import os; os.memfd_create('x')",
    "a mode": "import os; os.chmod('/tmp', 0o777)",
    "a new owner": "import os; os.chown('/tmp', 0, 0)",
    "a link": "import os; os.symlink('/etc', '/tmp/x')",
    "a pipe with a name": "import os; os.mkfifo('/tmp/x')",
    "its limits": "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))",
    "its user": "import os; os.setuid(0)",
    "another root": "import os; os.chroot('/')",
    "signals by descriptor": "import fcntl, os; fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
}


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_closed_at_every_level(door: str, level: str) -> None:
    source = "\n".join(f"    {line}" for line in DOORS[door].split("; "))
    program = f"try:\n{source}\nexcept (OSError, ValueError): print('closed')\nelse: print('open')"
    score = code(program, {"stdin": [""], "stdout": ["closed"]})
    assert score.value == 1.0, score


def test_writing_is_for_the_private_tmp_of_the_strongest_level_only(level: str) -> None:
    program = """
import os
for path in ('/tmp/x', 'x', '/x', os.path.dirname(os.__file__) + '/x', '/dev/x', '/var/tmp/x'):
    try: open(path, 'w').write('x')
    except OSError: print(0, end=' ')
    else: print(1, end=' ')
"""
    expected = "1 1 0 0 0 0" if level == "namespaces" else "0 0 0 0 0 0"  # it runs there
    assert code(program, {"stdin": [""], "stdout": [expected]}).value == 1.0


def test_what_one_program_writes_takes_nothing_from_the_next(level: str) -> None:
    program = """
try: open('/tmp/x', 'x').write('x')
except FileExistsError: print('left')
except OSError: print('closed')
else: print('new')
"""
    cases = {"stdin": [""], "stdout": ["new" if level == "namespaces" else "closed"]}
    assert [code(program, cases).value for _ in range(4)] == [1.0] * 4


def test_a_level_that_is_not_reached_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "open_sandbox", lambda modules=(): client.open_sandbox("none", modules))
    refused = code(RIGHT, CASES)
    assert refused.value is None
    assert "unsafe_exec=True" in refused.why
    score = code(RIGHT, CASES, unsafe_exec=True)
    assert score.value == 1.0
    assert score.evidence["isolation"] == "none"
    weaker = client.open_sandbox("seccomp")
    if weaker.level == "seccomp":
        monkeypatch.setattr(sandbox, "open_sandbox", lambda modules=(): weaker)
        assert code(RIGHT, CASES).value == 1.0
        assert code(RIGHT, CASES, min_level="landlock").value is None


def test_an_unknown_level_is_named_with_the_known_ones() -> None:
    with pytest.raises(Refused, match=r"known: none, seccomp, landlock, namespaces"):
        sandbox.require(sandbox.open_sandbox(), "docker")


def test_describe_says_the_level_and_why_not_more() -> None:
    lines = client.open_sandbox("seccomp")
    assert lines.start()["why"]["namespaces"] == "not asked for"
    assert sandbox.level() in sandbox.describe()[0]


def test_processes_are_allowed_on_request_and_ended_all_the_same() -> None:
    place = sandbox.open_sandbox()
    if place.level != "namespaces":
        pytest.skip(f"processes need level namespaces, this machine gives {place.level}")
    source = "import os, time\nfor _ in range(3):\n    if os.fork() == 0: time.sleep(60)\nprint('ok')"
    started = time.monotonic()
    run = sandbox.Run("", lambda text: "" if text.strip() == "ok" else text)
    outcome = sandbox.run_programs(place, Solution((source,)), [run], Limits(2.0, 5.0, fork=True), partial=False)
    assert outcome.passed == 1, outcome
    assert time.monotonic() - started < 30  # its children held its output open, and were ended with it
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    outcome = sandbox.run_programs(place, Solution((bomb,)), [run], Limits(0.5, 5.0, fork=True), partial=False)
    assert "timed out" in outcome.why
    assert code(RIGHT, CASES).value == 1.0


CONDITIONAL = ("clone", "ioctl", "prctl")  # calls whose allowance depends on arguments that are not 0


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
@pytest.mark.parametrize("name", REAL_LEVELS)
def test_a_filter_allows_what_is_listed_and_nothing_else(machine: str, name: str) -> None:
    column = ("x86_64", "aarch64").index(machine)
    listed = dict(filters.BASE)
    if name != "seccomp":
        listed |= filters.READ
    if name == "namespaces":
        listed |= filters.WRITE
    conditional = CONDITIONAL if name != "seccomp" else (*CONDITIONAL, "newfstatat")
    allowed = {numbers[column] for call, numbers in listed.items() if call not in conditional} - {None}
    program = filters.build(machine, name)
    assert {number for number in range(700) if _run_filter(program, machine, number) == ALLOW} == allowed
    other = "aarch64" if machine == "x86_64" else "x86_64"
    assert _run_filter(program, other, 0) == KILL
    clone = filters.BASE["clone"][column]
    assert clone is not None
    assert _run_filter(program, machine, clone, 0x3D0F00) == ALLOW  # a thread, as the C library asks for it
    for flags in (0x11, 0x4111, 0x3D0F00 | 0x10000000, 0x01200011):  # fork, vfork, a thread in a namespace, fork again
        assert _run_filter(program, machine, clone, flags) == EPERM
    forking = filters.build(machine, name, fork=True)
    assert _run_filter(forking, machine, clone, 0x01200011) == ALLOW
    assert _run_filter(forking, machine, clone, 0x11 | 0x20000000) == EPERM


ALLOW, KILL, EPERM = 0x7FFF0000, 0x80000000, 0x00050001


def _run_filter(program: bytes, machine: str, number: int, *arguments: int) -> int:
    """What the kernel's interpreter would return; a second implementation to hold the compiler against."""
    architecture = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    data = struct.pack("<IIQ", number, architecture, 0) + struct.pack("<6Q", *arguments, *[0] * (6 - len(arguments)))
    code_at, accumulator = 0, 0
    instructions = list(struct.iter_unpack("HBBI", program))
    while True:
        operation, if_true, if_false, value = instructions[code_at]
        code_at += 1
        if operation == 0x20:
            accumulator = struct.unpack_from("<I", data, value)[0]
        elif operation == 0x54:
            accumulator &= value
        elif operation == 0x06:
            return value
        elif operation == 0x05:
            code_at += value
        else:
            holds = accumulator == value if operation == 0x15 else accumulator >= value
            code_at += if_true if holds else if_false


@pytest.mark.parametrize(
    ("denied", "expected"),
    [
        ((272,), "landlock"),
        ((272, 444), "seccomp"),
        ((272, 444, 317, 157), "none"),
    ],  # unshare; landlock; seccomp, prctl
)
def test_what_a_container_denies_lowers_the_level_and_is_named(
    denied: tuple[int, ...], expected: str, tmp_path: Path
) -> None:
    """As in Docker's default profile, which denies unshare: here by a filter of our own around the whole caller."""
    if os.uname().machine != "x86_64" or sandbox.level() != "namespaces":
        pytest.skip(f"written for x86_64 with all levels, this is {os.uname().machine} with {sandbox.level()}")
    script = tmp_path / "denied.py"
    script.write_text(
        "from rewards.sandbox import filters, kernel\n"
        f"tests = [filters._instruction(0x15, number, 0, 1) + filters._fail(1) for number in {denied}]\n"
        "start, end = filters._instruction(0x20, 0), filters._instruction(0x06, 0x7FFF0000)\n"
        "kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)\n"
        "kernel.seccomp(start + b''.join(tests) + end)\n"
        "from rewards import sandbox\n"
        "from rewards.programs import code\n"
        "print(sandbox.level(), code('def f(n): return n', {'entry_point': 'f', 'cases': [[[1], 1]]}).value)\n"
        "print(sandbox.describe())\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, cwd=ROOT, timeout=120)
    level, value = done.stdout.splitlines()[0].split()
    assert (level, value) == (expected, "None" if expected == "none" else "1.0"), done
    assert "not permitted" in done.stdout


# a life beside threads, event loops, forks and spawned processes


def judge(_: int = 0) -> list[float | None]:
    return rewards.get("code")([RIGHT, WRONG, "def f(n):\n    raise SystemExit"], tests=[CASES, LOOP, CASES])


VERDICT: list[float | None] = [1.0, 0.0, 0.0]


def test_the_verdict_is_the_same_from_threads_and_event_loops() -> None:
    assert judge() == VERDICT
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(judge, range(24))) == [VERDICT] * 24

    async def gather() -> list[Any]:
        return await asyncio.gather(*(rewards.get("code").ascore(RIGHT, tests=CASES) for _ in range(6)))

    assert [score.value for score in asyncio.run(gather())] == [1.0] * 6


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # Python 3.12 warns of what is tested here
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_verdict_is_the_same_in_another_process(method: str) -> None:
    assert judge() == VERDICT
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(judge, range(4)) == [VERDICT] * 4
    assert judge() == VERDICT  # the child did not take the parent's sandbox with it


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_another_thread_checks_does_not_hang() -> None:
    stop = threading.Event()
    busy = threading.Thread(target=lambda: [judge() for _ in iter(stop.is_set, True)])
    busy.start()
    try:
        for _ in range(3):
            pid = os.fork()
            if pid == 0:
                ok = False
                try:
                    ok = judge() == VERDICT
                finally:
                    os._exit(not ok)
            assert os.waitpid(pid, 0)[1] == 0
    finally:
        stop.set()
        busy.join()


def test_a_killed_sandbox_is_started_again() -> None:
    assert judge() == VERDICT
    place = sandbox.open_sandbox()
    assert place.process is not None
    os.kill(place.process.pid, signal.SIGKILL)
    place.process.wait()
    assert judge() == VERDICT
    for slot in _free_slots(place):
        os.kill(slot.pid, signal.SIGKILL)
    assert judge() == VERDICT


def test_a_test_that_waits_for_a_core_has_its_cpu_time_and_one_that_sleeps_has_not() -> None:
    waits = (  # a quarter of a core
        "import time\ndef f(n):\n    end = time.process_time() + 0.3\n    while time.process_time() < end:\n"
        "        turn = time.process_time() + 0.025\n        while time.process_time() < turn: pass\n"
        "        time.sleep(0.075)\n    return n * n"
    )
    sleeps = "import time\ndef f(n):\n    time.sleep(20)\n    return n * n"
    once = {"entry_point": "f", "cases": [[[3], 9]]}
    assert [code(source, once, timeout_s=0.5).value for source in (waits, sleeps)] == [1.0, 0.0]
    many = {"entry_point": "f", "cases": [[[n], n * n] for n in range(2)]}  # of which each has as much
    assert code(waits, many, timeout_s=0.5).value == 1.0


@pytest.mark.slow
def test_busy_threads_run_out_of_time_and_are_no_crash() -> None:
    """On as many cores as they like: their CPU time is over long before the wall time otherwise."""
    burn = "import hashlib, threading\ndef burn():\n    data = bytes(1 << 26)\n    while True: hashlib.sha256(data)\n"
    source = burn + "def f(n):\n    for _ in range(8): threading.Thread(target=burn, daemon=True).start()\n    burn()"
    assert "timed out" in code(source, CASES, timeout_s=4.0, total_s=4.0).why


@pytest.fixture
def stopped_slots() -> Iterator[list[Slot]]:
    """All free slots, more than one of a kind, which take an order and do nothing."""
    place = sandbox.open_sandbox()
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(judge, range(8))) == [VERDICT] * 8
    slots = _free_slots(place)
    assert len(slots) > 2
    for slot in slots:
        for pid in _children(slot.pid) or {slot.pid}:
            with contextlib.suppress(ProcessLookupError):  # what is left of the last check
                os.kill(pid, signal.SIGSTOP)
    yield slots
    for slot in slots:
        with contextlib.suppress(ProcessLookupError):
            os.kill(slot.pid, signal.SIGKILL)


def test_slots_that_take_an_order_and_die_are_started_again(stopped_slots: list[Slot]) -> None:
    dying = [
        threading.Timer(0.3 * n, os.kill, (slot.pid, signal.SIGKILL))
        for n, slot in enumerate(reversed(stopped_slots), 1)
    ]
    for timer in dying:
        timer.start()
    try:
        assert code(RIGHT, CASES).value == 1.0
    finally:
        for timer in dying:
            timer.cancel()


def test_a_slot_that_does_not_say_how_long_a_check_has_run_judges_nothing(
    stopped_slots: list[Slot], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer may come late, and pass for the next one."""
    monkeypatch.setattr(running, "GRACE_SECONDS", 0.2)
    assert code(RIGHT, CASES, timeout_s=0.5).value == 1.0


def test_a_process_with_thousands_of_open_files_has_a_sandbox() -> None:
    source = (
        "import os, resource\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))\n"
        "held = [os.open('/dev/null', os.O_RDONLY) for _ in range(1100)]\n"
        "from rewards.programs import code\n"
        f"tests = {[CASES, LOOP, {'stdin': ['3'], 'stdout': ['9']}]!r}\n"
        f"programs = {[RIGHT, RIGHT, 'print(int(input()) ** 2)']!r}\n"
        "print([code(*one).value for one in zip(programs, tests)])\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[1.0, 1.0, 1.0]\n", done.stderr


def test_a_process_that_was_out_of_open_files_goes_on() -> None:
    """A check that cannot begin gives its slot back, or all others would wait for it for ever."""
    source = (
        "import contextlib, os, resource, rewards\n"
        f"rows = [({RIGHT!r}, {CASES!r}), ('print(int(input()) ** 2)', {{'stdin': ['3'], 'stdout': ['9']}})] * 3\n"
        "def judge(): return {rewards.get('code').score(text, tests=tests).value for text, tests in rows}\n"
        "soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "assert judge() == {1.0}\n"
        "before = os.listdir('/proc/self/fd')\n"
        "for spare in range(6):\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))\n"
        "    held = []\n"
        "    with contextlib.suppress(OSError):\n"
        "        while True: held.append(os.open('/dev/null', os.O_RDONLY))\n"
        "    for fd in held[len(held) - spare:]: os.close(fd)\n"
        "    assert judge() <= {None, 1.0}\n"
        "    for fd in held[:len(held) - spare]: os.close(fd)\n"
        "    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))\n"
        "    assert judge() == {1.0}\n"
        "assert len(os.listdir('/proc/self/fd')) <= len(before) + 2\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", source], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert done.returncode == 0, done.stderr


def _free_slots(place: Sandbox) -> list[Slot]:
    return [slot for slots in place.free.values() for slot in slots]


def test_nothing_outlives_a_killed_caller(tmp_path: Path) -> None:
    script = tmp_path / "caller.py"
    script.write_text(
        "import time\nfrom rewards import sandbox\nfrom rewards.programs import code\n"
        "code('def f(n): return 1', {'entry_point': 'f', 'cases': [[[1], 1]]})\n"
        "print(sandbox.open_sandbox().process.pid, flush=True)\n"
        "code('def f(n):\\n    while 1: pass', {'entry_point': 'f', 'cases': [[[1], 1]]}, timeout_s=60, total_s=60)\n"
    )
    caller = subprocess.Popen(
        [sys.executable, str(script)], stdout=subprocess.PIPE, cwd=Path(rewards.__file__).parents[1]
    )
    assert caller.stdout is not None
    with caller.stdout as out:
        broker = int(out.readline())
        family = {broker, *_children(broker)}
        time.sleep(0.3)
        family |= _children(broker)
        caller.kill()
        caller.wait()
    deadline = time.monotonic() + 30
    while (left := [pid for pid in family if _alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def _children(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child, *_children(child)}
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_batch_runs_as_many_checks_as_there_are_cores() -> None:
    place = sandbox.open_sandbox()
    sleeper = "import time\ndef f(n):\n    time.sleep(1)\n    return n * n"
    one = {"entry_point": "f", "cases": [[[3], 9]]}
    code_batch([RIGHT] * 2 * place.size, [CASES] * 2 * place.size)  # starts the slots
    started = time.monotonic()
    scores = code_batch([sleeper] * 2 * place.size, [one] * 2 * place.size)
    assert {score.value for score in scores} == {1.0}
    if place.size > 1:
        assert time.monotonic() - started < 2 * place.size  # seconds, if one slept after the other


def test_a_check_sees_no_randomness_of_its_own() -> None:
    source = "import random\nprint(random.random(), hash('x'), list({'a', 'b', 'c'}))"
    place = sandbox.open_sandbox()
    printed: list[str] = []
    runs = [sandbox.Run("", lambda text: printed.append(text) or "") for _ in range(3)]
    for _ in range(2):
        sandbox.run_programs(place, Solution((source,)), runs, Limits(), partial=True)
        sandbox.close_all()
        place = sandbox.open_sandbox()
    assert len(set(printed)) == 1


def test_a_module_that_was_asked_for_can_be_imported() -> None:
    pytest.importorskip("numpy")
    source = "import numpy as np\ndef f(n): return np.int64(n) * n"
    assert code(source, CASES, modules=("numpy",)).value == 1.0
    assert "No module named 'numpy'" in code(source, CASES).why


def test_the_memory_limit_is_the_solutions_own_error() -> None:
    score = code("def f(n): return len(bytearray(1 << 33)) and n * n", CASES, memory_mb=256)
    assert score.value == 0.0
    assert "MemoryError" in score.why
