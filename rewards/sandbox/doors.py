"""What may be read from inside: the standard library, shared libraries, time zones, and chosen packages."""

# ruff: noqa: PTH112, PTH120, PTH123, PTH208

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

from rewards.sandbox import kernel

DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")
_FOREIGN = ("site-packages", "dist-packages")


class Doors:
    """What may be read from inside: the standard library, shared libraries, time zones, and chosen packages.

    packages: folders of third-party packages. The rest of site-packages is hidden: a reference solution or the data set
    itself may be installed there.
    """

    def __init__(self, packages: list[str]) -> None:
        stdlib = os.path.dirname(os.path.realpath(os.__file__))
        extensions = sysconfig.get_path("platstdlib") or stdlib
        libraries = {os.path.dirname(os.path.realpath(path)) for path in _mapped_libraries()}
        shared = [path for path in libraries if not any(f"/{name}" in path for name in _FOREIGN)]
        self.paths = _outermost([stdlib, extensions, *shared, "/usr/share/zoneinfo"])
        self.packages = _outermost(packages)
        self.staged = ""
        self.hidden = [folder for path in self.paths for folder in _foreign_folders(path)]
        self.readable = [(device, kernel.READ_FILE) for device in DEVICES]  # Landlock's rules
        self.readable += [(package, _READ) for package in self.packages]
        self.readable += [rule for path in self.paths for rule in _all_but(path, self.hidden)]


def _foreign_folders(path: str) -> list[str]:
    folders = [Path(path, name) for name in _FOREIGN]
    folders += [folder for name in _FOREIGN for folder in Path(path).glob(f"python*/{name}")]
    return [str(folder) for folder in folders if folder.is_dir()]


_READ = kernel.READ_FILE | kernel.READ_DIR


def _all_but(path: str, hidden: list[str]) -> list[tuple[str, int]]:
    """Rules for a folder: as a whole, or entry by entry when something in it is hidden."""
    if path in hidden:
        return []
    if not any(folder.startswith(path + "/") for folder in hidden):
        return [(path, _READ)]
    try:
        names = os.listdir(path)
    except OSError:
        return []
    return [(path, kernel.READ_DIR)] + [rule for name in names for rule in _all_but(f"{path}/{name}", hidden)]


def _mapped_libraries() -> set[str]:
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as lines:
        return {line.split(None, 5)[5].strip() for line in lines if ".so" in line}


def _outermost(paths: list[str]) -> list[str]:
    """Existing folders that lie in no other of them."""
    real = sorted({os.path.realpath(path) for path in paths if os.path.isdir(path)})
    return [path for path in real if not any(path.startswith(other + "/") for other in real if other != path)]
