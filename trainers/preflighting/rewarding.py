"""The rewards, before they decide anything: on golds, on hostile answers, on answers of the model itself."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from trainers import batch, held_out
from trainers.guards import guard
from trainers.preflighting.finding import Finding

if TYPE_CHECKING:
    from trainers.guards import Guarded
    from trainers.job import Job

HOSTILE: Final = ("", " ", "\u200b", "\x00", "\\boxed{}", "```python", "[" * 2_000, "9" * 5_000, "\ud7ff" * 3)
GOLDS: Final = 500
UNREAD = 0.05
SLOW_S = 0.5
PROBLEMS = 8
SAME = 0.9
CUT = 0.5


@dataclass
class Tried:
    """Answers of the model to a few problems, `group` each, and what every reward gave them."""

    texts: list[str]
    group: int
    values: dict[str, list[float | None]]
    seconds: dict[str, float]
    weights: list[float]

    def totals(self) -> list[float]:
        """The weighted sum of each answer, as GRPO takes it."""
        columns = [self.values[name] for name in self.values]
        return [
            sum(weight * value for weight, value in zip(self.weights, row, strict=True) if value is not None)
            for row in zip(*columns, strict=True)
        ]

    def zero_variance(self) -> float:
        """Share of groups in which all answers earn the same: TRL's `frac_reward_zero_std`."""
        totals = self.totals()
        groups = [totals[at : at + self.group] for at in range(0, len(totals), self.group)]
        return sum(max(one) - min(one) < 1e-8 for one in groups) / len(groups)


def check_golds(job: Job, functions: Sequence[Any]) -> Iterator[Finding]:
    """Rows that a reward cannot judge whatever the answer: a gold that cannot be read, a column that is empty."""
    rows = job.rows.train.head(GOLDS).to_dicts()
    for reward in _fresh(job, functions):
        values = _call(reward, ["\\boxed{1}"] * len(rows), rows, job)
        none = [row for row, value in enumerate(values) if value is None]
        if reward.errors and len(none) == len(rows):
            reason = reward.reasons.most_common(1)[0][0]
            yield Finding("rewards", "fault", f"{reward.__name__} fails on every row: {reason}")
        elif none:
            share = len(none) / len(rows)
            reason = reward.reasons.most_common(1)[0][0] if reward.reasons else "no reason given"
            what = f"{reward.__name__} cannot judge {len(none):,} of {len(rows):,} rows: {reason}"
            level = "fault" if share > UNREAD else "note"
            yield Finding("rewards", level, what, "Mend the golds, or drop these rows", tuple(none[:3]))  # type: ignore[arg-type]
        elif reward.errors:
            reason = reward.reasons.most_common(1)[0][0]
            yield Finding("rewards", "fault", f"{reward.__name__} fails on a batch, though not on its rows: {reason}")


def check_hostile(job: Job, functions: Sequence[Any]) -> Iterator[Finding]:
    """Answers that say nothing: a reward must not fail on them, and not pay for them as for the best."""
    row = job.rows.train.head(1).to_dicts()[0]
    for reward in _fresh(job, functions):
        values = _call(reward, list(HOSTILE), [row] * len(HOSTILE), job)
        if reward.errors:
            reason = reward.reasons.most_common(1)[0][0]
            yield Finding("rewards", "fault", f"{reward.__name__} fails on a hostile answer: {reason}", _ATTACK)
        low, high = _span(job, reward.__name__)
        paid = [text for text, value in zip(HOSTILE, values, strict=True) if value is not None and value >= high > low]
        if paid and _judges(job, reward.__name__):
            what = f"{reward.__name__} pays {high:g}, its highest, for {paid[0][:20]!r}"
            yield Finding("rewards", "fault", what, _ATTACK)


_ATTACK: Final = "Attack it before you train on it: `curate rewards redteam`"


def try_model(job: Job, trainer: Any, functions: Sequence[Any], problems: int = PROBLEMS) -> Tried:
    """Let the model answer some problems as training will, and judge the answers."""
    group = batch.group_size(job.config, job.method)
    rows = _problems(job, problems)
    limit = int(job.arguments.max_completion_length)
    texts = held_out.sample(trainer.model, job.tokenizer, rows, group, limit, seed=job.config.seed)
    asked = [row for row in rows for _ in range(group)]
    values: dict[str, list[float | None]] = {}
    seconds: dict[str, float] = {}
    for reward in _fresh(job, functions):
        began = time.perf_counter()
        values[reward.__name__] = _call(reward, texts, asked, job)
        seconds[reward.__name__] = (time.perf_counter() - began) / len(texts)
    weights = list(getattr(job.arguments, "reward_weights", None) or [1.0] * len(values))
    return Tried(texts, group, values, seconds, weights)


def check_tried(job: Job, tried: Tried) -> Iterator[Finding]:
    """What the first groups of the training will be like."""
    count = len(tried.texts)
    for name, values in tried.values.items():
        known = [value for value in values if value is not None]
        none = count - len(known)
        if none > UNREAD * count:
            yield Finding("rewards", "fault", f"{name} could not judge {none:,} of {count:,} answers of the model")
        low, high = _span(job, name)
        outside = [value for value in known if not low - 1e-9 <= value <= high + 1e-9]
        if outside:
            what = f"{name} gave {outside[0]:g}, outside of its range {low:g} to {high:g}"
            yield Finding("rewards", "fault", what, "Declare the range it has")
        if tried.seconds[name] > SLOW_S:
            what = f"{name} takes {tried.seconds[name]:.2f} s an answer"
            yield Finding("rewards", "fault", what, "A step waits for every answer of its batch; make it faster")
    share = tried.zero_variance()
    if share >= SAME and count > tried.group > 1:  # PPO has no groups
        mean = statistics.fmean(tried.totals())
        what = f"{share:.0%} of the groups earn the same throughout (mean {mean:.2f}): they would train nothing"
        yield Finding(
            "variance", "fault", what, "Choose problems the model solves sometimes, or dynamic_sampling: true"
        )
    cut = cut_off(job, tried)
    if cut >= CUT:
        what = f"{cut:.0%} of the answers are cut off at max_completion_length {job.arguments.max_completion_length}"
        yield Finding("lengths", "fault", what, "Raise it, or teach the model to stop: the template must close answers")


def cut_off(job: Job, tried: Tried) -> float:
    """Share of answers as long as they may be."""
    limit = int(job.arguments.max_completion_length)
    lengths = [len(_ids(job, text)) for text in tried.texts]
    return sum(length >= limit - 1 for length in lengths) / len(lengths)


def _problems(job: Job, count: int) -> list[dict[str, Any]]:
    """Different problems spread over the training rows, with all their columns."""
    rows = job.rows.train
    step = max(1, rows.height // count)
    return rows.gather_every(step).head(count).to_dicts()


def _fresh(job: Job, functions: Sequence[Any]) -> list[Guarded]:
    """The rewards with counters of their own, saying nothing aloud."""
    return guard(job.config.rewards, tuple(functions), lambda _line: None)


def _call(reward: Guarded, texts: Sequence[str], rows: Sequence[dict[str, Any]], job: Job) -> list[float | None]:
    """One value a text, called as TRL does."""
    import asyncio
    import inspect

    columns = {name: [row[name] for row in rows] for name in rows[0] if name != "prompt"}
    prompts = [row["prompt"] for row in rows]
    chat = isinstance(prompts[0], list)
    completions = [[{"role": "assistant", "content": text}] if chat else text for text in texts]
    ids = [_ids(job, text) for text in texts]
    made: Any = reward(completions, prompts=prompts, completion_ids=ids, **columns)
    found: list[float | None] = asyncio.run(made) if inspect.iscoroutine(made) else made
    return found


def _ids(job: Job, text: str) -> list[int]:
    return list(job.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


def _span(job: Job, name: str) -> tuple[float, float]:
    """The declared range of a reward; without one, any number."""
    import rewards

    for use in job.config.rewards:
        if use.label == name and use.reward != "verifier":
            return rewards.get(use.reward, **use.options).range
    return (0.0, 1.0) if any(use.label == name for use in job.config.rewards) else (float("-inf"), float("inf"))


def _judges(job: Job, name: str) -> bool:
    """Whether a reward says what is right, and does not only shape: it reads a column beside the prompt."""
    import rewards

    for use in job.config.rewards:
        if use.label == name:
            return use.reward == "verifier" or any(
                column not in ("prompt", "completion_ids") for column in rewards.get(use.reward, **use.options).columns
            )
    return False
