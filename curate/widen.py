"""Python values -> polars columns, losing nothing: which column values make stands in `curate.shapes`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import orjson

from curate.errors import DataError
from curate.shapes import Shape, observe

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa  # type: ignore[import-untyped]

MAX_COLUMNS = 2_000


def to_columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The values of each column, in the order of first appearance; None where a row lacks one.

    Raises DataError for more than `MAX_COLUMNS` columns.
    """
    names = dict.fromkeys(chain.from_iterable(rows))
    bound_columns(names)
    return {name: [row.get(name) for row in rows] for name in names}


def bound_columns(names: Iterable[str]) -> None:
    """Raise DataError for more than `MAX_COLUMNS` columns."""
    first = list(islice(names, MAX_COLUMNS + 1))
    if len(first) > MAX_COLUMNS:
        raise DataError(
            f"the rows have more than {MAX_COLUMNS:,} different columns ({', '.join(first[:3])}, ...): are the values "
            "keyed by an id? Make one row of each"
        )


def to_series(name: str, values: Sequence[Any], shape: Shape) -> pl.Series:
    """A column of values whose shape is known."""
    import polars as pl

    if not shape.fits():
        values = [_fit(value, shape) for value in values]
    if shape.form in ("list", "dict"):  # polars takes ten times as long as arrow to build these
        import pyarrow as pa

        return pl.Series(name, pa.array(values, type=_arrow(shape)))
    if shape.form == "other":
        return pl.Series(name, values)
    dtypes = {"null": pl.Null, "bool": pl.Boolean, "int": pl.Int64, "float": pl.Float64}
    return pl.Series(name, values, dtype=dtypes.get(shape.form, pl.String)())


def to_frame(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """A table of rows; a column that a row lacks is null there. Raises TooDeep, DataError.

    >>> to_frame([{"a": 1}, {"a": "x", "b": [2]}]).to_dicts()
    [{'a': '1', 'b': None}, {'a': 'x', 'b': [2]}]
    """
    return join([(len(rows), to_columns(rows))])


def stack(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """One table of all rows, with the columns of all; columns whose types differ are widened as above."""
    parts = [(frame.height, dict(zip(frame.columns, frame.iter_columns(), strict=True))) for frame in frames]
    return join(parts)


def join(parts: Sequence[tuple[int, Mapping[str, pl.Series | list[Any]]]]) -> pl.DataFrame:
    """One table of parts, each its height and its columns: series, or plain values where they do not fit one."""
    import polars as pl

    full = [(height, columns) for height, columns in parts if height]
    names = dict.fromkeys(name for _, columns in full for name in columns)
    joined = [
        _joined(name, [columns.get(name, pl.Series(name, [None] * height)) for height, columns in full])
        for name in names
    ]
    return pl.DataFrame(joined) if joined else pl.DataFrame(height=sum(height for height, _ in full))


def to_json(value: Any) -> str:
    """A value as JSON; an integer of any size."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _fit(value: Any, shape: Shape) -> Any:
    if value is None:
        return None
    if shape.form == "mixed":
        return value if isinstance(value, str) else to_json(value)
    if shape.form == "list" and shape.items is not None:
        return [_fit(inner, shape.items) for inner in value]
    if shape.form == "dict":
        return {name: _fit(inner, shape.fields[name]) for name, inner in value.items()}
    return value


def _arrow(shape: Shape) -> pa.DataType:
    import pyarrow as pa

    if shape.form == "list":
        return pa.large_list(_arrow(shape.items or Shape()))
    if shape.form == "dict":
        return pa.struct([pa.field(name, _arrow(inner)) for name, inner in shape.fields.items()])
    scalars = {"null": pa.null(), "bool": pa.bool_(), "int": pa.int64(), "float": pa.float64()}
    return scalars.get(shape.form, pa.large_string())


def _joined(name: str, pieces: Sequence[pl.Series | list[Any]]) -> pl.Series:
    import polars as pl

    series = [piece for piece in pieces if isinstance(piece, pl.Series)]
    types = {piece.dtype for piece in series} - {pl.Null()}
    if len(series) == len(pieces) and (len(types) <= 1 or all(dtype.is_integer() for dtype in types)):
        return pl.concat([piece.to_frame() for piece in series], how="vertical_relaxed").to_series()
    values: list[Any] = []
    for piece in pieces:
        values += map(_without_nulls, piece.to_list()) if isinstance(piece, pl.Series) else piece
    return to_series(name, values, observe(values))


def _without_nulls(value: Any) -> Any:
    """A value of a struct without the fields that only other rows fill."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value
