"""`mask_rows`: private values in a frame give way to placeholders, the same for the same value all through a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import polars as pl

from curate.cleaning.frames import check_frame
from curate.cleaning.rules.private import PERSONAL, PRIVATE, SECRET, masked, values_in
from curate.errors import DataError, did_you_mean
from curate.result import Result

COLUMNS = ("prompt", "thinking", "completion", "answer", "messages", "chosen", "rejected", "text")
"""Columns masked when none are named, as far as the frame has them and they hold text or messages."""

KINDS = (*PERSONAL, *SECRET)


def mask_rows(
    frame: pl.DataFrame, columns: Sequence[str] | str | None = None, *, kinds: Sequence[str] | str = KINDS
) -> Result:
    """Replace private values by `[EMAIL_1]`, `[KEY_1]` and the like; rows and everything else stay as they are.

    columns: of text or of messages; every one of `COLUMNS` that the frame has unless given. kinds: see
    `curate.cleaning.rules.private`; the sets `pii` and `secrets` name several. A value keeps its placeholder through
    all columns and messages of its row. Notes: `masked`, values by kind, and `rows`, how many were changed.
    Raises DataError for a column or a kind that does not exist.

    >>> rows = pl.DataFrame({"prompt": ["I am anna@firma.de"], "completion": ["Hello anna@firma.de!"]})
    >>> mask_rows(rows).kept.row(0)
    ('I am [EMAIL_1]', 'Hello [EMAIL_1]!')
    """
    check_frame(frame, "mask_rows")
    wanted = read_kinds(kinds)
    names = _columns(frame, columns)
    values = _values(frame, names, wanted)
    counts: Counter[str] = Counter()
    changed = {name: _masked_column(frame[name], values, counts) for name in names} if values else {}
    notes = {"masked": {kind: counts[kind] for kind in wanted if counts[kind]}, "rows": len(values)}
    return Result(kept=frame.with_columns(**changed), notes=notes)


def read_kinds(kinds: Sequence[str] | str) -> tuple[str, ...]:
    """The kinds that are meant. Raises DataError for an unknown one."""
    sets = {"pii": PERSONAL, "secrets": SECRET}
    found: list[str] = []
    for kind in (kinds,) if isinstance(kinds, str) else kinds:
        if kind not in PRIVATE and kind not in sets:
            raise DataError(f"unknown kind '{kind}' to mask{did_you_mean(kind, [*PRIVATE, *sets])}")
        found += sets.get(kind, (kind,))
    return tuple(dict.fromkeys(found))


def _columns(frame: pl.DataFrame, columns: Sequence[str] | str | None) -> list[str]:
    if columns is None:
        found = [name for name in COLUMNS if name in frame.columns and _is_text(frame.schema[name])]
        if not found:
            raise DataError(f"no column to mask (there are: {', '.join(frame.columns)}); name one: columns='...'")
        return found
    names = [columns] if isinstance(columns, str) else list(columns)
    for name in names:
        if name not in frame.columns:
            raise DataError(f"no column '{name}' to mask{did_you_mean(name, frame.columns)}")
        if not _is_text(frame.schema[name]):
            raise DataError(
                f"column '{name}' holds {frame.schema[name]}, neither text nor messages: it cannot be masked"
            )
    return names


def _is_text(dtype: pl.DataType) -> bool:
    if isinstance(dtype, pl.List):
        dtype = dtype.inner  # type: ignore[assignment]
    if isinstance(dtype, pl.Struct):
        return any(field.dtype == pl.String for field in dtype.fields)
    return dtype == pl.String


def _values(frame: pl.DataFrame, names: Sequence[str], kinds: Sequence[str]) -> dict[int, list[tuple[str, list[str]]]]:
    """By row, the private values of each kind in all of its texts, in their order."""
    texts = pl.concat([_texts(frame[name]) for name in names])
    found: dict[int, dict[str, list[str]]] = {}
    for kind in kinds:
        values = values_in(texts["text"], PRIVATE[kind])
        hits = texts.select("row", values=values).filter(pl.col("values").is_not_null())
        for row, some in hits.sort("row", maintain_order=True).iter_rows():
            kept = found.setdefault(row, {}).setdefault(kind, [])
            kept += [value for value in some if value not in kept]
    return {row: list(by_kind.items()) for row, by_kind in found.items()}


def _texts(column: pl.Series) -> pl.DataFrame:
    """Every text of a column with its row: the column itself, or all text fields of its messages."""
    rows = pl.DataFrame({"row": pl.int_range(len(column), eager=True), "text": column})
    if isinstance(column.dtype, pl.List):
        rows = rows.explode("text", empty_as_null=False)
    if isinstance(rows.schema["text"], pl.Struct):
        parts = [rows.select("row", text=pl.col("text").struct.field(field)) for field in _fields(rows["text"])]
        rows = pl.concat(parts).sort("row", maintain_order=True)
    return rows


def _fields(column: pl.Series) -> list[str]:
    return [name for name, dtype in column.struct.schema.items() if dtype == pl.String and name not in ("role", "from")]


def _masked_column(
    column: pl.Series, values: dict[int, list[tuple[str, list[str]]]], counts: Counter[str]
) -> pl.Series:
    """The column with the rows of `values` masked."""
    texts = column.to_list()
    for place, found in values.items():
        texts[place] = _masked(texts[place], found, counts)
    return pl.Series(column.name, texts, dtype=column.dtype)


def _masked(value: object, found: list[tuple[str, list[str]]], counts: Counter[str]) -> object:
    if isinstance(value, str):
        text, some = masked(value, found)
        counts.update(some)
        return text
    if isinstance(value, list):
        return [_masked(one, found, counts) for one in value]
    if isinstance(value, dict):
        return {key: one if key in ("role", "from") else _masked(one, found, counts) for key, one in value.items()}
    return value
