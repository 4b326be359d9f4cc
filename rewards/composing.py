"""Rewards made of rewards: weighted, gate, cap, lexicographic, cascade.

Each function returns a `Composed`: a `Reward` like any other, with a name, a declared range and the columns of its
parts. Its evidence holds every part's score and reason. What the declared ranges cannot promise is refused when the
reward is made: shaping that could lift a wrong answer over a right one raises RewardError there, not after a week of
training.

A score that needs an undecided part is undecided too (None): a sum with an unknown term is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import inf, isfinite
from numbers import Real
from typing import Any

from rewards.base import Entry, Reward, RewardError, Score, load

LARGEST_PLACE = 2.0**50  # of a lexicographic number: beyond it a float no longer tells neighbours apart


class Composed(Reward):
    """A reward made of rewards. Made by `rewards.weighted`, `gate`, `cap`, `lexicographic` and `cascade`."""

    def __init__(
        self, entry: Entry, parts: Sequence[Reward], settings: Mapping[str, Any] | None = None, name: str = ""
    ) -> None:
        super().__init__(entry, name=name)
        self.parts = tuple(parts)
        self.settings = dict(settings or {})

    def named(self, name: str) -> Composed:
        """The same reward under another name."""
        return Composed(self.entry, self.parts, self.settings, name)

    def score_batch(self, completions: Sequence[Any], **columns: Sequence[Any]) -> list[Score]:
        """Judge many completions; each part reads the columns it knows."""
        ask = partial(_ask, completions, columns)
        scores: list[Score] = load(self.entry.use)(self.parts, ask, self.range, **self.settings)
        return scores

    def __reduce__(self) -> tuple[type[Reward], Any]:
        return Composed, (self.entry, self.parts, self.settings, self.name)

    __hash__ = Reward.__hash__

    def __repr__(self) -> str:
        return f"rewards.{self.entry.use.rpartition('_')[2]}({', '.join(map(repr, self.parts))})"


def weighted(
    parts: Mapping[Reward | str, float],
    *,
    correct: Reward | str | None = None,
    step: float | None = None,
    name: str = "weighted",
) -> Composed:
    r"""The sum of rewards, each times its weight.

    parts: reward (or its name) to weight; a negative weight turns a reward into a cost.
    correct: the one of them that says whether the answer is right. With it, the sum of all others' spans times their
    weights must be smaller than one `step` of it. step: the smallest difference between right and wrong in `correct`;
    by default its whole span, as of a reward that is 0 or 1.
    Range: from all parts' lowest to all parts' highest. Raises RewardError when shaping could outrank correctness.

    >>> import rewards
    >>> reward = weighted({"math": 1.0, "boxed_format": 0.2}, correct="math")
    >>> reward.range, reward.columns
    ((0.0, 1.2), ('answer',))
    >>> reward.score("It is \\boxed{4}.", answer="4").value
    1.2
    """
    if not isinstance(parts, Mapping):
        raise RewardError(f"weighted: parts is {parts!r:.60}; give a mapping of rewards to weights: {{'math': 1.0}}")
    given = {
        reward: _number("weighted", f"the weight of {reward.name}", weight)
        for reward, weight in ((_reward(part), weight) for part, weight in parts.items())
    }
    rewards, weights = list(given), list(given.values())
    for reward, weight in given.items():
        if not weight:
            raise RewardError(f"weighted: the weight of {reward.name} is 0; give another number, or leave it out")
    ends = [sorted(weight * end for end in reward.range) for reward, weight in given.items()]
    if correct is not None:
        _check_outranking(given, _reward(correct), step)
    span = (sum(low for low, _ in ends), sum(high for _, high in ends))
    return _composed("weighted", rewards, span, name, weights=weights)


def gate(
    correct: Reward | str, then: Reward | str, *, weight: float = 1.0, least: float | None = None, name: str = "gate"
) -> Composed:
    r"""Correctness first: style counts only where the answer is right.

    A completion that `correct` gives less than `least` (default: its highest value) earns the lowest value of
    `correct`; one that holds earns what `correct` gave plus `weight` times what `then` gives. `then` is asked only
    about completions that hold, so a reward that compares a group compares the right ones, and a judge costs less.
    Raises RewardError when the worst style could push a right answer down to a wrong one.

    >>> import rewards
    >>> reward = gate("math", "boxed_format", weight=0.5)
    >>> [score.value for score in reward.score_batch(["4", "\\boxed{4}", "\\boxed{5}"], answer=["4"] * 3)]
    [1.0, 1.5, 0.0]
    """
    first, second = _reward(correct), _reward(then)
    low, high = first.range
    least = high if least is None else _number("gate", "least", least)
    if not (isfinite(low) and isfinite(least) and low < least <= high):
        raise RewardError(f"gate: least is {least}; {first.name} has the range {low} to {high}, give a value inside it")
    weight = _number("gate", "the weight", weight)
    worst, best = sorted(weight * end for end in second.range) if weight else (0.0, 0.0)
    if least + worst <= low:
        raise RewardError(
            f"gate: {second.name} could pull a right answer down to {least + worst:g}, where a wrong one stands "
            f"({low:g}); lower its weight ({weight:g})"
        )
    return _composed(
        "gate", [first, second], (low, high + max(best, worst)), name, weight=float(weight), least=float(least)
    )


def cap(reward: Reward | str, most: float = inf, *, least: float = -inf, name: str = "") -> Composed:
    """A reward with its values cut off above `most` and below `least`; it keeps its name.

    >>> cap("math", 0.5).score("4", answer="4").value
    0.5
    """
    inner = _reward(reward)
    most, least = (end if end in (inf, -inf) else _number("cap", "an end", end) for end in (most, least))
    low, high = max(inner.range[0], least), min(inner.range[1], most)
    if not low < high:
        raise RewardError(
            f"cap: nothing of {inner.name} (range {inner.range[0]:g} to {inner.range[1]:g}) "
            f"is left between {least:g} and {most:g}"
        )
    return _composed("cap", [inner], (low, high), name or inner.name)


def lexicographic(rewards: Sequence[Reward | str], *, steps: int = 1, name: str = "lexicographic") -> Composed:
    r"""Rewards in order of importance: a later one decides only between equals of all before it.

    Each reward but the last is rounded down to one of `steps` equal steps of its range (1: only its highest value
    counts); the last counts as it is. Range 0 to 1.
    Raises RewardError when a range is not finite or there are more places than a float can hold.

    >>> reward = lexicographic(["math", "boxed_format"])
    >>> columns = {"answer": ["4"] * 4}
    >>> [round(score.value, 3) for score in reward.score_batch(["5", "\\boxed{5}", "4", "\\boxed{4}"], **columns)]
    [0.0, 0.333, 0.667, 1.0]
    """
    parts = _rewards("lexicographic", rewards)
    if not isinstance(steps, int) or steps < 1:
        raise RewardError(f"lexicographic: steps is {steps!r}; give a whole number from 1 on")
    if (steps + 1.0) ** len(parts) > LARGEST_PLACE:
        raise RewardError(f"lexicographic: {len(parts)} rewards of {steps} steps do not fit into one number")
    for part in parts:
        if not (isfinite(part.range[0]) and isfinite(part.range[1]) and part.range[0] < part.range[1]):
            raise RewardError(f"lexicographic: {part.name} has no finite range to count steps in; cap it first")
    return _composed("lexicographic", parts, (0.0, 1.0), name, steps=steps)


def cascade(rewards: Sequence[Reward | str], *, name: str = "cascade") -> Composed:
    """Cheap before dear: the next reward is asked only about rows the ones before could not judge (None).

    A row needs only the columns that all of them read; one that lacks a column of the first goes on to the second.
    All must have the same range: else what a row earns would depend on who judged it. RewardError if not.

    >>> reward = cascade(["numeric", "exact"])
    >>> score = reward.score("blue", answer="blue")
    >>> score.value, score.evidence["decided"]
    (1.0, 'exact')
    """
    parts = _rewards("cascade", rewards)
    if len({part.range for part in parts}) > 1:
        ranges = ", ".join(f"{part.name} {part.range[0]:g} to {part.range[1]:g}" for part in parts)
        raise RewardError(f"cascade: the ranges differ ({ranges}), so one judge would outrank another; cap them")
    needed = tuple(column for column in parts[0].columns if all(column in p.columns for p in parts)) if parts else ()
    return _composed("cascade", parts, parts[0].range if parts else (0.0, 1.0), name, needed)


def _composed(
    kind: str,
    parts: Sequence[Reward],
    span: tuple[float, float],
    name: str,
    columns: tuple[str, ...] | None = None,
    **settings: Any,
) -> Composed:
    names = [part.name for part in parts]
    if not parts:
        raise RewardError(f"{kind}: give at least one reward")
    if len(set(names)) < len(names):
        raise RewardError(f"{kind}: two rewards have one name ({', '.join(names)}); rename one with .named('...')")
    if columns is None:
        columns = tuple(dict.fromkeys(column for part in parts for column in part.columns))
    about = f"{kind} of {', '.join(names)}"
    return Composed(Entry(name, f"rewards.combining:score_{kind}", columns, span, about), parts, settings)


def _number(kind: str, what: str, value: Any) -> float:
    """A finite number. Raises RewardError."""
    if not isinstance(value, Real) or not isfinite(value):
        raise RewardError(f"{kind}: {what} is {value!r:.60}; give a finite number")
    return float(value)


def _rewards(kind: str, rewards: Sequence[Reward | str]) -> list[Reward]:
    """The rewards of a list. Raises RewardError for one name, whose letters are no rewards."""
    if isinstance(rewards, (str, Reward)):
        raise RewardError(f"{kind}: give a list of rewards, got {rewards!r:.60}")
    return [_reward(reward) for reward in rewards]


def _reward(part: Reward | str) -> Reward:
    if isinstance(part, str):
        from rewards.registry import get

        return get(part)
    if not isinstance(part, Reward):
        raise RewardError(f"a part is a Reward or the name of one, not {type(part).__name__}")
    return part


def _check_outranking(given: Mapping[Reward, float], correct: Reward, step: float | None) -> None:
    weight = given.get(correct)
    if weight is None:
        raise RewardError(f"weighted: correct is {correct.name}, which is not among the parts")
    low, high = correct.range
    gain = weight * (high - low if step is None else step)
    shaping = sum(abs(w) * (reward.range[1] - reward.range[0]) for reward, w in given.items() if reward != correct)
    if not shaping < gain:
        raise RewardError(
            f"weighted: a right answer is worth {gain:g} ({correct.name}), the other rewards can move the sum by "
            f"{shaping:g}: a wrong answer could outrank a right one. Lower their weights, or use rewards.gate"
        )


def _ask(
    completions: Sequence[Any], columns: Mapping[str, Sequence[Any]], part: Reward, wanted: Sequence[bool] | None = None
) -> list[Score]:
    """Rows that are not wanted go in as null, so that columns keep their length and nothing is computed for them."""
    if wanted is not None:
        completions = [one if want else None for one, want in zip(completions, wanted, strict=True)]
    return part.score_batch(completions, **columns)
