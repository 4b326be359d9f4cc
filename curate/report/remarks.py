"""What a careful reader would notice first in a run: said in a sentence each, from its numbers alone."""

from __future__ import annotations

from collections.abc import Iterator

from curate.report.figures import percent, rows
from curate.report.funnel import SourceRows, Stage
from curate.report.scores import Scores, Siblings
from curate.report.usage import Usage


def remarks(
    stages: list[Stage], by_source: list[SourceRows], scores: list[Scores], groups: list[Siblings], usage: list[Usage]
) -> list[str]:
    """Sentences, the gravest first; none when nothing stands out."""
    constant = {(found.step, found.reward) for found in scores if found.source is None and found.low == found.high}
    telling = [found for found in groups if (found.step, found.reward) not in constant]
    return [*_rows(stages), *_answers(usage), *_rewards(scores), *_groups(telling), *_sources(by_source)]


def _rows(stages: list[Stage]) -> Iterator[str]:
    if stages and not stages[-1].out:
        yield "No row is left at the end."
    for stage in stages:
        if stage.total and stage.failed / stage.total >= 0.01:
            share = percent(stage.failed / stage.total)
            yield f"{share} of the rows failed at {stage.step} ({rows(stage.failed)})."
    for stage in stages:
        if stage.kept is not None and stage.out and stage.kept < 0.1:
            yield f"{stage.step} let only {percent(stage.kept)} of its rows through."


def _answers(usage: list[Usage]) -> Iterator[str]:
    for line in usage:
        if line.cut is not None and line.cut >= 0.02:
            share = percent(line.cut)
            yield f"{share} of the answers of {line.step} were cut off; a higher max_tokens asks again only for those."


def _rewards(scores: list[Scores]) -> Iterator[str]:
    for found in scores:
        if found.source is not None:
            continue
        if found.unjudged >= 0.01:
            share = percent(found.unjudged)
            yield f"{found.reward} could not judge {share} of the rows of {found.step}; their score is null, not 0."
        if found.judged > 1 and found.low == found.high:
            yield f"{found.reward} gave every row of {found.step} the same score: it tells nothing apart here."


def _groups(groups: list[Siblings]) -> Iterator[str]:
    for found in groups:
        alike = (found.counts[0] + found.counts[-1]) / found.prompts
        if alike >= 0.5:
            yield (
                f"On {percent(alike)} of the prompts all answers score alike by {found.reward}: "
                "they make no preference pair and no group advantage."
            )


def _sources(by_source: list[SourceRows]) -> Iterator[str]:
    last = {row.source: row.rows[-1] for row in by_source if row.rows and row.rows[-1] is not None}
    total = sum(left or 0 for left in last.values())
    for name, left in last.items():
        if total and len(last) > 1 and (left or 0) / total >= 0.9:
            yield f"{percent((left or 0) / total)} of the final rows come from {name}."
        if total and not left:
            yield f"No row of {name} is left at the end."
