"""The dialects that samples are written in, and the way from each into our words.

A dialect is told from the columns and the first values, without a list of columns written by hand. Each is one row of
`DIALECTS`, in its file: the columns it needs, how its values look, what it makes. Where two fit, the one that says
strictly more wins (it reads more columns, or is declared to stand over the other); else the user is asked.

What comes out: `prompt` or `messages` (one of them), and where there are any `completion thinking answer solution
chosen rejected label tools verifier finish_reason`. Messages have the form of `curate.messages`. A conversation whose
last answer carries thinking ends before it: `completion` and `thinking` hold the rest. All other columns stay as they
are; one in the way of ours is kept as `original_<name>`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.dialects import (
    calling,
    chats,
    choices,
    contests,
    conversations,
    distilled,
    instructions,
    logged,
    preferences,
    problems,
    stepwise,
    templated,
    trees,
    verdicts,
)
from curate.dialects.dialect import CannotConvert, Dialect, Row
from curate.dialects.evening import even
from curate.dialects.fitting import Fit, parts_of
from curate.dialects.tell import named, tell
from curate.messages import KNOWN_FIELDS
from curate.parts import BadTurn
from curate.renaming import set_aside
from curate.widen import to_frame

if TYPE_CHECKING:
    import polars as pl

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for part in (
        verdicts,
        contests,
        preferences,
        stepwise,
        choices,
        problems,
        distilled,
        chats,
        trees,
        calling,
        logged,
        templated,
        conversations,
        instructions,
    )
    for dialect in part.DIALECTS
}

WORDS = (
    "prompt", "messages", "completion", "thinking", "finish_reason", "answer", "solution", "chosen", "rejected",
    "chosen_thinking", "rejected_thinking", "label", "tools", "verifier",
)  # fmt: skip


_ANSWERING = re.compile("response|answer|completion|output|reply|generation|solution|chosen|rejected|^text$")


@dataclass(frozen=True)
class Normalised:
    """A table in our words.

    failed: the rows that could not be converted, as they came, with `reason`. dialect: its name. columns: which column
    played which part. notes: what a reader should know, one line each.
    """

    frame: pl.DataFrame
    failed: pl.DataFrame
    dialect: str
    columns: dict[str, str]
    notes: tuple[str, ...] = ()


def text_columns() -> frozenset[str]:
    """Names of columns whose values are texts or golds, and stay as they are written.

    >>> sorted({"answer", "prompt", "label", "rating"} & text_columns())
    ['answer', 'prompt']
    """
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for dialect in DIALECTS.values():
        for part in (*dialect.needs.values(), *dialect.may.values()):
            if part.kind in ("text", "gold", "flag", "number"):
                names[part.kind in ("text", "gold")].update(part.names)
    return frozenset(names[True] - names[False])


def detect(frame: pl.DataFrame) -> Fit:
    """The dialect of a table, and which column plays which part.

    Raises DataError when it cannot be told: with the columns found, the two nearest dialects and what they lack, and
    the `columns:` line that would settle it; or with the dialects that fit equally well.

    >>> import polars as pl
    >>> detect(pl.DataFrame({"Question": ["1+1?"], "answer": [2]})).dialect.name
    'question_answer'
    """
    return tell(frame, DIALECTS)


def normalise(frame: pl.DataFrame, dialect: str | None = None) -> Normalised:
    r"""Turn a table of any dialect into our words. Pure; a row that cannot be converted is failed with its reason.

    dialect: its name, when it is known or `detect` cannot tell. Where one row becomes several (trees, instances), an
    `id` gets `.1`, `.2`, ... Raises DataError as `detect`.

    >>> import polars as pl
    >>> normalise(pl.DataFrame({"instruction": ["Add."], "input": ["1 1"], "output": ["2"]})).frame.to_dicts()
    [{'prompt': 'Add.\n\n1 1', 'completion': '2'}]
    """
    import polars as pl

    fit = tell(frame, DIALECTS) if dialect is None else named(dialect, frame, DIALECTS)
    rows = list(enumerate(parts_of(frame, fit.columns, fit.dialect)))
    failures: list[tuple[int, str]] = []
    if fit.dialect.gather is not None:
        rows, failures = fit.dialect.gather([row for _, row in rows])
    places, made = _convert(fit.dialect, rows, failures)
    spent = {column for part, column in fit.columns.items() if part not in fit.dialect.witness}
    beside = frame[places].drop(spent)
    ours = _ordered(*even([to_frame(made)])) if made else pl.DataFrame({"prompt": []}, schema={"prompt": pl.String})
    failures.sort()
    failed = frame[[place for place, _ in failures]].with_columns(
        reason=pl.Series([why for _, why in failures], dtype=pl.String)
    )
    return Normalised(
        _beside(_numbered(beside, places), ours), failed, fit.dialect.name, dict(fit.columns), _notes(fit, frame, ours)
    )


def _convert(
    dialect: Dialect, rows: Sequence[tuple[int, Row]], failures: list[tuple[int, str]]
) -> tuple[list[int], list[Row]]:
    """Samples, and the row each comes from; what cannot be converted is added to `failures`."""
    places, made = [], []
    for place, row in rows:
        try:
            samples = dialect.convert(row)
        except (CannotConvert, BadTurn) as bad:
            failures.append((place, str(bad)))
            continue
        if not samples:
            failures.append((place, "nothing in it"))
        for sample in samples:
            if isinstance(sample, CannotConvert):
                failures.append((place, str(sample)))
            else:
                made.append(sample)
                places.append(place)
    return places, made


def _ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """Our words first, in their order."""
    return frame.select(
        [*(name for name in WORDS if name in frame.columns), *(n for n in frame.columns if n not in WORDS)]
    )


def _numbered(frame: pl.DataFrame, places: Sequence[int]) -> pl.DataFrame:
    """Ids that stay apart where one row became several."""
    import polars as pl

    counts = Counter(places)
    if "id" not in frame.columns or all(count == 1 for count in counts.values()):
        return frame
    seen: Counter[int] = Counter()
    ids = []
    for place, name in zip(places, frame["id"].to_list(), strict=True):
        seen[place] += 1
        ids.append(f"{name}.{seen[place]}" if counts[place] > 1 else str(name))
    return frame.with_columns(id=pl.Series(ids, dtype=pl.String))


def _beside(theirs: pl.DataFrame, ours: pl.DataFrame) -> pl.DataFrame:
    """One table: id and source, our columns, then theirs; one of theirs that is in the way steps aside."""
    import polars as pl

    clash = set(ours.columns) | ({"prompt"} if "messages" in ours.columns else set())
    kept = set_aside(theirs, clash)
    columns = {column.name: column for column in (*kept.iter_columns(), *ours.iter_columns())}
    order = dict.fromkeys(name for name in ("id", "source", *ours.columns, *kept.columns) if name in columns)
    return pl.DataFrame([columns[name] for name in order])


def _left(fit: Fit, frame: pl.DataFrame) -> list[str]:
    """Columns beside prompts alone that look as if they answered them: a name we do not know must not pass unseen."""
    import polars as pl

    kept = (name for name, dtype in frame.schema.items() if dtype == pl.String and frame[name].count())
    left = [name for name in kept if name not in fit.columns.values() and _ANSWERING.search(name.lower())]
    listed = ", ".join(f"'{name}'" for name in left)
    return [f"prompts alone, beside {listed}; columns: {{completion: {left[0]}}} makes an answer of it"] if left else []


def _notes(fit: Fit, frame: pl.DataFrame, ours: pl.DataFrame) -> tuple[str, ...]:
    import polars as pl

    notes = _left(fit, frame) if ours.columns == ["prompt"] else []
    turns = fit.columns.get("messages")
    dtype: Any = frame.schema[turns] if turns else None
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct):
        odd = [one.name for one in dtype.inner.fields if one.name not in KNOWN_FIELDS]
        notes += [f"fields of the turns that are left out: {', '.join(odd)}"] if odd else []
    if "left_out" in ours.columns:
        count = ours["left_out"].is_not_null().sum()
        notes.append(f"of {count:,} conversations something is left out: the column 'left_out' says what")
    if "finish_reason" in ours.columns and "finish_reason" not in fit.columns:
        cut = ours["finish_reason"].eq("length").sum()
        notes.append(f"{cut} rows were cut off in their thinking or have no answer: finish_reason is 'length'")
    return tuple(notes)
