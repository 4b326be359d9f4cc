"""`filter_rows`: label every row of a frame by rules, and drop by an explicit `keep`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import polars as pl

from curate.cleaning.frames import check_frame
from curate.cleaning.rules.measuring import Measured, in_one_form, labels, measure, text_column
from curate.cleaning.rules.reading import Written, read_rules
from curate.cleaning.rules.rule import Rule
from curate.errors import DataError, did_you_mean
from curate.result import REASON, Result
from curate.rules import RuleError, read_rule

CLEAN = "clean"
SAME: Final[Any] = object()


@dataclass(frozen=True, repr=False)
class Filtered(Result):
    """A `Result` that keeps what was measured, so that limits can be moved without measuring again.

    kept, dropped: rows with their labels; dropped ones also with `reason`. rules: as they were read, with their limits.
    """

    frame: pl.DataFrame = field(default_factory=pl.DataFrame)
    measured: Measured | None = None
    rules: tuple[Rule, ...] = ()
    keep: tuple[str, ...] = ()

    def at(
        self, rule: str, limit: float | None = SAME, *, low: float | None = SAME, high: float | None = SAME
    ) -> Filtered:
        """The same rows with another limit for one rule; None takes the limit away.

        limit: for a rule with one limit; low, high: for either. Raises DataError for an unknown rule, and for `limit`
        where a rule has both or none.

        >>> import polars as pl
        >>> found = filter_rows(pl.DataFrame({"text": ["a b", "a b c"]}), [{"words": {"min": 3}}], keep="clean")
        >>> found.kept.height, found.at("words", 2).kept.height
        (1, 2)
        """
        known = {each.name: each for each in self.rules}
        if rule not in known:
            raise DataError(f"no rule '{rule}' was measured{did_you_mean(rule, known)}")
        changed = known[rule]
        if changed.kind != "number":
            raise DataError(f"rule '{rule}' has no limit to move: it {changed.about}")
        if limit is not SAME:
            if (changed.low is None) == (changed.high is None):
                raise DataError(
                    f"rule '{rule}' has {'two limits' if changed.low is not None else 'no limit'}: give low= or high="
                )
            low, high = (limit, high) if changed.low is not None else (low, limit)
        changed = replace(changed, low=changed.low if low is SAME else low, high=changed.high if high is SAME else high)
        rules = tuple(changed if each.name == rule else each for each in self.rules)
        assert self.measured is not None  # made by filter_rows
        return _decided(self.frame, self.measured, rules, self.keep)

    def border(self, n: int = 10, rule: str | None = None) -> pl.DataFrame:
        """The `n` rows nearest to a limit, after their `rule`, `value`, `limit` and `distance` (a share of the limit).

        rule: only this one. A row stands there once, by the limit it is nearest to.
        """
        if rule is not None and rule not in {each.name for each in self.rules}:
            raise DataError(f"no rule '{rule}' was measured{did_you_mean(rule, [each.name for each in self.rules])}")
        labelled = self.labelled
        near = []
        for each in self.rules:
            for limit in (each.low, each.high):
                if each.kind == "number" and limit is not None and rule in (None, each.name):
                    value = labelled[each.column].cast(pl.Float64)
                    scale = abs(limit) or 1.0
                    near.append(
                        pl.DataFrame({"row": pl.int_range(len(value), eager=True), "value": value}).select(
                            "row", "value", rule=pl.lit(each.name), limit=pl.lit(float(limit)),
                            distance=(pl.col("value") - limit).abs() / scale,
                        )
                    )  # fmt: skip
        if not near:
            raise DataError("no rule with a limit was measured: give one, {words: {min: 20}}")
        told = pl.concat(near).filter(pl.col("distance").is_finite()).sort("distance", "row", maintain_order=True)
        told = told.unique("row", keep="first", maintain_order=True).head(n)
        front = told.select("rule", "value", "limit", "distance")
        return pl.concat([front, self.frame[told["row"]]], how="horizontal") if told.height else front

    @property
    def labelled(self) -> pl.DataFrame:
        """All rows in their order, with their labels."""
        assert self.measured is not None  # made by filter_rows
        return _beside(self.frame, labels(self.measured, self.rules)[0])

    def __str__(self) -> str:
        """The counts, and for each rule how many rows it flags, and of how many it cannot tell."""
        lines = [f"{self.kept.height:,} kept, {self.dropped.height:,} dropped"]
        width = max(len(rule.name) for rule in self.rules)
        for rule in self.rules:
            flags, untold = self.notes["flagged"][rule.name], self.notes["undecided"].get(rule.name, 0)
            end = f"  ({untold:,} cannot be told)" if untold else ""
            lines.append(f"  {flags:>9,}  {rule.name:<{width}}  {rule.limits}{end}".rstrip())
        return "\n".join(lines)

    __repr__ = __str__


def filter_rows(
    frame: pl.DataFrame,
    rules: Written | Iterable[Written] = "default",
    *,
    column: str | None = None,
    keep: str | Sequence[str] | None = None,
    roles: Sequence[str] = ("assistant",),
) -> Filtered:
    """Label the rows of a frame by quality rules; drop only by `keep`.

    Each rule writes `flag.<rule>` (null: cannot be told) and its measure, `score.<rule>` or `found.<rule>`; `why.flags`
    says for what a row is flagged, with the value and the limit. Sources: see `RULES`.

    rules: names of rules and of sets (`SETS`), limits of your own: `["gopher", {"words": {"min": 20}}]`.
    column: text or messages; unless given the first of `completion`, `messages` and `text` that any row fills, and of a
    conversation without a completion beside rows that have one its last answer. Of messages each of `roles` is judged:
    the worst speaks for its row, and lengths are summed.
    keep: None keeps every row; "clean" those without a flag; else rules on the labels in the language of
    `curate.rules`: `["not flag.refusal", "score.words >= 20"]`.
    Raises DataError for what cannot be read, before any row is measured.

    >>> import polars as pl
    >>> rows = pl.DataFrame({"completion": ["Paris is the capital of France.", ""]})
    >>> print(filter_rows(rows, ["empty", {"words": {"min": 2}}], keep="clean"))
    1 kept, 1 dropped
              1  empty
              1  words  at least 2
    """
    check_frame(frame, "filter_rows")
    try:
        read = read_rules(rules)
        wanted = (keep,) if isinstance(keep, str) else tuple(keep or ())
        for text in wanted:
            if text != CLEAN:
                read_rule(text)
    except RuleError as broken:
        raise DataError(f"filter_rows: {broken}") from None
    name = text_column(frame, column)
    judged = in_one_form(frame, name) if column is None else frame
    return _decided(frame, measure(judged, name, read, roles), read, wanted)


def _decided(frame: pl.DataFrame, measured: Measured, rules: tuple[Rule, ...], keep: tuple[str, ...]) -> Filtered:
    told, first = labels(measured, rules)
    table = _beside(frame, told)
    reasons = _reasons(table, first, keep)
    stays = reasons.is_null()
    flags = {rule.name: int(told[f"flag.{rule.name}"].sum() or 0) for rule in rules}
    untold = {rule.name: told[f"flag.{rule.name}"].null_count() for rule in rules}
    return Filtered(
        kept=table.filter(stays),
        dropped=table.with_columns(reasons).filter(~stays),
        notes={"flagged": flags, "undecided": {name: count for name, count in untold.items() if count}},
        frame=frame,
        measured=measured,
        rules=rules,
        keep=keep,
    )


def _beside(frame: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(told.get_columns()) if told.width else frame


def _reasons(table: pl.DataFrame, flagged: pl.Series, keep: tuple[str, ...]) -> pl.Series:
    """Why each row leaves; null where it stays. flagged: the first reason that a rule gave, null for a clean row."""
    found: list[pl.Expr] = []
    for text in keep:
        if text == CLEAN:
            found.append(pl.lit(flagged))
            continue
        rule = read_rule(text)
        for name in rule.columns:
            if name not in table.columns:
                raise DataError(f"keep: no column '{name}'{did_you_mean(name, table.columns)}")
        found.append(rule.reason())
    if not found:
        return pl.Series(REASON, [None], dtype=pl.String).new_from_index(0, table.height)
    try:
        return table.select(pl.coalesce(found).alias(REASON))[REASON]
    except pl.exceptions.PolarsError as broken:
        raise DataError(f"keep: a rule does not fit its columns: {str(broken).splitlines()[0]}") from broken
