"""Which dialect a table speaks: the one that fits best, and who beats whom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from curate.dialects.dialect import Dialect, Row
from curate.dialects.fitting import Fit, Miss, first_rows, match
from curate.dialects.untold import ambiguous, mixed, need, remedy, untold
from curate.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import polars as pl


def tell(frame: pl.DataFrame, dialects: Mapping[str, Dialect]) -> Fit:
    """The one dialect that fits best. Raises DataError when none does, or several do and none says more."""
    for loose in (False, True):
        tried = [match(dialect, frame, loose=loose) for dialect in dialects.values() if not dialect.asked]
        fits = [one for one in tried if isinstance(one, Fit)]
        best = [fit for fit in fits if not any(other.beats(fit) for other in fits)]
        best = [fit for fit in best if not any(_says_no_more(fit, other, frame) for other in best)]
        if len(best) == 1:
            return only(best[0])
        if best:
            raise DataError(mixed(best, frame) or ambiguous(best))
    raise DataError(untold(frame, [one for one in tried if isinstance(one, Miss)], dialects))


def _says_no_more(fit: Fit, other: Fit, frame: pl.DataFrame) -> bool:
    """Whether a conversation only repeats what stands in columns of its own (NuminaMath's, Magpie's)."""
    if {fit.dialect.needs[part].kind for part in fit.dialect.needs} != {"turns"} or fit is other:
        return False
    rows = zip(
        first_rows(frame, fit.columns, fit.dialect), first_rows(frame, other.columns, other.dialect), strict=True
    )
    pairs = [
        (_said(mine), {text.strip() for text in theirs.values() if isinstance(text, str)}) for mine, theirs in rows
    ]
    return bool(pairs) and all(said <= there for said, there in pairs)


def _said(row: Row) -> set[str]:
    """What the turns of a conversation say, save the system's."""
    turns = [turn for value in row.values() if isinstance(value, list) for turn in value if isinstance(turn, Mapping)]
    return {
        str(turn.get("content") or turn.get("value") or "").strip()
        for turn in turns
        if "system" not in (turn.get("role"), turn.get("from"))
    }


def named(name: str, frame: pl.DataFrame, dialects: Mapping[str, Dialect]) -> Fit:
    """The dialect asked for. Raises DataError when it is unknown, or does not fit."""
    dialect = dialects.get(name)
    if dialect is None:
        raise DataError(f"unknown dialect '{name}'{did_you_mean(name, dialects)}")
    found = match(dialect, frame)
    if isinstance(found, Miss):
        found = match(dialect, frame, loose=True)
    if isinstance(found, Miss) and found.lacks:
        listed = ", ".join(frame.columns)
        told = f"{need(found)}\n{remedy(found, frame)}"
        raise DataError(f"the columns ({listed}) do not fit the dialect '{name}':\n  {told}")
    return only(Fit(dialect, found.columns, getattr(found, "rivals", {})))


def only(fit: Fit) -> Fit:
    """The fit itself. Raises DataError when two columns could play one of its parts."""
    for part, columns in fit.rivals.items():
        listed = "' and '".join(columns)
        raise DataError(
            f"columns '{listed}' could both be the {part} of the dialect '{fit.dialect.name}'. Name the one that is: "
            f"columns: {{{part}: {columns[0]}, other_{part}: {columns[1]}}}"
        )
    return fit
