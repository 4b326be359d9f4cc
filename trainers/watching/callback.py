"""Alarms raised while a trainer runs: said in the terminal, written to `alarms.jsonl`, and acted on where asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from transformers import TrainerCallback

from curate.errors import InvalidInput, did_you_mean
from trainers.processes import to_stderr
from trainers.watching.alarms import NAMES, Alarm, watch
from trainers.watching.kept import keep_alarm
from trainers.watching.limits import Limits

ACTIONS: Final = {
    "warn": "",
    "lower": " The learning rate was halved.",
    "stop": " Training stops here.",
}
"""What can be done, and what is added to the line that is said."""

LOWER: Final = 0.5
AGAIN: Final = 20
"""Logs until the same alarm is said again."""


class Watch(TrainerCallback):  # type: ignore[misc]
    """A callback for any transformers or TRL trainer.

    folder: where `alarms.jsonl` goes. span: lowest and highest value of the summed reward. actions: alarm -> `warn`
    (the default of all but `broken`), `lower` (halves the learning rate, each time it is said), `stop` (ends training
    after this step; the default of `broken`). say: where a line goes, stderr unless given.
    Raises InvalidInput for an alarm or an action that does not exist.
    """

    def __init__(
        self,
        folder: Path,
        *,
        limits: Limits | None = None,
        span: tuple[float, float] = (0.0, 1.0),
        actions: Mapping[str, str] | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.folder, self.limits, self.span = folder, limits or Limits(), span
        self.actions = {"broken": "stop", **(actions or {})}
        for name, action in self.actions.items():
            if name not in NAMES:
                raise InvalidInput(f"watch: unknown alarm '{name}'{did_you_mean(name, NAMES)}")
            if action not in ACTIONS:
                raise InvalidInput(f"watch: unknown action '{action}'{did_you_mean(action, ACTIONS)}")
        self.say = say or to_stderr
        self.history: list[dict[str, Any]] = []
        self._said: dict[str, int] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After a resume the history goes on."""
        self.history = [dict(log) for log in state.log_history]

    def on_log(self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Look at the history with the new log in it."""
        if not state.is_world_process_zero or not logs:
            return
        self.history.append({"step": state.global_step, **logs})
        early = len(self.history) <= self.limits.patience
        for alarm in watch(self.history, self.limits, self.span):
            new = len(self.history) - self._said.get(alarm.name, -AGAIN) >= AGAIN
            if new and (not early or alarm.name in ("broken", "no_gradient")):
                self._said[alarm.name] = len(self.history)
                self._raise(alarm, control, kwargs.get("optimizer"), kwargs.get("lr_scheduler"))

    def _raise(self, alarm: Alarm, control: Any, optimizer: Any, scheduler: Any) -> None:
        action = self.actions.get(alarm.name, "warn")
        if action == "stop":
            control.should_training_stop = True
        elif action == "lower" and optimizer is not None:
            _lower(optimizer, scheduler)
        self.say(f"alarm: {alarm}{ACTIONS[action]}")
        keep_alarm(self.folder, alarm, action)


def _lower(optimizer: Any, scheduler: Any) -> None:
    """Halve the learning rate, and what the schedule multiplies, so that it stays halved."""
    for group in optimizer.param_groups:
        group["lr"] *= LOWER
        if "initial_lr" in group:
            group["initial_lr"] *= LOWER
    if scheduler is not None and hasattr(scheduler, "base_lrs"):
        scheduler.base_lrs = [rate * LOWER for rate in scheduler.base_lrs]
