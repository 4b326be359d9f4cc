"""A training to hand on, and what the scripts of an export hand on to a trainer."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def grpo(settings: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return settings(
        "grpo", {"beta": 0.02, "epsilon": 0.3}, eval=0.25, rewards=["math", {"reward": "boxed_format", "weight": 0.1}]
    )


@pytest.fixture
def run_script(tmp_path: Path) -> Callable[..., list[str]]:
    """Run a script of an export with a python3 that tells its arguments."""

    def run(script: Path, *more: str, **environment: str) -> list[str]:
        program = tmp_path / "bin" / "python3"
        program.parent.mkdir(exist_ok=True)
        program.write_text('#!/bin/bash\nprintf "%s\\0" "$@"\n')
        program.chmod(0o755)
        done = subprocess.run(
            ["bash", str(script), *more],
            env={"PATH": f"{program.parent}:/usr/bin:/bin"} | environment, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.split("\0")[:-1]

    return run
