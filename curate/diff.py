"""`curate diff`: what two runs have different, in their settings, their funnels and their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.ledger import Entry
from curate.report.escape import one_line
from curate.report.funnel import kinds_of
from curate.report.tables import splits, table
from curate.responses import Journal
from curate.result import ID, REASON
from curate.run import Run

VALUE = 160
"""Characters of a value that are printed."""
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
                lines.append(f"  {one.rows:>9,}  {one.step}: {one_line(one.reason, VALUE)}")
                lines += [f"             {one_line(name, VALUE)}" for name in one.examples]
        return "\n".join(lines)


def diff_runs(old: Path, new: Path, examples: int = 0) -> Difference:
    """Compare two runs. examples: ids to list for each reason by which rows left.

    Rows are matched by id, so the order of rows and the names of splits do not matter. Raises DataError for a folder
    that is no run, and for a run that is not finished.
    """
    runs = (Run(old), Run(new))
    settings = tuple(_settings(*(_flat(run.lock) for run in runs)))
    ids, shared, changed_columns = _rows(*(_final(run) for run in runs))
    stored = [_keys(run) for run in runs]
    return Difference(
        settings,
        tuple(_funnel(*(run.ledger for run in runs))),
        shared[0],
        shared[1],
        changed_columns,
        tuple(_gone(ids[0], runs[1], examples)),
        tuple(_gone(ids[1], runs[0], examples)),
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


def _final(run: Run) -> pl.LazyFrame:
    """The final rows; of a run whose last step keeps no ids, those of the step before the rows were written."""
    parts = [found.lazy for found in splits(run).values() if ID in found]
    if not parts:
        return run.kept(run.ledger[-1].step).lazy() if run.ledger else pl.LazyFrame(schema={ID: pl.String})
    return pl.concat(parts, how="diagonal_relaxed")


def _rows(old: pl.LazyFrame, new: pl.LazyFrame) -> tuple[tuple[pl.Series, pl.Series], tuple[int, int], dict[str, int]]:
    """Ids only in the old and only in the new rows; rows of both that are the same and changed; changes by column."""
    ids = [side.select(pl.col(ID).cast(pl.String)).collect()[ID] for side in (old, new)]
    only = tuple(mine.filter(~mine.is_in(other.implode())) for mine, other in (ids, ids[::-1]))
    columns = [set(side.collect_schema().names()) for side in (old, new)]
    compared = sorted((columns[0] | columns[1]) - {ID})
    pairs = _hashed(old, compared).join(_hashed(new, compared), on=ID, suffix="#new")
    differ = pairs.select(pl.col(name).ne_missing(pl.col(f"{name}#new")) for name in compared).collect()
    changed = differ.select(pl.any_horizontal(pl.all()).sum()).item() if compared and differ.height else 0
    counts = {name: int(differ[name].sum()) for name in compared if differ.height and differ[name].any()}
    return (only[0], only[1]), (len(ids[0]) - len(only[0]) - changed, changed), counts


def _hashed(side: pl.LazyFrame, columns: list[str]) -> pl.LazyFrame:
    """The rows with a hash in the place of each value; a column that is not there is null."""
    there = side.collect_schema()
    return side.select(
        pl.col(ID).cast(pl.String),
        *(
            pl.when(pl.col(name).is_not_null()).then(_text(name, there[name]).hash()).alias(name)
            if name in there
            else pl.lit(None, pl.UInt64).alias(name)
            for name in columns
        ),
    )


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    return pl.struct(name).struct.json_encode() if dtype.is_nested() else pl.col(name).cast(pl.String)


def _gone(ids: pl.Series, run: Run, examples: int) -> Iterator[Gone]:
    """Where a run lost rows: themselves, or the rows they would have come from (`a` of `a/0`)."""
    left = _left(run)
    lost: dict[tuple[str, str], list[str]] = {}
    for name in ids:
        line = [name, *(name[:cut] for cut in range(len(name) - 1, 0, -1) if name[cut] == "/")]
        found = next((left[one] for one in line if one in left), ("-", "was never there"))
        lost.setdefault(found, []).append(name)
    kinds = dict(zip(lost, kinds_of([reason for _, reason in lost]), strict=True))
    counted: Counter[tuple[str, str]] = Counter()
    named: dict[tuple[str, str], list[str]] = {}
    for place, names in lost.items():
        kind = (place[0], kinds[place])
        counted[kind] += len(names)
        named.setdefault(kind, []).extend(names)
    for kind, count in sorted(counted.items(), key=lambda one: (-one[1], one[0])):
        yield Gone(*kind, count, tuple(named[kind][:examples]))


def _left(run: Run) -> dict[str, tuple[str, str]]:
    """Every row that left a run: its step and the reason."""
    left: dict[str, tuple[str, str]] = {}
    for entry in run.ledger:
        for outcome in ("dropped", "failed"):
            found = table(run, entry.step, outcome)
            if found is not None and ID in found and REASON in found:
                for name, reason in found.select(pl.col(ID).cast(pl.String), pl.col(REASON)).iter_rows():
                    left[name] = (entry.step, reason or "no reason given")
    return left


def _keys(run: Run) -> set[str]:
    with Journal(run.journal_path, read_only=True) as journal:
        return set(journal.keys())


def _value(value: Any) -> str:
    return "not set" if value is None else one_line(str(value), VALUE)


def _counts(count: tuple[int, int, int] | None) -> str:
    return "no such step" if count is None else ", ".join(f"{number:,}" for number in count)
