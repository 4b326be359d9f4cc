"""A whole page in a frame, for a notebook."""

from __future__ import annotations

from markupsafe import Markup

from curate.text.shown import visible


def framed(page: str, title: str) -> str:
    """A page inside a frame, so that its style touches nothing else of the notebook."""
    frame = Markup('<iframe sandbox srcdoc="{}" style="width:100%;height:640px;border:0" title="{}"></iframe>')
    return str(frame.format(visible(page), title))
