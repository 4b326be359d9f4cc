"""A training that is ready to be built: everything a method's `build(job)` needs, already read and checked."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.processes import is_main, to_stderr

if TYPE_CHECKING:
    from trainers.guards import Guarded
    from trainers.methods import Method
    from trainers.rows import Rows
    from trainers.settings import TrainConfig


@dataclass
class Job:
    """What a method's `build` gets.

    folder: of the training. start: the folder the weights come from, also the reference's. arguments: of the trainer,
    resolved. model, tokenizer: loaded from `start`. train, held_out: `datasets.Dataset`. rewards: guarded, in the order
    of their weights. peft: a `peft.PeftConfig` for the trainer to wrap the model with, or None. callbacks: to be handed
    to the trainer. options: of the trainer, that only Python can give. notes: what was said aloud.
    """

    config: TrainConfig
    method: Method
    folder: Path
    start: Path
    arguments: Any
    tokenizer: Any
    rows: Rows
    train: Any
    held_out: Any
    rewards: list[Guarded]
    notes: Notes
    model: Any = None
    peft: Any = None
    callbacks: list[Any] = field(default_factory=list)
    options: Mapping[str, Any] = field(default_factory=dict)

    def say(self, line: str) -> None:
        """Tell the user, and keep it for the lock file."""
        self.notes.say(line)

    def show(self, line: str) -> None:
        """Tell the user only."""
        self.notes.show(line)

    def common(self, *, reference: bool = True) -> dict[str, Any]:
        """The arguments all of TRL's trainers take. reference: whether it may load one, as the model was loaded."""
        arguments = self.arguments
        if not reference:
            arguments = copy.copy(arguments)
            arguments.model_init_kwargs = None  # TRL warns that they come too late for the model
        return {
            "model": self.model,
            "args": arguments,
            "train_dataset": self.train,
            "eval_dataset": self.held_out,
            "processing_class": self.tokenizer,
            "callbacks": self.callbacks,
            "peft_config": self.peft,
            **self.options,
        }


class Notes:
    """Lines for the user, on stderr, from the main process only; what is said is kept too."""

    def __init__(self, print_line: Callable[[str], None] | None = None) -> None:
        self.lines: list[str] = []
        self._print = print_line or to_stderr

    def say(self, line: str) -> None:
        """Tell and keep."""
        if line not in self.lines:
            self.lines.append(line)
            self.show(line)

    def show(self, line: str) -> None:
        """Tell."""
        if is_main():
            self._print(line)
