"""What the numbers of a `trl:` block may be: outside of these TRL trains in silence on nonsense, or on nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class Bound(NamedTuple):
    """From `low` to `high`. open: the lowest value itself is out. below: the highest is."""

    low: float
    high: float = float("inf")
    open: bool = False
    below: bool = False

    def holds(self, value: float) -> bool:
        """Whether a value lies within."""
        return (self.low < value if self.open else self.low <= value) and (
            value < self.high if self.below else value <= self.high
        )

    def __str__(self) -> str:
        low = f"{'above' if self.open else 'at least'} {self.low:g}"
        if self.high == float("inf"):
            return low
        return f"{low} and {'below' if self.below else 'at most'} {self.high:g}"


POSITIVE: Final = Bound(0, open=True)
SHARE: Final = Bound(0, 1)

ALL: Final[Mapping[str, Bound]] = {
    "learning_rate": Bound(0), "weight_decay": Bound(0), "warmup_steps": Bound(0), "max_grad_norm": Bound(0),
    "max_length": Bound(1), "max_completion_length": Bound(1), "max_new_tokens": Bound(1),
    "temperature": POSITIVE, "top_p": Bound(0, 1, open=True), "min_p": SHARE, "repetition_penalty": POSITIVE,
    "beta": Bound(0), "epsilon": POSITIVE, "epsilon_high": POSITIVE, "delta": POSITIVE,
    "num_iterations": Bound(1), "steps_per_generation": Bound(1), "top_entropy_quantile": SHARE,
    "label_smoothing": Bound(0, 0.5, below=True),  # from a half on, the worse answer is the better one
    "desirable_weight": Bound(0), "undesirable_weight": Bound(0), "ld_alpha": SHARE,
    "ref_model_mixup_alpha": SHARE, "lmbda": SHARE, "gamma": Bound(0),
}  # fmt: skip

OF_METHOD: Final[Mapping[str, Mapping[str, Bound]]] = {
    # beta scales the margin of a pair: at 0 there is no gradient, below it the worse answer is learned
    **{method: {"beta": POSITIVE} for method in ("dpo", "kto", "orpo", "simpo", "cpo")},
    # the place between forward and reverse KL
    **{method: {"beta": SHARE} for method in ("distill", "gkd")},
}


def outside(method: str, name: str, value: Any) -> str | None:
    """What is wrong with a number of a `trl:` block; None for one that may be, and for what is no number.

    >>> outside("dpo", "beta", 0), outside("grpo", "beta", 0)
    ('must be above 0 (got 0)', None)
    """
    bound = OF_METHOD.get(method, {}).get(name) or ALL.get(name)
    if bound is None or isinstance(value, bool) or not isinstance(value, int | float) or bound.holds(value):
        return None
    return f"must be {bound} (got {value:g})"
