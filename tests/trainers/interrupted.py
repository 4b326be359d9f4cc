"""A training that a person ends."""

from __future__ import annotations

from typing import Any

from transformers import TrainerCallback


class StopsAt(TrainerCallback):
    """A keyboard's Ctrl-C as a step begins; `step` of them are done."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == self.step:
            raise KeyboardInterrupt
