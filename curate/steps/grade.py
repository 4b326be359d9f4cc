"""`grade`: label every answer with rewards. Drops nothing; `keep` decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from curate.errors import DataError
from curate.result import Result
from curate.step import Context, Kind, Step, Unknown
from curate.text.thinking import join_thinking

if TYPE_CHECKING:
    from rewards.base import Reward, Score

CHUNK = 2048
"""Rows judged between two words to the progress bar."""


class Grading(BaseModel):
    """One reward, with its options and the columns it reads under other names."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reward: str = Field(description="Name of a reward; `curate rewards list` shows them.")
    name: str | None = Field(default=None, description="Labels go to score.<name>; the reward's name unless given.")
    options: dict[str, Any] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict, description="The reward's column: the row's column.")

    @model_validator(mode="after")
    def _options_fit(self) -> Grading:
        """The values of the options; names that do not exist are told by the step, with all the others."""
        import rewards

        with suppress(rewards.UnknownRewardError, rewards.UnknownOptionError, ImportError):
            rewards.get(self.reward, **self.options)
        return self

    @property
    def label(self) -> str:
        """The name in `score.<name>` and `why.<name>`."""
        return self.name or self.reward


class Grade(Step):
    """Judge `completion` (thinking included, as a trainer would pass it) with each reward.

    Writes `score.<name>` (null: cannot be judged) and `why.<name>`. With `reward: verifier` each row is judged by the
    reward its own `verifier` column names, into `score.verifier`.
    """

    kind: ClassVar[Kind] = "map"

    step: Literal["grade"]
    rewards: tuple[Grading, ...] = Field(
        min_length=1, description="Names of rewards, or {reward, name, options, columns}."
    )
    completion: str = Field(default="completion", description="The column to judge.")

    @field_validator("rewards", mode="before")
    @classmethod
    def _names_are_enough(cls, value: Any) -> Any:
        named = (
            ({"reward": item} if isinstance(item, str) else item for item in value)
            if isinstance(value, list)
            else value
        )
        return tuple(named) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _distinct(self) -> Grade:
        labels = [grading.label for grading in self.rewards]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"two rewards write score.{twice[0]}; give one a name: of its own")
        return self

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """Every reward must exist, and have the options it is given."""
        yield from unknown_rewards(self.rewards)

    def needs(self) -> frozenset[str]:
        """The completion, and the columns the rewards cannot do without."""
        needed = {self.completion}
        for grading, reward in self._rewards:
            columns = reward.columns if reward else ("verifier",)
            needed |= {
                grading.columns.get(column, column) for column in columns if column not in ("prompt", "completion_ids")
            }
        return frozenset(needed)

    def after(self, columns: frozenset[str]) -> frozenset[str]:
        """The labels are added."""
        labels = [grading.label for grading in self.rewards]
        return columns | {f"score.{label}" for label in labels} | {f"why.{label}" for label in labels}

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The code of the rewards: a changed verifier judges again."""
        return {"rewards": code_hash(tuple(reward.entry.use for _, reward in self._rewards if reward))}

    @cached_property
    def _rewards(self) -> list[tuple[Grading, Reward | None]]:
        import rewards

        return [
            (grading, None if grading.reward == "verifier" else rewards.get(grading.reward, **grading.options))
            for grading in self.rewards
        ]

    def run(self, table: pl.DataFrame, context: Context) -> Result:
        """Judge all rows in batches; what a reward cannot judge is null with its reason."""
        missing = sorted(self.needs() - set(table.columns))
        if missing:
            raise DataError(
                f"{self.title}: column '{missing[0]}' is missing (the rows have: {', '.join(table.columns)}). "
                f"Rename it in load: {{columns: {{{missing[0]}: ...}}}}, or read another one here: "
                f"{{reward: ..., columns: {{{missing[0]}: ...}}}}"
            )
        context.progress.start(self.title, table.height)
        parts = [self._judge(table.slice(start, CHUNK), context) for start in range(0, table.height, CHUNK)]
        kept = pl.concat(parts, rechunk=True) if parts else self._judge(table, context)
        return Result(kept=kept, notes=self.join_notes([], kept))

    def join_notes(self, notes: Sequence[Mapping[str, Any]], kept: pl.DataFrame) -> Mapping[str, Any]:
        """How many each reward judged, and the mean of their scores, over all rows."""
        return {"rewards": {grading.label: _summary(kept, grading.label) for grading in self.rewards}}

    def _judge(self, part: pl.DataFrame, context: Context) -> pl.DataFrame:
        completions = full_texts(part, self.completion)
        columns: dict[str, list[Any]] = {name: part[name].to_list() for name in part.columns}
        columns.setdefault("prompt", prompt_texts(part))
        labels: dict[str, pl.Series] = {}
        for grading, reward in self._rewards:
            renamed = columns | {mine: columns[theirs] for mine, theirs in grading.columns.items()}
            scores = reward_scores(reward, completions, renamed)
            labels[f"score.{grading.label}"] = pl.Series([score.value for score in scores], dtype=pl.Float64)
            labels[f"why.{grading.label}"] = pl.Series([score.why for score in scores], dtype=pl.String)
        context.progress.advance(part.height, 0, None)
        return part.with_columns(**labels)


def unknown_rewards(gradings: Sequence[Grading]) -> Iterator[Unknown]:
    """Rewards that do not exist, and options that a reward does not have."""
    import rewards
    from rewards.base import signature_of

    known = {*rewards.names(), "verifier"}
    for index, grading in enumerate(gradings):
        if grading.reward not in known:
            yield Unknown(("rewards", index), grading.reward, known)
        elif grading.options:
            is_named = grading.reward != "verifier"
            options = signature_of(rewards.get(grading.reward).entry.use).options if is_named else ()
            for option in grading.options:
                if option not in options:
                    yield Unknown(("rewards", index, "options"), option, options)


@cache
def code_hash(uses: tuple[str, ...]) -> str:
    """Hash of all our reward code, and of the modules of third parties' rewards."""
    from importlib.util import find_spec

    import rewards

    files = sorted(Path(rewards.__file__).parent.rglob("*.py"))
    specs = [find_spec(use.partition(":")[0]) for use in sorted(uses) if not use.startswith("rewards.")]
    files += [Path(spec.origin) for spec in specs if spec and spec.origin]
    digest = sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def full_texts(table: pl.DataFrame, completion: str) -> list[str | None]:
    """What the model wrote, thinking tags included: what a trainer passes to the same reward. None where it is null."""
    texts = table[completion].to_list()
    if completion != "completion" or "thinking" not in table.columns:
        return texts
    return [
        text if thinking is None else join_thinking(thinking, text or "")
        for thinking, text in zip(table["thinking"].to_list(), texts, strict=True)
    ]


def prompt_texts(table: pl.DataFrame) -> list[Any]:
    """What rewards get as `prompt` where the rows hold messages."""
    return table["messages"].to_list() if "messages" in table.columns else [None] * table.height


def reward_scores(
    reward: Reward | None, completions: Sequence[str | None], columns: Mapping[str, list[Any]]
) -> list[Score]:
    """Scores of one reward, or (None) of the reward that each row's `verifier` names."""
    import rewards

    if reward is not None:
        return reward.score_batch(completions, **columns)
    scores: list[Score] = [rewards.Score(None, "the row names no verifier")] * len(completions)
    by_name: dict[str, list[int]] = {}
    for index, name in enumerate(columns["verifier"]):
        if name:
            by_name.setdefault(name, []).append(index)
    for name, rows in by_name.items():
        if name not in rewards.names():
            judged = [rewards.Score(None, f"unknown verifier '{name}'")] * len(rows)
        else:
            taken = {column: [values[row] for row in rows] for column, values in columns.items()}
            judged = rewards.get(name).score_batch([completions[row] for row in rows], **taken)
        for row, score in zip(rows, judged, strict=True):
            scores[row] = score
    return scores


def _summary(table: pl.DataFrame, label: str) -> dict[str, Any]:
    scores = table[f"score.{label}"]
    mean = scores.mean()
    return {
        "judged": table.height - scores.null_count(),
        "none": scores.null_count(),
        "mean": round(mean, 6) if isinstance(mean, float) else None,
    }
