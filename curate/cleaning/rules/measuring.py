"""The values of all rules on all texts of a table: in batches, over several threads, each message of a conversation."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import polars as pl

from curate.cleaning.rules.rule import Rule, flagged, reasons
from curate.cleaning.rules.texts import Texts
from curate.errors import DataError, did_you_mean
from curate.messages import FIELDS, ROLES

BATCH_ROWS, BATCH_BYTES = 20_000, 2 * 2**20  # what a processor's cache holds: half again as fast as 16 MB
LARGER = 8  # times as much for a rule by patterns, which begins each batch by making its search for literals
COLUMNS = ("completion", "messages", "text")
"""Where the text is looked for when no column is named."""

WHY = "why.flags"

TEXTS = (pl.String, pl.Categorical, pl.Enum, pl.Binary, pl.Null)
SPEAKERS = ("system", "user", "assistant", "tool")


@dataclass(frozen=True)
class Measured:
    """What the rules measured.

    values: a column a rule, a row a text. rows, places: of each text, its row in the table and its place in
    the conversation, from 1; None where each row has one text. height: rows of the table.
    """

    values: pl.DataFrame
    rows: pl.Series | None
    places: pl.Series | None
    height: int


def text_column(frame: pl.DataFrame, column: str | None) -> str:
    """The column to judge. Raises DataError when there is none, or it holds neither text nor messages."""
    there = [name for name in COLUMNS if name in frame.columns]
    name = column or next((name for name in there if frame[name].null_count() < frame.height), next(iter(there), None))
    if name is None:
        raise DataError(
            f"no column to filter by (there are: {', '.join(frame.columns)}); name one: column='...', "
            f"or call it {', '.join(COLUMNS[:-1])} or {COLUMNS[-1]}"
        )
    if name not in frame.columns:
        raise DataError(f"no column '{name}' to filter by{did_you_mean(name, frame.columns)}")
    dtype = frame.schema[name]
    if not isinstance(dtype, TEXTS) and not _is_conversation(dtype):
        raise DataError(f"column '{name}' holds {dtype}, neither text nor messages; name a column of text")
    return name


def in_one_form(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The rows with the last answer of a conversation as `completion`, where others have theirs there."""
    from curate.dialects.evening import answer_apart

    return answer_apart(frame) if column == "completion" and frame[column].null_count() else frame


def measure(frame: pl.DataFrame, column: str, rules: Sequence[Rule], roles: Sequence[str]) -> Measured:
    """The value of each rule on each text of `column`."""
    told = {*frame.columns, *(("prompt",) if isinstance(frame.schema[column], pl.List) else ())}
    unknown = next((role for role in roles if role not in SPEAKERS), None)
    if unknown is not None:
        raise DataError(f"no role '{unknown}' speaks in a conversation{did_you_mean(unknown, SPEAKERS)}")
    missing = next((need for rule in rules for need in rule.needs if need not in told), None)
    if missing is not None:
        rule = next(rule for rule in rules if missing in rule.needs)
        raise DataError(f"rule '{rule.name}' reads the column '{missing}'{did_you_mean(missing, frame.columns)}")
    if not isinstance(frame.schema[column], pl.List):
        rows = places = None
        texts = Texts(_decoded(frame[column]), frame.drop(column))
    else:
        units = _messages(frame[column], roles)
        rows, places = units["row"], units["place"]
        texts = Texts(units["text"], frame.drop(column)[rows].with_columns(units["prompt"]))
    threads = pl.thread_pool_size()
    small = list(_batches(texts.text))
    times = max(1, min(LARGER, len(small) // threads))
    large = [
        slice(some[0].start, some[-1].stop) for some in (small[at : at + times] for at in range(0, len(small), times))
    ]

    def values(family: Sequence[Rule]) -> pl.DataFrame:
        batches = small if family[0].kind == "number" else large
        run = map if len(batches) == 1 or threads == 1 else _workers(os.getpid()).map

        def of_batch(rows: slice) -> pl.DataFrame:
            batch = Texts(texts.text[rows], texts.columns[rows])  # made here, so that what is read off it goes with it
            return pl.DataFrame([rule.values(batch) for rule in family])

        return pl.concat(run(of_batch, batches), how="vertical_relaxed")

    measured = pl.concat([values(family) for family in _families(rules)], how="horizontal")
    return Measured(measured.select(rule.name for rule in rules), rows, places, frame.height)


def _families(rules: Sequence[Rule]) -> Iterable[Sequence[Rule]]:
    """The rules of a file that give numbers, which read the same things off a text; of the others each alone.

    Polars keeps the last 32 patterns of a thread: more, batch after batch, would be compiled each time, and to compile
    those of `refusal` takes as long as to read 5 MB with them.
    """
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        found.setdefault(rule.measure.__module__ if rule.kind == "number" else rule.name, []).append(rule)
    return found.values()


@cache
def _workers(_process: int) -> ThreadPoolExecutor:
    """Threads that stay: polars compiles a pattern once a thread, which takes as long as reading 20,000 texts with it.

    A forked process has none of its parent's threads and begins its own.
    """
    return ThreadPoolExecutor(pl.thread_pool_size(), "rules")


def labels(measured: Measured, rules: Sequence[Rule]) -> tuple[pl.DataFrame, pl.Series]:
    """For each row of the table: `flag.<rule>`, the value of each rule, all reasons in `why.flags`; and the first."""
    columns: dict[str, pl.Series] = {}
    told = []
    for rule in rules:
        values, places = measured.values[rule.name], measured.places
        flags = flagged(rule, values)
        if measured.rows is not None:
            values, flags, places = _joined(rule, measured, values, flags)
        columns[f"flag.{rule.name}"] = flags
        if rule.kind != "sign":
            columns[rule.column] = values
        rows = flags.arg_true()
        told.append(pl.DataFrame({"row": rows, "why": _placed(reasons(rule, values.gather(rows)), rows, places)}))
    columns[WHY], first = _together(told, measured.height)
    return pl.DataFrame({name: column.rename(name) for name, column in columns.items()}), first


def _placed(why: pl.Series, rows: pl.Series, places: pl.Series | None) -> pl.Series:
    """Reasons with the message they are about, in conversations."""
    if places is None:
        return why
    place = pl.lit(places.gather(rows))
    named = pl.format("{} (message {})", pl.lit(why), place)
    return pl.select(pl.when(place > 0).then(named).otherwise(pl.lit(why))).to_series()


def _together(told: Sequence[pl.DataFrame], height: int) -> tuple[pl.Series, pl.Series]:
    """All reasons of a row in one text, in the order of the rules, and the first; null where there is none."""
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, height)
    of_rows = pl.concat(told).group_by("row").agg("why")
    if not of_rows.height:
        return nothing, nothing
    row, why = of_rows["row"], of_rows["why"]
    return nothing.clone().scatter(row, why.list.join("; ")), nothing.scatter(row, why.list.first())


def _joined(
    rule: Rule, measured: Measured, values: pl.Series, flags: pl.Series
) -> tuple[pl.Series, pl.Series, pl.Series | None]:
    """By conversation its value, its flag, and the message that speaks for it: the first flagged, else the nearest."""
    units = pl.DataFrame({"row": measured.rows, "value": values, "flag": flags, "place": measured.places})
    groups = units.group_by("row", maintain_order=True)
    if rule.kind == "number" and rule.over == "sum":
        total = groups.agg(pl.col("value").sum())["value"]
        return total, flagged(rule, total), None
    nearest = pl.col("value").min() if rule.low is not None and rule.high is None else pl.col("value").max()
    calm = nearest if rule.kind == "number" else pl.col("value").drop_nulls().first()
    value, place = (pl.col(name).filter(pl.col("flag")).first() for name in ("value", "place"))
    flag = pl.when(~pl.col("flag").is_null().all()).then(pl.col("flag").any(ignore_nulls=True))
    joined = groups.agg(value=pl.coalesce(value, calm), flag=flag, place=place)
    return joined["value"], joined["flag"], joined["place"]


def _decoded(text: pl.Series) -> pl.Series:
    """Bytes as text, with U+FFFD for what is no UTF-8: `broken_text` finds it."""
    if text.dtype != pl.Binary:
        return text.cast(pl.String)
    try:
        return text.cast(pl.String)
    except pl.exceptions.ComputeError:
        values = [value if value is None else value.decode(errors="replace") for value in text.to_list()]
        return pl.Series(text.name, values, dtype=pl.String)


def _is_conversation(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct)


def _messages(column: pl.Series, roles: Sequence[str]) -> pl.DataFrame:
    """The messages of some roles: `row`, `place`, `text`, and as `prompt` the message before.

    A row without any has a null text at place 0.
    """
    counts = column.list.len().fill_null(0)
    flat = column.explode(empty_as_null=False, keep_nulls=False)
    index = pl.DataFrame({"row": pl.int_range(len(column), eager=True), "count": counts})
    spread = index.select("row", place=pl.int_ranges(1, pl.col("count") + 1)).explode("place", empty_as_null=False)
    role, content = (_field(flat, names) for names in (FIELDS["role"], FIELDS["content"]))
    wanted = role.str.to_lowercase().replace_strict(ROLES, default=None).is_in(list(roles)).fill_null(value=False)
    said = spread.with_columns(text=content).with_columns(prompt=pl.col("text").shift(1).over("row")).filter(wanted)
    nothing = pl.lit(None, dtype=pl.String)
    silent = index.select("row", place=pl.lit(0, dtype=pl.Int64), text=nothing, prompt=nothing)
    silent = silent.join(said, on="row", how="anti")
    return pl.concat([said, silent], how="vertical_relaxed").sort("row", "place")


def _field(flat: pl.Series, names: Sequence[str]) -> pl.Series:
    fields = {field.name: field.dtype for field in flat.dtype.fields} if isinstance(flat.dtype, pl.Struct) else {}
    name = next((name for name in names if fields.get(name) == pl.String), None)
    if name is None:
        held = ", ".join(f"{field}: {dtype}" for field, dtype in fields.items())
        raise DataError(
            f"messages need '{names[0]}' as text (they have {held}); `load` brings other forms into this one"
        )
    return flat.struct.field(name)


def _batches(text: pl.Series) -> Iterator[slice]:
    """Slices of at most `BATCH_ROWS` rows and about `BATCH_BYTES` of text; one, empty, for no rows."""
    size = text.str.len_bytes().fill_null(0).cum_sum()
    start = 0
    while True:
        done = int(size[start - 1]) if start else 0
        stop = min(start + BATCH_ROWS, max(start + 1, int(size.search_sorted(done + BATCH_BYTES))))
        yield slice(start, stop)
        start = stop
        if start >= len(text):
            return
