"""Run model-written Python where it can do no harm, and believe nothing it says.

    level()                     the level in force on this machine: namespaces, landlock, seccomp or none
    describe()                  the same in words, with what is missing for more
    open_sandbox()              this process's sandbox; `require` refuses below a level
    run_calls, run_programs, run_tests      the three kinds of checks (checks.py)

Each check runs in a process forked from a warm one (zygote.py) that was started by a clean exec: it never held the
caller's memory, environment or files. It is given inputs and gives values as plain data (plain.py). Expected results
never enter it: the caller compares, or, for tests that cannot be taken apart, a second sandboxed process does, to which
the solution's functions are remote (tester.py). Forging an answer is therefore no better than giving it.

Covered at every level but `none`: no new process (some 60 threads are allowed), no program, socket, signal to others,
ptrace, mount, keyring, bpf, io_uring or namespace (an allow-list of system calls); no environment; limits on memory,
CPU time, file size, open files, output and wall time; everything it started is dead and waited for when the check
ends; a hang costs its row one deadline.
Added at `landlock`: the standard library can be read from disk, nothing else can be opened.
Added at `namespaces`: no network and no other process to see, a read-only root without the host's files, an empty /tmp
of 64 MB that is thrown away after each check, room for processes on request.
At `seccomp` no file can be opened at all.

Not covered: bugs of the kernel and side channels (timing, caches) between processes; the names and sizes of the host's
files at `landlock` (stat is not restricted there); what a solution says about itself in an error message, which is cut
and made printable; solutions that answer differently when tested than elsewhere. A third-party module loaded for
solutions (`modules`) is trusted. On other systems than Linux, and other machines than x86_64 and aarch64, the level is
`none` and code is refused unless the caller says `unsafe_exec`.
"""

from __future__ import annotations

from rewards.sandbox.broker import Refused
from rewards.sandbox.checks import Call, Run, Solution, run_calls, run_programs, run_tests
from rewards.sandbox.client import LEVELS, Sandbox, close_all, open_sandbox
from rewards.sandbox.outcome import Outcome
from rewards.sandbox.running import Limits, Lost

__all__ = [
    "LEVELS",
    "Call",
    "Limits",
    "Lost",
    "Outcome",
    "Refused",
    "Run",
    "Sandbox",
    "Solution",
    "close_all",
    "describe",
    "level",
    "open_sandbox",
    "require",
    "run_calls",
    "run_programs",
    "run_tests",
]


def level() -> str:
    """The level in force: the strongest whose doors were all found closed when tried."""
    return open_sandbox().level


def describe() -> list[str]:
    """The level in force and why no stronger one is, a line each, for `curate doctor`."""
    sandbox = open_sandbox()
    greeting = sandbox.start()
    lines = [f"sandbox: {greeting['level']}, {sandbox.size} checks at a time"]
    if greeting.get("landlock"):
        lines.append(f"landlock: ABI {greeting['landlock']}")
    lines += [f"not {name}: {why}" for name, why in greeting["why"].items()]
    if greeting["level"] == "none":
        lines.append("model-written code is refused here; unsafe_exec=True runs it without isolation")
    return lines


def require(sandbox: Sandbox, min_level: str = "seccomp", *, unsafe_exec: bool = False) -> str:
    """The sandbox's level, at least `min_level`. Raises Refused when it is weaker.

    unsafe_exec: accept `none`, which is no isolation at all.
    """
    if min_level not in LEVELS:
        raise Refused(f"no sandbox level is called '{min_level}' (known: {', '.join(LEVELS)})")
    found = sandbox.level
    if unsafe_exec and not sandbox.greeting.get("unusable"):
        return found
    if found == "none" or LEVELS.index(found) < LEVELS.index(min_level):
        why = "; ".join(f"{name}: {reason}" for name, reason in sandbox.greeting["why"].items())
        asked = max(min_level, "seccomp", key=LEVELS.index)
        raise Refused(
            f"the sandbox reaches only level '{found}' here, asked for is '{asked}' ({why}). "
            "unsafe_exec=True runs the code all the same"
        )
    return found
