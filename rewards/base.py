"""What a reward is: a named, picklable callable around one plain function.

    Score       what one completion earned, and why
    Entry       one row of the table: where the function lives, which columns it reads, its range
    Reward      Entry + options; called by trainers, `.score()` for one completion

An error inside a reward is data: the row's score is None with the reason, never a silent 0 or 1. Only a mistake in the
call itself (an unknown option, one of another type, columns of the wrong length) raises, and then before anything is
scored.

    score         Score, Entry, and what can be wrong
    completions   texts and messages
    signatures    columns and options of a function
    calling       a batch through a function
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rewards.calling import Call, score_batch
from rewards.completions import conversation_text, message_text, messages_of, prompt_text, text_of
from rewards.score import (
    ANY_RANGE,
    Entry,
    OptionError,
    RewardError,
    Score,
    UnknownOptionError,
    UnknownRewardError,
    did_you_mean,
)
from rewards.signatures import check_options, load, signature_of

__all__ = [
    "ANY_RANGE",
    "Entry",
    "OptionError",
    "Reward",
    "RewardError",
    "Score",
    "UnknownOptionError",
    "UnknownRewardError",
    "conversation_text",
    "did_you_mean",
    "load",
    "message_text",
    "messages_of",
    "prompt_text",
    "signature_of",
    "text_of",
]

_LOG = logging.getLogger("rewards")


class Reward:
    """A named, picklable callable: TRL's reward function, and `.score()` for one completion.

    Made by `rewards.get(name, **options)`, or `rewards.<name>` without options. Thread-safe; holds no state.
    """

    def __init__(self, entry: Entry, options: Mapping[str, Any] | None = None, name: str = "") -> None:
        self.entry = entry
        self.options = dict(options or {})
        self.__name__ = self.__qualname__ = name or entry.name
        self.__doc__ = f"{entry.about}\n\nColumns: {', '.join(entry.columns) or 'none'}. Range: {entry.range}."
        if self.options:
            check_options(entry.name, entry.use, self.options, entry.check)

    @property
    def name(self) -> str:
        """The column its scores stand in."""
        return self.__name__

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest value it can give."""
        return self.entry.range

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns a row must have, without those fixed by an option."""
        return tuple(column for column in self.entry.columns if column not in self.options)

    def named(self, name: str) -> Reward:
        """The same reward under another name, so that two of a kind can stand side by side."""
        return Reward(self.entry, self.options, name)

    def score(self, completion: Any, **columns: Any) -> Score:
        """Judge one completion: a string or a list of messages; columns by name."""
        return self.score_batch([completion], **{name: [value] for name, value in columns.items()})[0]

    async def ascore(self, completion: Any, **columns: Any) -> Score:
        """`score` in a thread, so that an event loop stays free."""
        import asyncio

        return await asyncio.to_thread(self.score, completion, **columns)

    def score_batch(self, completions: Sequence[Any], **columns: Sequence[Any]) -> list[Score]:
        """Judge many completions, in order; each column is a list with one value per completion.

        Columns the reward does not read are ignored. Raises RewardError when a column it reads has another length.
        """
        return score_batch(Call(self.entry, self.options, self.name), completions, columns)

    async def ascore_batch(self, completions: Sequence[Any], **columns: Sequence[Any]) -> list[Score]:
        """`score_batch` in a thread."""
        import asyncio

        return await asyncio.to_thread(self.score_batch, completions, **columns)

    def __call__(
        self,
        completions: Sequence[Any],
        *,
        prompts: Sequence[Any] | None = None,
        trainer_state: Any = None,  # noqa: ARG002  TRL passes it to every reward
        log_extra: Callable[[str, list[Any]], None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        environments: Any = None,  # noqa: ARG002
        **columns: Any,
    ) -> list[float | None]:
        """The call of TRL's trainers: one value per completion; None leaves the row out of this reward.

        Source: trl 1.16, trainer/grpo_trainer.py, `_calculate_rewards`. Reasons go to the completions table as
        `<name>.why`, the number of rows that could not be judged to the metric `<name>.undecided`. A batch of which no
        row could be judged is logged as a warning: a column may have another name.
        """
        if prompts is not None:
            columns.setdefault("prompt", prompts)
        scores = self.score_batch(completions, **columns)
        if scores and all(score.value is None for score in scores):
            # a trainer would go on with what else pays, or with nothing
            _LOG.warning("rewards.%s judged none of %d completions: %s", self.name, len(scores), scores[0].why)
        if log_extra is not None:
            log_extra(f"{self.name}.why", [score.why for score in scores])
        if log_metric is not None:
            log_metric(f"{self.name}.undecided", float(sum(score.value is None for score in scores)))
            log_metric(f"{self.name}.errors", float(sum("error" in score.evidence for score in scores)))
        return [score.value for score in scores]

    def __reduce__(self) -> tuple[type[Reward], tuple[Entry, dict[str, Any], str]]:
        return Reward, (self.entry, self.options, self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reward) and self.__reduce__()[1] == other.__reduce__()[1]

    def __hash__(self) -> int:
        return hash((self.entry, self.name))

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self.options.items())
        return f"rewards.get({self.entry.name!r}{options})"
