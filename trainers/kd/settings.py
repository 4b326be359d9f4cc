"""The arguments of offline distillation: those of `transformers.TrainingArguments` and its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from transformers import TrainingArguments


@dataclass
class KDConfig(TrainingArguments):  # type: ignore[misc]
    """What `trl:` may hold with `method: kd`. Raises ValueError for a value out of its range."""

    learning_rate: float = 2e-5
    remove_unused_columns: bool | None = False
    prediction_loss_only: bool = True
    model_init_kwargs: dict[str, Any] | None = field(default=None, metadata={"help": "Of `from_pretrained`."})
    max_length: int | None = field(default=None, metadata={"help": "Most tokens of a row; what the model reads."})
    k: int = field(default=32, metadata={"help": "Likeliest tokens of the teacher that are kept, a token."})
    temperature: float = field(
        default=1.0, metadata={"help": "Of both distributions; the loss is scaled by its square."}
    )
    direction: Literal["forward", "reverse"] = field(
        default="forward", metadata={"help": "KL(teacher || student), or KL(student || teacher)."}
    )
    ce_weight: float = field(default=0.0, metadata={"help": "Share of plain cross-entropy on the data's tokens."})
    teacher_batch_size: int = field(default=8, metadata={"help": "Rows the teacher reads at once."})

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.ce_weight <= 1:
            raise ValueError(f"ce_weight lies between 0 and 1, is {self.ce_weight}")
        if self.temperature <= 0 or self.k < 1 or self.teacher_batch_size < 1:
            raise ValueError(
                f"temperature must be above 0, k and teacher_batch_size at least 1 (temperature {self.temperature}, "
                f"k {self.k}, teacher_batch_size {self.teacher_batch_size})"
            )
