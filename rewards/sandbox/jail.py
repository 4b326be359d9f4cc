"""Close the doors behind a process: namespaces and a private root for a slot, limits and filters for each check.

A slot enters its root once, a check is confined by `confine`, after which nothing of it can be undone. Levels,
strongest first:

    namespaces  own user, process, mount, network, ipc and host-name namespaces; a read-only root that holds the
                standard library, shared libraries and an empty /tmp; Landlock where the kernel has it; seccomp
    landlock    files: the standard library, to read; seccomp
    seccomp     no file can be opened at all; every module that may be needed is loaded before
    none        limits only
"""

# ruff: noqa: PTH103, PTH110, PTH112, PTH120, PTH123, PTH208, S108

from __future__ import annotations

import contextlib
import math
import os
import resource
from typing import Any

from rewards.sandbox import filters, kernel
from rewards.sandbox.doors import DEVICES, Doors

LEVELS = ("none", "seccomp", "landlock", "namespaces")
NOBODY = 65534
TMP_BYTES, TMP_FILES = 64 << 20, 1024
TASKS = 64  # processes and threads of a check

_NAMESPACES = (
    kernel.CLONE_NEWUSER | kernel.CLONE_NEWNS | kernel.CLONE_NEWPID | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS | kernel.CLONE_NEWCGROUP
)  # fmt: skip


def give_up_root(doors: Doors) -> None:
    """Become nobody when root, after building the slots' root, which needs root's view of the files.

    Root of a container may lack the right to either; then each slot builds its own root, or root stays root and gives
    up its capabilities with each check.
    """
    if os.geteuid() != 0:
        return
    with contextlib.suppress(OSError):
        kernel.unshare(kernel.CLONE_NEWNS)
        stage_root(doors)
    with contextlib.suppress(OSError):
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def unshare_all() -> None:
    """Enter new namespaces of every kind, as the same user inside; the next child is process 1 of its own tree."""
    uid, gid = os.geteuid(), os.getegid()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # a change of user made /proc/self root's
    kernel.unshare(_NAMESPACES)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        fd = os.open(f"/proc/self/{name}", os.O_WRONLY)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)


def stage_root(doors: Doors) -> None:
    """Build the root of a slot in this process's own mount namespace, read-only: what `doors` names and an empty /tmp.

    By root before it becomes nobody, who may not enter a home of mode 700 the standard library lies in; else by each
    slot for itself.
    """
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    base = next(path for path in ("/tmp", "/mnt", "/var", "/usr") if os.path.isdir(path))
    quiet = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", base, "tmpfs", quiet, "size=1m,mode=755")
    for path in [*doors.paths, *DEVICES]:
        _show(base, path)
    hidden = [base + path for path in doors.hidden]
    for folder in hidden:
        kernel.mount("tmpfs", folder, "tmpfs", quiet, "size=64k,mode=755")
    for path in doors.packages:
        _show(base, path)
    os.makedirs(f"{base}/tmp", exist_ok=True)
    for folder in (*hidden, base):
        kernel.mount("none", folder, flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | quiet)
    doors.staged = base


def enter_root(doors: Doors) -> None:
    """Make the staged root this process's own, with a fresh /tmp, and let go of the old one."""
    if not doors.staged:
        stage_root(doors)
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount(doors.staged, doors.staged, flags=kernel.MS_BIND | kernel.MS_REC)  # a mount of ours, not a locked one
    kernel.pivot_into(doors.staged)
    fresh_tmp()


def _show(base: str, path: str) -> None:
    """Mount `path` under `base`, read-only unless it is a device."""
    target = base + path
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    elif os.path.exists(path):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    else:
        return
    kernel.mount(path, target, flags=kernel.MS_BIND | kernel.MS_REC)
    if path not in DEVICES:
        kernel.mount("none", target, flags=kernel.MS_BIND | kernel.MS_REMOUNT | kernel.MS_RDONLY | _locked(target))


def fresh_tmp() -> None:
    """Mount an empty /tmp of limited size."""
    options = f"size={TMP_BYTES},nr_inodes={TMP_FILES},mode=777"
    kernel.mount("tmpfs", "/tmp", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC, options)


def clean_tmp() -> bool:
    """Throw /tmp away when anything was written to it, and say so; the time does not depend on how much.

    Rules of Landlock name the folder itself: those made before give no right to the new one.
    """
    written = bool(os.listdir("/tmp"))
    if written:
        kernel.unmount("/tmp")
        fresh_tmp()
    return written


def landlock_rules(level: str, doors: Doors) -> int | None:
    """Landlock's ruleset for a level, or None where it has none."""
    if level == "landlock" or (level == "namespaces" and kernel.landlock_abi()):
        return kernel.landlock_ruleset(doors.readable, ["/tmp"] if level == "namespaces" else [])
    return None


def limit_slot(level: str) -> None:
    """Set the limits that are the same for every check; they pass on to the checks of this slot."""
    values = {
        resource.RLIMIT_STACK: 64 << 20,
        resource.RLIMIT_FSIZE: 16 << 20,
        resource.RLIMIT_NOFILE: 64,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_SIGPENDING: 128,
    }
    if level == "namespaces":  # counted in this namespace
        values[resource.RLIMIT_NPROC] = TASKS
    for name, value in values.items():
        _limit(name, value)


def tasks_of_user() -> int | None:
    """How many processes and threads this user has on the machine; None where /proc does not say."""
    user, count = str(os.getuid()), 0
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        if name.isdigit():
            with contextlib.suppress(OSError, KeyError), open(f"/proc/{name}/status", encoding="utf-8") as lines:
                fields = dict(line.split(":", 1) for line in lines)
                count += int(fields["Threads"]) if fields["Uid"].split()[0] == user else 0
    return count or None


def limit_tasks(others: int | None) -> None:
    """Leave room for the threads of one check beside the user's `others`: outside a namespace, all of them count."""
    if others is not None:
        _limit(resource.RLIMIT_NPROC, others + TASKS)


def limit_check(limits: dict[str, Any]) -> None:
    """Set the limits of one check: address space, and CPU time.

    As many busy threads as there are cores meet the caller's deadline (total_s, and a second for the answer) before
    that of their CPU time, which would pass for a crash.
    """
    _limit(resource.RLIMIT_AS, int(limits["memory_mb"]) << 20)
    _limit(resource.RLIMIT_CPU, (math.ceil(limits["total_s"]) + 2) * len(os.sched_getaffinity(0)))


def _limit(name: int, value: int) -> None:
    hard = resource.getrlimit(name)[1]
    lowest = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(name, (lowest, lowest))


def confine(level: str, limits: dict[str, Any], ruleset: int | None, program: bytes) -> None:
    """Close the last doors on this process: limits, capabilities, Landlock, seccomp."""
    limit_check(limits)
    if level == "none":
        return
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if ruleset is not None:
        kernel.landlock_restrict(ruleset)
        os.close(ruleset)
    kernel.seccomp(program)


def filter_program(level: str, *, fork: bool) -> bytes:
    """The seccomp filter of a level on this machine, empty for `none`."""
    return b"" if level == "none" else filters.build(str(kernel.MACHINE), level, fork=fork)


def _locked(target: str) -> int:
    """Flags of a mount that a user namespace may not take away when it makes the mount read-only."""
    flags = os.statvfs(target).f_flag
    same = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC | 1024 | 2048  # noatime, nodiratime
    return flags & same | (1 << 21 if flags & 4096 else 0)  # relatime
