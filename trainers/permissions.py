"""Weights that others may read as they may read the rest: safetensors 0.8 makes its files for their owner alone."""

from __future__ import annotations

from pathlib import Path


def as_usual(folder: Path) -> None:
    """Give the files of weights in `folder` the permissions that a new file of this user has."""
    new = folder / ".new"
    new.touch()
    mode = new.stat().st_mode
    new.unlink()
    for path in folder.rglob("*.safetensors"):
        path.chmod(mode)
