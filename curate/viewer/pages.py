"""The pages of the viewer, made here: the browser gets HTML in which every value of a row is plain text."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader

from curate.report.life import Life
from curate.report.life_text import without_quiet_flags
from curate.report.tables import SCORE, WHY
from curate.report.template import html_templates
from curate.run import Run
from curate.show import how_far
from curate.text.shown import clip
from curate.viewer.comparing import Side, differences, why_no_preference
from curate.viewer.listing import PAGE, SNIPPET, Page, listed

MAX_TEXT = 40_000
"""Characters of one value that a page shows; `curate why --json` has it whole."""


def render(name: str, run: Run, title: str, **values: Any) -> str:
    """A page by its template, with the steps of the run beside it."""
    asked = {
        "run": run.folder.resolve().name, "tables": listed(run).values(), "title": title, "table": "",
        "unfinished": "" if run.ledger_path.is_file() else how_far(run), **values,
    }  # fmt: skip
    return _templates().get_template(f"{name}.html.jinja").render(asked)


def rows(run: Run, table: str, shown: Page, *, rule: str, text: str, reasons: list[tuple[str, int]]) -> str:
    """The rows of a table, a page of them."""
    kept = {"table": table, "rule": rule, "text": text}
    last = max(0, shown.total - 1) // PAGE * PAGE
    moves = {
        "first": 0 if shown.start else None,
        "before": shown.start - PAGE if shown.start else None,
        "after": shown.start + PAGE if shown.start + PAGE < shown.total else None,
        "last": last if shown.start < last else None,
    }
    links = {name: link("rows", **kept, start=start) for name, start in moves.items() if start is not None}
    by_reason = [(reason, count, link("rows", table=table, rule=f"reason == {reason!r}")) for reason, count in reasons]
    return render(
        "rows", run, table, table=table, page=shown, rule=rule, text=text, links=links, reasons=by_reason,
        snippet=SNIPPET,
    )  # fmt: skip


def row(run: Run, table: str, life: Life) -> str:
    """The life of a row; each child can be compared with the next, in the step that made them."""
    step = next((station.step for station in life.stations if station.outcome == "split"), "")
    ids = [child.id for child in life.children]
    pairs = [link("compare", table=step, id=pair) if step else "" for pair in pairwise(ids)]
    children = list(zip(life.children, [*pairs, ""], strict=True)) if ids else []
    return render("row", run, life.id, table=table, life=life, children=children, shown=_shown)


def compare(run: Run, table: str, a: Side, b: Side, *, who: str, following: bool) -> str:
    """Two rows side by side, and, where both answer one prompt, a form for a preference."""
    return render(
        "compare", run, f"{a.id} and {b.id}", table=table, sides=(("A", a), ("B", b)),
        parts=differences(a.text, b.text), clip=lambda value: clip(value, MAX_TEXT), refused=why_no_preference(a, b),
        key=secrets.token_urlsafe(16),
        who=who, following=following, same_prompt=a.prompt == b.prompt,
    )  # fmt: skip


def message(run: Run, title: str, text: str, table: str = "") -> str:
    """A page that says one thing: a mistake, or that there is nothing left to judge."""
    return render("message", run, title, text=text, table=table)


def link(page: str, **values: Any) -> str:
    """A link to a page, relative to the token's folder.

    >>> link("rows", table="04-keep", rule="", start=25)
    'rows?table=04-keep&start=25'
    """
    return f"{page}?{urlencode({name: value for name, value in values.items() if value != ''}, doseq=True)}"


def _shown(new: Mapping[str, Any] | None) -> list[tuple[str, str, int]]:
    """What a step wrote, as (name, text, characters left out); a score with its reason."""
    told: list[tuple[str, str, int]] = []
    new = without_quiet_flags(new or {})
    for name, value in new.items():
        if name.startswith(WHY) and f"{SCORE}{name.removeprefix(WHY)}" in new:
            continue
        if isinstance(value, list) and value and all(isinstance(turn, dict) and "content" in turn for turn in value):
            told += [(f"{name}: {turn.get('role', '?')}", *clip(str(turn["content"]), MAX_TEXT)) for turn in value]
        elif name.startswith(SCORE):
            why = new.get(WHY + name.removeprefix(SCORE))
            score = "not judged" if value is None else f"{value:g}"
            told.append((name, *clip(f"{score} ({why})" if why else score, MAX_TEXT)))
        else:
            told.append((name, *clip(str(value), MAX_TEXT)))
    return told


@cache
def _templates() -> Environment:
    """The report's way to escape, over the viewer's own templates."""
    made = html_templates().overlay(loader=PackageLoader("curate.viewer", "templates"))
    made.globals["link"] = link
    return made
