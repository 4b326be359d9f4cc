"""The report of a run: one HTML file that needs nothing else, the same bytes for the same run.

No script, no network, no dates, no paths of the machine. What is shown of the rows is bounded, and says how much more
there is.
"""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from curate.report import svg
from curate.report.about import about
from curate.report.contamination import compared, worst_pairs
from curate.report.distribution import Distribution
from curate.report.duplicates import borders, clustered
from curate.report.funnel import Stage, by_source, funnel
from curate.report.remarks import remarks
from curate.report.samples import gone, kept
from curate.report.scores import PASS, Siblings, scores, siblings
from curate.report.sizes import Sizes, sizes
from curate.report.tables import splits
from curate.report.template import html_templates
from curate.report.usage import totals, usage
from curate.run import Run
from curate.text.shown import clip

# What one page shows at most.
ROWS_PER_SPLIT, ROWS_PER_REASON = 8, 2
REASONS_PER_STEP, REASONS_IN_SAMPLES = 12, 6
SOURCES, SCORES, PROMPTS, PROMPT_CHARACTERS = 40, 120, 20, 12_000


def render(run: Run) -> str:
    """The page of a run. Raises DataError when the folder is no run or a table of it is damaged."""
    stages = funnel(run)
    origin = by_source(run)
    scored, grouped, asked = scores(run), siblings(run), usage(run)
    said = about(run)
    rows = {name: part.select(rows=_count())["rows"][0] for name, part in splits(run).items()}
    context: dict[str, Any] = {
        "title": said.name,
        "about": said,
        "rows": rows,
        "stages": stages,
        "funnel": [_drawn(stage, _scale(stages)) for stage in stages],
        "remarks": remarks(stages, origin, scored, grouped, asked),
        "sources": origin[:SOURCES],
        "more_sources": max(0, len(origin) - SOURCES),
        "scores": [(found, svg.spark(found.histogram)) for found in scored[:SCORES]],
        "more_scores": max(0, len(scored) - SCORES),
        "siblings": [(found, _classes(found)) for found in grouped],
        "pass_mark": PASS,
        "sizes": sizes(run),
        "compared": compared(run),
        "pairs": worst_pairs(run),
        "clustered": clustered(run),
        "borders": borders(run),
        "usage": totals(asked),
        "asked": asked,
        "kept": kept(run, ROWS_PER_SPLIT),
        "gone": {word: gone(run, word, REASONS_IN_SAMPLES, ROWS_PER_REASON) for word in ("dropped", "failed")},
        "prompts": [(name, *clip(text, PROMPT_CHARACTERS)) for name, text in said.prompts[:PROMPTS]],
        "histograms": _histograms,
    }
    return html_templates().get_template("report.html.jinja").render(context)


def _count() -> Any:
    import polars as pl

    return pl.len()


def _scale(stages: list[Stage]) -> float:
    return float(max((max(stage.total, stage.rows_in) for stage in stages), default=0))


def _drawn(stage: Stage, scale: float) -> dict[str, Any]:
    """A stage, its bar, and its reasons, each with a bar that hangs where the rows left."""
    tick = stage.rows_in if stage.created and stage.rows_in else None
    place, reasons = float(stage.out), []
    for reason in stage.reasons[:REASONS_PER_STEP]:
        name = "failed" if reason.failed else "dropped"
        reasons.append((reason, svg.bar([(reason.rows, name)], scale, start=place)))
        place += reason.rows
    parts = [(float(stage.out), "kept"), (float(stage.dropped), "dropped"), (float(stage.failed), "failed")]
    return {
        "stage": stage,
        "bar": svg.bar(parts, scale, tick=tick),
        "reasons": reasons,
        "more": max(0, len(stage.reasons) - REASONS_PER_STEP),
    }


def _classes(found: Siblings) -> Markup:
    last = len(found.counts) - 1
    exact = found.fewest == found.most == last
    labels = [f"{index}/{last}" if exact else f"{index / last:.0%}" for index in range(last + 1)]
    return svg.classes(found.counts, labels, f"Prompts by share of answers that pass {found.reward}")


def _histograms(found: Sizes) -> list[tuple[str, Distribution, Markup]]:
    """Each source, its lengths, and their histogram on the common axis."""
    return [
        (name, lengths, svg.lengths(lengths, name or "All rows", found.unit.partition(" ")[0]))
        for name, lengths in found.groups
    ]
