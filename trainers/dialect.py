"""Rows in other words than a method's columns, read as the step `load` reads them: ShareGPT, Alpaca, GSM8K, HH, ..."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from curate.errors import DataError
from curate.messages import ROLES as SPEAKERS
from trainers.shaping import TEXT, choose, wanted

if TYPE_CHECKING:
    import polars as pl

    from trainers.methods import Method

Say = Callable[[str], None]

ROLES = {*SPEAKERS.values(), "developer"} - {"call"}
"""Of a turn, as chat templates know them: those of a message, and OpenAI's other word for the system."""

ANSWERS = ("completion", "chosen", "rejected")


def in_our_words(
    frame: pl.DataFrame, method: Method, needs: Iterable[str], where: str, say: Say
) -> tuple[pl.DataFrame, dict[str, int]]:
    """A table whose columns are the method's as it is; another as `curate.dialects` reads it, which is said aloud.

    A column of plain text is left for one that tells a question from its answer: Alpaca has both.
    needs: columns the rewards read, which must stay. Gives also why some rows could not be read, and how many.
    A table that no dialect fits, or that holds something else, is given back to be refused with its columns named.
    """
    from curate.dialects import normalise

    if _fits(frame, method) and choose(frame, method) != TEXT:
        return frame, {}
    try:
        read = normalise(frame)
    except DataError:
        return frame, {}
    made = read.frame
    if not _fits(made, method) and "prompt" not in made.columns and "messages" in made.columns:
        made = made.rename({"messages": "prompt"})  # what was asked, where the answers have columns of their own
    lost = (set(needs) & set(frame.columns)) - set(made.columns)
    if not _fits(made, method) or choose(made, method) == TEXT or lost:
        return frame, {}
    columns = ", ".join(dict.fromkeys(read.columns.values()))
    say(f"{where} is read as {read.dialect}, from {columns}")
    reasons = read.failed["reason"].value_counts(sort=True)
    return made, dict(zip(reasons["reason"].to_list(), reasons["count"].to_list(), strict=True))


def _fits(frame: pl.DataFrame, method: Method) -> bool:
    """Whether a table has the columns of the method, conversations in the words of `curate.messages`."""
    import polars as pl

    columns = set(frame.columns)
    if "completion" in method.needs and "messages" in columns and "completion" not in columns:
        columns.add("prompt")  # `answers_apart` takes it out of them
    if not wanted(choose(frame, method)) <= columns:
        return False
    for name in ("messages", "prompt", "completion", "chosen", "rejected"):
        turns = frame.schema.get(name)
        if isinstance(turns, pl.List) and isinstance(turns.inner, pl.Struct):
            if "role" not in dict(turns.inner):
                return False
            roles = frame[name].list.eval(pl.element().struct.field("role"))
            if not set(roles.explode(empty_as_null=False, keep_nulls=False).drop_nulls().unique().to_list()) <= ROLES:
                return False
            if name in ANSWERS and not (roles.list.first().drop_nulls() == "assistant").all():
                return False  # whole conversations, with what was asked in them: UltraFeedback
    return True


def answers_apart(frame: pl.DataFrame) -> pl.DataFrame:
    """Conversations as `completion`, their last turn where that is an answer, and `prompt`, all before it.

    Thinking in a column of its own goes back into the answer. A table that has a completion, or no conversations, is
    given back as it is.
    """
    import polars as pl

    from curate.schema import convert

    if {"prompt", "completion", "thinking"} <= set(frame.columns):
        made = convert(frame, "prompt-completion").columns
        return frame.with_columns(made["prompt"].alias("prompt"), made["completion"].alias("completion"))
    turns = pl.col("messages")
    if "completion" in frame.columns or not isinstance(frame.schema.get("messages"), pl.List):
        return frame
    answered = turns.list.last().struct.field("role") == "assistant"
    return frame.with_columns(
        prompt=pl.when(answered).then(turns.list.reverse().list.slice(1).list.reverse()).otherwise(turns),
        completion=pl.when(answered).then(turns.list.tail(1)),
    ).drop("messages")


def one_answer_each(frame: pl.DataFrame) -> bool:
    """Whether every conversation of a table is what was asked, then its only answer; without any it is left out."""
    import polars as pl

    turns = frame.schema.get("messages")
    if not isinstance(turns, pl.List) or not isinstance(turns.inner, pl.Struct):
        return False
    if dict(turns.inner).get("role") != pl.String or dict(turns.inner).get("content") != pl.String:
        return False  # which is told as it is
    answered = pl.col("messages").list.eval(pl.element().struct.field("role") == "assistant")
    count, apart = answered.list.sum(), pl.lit(value=False)
    if "completion" in frame.columns:
        apart = pl.col("completion").is_not_null()
    only = pl.when(apart).then(count == 0).otherwise((count == 0) | ((count == 1) & answered.list.last()))
    return bool(frame.select(only.fill_null(value=True).all()).item())
