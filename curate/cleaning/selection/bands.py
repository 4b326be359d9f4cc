"""`difficulty`: prompts whose pass rate lies in a band, and how sure one can be of that."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any, Literal

import polars as pl

from curate.cleaning.selection.drawing import need
from curate.cleaning.selection.selected import Selected, selected
from curate.errors import DataError


def difficulty(
    frame: pl.DataFrame,
    low: float = 0.0,
    high: float = 1.0,
    *,
    passed: str = "passed",
    judged: str = "judged",
    rate: str | None = None,
    within: Literal["rate", "possibly", "surely"] = "rate",
    confidence: float = 0.95,
) -> Selected:
    """Rows with low < pass rate < high: what is solved sometimes trains, what is solved always or never does not.

    DAPO (arXiv 2503.14476) keeps 0 < rate < 1, open-r1's script 0.1 < rate < 0.6 or 0.2 < rate < 0.8. Both ends are
    open, so that 0 and 1 are left out by default. The kept rows have `pass_low` and `pass_high`, Wilson's interval.

    passed, judged: columns of counts, as the step `pass_rate` writes them. A row with none judged is dropped as such.
    rate: a column of rates instead, where the counts are not known; there is no interval then.
    within: `rate` looks at passed / judged; `possibly` keeps a row whose interval meets the band, `surely` one whose
        interval lies inside it.
    confidence: of the interval, in (0, 1).
    `.at(low, high)` gives another band.
    Raises DataError when a column is missing, a count is impossible, or the band is empty.

    >>> rows = pl.DataFrame({"id": list("abc"), "passed": [0, 4, 8], "judged": [8, 8, 8]})
    >>> difficulty(rows).kept["id"].to_list()
    ['b']
    >>> difficulty(rows, 0.1, 0.9, within="possibly").kept["id"].to_list()
    ['a', 'b', 'c']
    """
    if rate is not None:
        if within != "rate":
            raise DataError(f"difficulty: within: {within} needs counts, and a column of rates has none")
        need(frame, [rate], "difficulty")
        share = pl.col(rate).cast(pl.Float64).fill_nan(None)
        return _band(frame, share, share, pl.format("pass rate {}", pl.col(rate)), {"within": within}, low, high)
    table = _with_bounds(frame, passed, judged, confidence)
    share = pl.when(pl.col(judged) > 0).then(pl.col(passed) / pl.col(judged))
    least, most = {
        "rate": (share, share),
        "possibly": (pl.col("pass_high"), pl.col("pass_low")),
        "surely": (pl.col("pass_low"), pl.col("pass_high")),
    }[within]
    said = pl.format("{} of {} passed", passed, judged)
    return _band(table, least, most, said, {"within": within, "confidence": confidence}, low, high)


def _with_bounds(frame: pl.DataFrame, passed: str, judged: str, confidence: float) -> pl.DataFrame:
    need(frame, [passed, judged], "difficulty")
    if not 0 < confidence < 1:
        raise DataError(f"difficulty: confidence lies between 0 and 1 (got {confidence:g})")
    wrong = frame.filter((pl.col(passed) < 0) | (pl.col(passed) > pl.col(judged)))
    if wrong.height:
        bad = wrong.row(0, named=True)
        raise DataError(
            f"difficulty: {bad[passed]} passed of {bad[judged]} judged cannot be ({wrong.height:,} such rows)"
        )
    low, high = wilson(pl.col(passed), pl.col(judged), confidence)
    return frame.with_columns(pass_low=low, pass_high=high)


def _band(
    table: pl.DataFrame, least: pl.Expr, most: pl.Expr, said: pl.Expr, notes: Mapping[str, Any], low: float, high: float
) -> Selected:
    """Rows with low < least and most < high."""

    def at(low: float, high: float) -> Selected:
        if not low < high:
            raise DataError(f"difficulty: low must be below high (got {low:g} and {high:g})")
        reason = (
            pl.when(least.is_null() | most.is_null())
            .then(pl.lit("no answer could be judged"))
            .when(least <= low)
            .then(pl.format("too hard: {}, not above {}", said, pl.lit(f"{low:g}")))
            .when(most >= high)
            .then(pl.format("too easy: {}, not below {}", said, pl.lit(f"{high:g}")))
        )
        return selected(table, table.select(reason).to_series(), {"low": low, "high": high, **notes}, at)

    return at(low, high)


def wilson(passed: pl.Expr, judged: pl.Expr, confidence: float = 0.95) -> tuple[pl.Expr, pl.Expr]:
    """Wilson's score interval of a share: lower and upper end, in [0, 1]; null where none was judged.

    Wilson, Probable inference, JASA 22 (1927): holds its confidence also for few trials and for shares of 0 and 1,
    where the usual p +- z sqrt(p (1 - p) / n) has no width.

    >>> rows = pl.DataFrame({"passed": [0, 4], "judged": [8, 8]})
    >>> rows.select(wilson(pl.col("passed"), pl.col("judged"))[1].round(3)).to_series().to_list()
    [0.324, 0.785]
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    count = pl.when(judged > 0).then(judged.cast(pl.Float64))
    rate = passed.cast(pl.Float64) / count
    middle = rate + z * z / (2 * count)
    half = z * (rate * (1 - rate) / count + z * z / (4 * count * count)).sqrt()
    scale = 1 + z * z / count
    return ((middle - half) / scale).clip(0, 1), ((middle + half) / scale).clip(0, 1)
