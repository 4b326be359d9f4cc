"""What to say, and to do, when the dialect of a table cannot be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING

from curate.dialects.dialect import Dialect, Part, is_kind
from curate.dialects.fitting import FIRST_ROWS, Fit, Miss, filled_rows
from curate.dialects.words import CHATS
from curate.messages import is_turn

if TYPE_CHECKING:
    import polars as pl

COMMON = ("prompt_completion", "messages", "question_answer", "alpaca", "prompt_pair")


def ambiguous(fits: Iterable[Fit]) -> str:
    """Several dialects that fit alike, and how to name one."""
    lines = [f"  {fit.dialect.name}: {fit.dialect.about} ({_columns(fit.columns)})" for fit in fits]
    names = [fit.dialect.name for fit in fits]
    return (
        "the columns fit several dialects:\n"
        + "\n".join(lines)
        + f"\nSay which: dialect: {names[0]} (or {', '.join(names[1:])})"
    )


def mixed(fits: Sequence[Fit], frame: pl.DataFrame) -> str:
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


def untold(frame: pl.DataFrame, misses: list[Miss], dialects: Mapping[str, Dialect]) -> str:
    """The columns found, the two nearest dialects with what they lack, and the line that would settle it."""
    near = sorted(misses, key=lambda miss: _distance(miss, frame.columns))[:2]
    listed = ", ".join(frame.columns[:40]) or "there are none"
    lines = [
        f"the dialect cannot be told from the columns ({listed}). The nearest:",
        *(f"  {need(miss)}" for miss in near),
    ]
    lines += [*_python(frame), *_objects(frame)]
    lines.append(remedy(near[0], frame))
    lines.append(f"or name a dialect: {', '.join(dialects)}")
    return "\n".join(lines)


def _objects(frame: pl.DataFrame) -> list[str]:
    """Columns of objects that are called as turns are and are none."""
    import polars as pl

    known = ((name, getattr(dtype, "inner", None)) for name, dtype in frame.schema.items() if name.lower() in CHATS)
    fields = {name: [one.name for one in inner.fields] for name, inner in known if isinstance(inner, pl.Struct)}
    return [
        f"column '{name}' holds objects with {', '.join(found[:8])}: a turn has role and content, or from and value"
        for name, found in fields.items()
        if not is_turn(dict.fromkeys(found))
    ]


def _python(frame: pl.DataFrame) -> list[str]:
    """Columns of texts that only Python reads, as `DataFrame.to_csv` writes lists of objects."""
    import polars as pl

    texts = {
        name: frame[name].drop_nulls().head(1).to_list() for name, dtype in frame.schema.items() if dtype == pl.String
    }
    return [
        f"column '{name}' is text in Python's notation ({text[0][:20]}...), which is no JSON: write it with json.dumps"
        for name, text in texts.items()
        if text and text[0].lstrip().startswith(("[{'", "['", "{'"))
    ]


def _distance(miss: Miss, free: Iterable[str]) -> tuple[float, int]:
    """How far a dialect is from a table: the share of parts that are lacking; of equal ones the common come first.

    One that lacks most of its parts is as far as one that lacks all: a single common word says nothing. A lacking part
    counts half when the name of a column is nearly its own.
    """
    common = COMMON.index(miss.dialect.name) if miss.dialect.name in COMMON else len(COMMON)
    lacking = sum(0.5 if _nearest(miss.dialect.needs[part], free) else 1 for part in miss.lacks)
    share = 0.9 if miss.dialect.without or (miss.why and len(miss.columns) == 1) else lacking / len(miss.dialect.needs)
    return (share if share <= 0.5 else 1.0), common


def need(miss: Miss) -> str:
    """What a dialect lacks, or what speaks against it."""
    if not miss.lacks:
        return f"{miss.dialect.name}: all of it is there ({_columns(miss.columns)}), but {miss.why}"
    wanted = [f"{part} ({_kind(miss.dialect.needs[part])}: {_names(miss.dialect.needs[part])})" for part in miss.lacks]
    had = _columns({part: column for part, column in miss.columns.items() if part in miss.dialect.needs})
    return f"{miss.dialect.name}: lacks {', '.join(wanted)}" + (f"; has {had}" if had else "")


def remedy(miss: Miss, frame: pl.DataFrame) -> str:
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
        "object": "an object", "flag": "true or false", "number": "a number", "numbers": "a list of numbers",
        "pairs": "a list of pairs of texts", "choices": "a list or an object", "gold": "a column", "any": "a column",
    }  # fmt: skip
    return words[part.kind]
