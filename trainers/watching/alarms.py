"""The alarms: each a small function over the history of logs, which says what it saw, in which unit, and what to do.

A history is what a trainer logged, one mapping a log, as in `trainer_state.json`'s `log_history` (TRL 1.16 names).
Only figures that were logged are judged: without `beta` TRL logs no `kl`, and no alarm about it can go off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from trainers.watching.limits import Limits

Log = Mapping[str, Any]
History = Sequence[Log]


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that goes wrong. value and limit are in `unit`. step: of the optimizer, where it was seen last."""

    name: str
    step: int
    value: float
    limit: float
    unit: str
    what: str
    advice: str

    def __str__(self) -> str:
        seen = f"{self.value:.3g} {self.unit} (limit {self.limit:.3g})"
        return f"step {self.step}: {self.name}: {self.what}: {seen}. {self.advice}"


@dataclass(frozen=True, slots=True)
class Seen:
    """The history as the alarms read it. span: the reward's lowest and highest value."""

    history: History
    limits: Limits
    span: tuple[float, float]

    def values(self, key: str) -> list[float]:
        """Every figure logged under `key`, in order; what is no number is left out."""
        found = [log[key] for log in self.history if isinstance(log.get(key), int | float)]
        return [float(value) for value in found if math.isfinite(value)]

    def last(self, key: str) -> float | None:
        """The mean of the last `window` figures; None before there are so many."""
        values = self.values(key)
        window = self.limits.window
        return sum(values[-window:]) / window if len(values) >= window else None

    def first(self, key: str) -> float | None:
        """The mean of the first `window` figures."""
        values = self.values(key)[: self.limits.window]
        return sum(values) / len(values) if values else None

    @property
    def step(self) -> int:
        """The last step that was logged."""
        return int(next((log["step"] for log in reversed(self.history) if "step" in log), len(self.history)))

    @property
    def width(self) -> float:
        """Of the reward's range."""
        return self.span[1] - self.span[0]


Watcher = Callable[[Seen], Iterator[Alarm]]


def watch(history: History, limits: Limits | None = None, span: tuple[float, float] = (0.0, 1.0)) -> list[Alarm]:
    """Every alarm that the end of `history` gives cause for, in the order of `ALARMS`.

    span: lowest and highest value of the summed reward; `trainers` takes it from the rewards' declared ranges.

    >>> logs = [{"step": n, "reward": 1.0, "reward_std": 0.0, "frac_reward_zero_std": 1.0} for n in range(1, 9)]
    >>> [alarm.name for alarm in watch(logs)]
    ['saturated', 'zero_variance']
    """
    seen = Seen(history, limits or Limits(), span)
    return [alarm for watcher in ALARMS.values() for alarm in watcher(seen)]


def broken(seen: Seen) -> Iterator[Alarm]:
    """Loss or gradient that is no number: everything after it is lost."""
    for key in ("loss", "grad_norm", "train_loss"):
        value = seen.history[-1].get(key) if seen.history else None
        if isinstance(value, float) and not math.isfinite(value):
            advice = "Stop, go back to the last checkpoint, lower the learning rate or train in float32/bfloat16."
            yield Alarm("broken", seen.step, value, 0.0, "", f"{key} is no number", advice)


def no_gradient(seen: Seen) -> Iterator[Alarm]:
    """The weights stay as they are; of a training of fewer logs than the window, at its end."""
    norms = seen.values("grad_norm")[-seen.limits.window :]
    over = bool(seen.history) and "train_loss" in seen.history[-1]
    if norms and max(norms) <= seen.limits.gradient and (over or len(norms) == seen.limits.window):
        advice = (
            "Do all answers of a group earn the same, or can no reward judge them? `curate preflight` looks at both."
        )
        what = "nothing is learned"
        yield Alarm("no_gradient", seen.step, max(norms), seen.limits.gradient, "of gradient", what, advice)


def kl(seen: Seen) -> Iterator[Alarm]:
    """The policy has left its reference."""
    token, length = seen.last("kl"), seen.last("completions/mean_length")
    sequence = seen.last("objective/kl")  # online DPO logs whole sequences
    if sequence is None and token is not None and length is not None:
        sequence = token * length
    advice = "Lower the learning rate, or raise beta."
    if sequence is not None and sequence > seen.limits.kl_per_sequence:
        what = "far from the reference model"
        yield Alarm("kl", seen.step, sequence, seen.limits.kl_per_sequence, "nats per sequence", what, advice)
    elif sequence is None and token is not None and token > seen.limits.kl_per_token:
        what = "far from the reference model"
        yield Alarm("kl", seen.step, token, seen.limits.kl_per_token, "nats per token", what, advice)


def saturated(seen: Seen) -> Iterator[Alarm]:
    """Nothing is left to learn from this reward, or it never pays."""
    reward = seen.last("reward")
    if reward is None or not seen.width:
        return
    share = (reward - seen.span[0]) / seen.width
    if share > seen.limits.saturated:
        advice = "Harder problems or a stricter reward; if it came early, look for a hack: `curate rewards redteam`."
        yield Alarm("saturated", seen.step, share, seen.limits.saturated, "of the range", "reward at its top", advice)
    elif share < 1 - seen.limits.saturated and len(seen.values("reward")) > 2 * seen.limits.window:
        limit = 1 - seen.limits.saturated
        advice = "Easier problems, SFT first, or partial credit; check that golds can be read: `curate rewards audit`."
        yield Alarm("never_paid", seen.step, share, limit, "of the range", "reward at its bottom", advice)


def zero_variance(seen: Seen) -> Iterator[Alarm]:
    """Groups whose answers all earn the same have no advantage: their tokens train nothing."""
    share = seen.last("frac_reward_zero_std")
    if share is not None and share > seen.limits.zero_variance:
        advice = "Choose problems the model solves sometimes (select by difficulty), or turn on dynamic_sampling."
        what = "groups that train nothing"
        yield Alarm("zero_variance", seen.step, share, seen.limits.zero_variance, "of groups", what, advice)


def entropy(seen: Seen) -> Iterator[Alarm]:
    """The policy says one thing only; it explores no more."""
    last, first = seen.last("entropy"), seen.first("entropy")
    if last is None or first is None:
        return
    limit = min(seen.limits.entropy, seen.limits.entropy_share * first)
    if last < limit:
        advice = "Lower the learning rate, raise epsilon_high (DAPO: 0.28), or add entropy_coef."
        yield Alarm("entropy", seen.step, last, limit, "nats per token", "entropy collapsed", advice)


def length(seen: Seen) -> Iterator[Alarm]:
    """Answers grow while the reward does not."""
    last, first = seen.last("completions/mean_length"), seen.first("completions/mean_length")
    if last is None or not first or last <= seen.limits.length_times * first:
        return
    before, now = seen.first("reward"), seen.last("reward")
    if before is not None and now is not None and now - before > 0.1 * seen.width:
        return  # longer, and better for it
    advice = "Add rewards.soft_overlong or cosine_length; check that no reward pays for length."
    what = f"answers grew from {first:.0f} to {last:.0f} tokens and earn no more"
    yield Alarm("length", seen.step, last / first, seen.limits.length_times, "times the first", what, advice)


def clipped(seen: Seen) -> Iterator[Alarm]:
    """Answers are cut off before their end."""
    share, first = seen.last("completions/clipped_ratio"), seen.first("completions/clipped_ratio")
    if share is not None and share > seen.limits.clipped:
        advice = "Raise max_completion_length, or reward shorter answers."
        if first is not None and first > 0.99:
            advice = "From the first step on: does the model end its answers at all? `curate preflight` looks at EOS."
        yield Alarm("clipped", seen.step, share, seen.limits.clipped, "of answers", "cut off at the limit", advice)


def gap(seen: Seen) -> Iterator[Alarm]:
    """The reward in training rises and the held-out one does not: it is being hacked or memorised."""
    pairs = list(_beside_held_out(seen))
    if len(pairs) < 2 or not seen.width:
        return
    (first, first_held), (last, last_held) = pairs[0], pairs[-1]
    ahead = ((last - last_held) - (first - first_held)) / seen.width
    if ahead > seen.limits.gap:
        what = "training reward runs ahead of the held-out one"
        advice = "Read the completions of both; attack the reward: `curate rewards redteam`."
        yield Alarm("gap", seen.step, ahead, seen.limits.gap, "of the range", what, advice)


def _beside_held_out(seen: Seen) -> Iterator[tuple[float, float]]:
    """For each held-out reward the mean reward of the `window` logs before it, and itself."""
    before: list[float] = []
    for log in seen.history:
        before += Seen([log], seen.limits, seen.span).values("reward")
        held = Seen([log], seen.limits, seen.span).values("eval_reward")
        recent = before[-seen.limits.window :]
        if held and recent:
            yield sum(recent) / len(recent), held[0]


def not_judged(seen: Seen) -> Iterator[Alarm]:
    """A reward says None too often; its answers are left out."""
    recent = seen.history[-seen.limits.window :]
    for key in sorted({key for log in recent for key in log if key.endswith("/undecided")}):
        share = seen.last(key)
        if share is not None and share > seen.limits.not_judged:
            name = key.removeprefix("rewards/").removesuffix("/undecided")
            advice = "metrics.json has the reasons; `curate rewards audit` says which golds cannot be read."
            what = f"reward {name} could not judge"
            yield Alarm("not_judged", seen.step, share, seen.limits.not_judged, "of answers", what, advice)


def chains(seen: Seen) -> Iterator[Alarm]:
    """The chain monitor finds what a healthy chain of thought does not have."""
    mean = seen.last("rewards/chain_monitor/mean")
    if mean is not None and mean < seen.limits.chains:
        advice = "Read the completions; the monitor names its findings in `why`."
        what = "leaked, hedged, looping or unfinished reasoning"
        yield Alarm("chains", seen.step, mean, seen.limits.chains, "mean finding", what, advice)


ALARMS: Final[dict[str, Watcher]] = {
    "broken": broken,
    "no_gradient": no_gradient,
    "kl": kl,
    "saturated": saturated,
    "zero_variance": zero_variance,
    "entropy": entropy,
    "length": length,
    "clipped": clipped,
    "gap": gap,
    "not_judged": not_judged,
    "chains": chains,
}

NAMES: Final = (*ALARMS, "never_paid")
"""Every name an alarm can have."""
