"""One form for all rows of a table: a column means one thing in every row, so that no step passes over some of them.

Where some rows are conversations (`messages`, and no `prompt` beside it) all are: `prompt` becomes the user's turn;
where some answers stand apart from their conversation all do (`completion`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def even(frames: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """Tables in our words, brought to one form.

    >>> import polars as pl
    >>> turns = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]
    >>> chat = pl.DataFrame({"messages": [turns]})
    >>> single, chat = even([pl.DataFrame({"prompt": ["2+2?"], "completion": ["4"]}), chat])
    >>> single.to_dicts()
    [{'messages': [{'role': 'user', 'content': '2+2?'}], 'completion': '4'}]
    >>> chat.to_dicts()
    [{'messages': [{'role': 'user', 'content': '1+1?'}], 'completion': '2'}]
    """
    if not any(map(_has_chats, frames)):
        return list(frames)
    chats = [_as_chat(frame) for frame in frames]
    apart = any(_holds(frame, "completion") for frame in chats)
    return [answer_apart(frame) for frame in chats] if apart else chats


def _has_chats(frame: pl.DataFrame) -> bool:
    import polars as pl

    if "messages" not in frame.columns:
        return False
    chats = pl.col("messages").is_not_null()
    return frame.filter(chats & pl.col("prompt").is_null() if "prompt" in frame.columns else chats).height > 0


def _holds(frame: pl.DataFrame, column: str) -> bool:
    return column in frame.columns and frame[column].null_count() < frame.height


def _as_chat(frame: pl.DataFrame) -> pl.DataFrame:
    """The prompt as a turn of the user, in the place of its column."""
    import polars as pl

    if "prompt" not in frame.columns:
        return frame
    dtype = frame.schema.get("messages")
    fields = dtype.inner.fields if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct) else ()
    turn = {field.name: pl.lit(None, dtype=field.dtype) for field in fields}
    turn |= {"role": pl.lit("user"), "content": pl.col("prompt")}
    asked = pl.when(pl.col("prompt").is_not_null()).then(
        pl.concat_list(pl.struct([value.alias(name) for name, value in turn.items()]))
    )
    messages = pl.coalesce("messages", asked) if fields else asked
    names = [name for name in frame.columns if name != "messages"]
    return frame.select(messages.alias("messages") if name == "prompt" else pl.col(name) for name in names)


def answer_apart(frame: pl.DataFrame) -> pl.DataFrame:
    """The last turn of every conversation as `completion`, where it is an answer and none is there."""
    import polars as pl

    dtype = frame.schema.get("messages")
    if not (isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct)):
        return frame
    if not {"role", "content"} <= {field.name for field in dtype.inner.fields}:
        return frame
    given = pl.col("completion") if "completion" in frame.columns else pl.lit(None, dtype=pl.String)
    turns, last = pl.col("messages"), pl.col("messages").list.last()
    ends = (turns.list.len() > 1) & (last.struct.field("role") == "assistant") & given.is_null()
    if any(field.name == "tool_calls" for field in dtype.inner.fields):
        ends &= last.struct.field("tool_calls").list.len().fill_null(0) == 0
    return frame.with_columns(
        pl.when(ends).then(turns.list.head(turns.list.len() - 1)).otherwise(turns).alias("messages"),
        pl.when(ends).then(last.struct.field("content")).otherwise(given).alias("completion"),
    )
