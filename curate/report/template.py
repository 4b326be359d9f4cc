"""The templates of the page and of the card: whatever they print is made safe on the way, not by each line's author."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from curate.report import figures
from curate.report.markdown import Markdown, fence, inline
from curate.text.shown import visible


@cache
def html_templates() -> Environment:
    """Templates of HTML: text is made visible, then escaped; only `Markup` of our own charts passes as it is."""
    environment = _environment(autoescape=True)
    environment.finalize = lambda value: (
        visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value
    )
    return environment


@cache
def markdown_templates() -> Environment:
    """Templates of markdown: text becomes literal words of one line; `Markdown` passes as it is."""
    environment = _environment(autoescape=False)
    environment.finalize = lambda value: (
        inline(value) if isinstance(value, str) and not isinstance(value, Markdown) else value
    )
    environment.filters.update(fence=fence, raw=Markdown, dict=dict, code=_code)
    return environment


def _code(text: str) -> Markdown:
    """Text inside a string of a code block: quotes, backslashes and line ends written as escapes."""
    return Markdown(json.dumps(visible(text), ensure_ascii=False)[1:-1].replace("`", "\\u0060").replace("<", "\\u003c"))


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("curate.report", "templates"),
        autoescape=autoescape,  # noqa: S701 - off only for markdown, which `finalize` escapes
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    numbers: dict[str, Any] = {
        "count": figures.count, "short": figures.short, "percent": figures.percent,
        "decimal": figures.decimal, "dollars": figures.dollars, "rows": figures.rows,
    }  # fmt: skip
    environment.filters.update(numbers)
    return environment
