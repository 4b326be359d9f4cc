"""The templates of self_instruct and evolve that ship with curate, in `templates/`."""

from __future__ import annotations

from pathlib import Path


def text_of(name: str) -> str:
    """The text of a template.

    >>> text_of("self_instruct").splitlines()[0]
    'Here are {{ first - 1 }} tasks:'
    """
    return (Path(__file__).parent / "templates" / f"{name}.jinja").read_text(encoding="utf-8").rstrip("\n")
