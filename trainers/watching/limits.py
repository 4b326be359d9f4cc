"""Every threshold of the watch, with its unit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """When an alarm goes off. A figure is the mean of the last `window` logs, so that one odd batch is none.

    window: logs looked at together. patience: logs from the start in which only broken numbers count.
    gradient: norm; at or below it no weight moves. Adam divides by at least as much.
    kl_per_sequence: nats. The usual rule "KL above 15: lower the learning rate" means whole sequences, while TRL logs
        the mean per token: that is multiplied by the mean length here.
    kl_per_token: nats; where the length is not logged.
    saturated: share of the reward's range; a mean above it, or below as much of the other end, teaches little more.
    zero_variance: share of groups in which all answers earned the same, so that they train nothing.
    entropy: nats a token, and entropy_share of what it was at the start; below both the policy says one thing only.
    length_times: mean length over that of the first logs.
    clipped: share of answers cut off at max_completion_length.
    gap: of the reward's range; how far the reward in training runs ahead of the held-out one, beyond what it did first.
    not_judged: share of answers that a reward could not judge.
    chains: mean finding of `rewards.chain_monitor`, from 0 (none) to -1.
    """

    window: int = 5
    patience: int = 2
    gradient: float = 1e-8
    kl_per_sequence: float = 15.0
    kl_per_token: float = 1.0
    saturated: float = 0.95
    zero_variance: float = 0.8
    entropy: float = 0.02
    entropy_share: float = 0.1
    length_times: float = 2.5
    clipped: float = 0.5
    gap: float = 0.2
    not_judged: float = 0.2
    chains: float = -0.2
