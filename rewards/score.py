"""What a reward gives, the table's rows, and what can be wrong with a call.

Score       what one completion earned, and why
Entry       one row of the table: where the function lives, which columns it reads, its range
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

ANY_RANGE = (-inf, inf)
"""The range of a reward that declares none."""


class RewardError(ValueError):
    """A mistake in how a reward is asked for or called."""


class UnknownRewardError(RewardError, KeyError):
    """No reward has this name."""

    __str__ = Exception.__str__  # KeyError would print the repr of the message


class OptionError(RewardError, TypeError):
    """An option has a value that it cannot have."""


class UnknownOptionError(OptionError):
    """The reward has no such option."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one completion earned.

    value: a finite number in the reward's range, or None when it cannot be judged (gold unreadable, column missing,
    verifier failed or out of time). why: one sentence for a person. evidence: what was read and how it was decided.
    """

    value: float | None
    why: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the table of rewards.

    use: `module:function`. A function whose first parameter is called `completions` judges a whole batch at once.
    columns: the required ones, as in the function's signature. range: lowest and highest value.
    about: one line. source: paper or reference code. batch: `module:function` of a faster form for many completions.
    conversation: the column `prompt` comes as it is, all turns of it; else it is what the user said last.
    check: `module:function` of what options must be to each other; it takes those it looks at, by name, and raises
    OptionError.
    """

    name: str
    use: str
    columns: tuple[str, ...] = ()
    range: tuple[float, float] = (0.0, 1.0)
    about: str = ""
    source: str = ""
    batch: str = ""
    conversation: bool = False
    check: str = ""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """The end of an error message: the nearest known word, or all of them."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f" (known: {', '.join(sorted(known))})" if known else ""
