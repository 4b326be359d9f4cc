"""The length profile as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate.report import svg
from curate.report.template import html_templates

if TYPE_CHECKING:
    from curate.report.length_numbers import Measured

GROUPS = 60


def render(profile: Measured) -> str:
    """One self-contained HTML file, the same bytes for the same profile."""
    whole = profile.overall
    shown = profile.groups[:GROUPS] if len(profile.groups) > 1 else ()
    context: dict[str, Any] = {
        "title": "Token lengths",
        "profile": profile,
        "parts": [
            (name, part, svg.lengths(part, name, "tokens"))
            for name, part in (("Total", whole.total), ("Prompt", whole.prompt), ("Completion", whole.completion))
            if part.total
        ],
        "groups": [(group, svg.lengths(group.total, group.name, "tokens")) for group in shown],
        "more": max(0, len(profile.groups) - GROUPS),
    }  # fmt: skip
    return html_templates().get_template("lengths.html.jinja").render(context)
