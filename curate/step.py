"""What a step is: frozen settings (its YAML) and one method, a table in and a `Result` out.

Steps come in five kinds, which say how rows relate:

| kind | rows | example |
|---|---|---|
| source | none in, rows out | load |
| map | each row stays, with more columns | grade |
| expand | each row has k children | generate with n > 1 |
| filter | each row stays or goes | keep |
| group | rows are looked at beside their siblings, or all together | dedupe, pairs, split |
| pool | a pool grows until it is large enough, feeding on itself | self-instruct |

`source` is the degenerate map. Nothing vanishes: each row that comes in is kept, dropped, failed, or has children.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from curate.result import Result

if TYPE_CHECKING:
    from curate.engines.base import Engine
    from curate.engines.settings import EngineSettings
    from curate.responses import Journal

Kind = Literal["source", "map", "expand", "filter", "group", "pool"]


@dataclass(frozen=True)
class Progress:
    """Where a step says how far it is: `advance(rows, completion_tokens, cost_usd)`, and aloud with `say(line)`."""

    start: Callable[[str, int | None], None] = lambda _what, _total: None
    advance: Callable[[int, int, float | None], None] = lambda _rows, _tokens, _cost: None
    say: Callable[[str], None] = lambda _line: None


@dataclass(frozen=True)
class Context:
    """What a step may use beside its table.

    seed: of the whole recipe. folder: where the recipe lies; paths of sources are relative to it.
    engine: opens an entry of the recipe's `engines:` by name; identity: what about it changes
    answers, told without loading a model; settings: the entry itself.
    journal: every response, durable before it is read.
    limit: rows to load from each source at most, or None.
    """

    seed: int
    folder: Path
    engine: Callable[[str], Engine]
    identity: Callable[[str], Mapping[str, Any]]
    settings: Mapping[str, EngineSettings]
    journal: Journal
    progress: Progress = field(default_factory=Progress)
    limit: int | None = None


class Unknown(NamedTuple):
    """A word of a recipe that names nothing: where it stands in the step, and the words that exist."""

    field: tuple[str | int, ...]
    word: str
    known: Iterable[str]


def unknown(field: tuple[str | int, ...], word: str | None, known: Iterable[str]) -> Iterator[Unknown]:
    """The word, where one is given and it is none of those that exist."""
    if word is not None and word not in known:
        yield Unknown(field, word, known)


class Pin(NamedTuple):
    """A data set of the Hub that a step reads: where it stands in the step, its name and its revision."""

    field: tuple[str | int, ...]
    name: str
    revision: str | None


@dataclass(frozen=True, slots=True)
class Cost:
    """An estimate before anything is spent. rows: at most so many come out.

    requests: still to be asked. tokens: prompt tokens at 4 characters each; completion tokens at most.
    remark: what to know beforehand, such as rows that cannot be asked.
    """

    rows: int
    requests: int = 0
    stored: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    remark: str = ""


class Step(BaseModel):
    """Base of all steps: fields are the YAML, `run` is the behaviour. Bump `version` when `run` changes its rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: ClassVar[Kind]
    version: ClassVar[int] = 1
    reshapes: ClassVar[bool] = False
    """Whether a column may have another type after it than the one of the same name before."""

    step: str
    name: str = Field(
        default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,63})?$",
        description="Name of this step, and of its files in the run; the step's own word unless given.",
    )  # fmt: skip

    @property
    def title(self) -> str:
        """The name in the run folder: `name` when given, else the step's own word."""
        return self.name or self.step

    @property
    def asks(self) -> tuple[str, ...]:
        """The engines it asks, entries of the recipe's `engines:`: its field `engine`, and what `engines` lists."""
        names = (getattr(self, "engine", None), *getattr(self, "engines", ()))
        return tuple(name for name in names if name)

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Make a `Result` of `table`; a pure function of the table, the settings and the seed."""
        raise NotImplementedError

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """Words of the settings that name something which does not exist."""
        return iter(())

    def pins(self) -> Iterator[Pin]:
        """The data sets of the Hub that it reads; a build is repeatable only when each is pinned."""
        return iter(())

    @property
    def fetches(self) -> bool:
        """Whether it reads something from the network; a plan then does not run it."""
        return False

    def check(self, context: Context) -> None:
        """Raise DataError for what is missing (a file), told before any step is run or any answer is bought."""

    def needs(self) -> frozenset[str]:
        """Columns the step cannot run without."""
        return frozenset()

    def misfits(self, types: Mapping[str, pl.DataType]) -> Iterator[str]:
        """What it asks of columns that their types do not allow; `types` has those that are known beforehand."""
        return iter(())

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The columns of its rows, given the columns that come in."""
        return columns

    def depends(self, context: Context) -> Mapping[str, Any]:
        """What changes the result beside settings and table (files, models, prompts): part of the step's key."""
        return {}

    def prompts(self) -> Mapping[str, str]:
        """The words it asks a model with, for the card: what they are for, in a word or "", and the text."""
        return {}

    def cost(self, table: pl.DataFrame | None, rows: int, context: Context) -> Cost:
        """What running on `rows` rows would take; `table` where the rows themselves are known. Asks no engine."""
        return Cost(rows)

    def join_notes(self, notes: Sequence[Mapping[str, Any]], kept: pl.DataFrame) -> Mapping[str, Any]:
        """The notes of a row-wise step from those of its shards; `kept` are all rows. Counts add up unless said."""
        return add_notes(notes)


_TEXTS = ("completion", "thinking", "finish_reason", "model", "response")
_COUNTS = ("prompt_tokens", "completion_tokens", "sample")
_LABELS = {"score": pl.Float64, "flag": pl.Boolean, "why": pl.String}


def written_type(column: str) -> pl.DataType | None:
    """The type of a column that every step writes alike; None for all others.

    >>> written_type("score.math"), written_type("prompt")
    (Float64, None)
    """
    label, dot, _ = column.partition(".")
    if dot and label in _LABELS:
        return _LABELS[label]()
    return pl.String() if column in _TEXTS else pl.Int64() if column in _COUNTS else None


def add_notes(notes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Notes of several tables as those of one: whole numbers add up, mappings key by key, what is equal stays.

    What is none of these is listed. A step whose notes are rates joins them itself.

    >>> add_notes([{"hits": 1, "by": {"a": 2}, "n": 13.5}, {"hits": 2, "by": {"b": 1}, "n": 13.5}])
    {'hits': 3, 'by': {'a': 2, 'b': 1}, 'n': 13.5}
    """
    return {key: _added([part[key] for part in notes if key in part]) for part in notes for key in part}


def _added(values: list[Any]) -> Any:
    if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
        return sum(values)
    if all(isinstance(value, Mapping) for value in values):
        return add_notes(values)
    return values[0] if all(value == values[0] for value in values) else values
