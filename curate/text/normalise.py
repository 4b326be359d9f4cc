r"""The normal forms in which texts are compared.

`normal_form` is what exact comparison uses: Unicode NFKC, lower case, runs of white space as one space, ends trimmed.
`words_apart` is what is split into words: NFKC and lower case too, then

- a word is a run of letters, marks, digits and underscores; everything else parts words and is forgotten;
- marks that only steer the direction or joining of letters (Unicode category Cf) vanish, so a right-to-left text is
  the same with and without them;
- scripts written without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan) have one word a character.

Digits stay: two problems with other numbers are other problems.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from polars._typing import PolarsDataType

_UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]\p{M}*"
_BETWEEN = r"[^\p{L}\p{M}\p{N}_]+"
_FORMAT = r"\p{Cf}+"
GAP = r"\s{2,}|[\s--\ ]"
"""White space that is not one space already: to match each space as well takes four times as long."""


def normal_form(text: pl.Expr) -> pl.Expr:
    r"""The normal form of exact comparison; nulls stay null.

    >>> pl.select(normal_form(pl.lit(" \ufb01ne\n Day "))).item()
    'fine day'
    """
    return text.str.normalize("NFKC").str.to_lowercase().str.replace_all(GAP, " ").str.strip_chars()


def words_apart(text: pl.Expr) -> pl.Expr:
    r"""Text whose words are parted by single spaces, in lower case; the long way, for text that is not ASCII.

    >>> pl.select(words_apart(pl.lit("Caf\u00e9\u2014\u300c\u732b\u300d 2\u00bd"))).item().split()
    ['café', '猫', '21', '2']
    """
    plain = text.str.normalize("NFKC").str.to_lowercase().str.replace_all(_FORMAT, "")
    parted = plain.str.replace_all(_BETWEEN, " ")
    return parted.str.replace_all(f"({_UNSPACED})", " ${1} ")


def not_ascii_by(texts: pl.Series, change: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """A column with `change` made to each text that is not ASCII; for changes that leave ASCII as it is.

    Most rows of most data are ASCII, and normalising is the dearest thing that is done to them.
    """
    odd = texts.str.len_bytes() != texts.str.len_chars()
    if not odd.any():
        return texts
    places = odd.arg_true()
    told = texts.gather(places).to_frame("text").select(change(pl.col("text")).alias(texts.name))
    order = pl.Series(range(len(texts)), dtype=pl.Int64)
    order = order.scatter(places, pl.Series(range(len(places)), dtype=pl.Int64) + len(texts))
    return pl.concat([texts, told.to_series()]).gather(order)


def compared_text(frame: pl.DataFrame, columns: Sequence[str], roles: bool = False) -> pl.Series:
    """One text a row: texts as they are, conversations as their turns, several columns one after the other.

    A row in which every column is null, or a conversation without text, is null. roles: a conversation's speakers are
    part of its text. Columns of other types are written as text, bytes that are no UTF-8 as their codes.
    """
    frame = frame.select(columns).with_columns(
        _read(frame[name]) for name in set(columns) if frame.schema[name] == pl.Binary
    )
    parts = [conversation(name, dtype, roles) if _turns(dtype := frame.schema[name]) else _plain(name, dtype)
             for name in columns]  # fmt: skip
    if len(parts) == 1:
        return frame.select(parts[0].alias("text"))["text"]
    blank = pl.all_horizontal([part.is_null() for part in parts])
    joined = pl.concat_str([part.fill_null("") for part in parts], separator="\x1e")
    return frame.select(pl.when(blank).then(None).otherwise(joined).alias("text"))["text"]


def conversation(column: str, dtype: PolarsDataType, roles: bool) -> pl.Expr:
    """A column of turns as text: each field that holds text, a turn a line; calls of tools as JSON."""
    assert isinstance(dtype, pl.List)
    assert isinstance(dtype.inner, pl.Struct)
    speaker = ("role", "from")
    fields = [field for field in dtype.inner.fields if roles or field.name not in speaker]
    told = [_field(field.name, field.dtype) for field in fields]
    line = pl.concat_str(told, separator="\x1f" if roles else " ", ignore_nulls=not roles)
    return pl.col(column).list.eval(line).list.join("\n", ignore_nulls=True)


def _read(column: pl.Series) -> pl.Series:
    r"""Bytes as text; what is no UTF-8 stands as `\xff`, so that different bytes stay different."""
    told = [None if value is None else value.decode(errors="backslashreplace") for value in column]
    return pl.Series(column.name, told, dtype=pl.String)


def _turns(dtype: PolarsDataType) -> bool:
    return isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct)


def _plain(name: str, dtype: PolarsDataType) -> pl.Expr:
    if dtype == pl.String:
        return pl.col(name)
    if dtype == pl.List(pl.String):  # read as text: as JSON it would look like code
        return pl.col(name).list.eval(pl.element().fill_null("\x00")).list.join("\x1e")
    if dtype.is_nested():
        return pl.when(pl.col(name).is_not_null()).then(pl.struct(name).struct.json_encode())
    return pl.col(name).cast(pl.String)


def _field(name: str, dtype: PolarsDataType) -> pl.Expr:
    field = pl.element().struct.field(name)
    if dtype == pl.String:
        return field.fill_null("")
    if dtype.is_nested():
        return pl.when(field.is_null()).then(pl.lit("")).otherwise(pl.struct(field).struct.json_encode())
    return field.cast(pl.String).fill_null("")
