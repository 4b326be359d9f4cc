"""The three ways to check a solution: call its functions, run it as a program, run a data set's tests against it.

In all of them the solution's process gets inputs and gives values; what was expected stays with the caller (or, for
tests that cannot be taken apart, in a second process), and nothing the solution's process says is believed beyond
"this is my answer".
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rewards.sandbox import plain
from rewards.sandbox.client import Sandbox, again_when_lost
from rewards.sandbox.outcome import Outcome, Tally, how_ended, printable, said_error
from rewards.sandbox.running import Check, Deadline, Limits, TimedOut, Unanswered

SLACK_SECONDS = 1.0
MIN_ANSWER_BYTES = 1 << 16

Judge = Callable[[Any], str]
"""Given an answer, says what is wrong with it, or nothing."""


class Solution(NamedTuple):
    """Model-written code. programs: texts of which the first that compiles is run. preamble: see preamble.py."""

    programs: tuple[str, ...]
    preamble: bool = False


class Call(NamedTuple):
    """One call of a solution's function (of a method of its class `Solution` where there is no such function).

    builtin: the name may also be one of Python's own, which the solution need not define. awaited: an async function
    is run to its end, where no test says `await`.
    """

    name: str
    arguments: Sequence[Any]
    named: dict[str, Any]
    judge: Judge
    answer_bytes: int = MIN_ANSWER_BYTES
    builtin: bool = False
    awaited: bool = False


class Run(NamedTuple):
    """One run of a solution as a program, judged by what it prints."""

    stdin: str
    judge: Judge


@again_when_lost
def run_calls(sandbox: Sandbox, solution: Solution, calls: Sequence[Call], limits: Limits, *, partial: bool) -> Outcome:
    """Load a solution and make the calls one after the other in one process; the inputs of a call come with it.

    Stops at the first failure unless `partial`; a hang or a dead process ends the row in any case.
    """
    tally = Tally(len(calls), partial)
    check: Check | None = None
    try:
        with sandbox.check("serve", limits) as check:
            end = time.monotonic() + limits.total_s  # waiting for a free slot does not count
            _load(check, solution, end, limits)
            for call in calls:
                if tally.finished(_ask(check, call, Deadline(check, limits, end))):
                    break
    except TimedOut as error:
        tally.note(str(error))
    except Unanswered as error:
        tally.note(f"{error}{how_ended(check)}")
    return tally.outcome()


@again_when_lost
def run_programs(
    sandbox: Sandbox, solution: Solution, runs: Sequence[Run], limits: Limits, *, partial: bool
) -> Outcome:
    """Run a solution once per test, each in a fresh process. A hang ends the row."""
    tally = Tally(len(runs), partial)
    left = limits.total_s
    try:
        for run in runs:
            problem, used = _run_program(sandbox, solution, run, left, limits)
            left -= used
            if tally.finished(problem):
                break
    except TimedOut as error:
        tally.note(str(error))
    return tally.outcome()


@again_when_lost
def run_tests(sandbox: Sandbox, solution: Solution, job: dict[str, Any], limits: Limits) -> Outcome:
    """Run tests in a process of their own against a solution in another one. job: see tester.main."""
    check: Check | None = None
    loaded = False
    try:
        with (
            sandbox.check("serve", limits) as check,
            sandbox.check("tester", limits, check.control.fileno()) as tester,  # it starts while the solution loads
        ):
            end = time.monotonic() + limits.total_s
            _load(check, solution, end, limits)
            loaded = True
            check.control.setblocking(True)  # the tester reads it now
            check.control.close()
            tester.send({**job, "timeout_s": 2 * limits.timeout_s}, end)  # it cannot ask for CPU time
            report = tester.receive(end + SLACK_SECONDS, 1 << 20)
    except TimedOut as error:
        return Outcome(0, 1, f"timed out after {limits.total_s:g} s in all" if loaded else str(error))
    except Unanswered as error:  # once loaded: the solution's answers brought the tester down
        return Outcome(0, 1, f"the tests' process: {error}" if loaded else str(error))
    if "unsupported" in report:
        return Outcome(0, 1, str(report["unsupported"]), decided=False)
    if not report["total"] and not report["why"]:
        return Outcome(0, 1, "the tests assert nothing", decided=False)
    why = printable(report["why"]) + (how_ended(check) if report["why"].endswith("process ended") else "")
    return Outcome(report["passed"], report["total"], why)


def _load(check: Check, solution: Solution, end: float, limits: Limits) -> None:
    answer = _answer(check, solution._asdict(), Deadline(check, limits, end), MIN_ANSWER_BYTES)
    if not isinstance(answer, dict) or "loaded" not in answer:
        raise Unanswered(f"the solution cannot be loaded: {said_error(answer)}")


def _answer(check: Check, request: plain.Tree, deadline: Deadline, limit: int) -> plain.Tree:
    check.send(request, deadline.at)
    deadline.wait(check.control.fileno())
    return check.receive(max(deadline.at, time.monotonic() + SLACK_SECONDS), limit)


def _ask(check: Check, call: Call, deadline: Deadline) -> str:
    request = {
        "id": os.urandom(8).hex(),  # an answer that was not made for this question is none
        "do": "call",
        "on": {"name": call.name, "method": True, "builtin": call.builtin},
        "args": plain.encode(list(call.arguments)),
        "kwargs": plain.encode(call.named),
        "await": call.awaited,
    }
    reply = _answer(check, request, deadline, call.answer_bytes)
    if not isinstance(reply, dict) or reply.get("id") != request["id"]:
        raise Unanswered("the solution broke its channel")
    if "value" not in reply:
        return said_error(reply)
    try:
        value = plain.decode(reply["value"])
    except plain.NotPlain as error:
        raise Unanswered(f"the solution broke its channel: {error}") from None
    try:
        return call.judge(value)
    except (ArithmeticError, TypeError, ValueError, RecursionError, MemoryError) as error:
        return f"the answer cannot be compared: {type(error).__name__}"


def _run_program(sandbox: Sandbox, solution: Solution, run: Run, left: float, limits: Limits) -> tuple[str, float]:
    """What is wrong with one run, or nothing, and the seconds it took of the `left` ones. Raises TimedOut."""
    open_fds: set[int] = set()
    check: Check | None = None
    started = time.monotonic()
    try:
        stdin = os.memfd_create("stdin")
        open_fds.add(stdin)
        read, write = os.pipe()
        open_fds |= {read, write}
        _write_all(stdin, run.stdin.encode("utf-8", "surrogatepass"))
        os.lseek(stdin, 0, os.SEEK_SET)
        with sandbox.check("program", limits, stdin, write) as check:
            started = time.monotonic()  # waiting for a free slot does not count
            os.close(write)
            open_fds.discard(write)
            deadline = Deadline(check, limits, started + left)
            check.send(solution._asdict(), deadline.at)
            printed = _read_all(read, deadline, limits.output_bytes)
            ended = _last_words(check, deadline)
    except TimedOut:
        raise
    except Unanswered as error:
        return f"{error}{how_ended(check)}", time.monotonic() - started
    finally:
        for fd in open_fds:
            os.close(fd)
    return _program_problem(run, printed, ended, check), time.monotonic() - started


def _program_problem(run: Run, printed: bytes, ended: plain.Tree, check: Check) -> str:
    if isinstance(ended, dict) and "error" in ended:
        return said_error(ended)
    if ended is None and check.ended.get("status", 1) != 0:
        return f"the process ended{how_ended(check)}"
    return run.judge(printed.decode("utf-8", "replace"))


def _read_all(fd: int, deadline: Deadline, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while size <= limit:
        deadline.wait(fd)
        part = os.read(fd, 1 << 16)
        if not part:
            return b"".join(parts)
        size += len(part)
        parts.append(part)
    raise Unanswered(f"printed more than {limit} bytes")


def _last_words(check: Check, deadline: Deadline) -> plain.Tree:
    """What a program's process says when it ends; None for os._exit and a crash, which its status tells apart."""
    deadline.wait(check.control.fileno())
    try:
        return check.receive(max(deadline.at, time.monotonic() + SLACK_SECONDS), MIN_ANSWER_BYTES)
    except TimedOut:
        raise
    except Unanswered:
        return None


def _write_all(fd: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(fd, left) :]
