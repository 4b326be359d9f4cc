"""The verdict on a round: is the candidate better than the champion beyond chance, and better than its control?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from trainers.evaluating import Evaluation, compare
from trainers.evaluating.comparing import Comparison
from trainers.looping.settings import Promotion


@dataclass(frozen=True)
class Verdict:
    """promoted: the candidate is the new champion. why: in one sentence, for a person."""

    promoted: bool
    why: str
    against_champion: Comparison
    against_control: Comparison | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON holds it."""
        return asdict(self)


def judge(
    candidate: Evaluation, champion: Evaluation, control: Evaluation | None, rules: Promotion, *, always: bool = False
) -> Verdict:
    """Pair the evaluations by problem and apply the rules.

    The interval of pass@k's difference to the champion must lie above zero. With a control arm so must the difference
    to it: what more training alone would have brought is no merit of the reward. No other pass@k may have fallen by
    more than `most_lost`. always: promoted in any case, and the figures are told all the same.
    """
    ours = compare(candidate, champion)
    beside = compare(candidate, control) if control is not None else None
    reason = _against(ours, beside, rules)
    if always:
        return Verdict(promoted=True, why=f"promoted without a gate ({reason or 'it would have passed'})",
                       against_champion=ours, against_control=beside)  # fmt: skip
    if reason is not None:
        return Verdict(promoted=False, why=f"rolled back: {reason}", against_champion=ours, against_control=beside)
    gain = ours.pass_at[rules.k]
    why = f"promoted: pass@{rules.k} {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
    return Verdict(promoted=True, why=why, against_champion=ours, against_control=beside)


def _against(ours: Comparison, beside: Comparison | None, rules: Promotion) -> str | None:
    """What speaks against the candidate, or None."""
    gain = ours.pass_at[rules.k]
    told = f"pass@{rules.k} {gain.value:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
    if not gain.low > 0:
        return f"{told} against the champion does not exclude zero"
    if beside is not None and rules.beat_control:
        more = beside.pass_at[rules.k]
        if not more.low > 0:
            told = f"{more.value:+.3f} [{more.low:+.3f}, {more.high:+.3f}]"
            return f"pass@{rules.k} {told} against the control arm does not exclude zero"
    for k, most in rules.most_lost.items():
        lost = ours.pass_at.get(k)
        if lost is not None and lost.value < -most:
            return f"pass@{k} fell by {-lost.value:.3f}, more than {most:g}"
    return None
