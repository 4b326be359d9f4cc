"""docs/course.md names nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import rewards
from curate.dialects import DIALECTS

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "course.md").read_text(encoding="utf-8")


def _quoted(section: str) -> set[str]:
    """What stands in backticks in the last cell of the tables below a heading."""
    body = PAGE.split(f"## {section}\n")[1].split("\n## ")[0]
    cells = [line.rsplit("|", 2)[1] for line in body.splitlines() if line.startswith("| ")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


def test_the_dialects_are_there() -> None:
    named = _quoted("Data sets")
    assert len(named) > 15
    assert named <= DIALECTS.keys()


def test_the_rewards_are_there() -> None:
    names = {"rhyme", "metre", "syllables", "poem_form", "think_format", "boxed_format", "xml", "regex", "countdown"}
    assert names <= _quoted("Techniques")
    assert all(rewards.get(name) for name in names)
