"""Which dialect a table speaks: the parts its columns can play, how its first values look, and who beats whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING, Any

from curate.dialects.dialect import Dialect, Part, Row, is_kind
from curate.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import polars as pl

FIRST_ROWS = 200
COMMON = ("prompt_completion", "messages", "question_answer", "alpaca", "prompt_pair")


@dataclass(frozen=True)
class Fit:
    """A dialect that fits a table. columns: part -> column. rivals: other columns that could play a part as well."""

    dialect: Dialect
    columns: Mapping[str, str]
    rivals: Mapping[str, tuple[str, ...]]

    def beats(self, other: Fit) -> bool:
        """Whether this one says strictly more: it reads all the other reads and more, or is declared over it."""
        mine, theirs = set(self.columns.values()), set(other.columns.values())
        return other.dialect.name in self.dialect.over or theirs < mine


@dataclass(frozen=True)
class Miss:
    """A dialect that does not fit. lacks: parts no column plays. why: what speaks against it when none is lacking."""

    dialect: Dialect
    columns: Mapping[str, str]
    lacks: tuple[str, ...]
    why: str = ""


def match(dialect: Dialect, frame: pl.DataFrame, *, loose: bool = False) -> Fit | Miss:
    """Find the columns that play the parts of a dialect, and look at the first rows.

    loose: a column of numbers may play the part of a text, as answers do that are all numbers.
    """
    columns: dict[str, str] = {}
    rivals: dict[str, tuple[str, ...]] = {}
    for part, wanted in [*dialect.needs.items(), *dialect.may.items()]:
        if part in columns:
            continue
        found = _candidates(frame, wanted, set(columns.values()), loose=loose)
        if found:
            columns[part] = found[0]
        if len(same := [name for name in found if name.lower() in wanted.rivals]) > 1:
            rivals[part] = tuple(same)
    lacks = tuple(part for part in dialect.needs if part not in columns)
    if lacks:
        return Miss(dialect, columns, lacks)
    barred = [name for name in frame.columns if name.lower() in dialect.without]
    if barred:
        return Miss(dialect, columns, (), f"there is a column '{barred[0]}' beside")
    if frame.height and not filled_rows(frame, dialect, columns).any():
        return Miss(dialect, columns, (), "no row has all of it")
    why = dialect.looks(columns, first_rows(frame, columns, dialect))
    return Miss(dialect, columns, (), why) if why else Fit(dialect, columns, rivals)


def tell(frame: pl.DataFrame, dialects: Mapping[str, Dialect]) -> Fit:
    """The one dialect that fits best. Raises DataError when none does, or several do and none says more."""
    for loose in (False, True):
        tried = [match(dialect, frame, loose=loose) for dialect in dialects.values() if not dialect.asked]
        fits = [one for one in tried if isinstance(one, Fit)]
        best = [fit for fit in fits if not any(other.beats(fit) for other in fits)]
        if len(best) == 1:
            return only(best[0])
        if best:
            raise DataError(_mixed(best, frame) or _ambiguous(best))
    raise DataError(_untold(frame, [one for one in tried if isinstance(one, Miss)], dialects))


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
        need, remedy = _need(found), _remedy(found, frame)
        raise DataError(f"the columns ({listed}) do not fit the dialect '{name}':\n  {need}\n{remedy}")
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


def first_rows(frame: pl.DataFrame, columns: Mapping[str, str], dialect: Dialect) -> list[Row]:
    """The first rows as parts; parts without a column are None."""
    return parts_of(frame.head(FIRST_ROWS), columns, dialect)


def parts_of(frame: pl.DataFrame, columns: Mapping[str, str], dialect: Dialect) -> list[Row]:
    """The rows of a table, by part; numbers that play the part of a text are text."""
    wanted = {**dialect.may, **dialect.needs}
    names = [*dialect.needs, *(part for part in dialect.may if part not in dialect.needs)]
    values = [
        _values(frame[columns[part]], wanted[part]) if part in columns else [None] * frame.height for part in names
    ]
    return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]


def _values(column: pl.Series, part: Part) -> list[Any]:
    import polars as pl

    return (column.cast(pl.String) if part.kind == "text" and column.dtype.is_numeric() else column).to_list()


def filled_rows(frame: pl.DataFrame, dialect: Dialect, columns: Mapping[str, str]) -> pl.Series:
    """Which rows have a value in every part that the dialect must have."""
    import polars as pl

    return frame.select(pl.all_horizontal(pl.col([columns[part] for part in dialect.needs]).is_not_null())).to_series()


def _candidates(frame: pl.DataFrame, part: Part, taken: set[str], *, loose: bool) -> list[str]:
    """The columns that can play a part, the likeliest first; one spelled as the name goes before other letter cases."""
    order = {name: place for place, name in enumerate(part.names)}
    lowered = {name.lower(): place for name, place in order.items()}
    found = [
        (order.get(name, lowered.get(name.lower(), -1)), name not in order, name)
        for name, dtype in frame.schema.items()
        if name.lower() in lowered
        and name not in taken
        and (is_kind(dtype, part.kind) or (loose and part.kind == "text" and dtype.is_numeric()))
    ]
    return [name for _, _, name in sorted(found)]


def _ambiguous(fits: Iterable[Fit]) -> str:
    lines = [f"  {fit.dialect.name}: {fit.dialect.about} ({_columns(fit.columns)})" for fit in fits]
    names = [fit.dialect.name for fit in fits]
    return (
        "the columns fit several dialects:\n"
        + "\n".join(lines)
        + f"\nSay which: dialect: {names[0]} (or {', '.join(names[1:])})"
    )


def _mixed(fits: Sequence[Fit], frame: pl.DataFrame) -> str:
    """What to do with a table whose rows are each of one of several dialects; "" when some row is of two."""
    rows = [filled_rows(frame, fit.dialect, fit.columns) for fit in fits]
    if any((one & other).any() for one, other in combinations(rows, 2)):
        return ""
    lines = [
        f"  {fit.dialect.name}: {fit.dialect.about} ({mask.sum():,} rows)" for fit, mask in zip(fits, rows, strict=True)
    ]
    named = ", ".join(f"dialect: {fit.dialect.name}" for fit in fits)
    return (
        "the rows are of several dialects:\n"
        + "\n".join(lines)
        + "\nGive each a source of its own: files of one dialect "
        f"as one `file:`, or the same file under several names, with {named} (the rows of the others then fail)"
    )


def _untold(frame: pl.DataFrame, misses: list[Miss], dialects: Mapping[str, Dialect]) -> str:
    """The columns found, the two nearest dialects with what they lack, and the line that would settle it."""
    near = sorted(misses, key=lambda miss: _distance(miss, frame.columns))[:2]
    listed = ", ".join(frame.columns[:40]) or "there are none"
    lines = [
        f"the dialect cannot be told from the columns ({listed}). The nearest:",
        *(f"  {_need(miss)}" for miss in near),
    ]
    lines.append(_remedy(near[0], frame))
    lines.append(f"or name a dialect: {', '.join(dialects)}")
    return "\n".join(lines)


def _distance(miss: Miss, free: Iterable[str]) -> tuple[float, int]:
    """How far a dialect is from a table: the share of parts that are lacking; of equal ones the common come first.

    One that lacks most of its parts is as far as one that lacks all: a single common word says nothing. A lacking part
    counts half when the name of a column is nearly its own.
    """
    common = COMMON.index(miss.dialect.name) if miss.dialect.name in COMMON else len(COMMON)
    lacking = sum(0.5 if _nearest(miss.dialect.needs[part], free) else 1 for part in miss.lacks)
    share = 0.9 if miss.dialect.without else lacking / len(miss.dialect.needs)
    return (share if share <= 0.5 else 1.0), common


def _need(miss: Miss) -> str:
    if not miss.lacks:
        return f"{miss.dialect.name}: all of it is there ({_columns(miss.columns)}), but {miss.why}"
    wanted = [f"{part} ({_kind(miss.dialect.needs[part])}: {_names(miss.dialect.needs[part])})" for part in miss.lacks]
    had = _columns({part: column for part, column in miss.columns.items() if part in miss.dialect.needs})
    return f"{miss.dialect.name}: lacks {', '.join(wanted)}" + (f"; has {had}" if had else "")


def _remedy(miss: Miss, frame: pl.DataFrame) -> str:
    """The `columns:` line that would make the nearest dialect fit."""
    free = [name for name in frame.columns if name not in miss.columns.values() and name not in ("id", "source")]
    line = {}
    for part in miss.lacks:
        wanted = miss.dialect.needs[part]
        fitting = [name for name in free if is_kind(frame.schema[name], wanted.kind)]
        likely = [name for name in fitting if wanted.kind != "text" or _reads_as_text(frame[name])]
        line[wanted.names[0]] = _nearest(wanted, fitting) or next(iter(likely), "<column>")
        free = [name for name in free if name != line[wanted.names[0]]]
    if not line:
        return f"Read it so all the same: dialect: {miss.dialect.name}"
    alone = f"; prompts without answers: columns: {{prompt: {line['prompt']}}}" if {*line} > {"prompt"} else ""
    return f"Name them, for example: columns: {{{', '.join(f'{new}: {old}' for new, old in line.items())}}}{alone}"


def _nearest(part: Part, columns: Iterable[str]) -> str | None:
    """The column whose name is nearly one that plays the part."""
    near = ((name, get_close_matches(name.lower(), part.names, n=1, cutoff=0.8)) for name in columns)
    return next((name for name, found in near if found and name.lower() not in part.names), None)


def _reads_as_text(column: pl.Series) -> bool:
    """Whether a column holds sentences rather than names and keys."""
    import polars as pl

    return column.dtype == pl.String and bool((column.head(FIRST_ROWS).str.len_chars().mean() or 0) > 20)  # type: ignore[operator]


def _columns(columns: Mapping[str, str]) -> str:
    return ", ".join(part if part == column else f"{part} = {column}" for part, column in columns.items())


def _names(part: Part) -> str:
    return " or ".join(part.names[:3]) + (" ..." if len(part.names) > 3 else "")


def _kind(part: Part) -> str:
    words = {
        "text": "text", "turns": "a list of turns", "texts": "a list of texts", "objects": "a list of objects",
        "object": "an object", "flag": "true or false", "number": "a number", "pairs": "a list of pairs of texts",
        "choices": "a list or an object", "any": "a column",
    }  # fmt: skip
    return words[part.kind]
