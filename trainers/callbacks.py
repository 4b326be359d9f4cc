"""What watches a training from inside: the log, a line in the terminal, early stopping.

`for_job` is the list of them. Metrics go to `OUT/log.jsonl`, one line a log: `step`, `epoch`, what the trainer gave.
"""
# ruff: noqa: ARG002  transformers calls every callback with the same arguments

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import EarlyStoppingCallback, TrainerCallback

from trainers.watching.callback import Watch

if TYPE_CHECKING:
    from trainers.job import Job

SHOWN = ("loss", "reward", "eval_loss", "eval_reward", "rewards/accuracies", "mean_token_accuracy", "grad_norm")


def for_job(job: Job) -> list[TrainerCallback]:
    """The callbacks of a training, in the order they are called."""
    made: list[TrainerCallback] = []
    stop = job.config.stop
    if stop is not None and stop.k is not None:
        from trainers.held_out import PassAtK

        made.append(PassAtK(job, stop))  # before the one that reads its metric
    if stop is not None:
        made.append(Patience(stop.patience, stop.min_delta))
    watch = job.config.watch
    made.append(Watch(job.folder, limits=watch.made(), span=reward_span(job), actions=watch.actions, say=job.say))
    made.append(Log(job.folder / "log.jsonl", job))
    return made


def reward_span(job: Job) -> tuple[float, float]:
    """Lowest and highest value of the summed reward, by the declared ranges; a function of one's own counts 0 to 1."""
    import rewards

    low = high = 0.0
    weights = list(getattr(job.arguments, "reward_weights", None) or [])
    named = [(0.0, 1.0) if use.reward == "verifier" else rewards.get(use.reward, **use.options).range
             for use in job.config.rewards]  # fmt: skip
    spans = named + [(0.0, 1.0)] * (len(weights) - len(named))
    for weight, ends in zip(weights or [1.0] * len(spans), spans, strict=True):
        low += min(weight * end for end in ends)
        high += max(weight * end for end in ends)
    return low, high


class Patience(EarlyStoppingCallback):  # type: ignore[misc]
    """Early stopping whose count goes on after a resume.

    transformers begins it anew: a training that is killed now and then would never stop.
    """

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Count the evaluations that were, in the order they came."""
        super().on_train_begin(args, state, control, **kwargs)
        self.early_stopping_patience_counter = 0
        best = None
        for line in state.log_history:
            value = line.get(args.metric_for_best_model)
            if value is None:
                continue
            gain = float("inf") if best is None else (value - best) * (1 if args.greater_is_better else -1)
            count = self.early_stopping_patience_counter
            self.early_stopping_patience_counter = 0 if gain > max(self.early_stopping_threshold, 0) else count + 1
            best = value if gain > 0 else best


def mean_loss(history: Iterable[Mapping[str, Any]]) -> float | None:
    """The mean loss of all steps, from the logs of the whole training; None without a loss.

    What transformers calls `train_loss` is, after a resume, the sum of the steps since then over all steps.

    >>> mean_loss([{"step": 1, "loss": 4.0}, {"step": 3, "loss": 1.0}, {"step": 3, "eval_loss": 9.0}])
    2.0
    """
    total, before = 0.0, 0
    for line in history:
        if "loss" in line:
            total, before = total + line["loss"] * (line["step"] - before), line["step"]
    return total / before if before else None


class Log(TrainerCallback):  # type: ignore[misc]
    """Writes metrics to a file, one JSON line each, and says a short one aloud.

    A resumed training first takes back the lines after its checkpoint, so that no step stands there twice.
    """

    def __init__(self, path: Path, job: Job) -> None:
        self.path = path
        self.job = job
        self._began = time.monotonic()
        self._logged: set[str] = set()

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Take back what the checkpoint does not know of."""
        if not state.is_world_process_zero:
            return
        lines = self.path.read_text(encoding="utf-8").splitlines(keepends=True) if self.path.is_file() else []
        known = [line for line in lines if _step(line) <= state.global_step] if state.global_step else []
        self.path.write_text("".join(known), encoding="utf-8")
        self._began = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        """Write the metrics."""
        if state.is_world_process_zero and logs:
            self._logged = set(logs)
            whole = {"train_loss": mean_loss(state.log_history)} if "train_loss" in logs else {}
            self._write(state, logs | whole)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: dict[str, Any], **kwargs: Any) -> None:
        """Write what other callbacks have added to the metrics of an evaluation, which was logged before."""
        added = {name: value for name, value in metrics.items() if name not in self._logged}
        if state.is_world_process_zero and added:
            self._write(state, added)

    def _write(self, state: Any, logs: dict[str, Any]) -> None:
        line = {"step": state.global_step, "seconds": round(time.monotonic() - self._began, 3)}
        line |= {name: _plain(value) for name, value in logs.items()}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        shown = [name for name in logs if name in SHOWN or "pass@" in name]
        told = [f"{name} {logs[name]:.4g}" for name in shown if isinstance(logs[name], int | float)]
        if told:
            self.job.show(f"step {state.global_step}/{state.max_steps}: {', '.join(told)}")


def _step(line: str) -> int:
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return 1 << 62  # half a line, from a run that was killed


def _plain(value: Any) -> Any:
    """A value that strict JSON can hold."""
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not isfinite(value) else value
