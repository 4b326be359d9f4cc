"""What a rule is: a measure of a text, and the limit from which on a row is flagged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

if TYPE_CHECKING:
    from curate.cleaning.rules.texts import Texts

Measure = Callable[..., pl.Series]
"""`measure(texts, **options)`: one value a row. A number, True where something is wrong, or the text that was found."""

SHOWN = 60  # characters of what was found, in a reason


@dataclass(frozen=True)
class Rule:
    """A measure with its limits; `curate.cleaning.rules.RULES` lists those that ship.

    name: of the columns `flag.<name>`, and `score.<name>` (numbers) or `found.<name>` (text).
    measure: a pure function; see `Measure`. about: what it counts, for people.
    source: paper, reference code, and how this differs.
    kind: how a value is read. `number`: flagged below `low` and above `high`. `sign`: flagged when True. `found`: a
    text, flagged when there is one. `word`: a text, flagged when it is none of `allowed`. Null cannot be told, and is
    not flagged.
    over: how the messages of a conversation join: the worst of them, or their sum.
    needs: columns beside the text. tuned: the options that a user may set.
    """

    name: str
    measure: Measure
    about: str
    source: str
    kind: Literal["number", "sign", "found", "word"] = "number"
    low: float | None = None
    high: float | None = None
    allowed: tuple[str, ...] = ()
    over: Literal["worst", "sum"] = "worst"
    needs: tuple[str, ...] = ()
    tuned: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def values(self, texts: Texts) -> pl.Series:
        """The measure of each text."""
        return self.measure(texts, **self.options).rename(self.name)

    @property
    def column(self) -> str:
        """The column its values go to; none for a rule of which only the flag says something."""
        return f"{'found' if self.kind in ('found', 'word') else 'score'}.{self.name}"

    @property
    def limits(self) -> str:
        """The limits in words, "" without any.

        >>> Rule("words", lambda texts: texts.text, "words", "", low=50, high=1e5).limits
        '50 to 100000'
        """
        low, high = (None if limit is None else f"{limit:.10g}" for limit in (self.low, self.high))
        if low is not None and high is not None:
            return f"{low} to {high}"
        if low is not None:
            return f"at least {low}"
        if high is not None:
            return f"at most {high}"
        return " or ".join(self.allowed)


def flagged(rule: Rule, values: pl.Series) -> pl.Series:
    """True where a value breaks the rule, False where it does not, null where that cannot be told."""
    value = pl.lit(values)
    if rule.kind == "sign":
        return values.rename(rule.name)
    if rule.kind == "found":
        return values.is_not_null().rename(rule.name)
    if rule.kind == "word":
        broken = ~value.is_in(list(rule.allowed)) if rule.allowed else pl.lit(False)
        told = value.is_not_null()
    else:
        below = value < rule.low if rule.low is not None else pl.lit(False)
        above = value > rule.high if rule.high is not None else pl.lit(False)
        broken, told = below | above, value.is_not_null() & value.is_not_nan()
    return pl.select(pl.when(told).then(broken).alias(rule.name)).to_series()


def reasons(rule: Rule, values: pl.Series) -> pl.Series:
    """What values that are flagged are flagged for: the rule, the value and the limit."""
    name, value = pl.lit(rule.name), pl.lit(values)
    if rule.kind == "sign":
        return pl.Series([f"{rule.name}: {rule.about}"], dtype=pl.String).new_from_index(0, len(values))
    if rule.kind == "number":
        shown = pl.lit(values.round(4) if values.dtype.is_float() else values)
        said = pl.format("{}: {} {}, above {}", name, shown, pl.lit(rule.about), pl.lit(_shown(rule.high)))
        if rule.low is not None:
            under = pl.format("{}: {} {}, below {}", name, shown, pl.lit(rule.about), pl.lit(_shown(rule.low)))
            said = pl.when(value < rule.low).then(under).otherwise(said)
    else:
        found = pl.lit(values.str.replace_all(r"\s+", " ").str.slice(0, SHOWN))
        if rule.kind == "word":
            said = pl.format("{}: {}, not {}", name, found, pl.lit(rule.limits))
        else:  # in quotation marks, so that the reasons of a run are counted by their kind
            said = pl.format("{}: “{}”", name, found)
    return pl.select(said.alias(rule.name)).to_series()


def _shown(limit: float | None) -> str:
    return "" if limit is None else f"{limit:.10g}"
