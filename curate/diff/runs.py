"""`curate diff`: what two runs have different, in their settings, their funnels and their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.diff.rows import by_id
from curate.ledger import Entry
from curate.reasons import kinds_of
from curate.report.tables import Outcome, splits, table
from curate.responses import Journal
from curate.result import ID, REASON
from curate.run import Run
from curate.text.shown import one_line

VALUE = 160
"""Characters of a value that are printed."""
OUTCOMES: tuple[Outcome, ...] = ("dropped", "failed")
NOWHERE = "-"
NEVER = pl.lit("was never there").alias(REASON)
AS_OF_ANOTHER_RUN = {"command", "set", "recipe_sha256", "limit", "profile"}
"""What a lock says of how the build was called; what that changed shows in the settings themselves."""


@dataclass(frozen=True)
class Setting:
    """One setting that differs: where it stands (`steps.keep.where`), and what it is in each run; None where absent."""

    place: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Count:
    """Rows that a step let through, dropped and failed in each run; None where a run has no such step."""

    step: str
    old: tuple[int, int, int] | None
    new: tuple[int, int, int] | None


@dataclass(frozen=True)
class Gone:
    """Final rows of one run that are not final in the other, which left it in `step`, by `reason`."""

    step: str
    reason: str
    rows: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """Two runs side by side.

    same, changed: final rows of both, by id; changed_columns: how many of them differ in each column. only_old,
    only_new: final rows of one run, by where the other lost them. answers: stored in both, only in the old, only in the
    new run.
    """

    settings: tuple[Setting, ...]
    funnel: tuple[Count, ...]
    same: int
    changed: int
    changed_columns: Mapping[str, int]
    only_old: tuple[Gone, ...]
    only_new: tuple[Gone, ...]
    answers: tuple[int, int, int]

    @property
    def differs(self) -> bool:
        """Whether the final rows do."""
        return bool(self.changed or self.only_old or self.only_new)

    def to_dict(self) -> dict[str, Any]:
        """All of it."""
        return {"differs": self.differs, **asdict(self)}

    def __str__(self) -> str:
        lines = ["settings"] if self.settings else ["settings: the same"]
        for setting in self.settings:
            lines += [f"  {setting.place}", f"    - {_value(setting.old)}", f"    + {_value(setting.new)}"]
        lines += ["", "rows out, dropped, failed after each step"]
        lines += [f"  {count.step:<24} {_counts(count.old):>24}   ->  {_counts(count.new)}" for count in self.funnel]
        both, only_old, only_new = self.answers
        lines += ["", f"answers: {both:,} in both, {only_old:,} only in the old run, {only_new:,} only in the new"]
        if self.settings and both and not only_new:
            lines[-1] += "; the new run is another view of the same answers"
        lines += ["", f"final rows: {self.same:,} the same, {self.changed:,} changed"]
        lines += [f"  {count:>9,}  differ in {column}" for column, count in self.changed_columns.items()]
        for side, gone in (("old", self.only_old), ("new", self.only_new)):
            lines.append(f"only in the {side} run: {sum(one.rows for one in gone):,}")
            for one in gone:
                where = "" if one.step == NOWHERE else f"{one.step}: "
                lines.append(f"  {one.rows:>9,}  {where}{one_line(one.reason, VALUE)}")
                lines += [f"             {one_line(name, VALUE)}" for name in one.examples]
        return "\n".join(lines)


def diff_runs(old: Path, new: Path, examples: int = 0) -> Difference:
    """Compare two runs. examples: ids to list for each reason by which rows left.

    Rows are matched by id, so the order of rows and the names of splits do not matter. Raises DataError for a folder
    that is no run, and for a run that is not finished.
    """
    runs = (Run(old), Run(new))
    settings = tuple(_settings(*(_flat(run.lock) for run in runs)))
    rows = by_id(*(final_rows(run) for run in runs))
    stored = [_keys(run) for run in runs]
    return Difference(
        settings,
        tuple(_funnel(*(run.ledger for run in runs))),
        rows.same,
        rows.changed,
        rows.changed_columns,
        tuple(_gone(rows.only[0], runs[1], examples)),
        tuple(_gone(rows.only[1], runs[0], examples)),
        (len(stored[0] & stored[1]), len(stored[0] - stored[1]), len(stored[1] - stored[0])),
    )


def _flat(lock: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting by its place; steps by their names, so that one more step moves none."""
    found: dict[str, Any] = {}

    def walk(place: str, value: Any) -> None:
        if isinstance(value, Mapping) and value:
            for name, part in value.items():
                walk(f"{place}.{name}" if place else str(name), part)
        else:
            found[place] = value

    for name, value in lock.items():
        if name == "steps":
            for step in value:
                walk(f"steps.{step['name']}", {key: part for key, part in step.items() if key != "name"})
        elif name not in AS_OF_ANOTHER_RUN:
            walk(name, value)
    return found


def _settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Setting]:
    for place in dict.fromkeys([*old, *new]):
        if old.get(place) != new.get(place):
            yield Setting(place, old.get(place), new.get(place))


def _funnel(old: list[Entry], new: list[Entry]) -> Iterator[Count]:
    """By the names of the steps, in the order of the new run; steps that only the old one has come last."""
    counted = [
        {entry.step.partition("-")[2]: (entry.out, entry.dropped, entry.failed) for entry in entries}
        for entries in (old, new)
    ]
    for step in dict.fromkeys([*counted[1], *counted[0]]):
        yield Count(step, counted[0].get(step), counted[1].get(step))


def final_rows(run: Run) -> pl.LazyFrame:
    """The final rows; of a run whose last step keeps no ids, those of the step before the rows were written."""
    parts = [found.lazy for found in splits(run).values() if ID in found]
    if not parts:
        return run.kept(run.ledger[-1].step).lazy() if run.ledger else pl.LazyFrame(schema={ID: pl.String})
    return pl.concat(parts, how="diagonal_relaxed")


def _gone(ids: pl.Series, run: Run, examples: int) -> Iterator[Gone]:
    """Where a run lost rows: themselves, or the rows they would have come from (`a` of `a/0`)."""
    left, found = _left(run), []
    line = pl.DataFrame({"row": ids, ID: ids})
    while line.height:
        met = line.join(left, on=ID, how="left", maintain_order="left")
        is_root = ~pl.col(ID).str.contains("/", literal=True)
        found.append(met.filter(pl.col("step").is_not_null()))
        missed = met.filter(pl.col("step").is_null())
        found.append(missed.filter(is_root).with_columns(pl.lit(NOWHERE).alias("step"), NEVER))
        line = missed.filter(~is_root).select("row", pl.col(ID).str.replace("/[^/]*$", ""))
    if not found:
        return
    lost = pl.concat([part.select("row", "step", REASON) for part in found])
    counted = lost.group_by("step", REASON, maintain_order=True).agg(pl.len(), pl.col("row").head(examples))
    rows: Counter[tuple[str, str]] = Counter()
    named: dict[tuple[str, str], list[str]] = {}
    kinds = kinds_of(counted[REASON].to_list())
    for kind, (step, _, count, names) in zip(kinds, counted.iter_rows(), strict=True):
        rows[step, kind] += count
        named.setdefault((step, kind), []).extend(names)
    for (step, kind), count in sorted(rows.items(), key=lambda one: (-one[1], one[0])):
        yield Gone(step, kind, count, tuple(named[step, kind][:examples]))


def _left(run: Run) -> pl.DataFrame:
    """Every row that left a run: its id, its step and the reason."""
    left = [pl.DataFrame(schema={ID: pl.String, "step": pl.String, REASON: pl.String})]
    for entry in run.ledger:
        for outcome in OUTCOMES:
            found = table(run, entry.step, outcome)
            if found is not None and ID in found and REASON in found:
                reason = pl.col(REASON).cast(pl.String).fill_null("no reason given")
                left.append(found.select(pl.col(ID).cast(pl.String), pl.lit(entry.step).alias("step"), reason))
    return pl.concat(left).unique(ID, keep="last")


def _keys(run: Run) -> set[str]:
    with Journal(run.journal_path, read_only=True) as journal:
        return set(journal.keys())


def _value(value: Any) -> str:
    return "not set" if value is None else one_line(str(value), VALUE)


def _counts(count: tuple[int, int, int] | None) -> str:
    return "no such step" if count is None else ", ".join(f"{number:,}" for number in count)
