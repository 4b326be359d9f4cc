"""Answers in several turns: a model that calls a tool while it trains, and what is learned of that."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
import trl

from curate.errors import UsageError
from curate.table import write_parquet
from trainers import train
from trainers.config import make_config
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]

QWEN3 = str(Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja")
CALL = '<tool_call>\n{"name": "add", "arguments": {"a": 3, "b": 4}}\n</tool_call>'


def add(a: int, b: int) -> int:
    """Add two numbers.

    Args:
        a: The first.
        b: The second.
    """
    return a + b


@pytest.mark.slow
def test_a_call_is_learned_and_what_the_tool_says_is_not(settings: Make, tmp_path: Path) -> None:
    """A model that was taught to call: TRL runs the tool, and the reward reads every turn."""
    from transformers.utils import get_json_schema

    asked = [{"role": "user", "content": "What is 3 + 4?"}]
    row = {"messages": [*asked, {"role": "assistant", "content": CALL}], "tools": json.dumps([get_json_schema(add)])}
    write_parquet(pl.DataFrame([row] * 8), tmp_path / "calls.parquet")
    write_parquet(pl.DataFrame([{"prompt": asked, "answer": "7"}] * 4), tmp_path / "asked.parquet")
    taught = train(
        settings("sft", {"max_steps": 100, "learning_rate": 3e-3}, data=str(tmp_path / "calls.parquet"))
        | {"batch": 2, "chat_template": QWEN3}
    )
    seen: list[Any] = []

    def watches(completions: list[Any], **columns: Any) -> list[float]:
        seen.extend(completions)
        return [float(row % 2) for row in range(len(completions))]

    made = settings("grpo", {"max_completion_length": 120, "max_tool_calling_iterations": 1}, model=taught.model)
    config, _ = make_config(made | {"data": str(tmp_path / "asked.parquet"), "dynamic_sampling": True})
    trainer = build(prepare(config, (watches,), options={"tools": [add]}))
    batch = trainer._generate_and_score_completions([trainer.train_dataset[0]] * 4)
    assert [turn["role"] for turn in seen[0]][:2] == ["assistant", "tool"]
    assert seen[0][1]["content"] == "7"
    ids, read = batch["completion_ids"][0], (batch["completion_mask"] * batch["tool_mask"])[0].bool()
    assert "<tool_call>" in trainer.processing_class.decode(ids[read])
    assert "<tool_response>" not in trainer.processing_class.decode(ids[read])
    assert "<tool_response>\n7\n</tool_response>" in trainer.processing_class.decode(ids)
    assert batch["num_items_in_batch"] == (batch["completion_mask"] * batch["tool_mask"]).sum()


def test_options_that_cannot_be_are_told(settings: Make) -> None:
    for method, options, told in (
        ("grpo", {"model": "house"}, "options: model is decided by the config"),
        ("grpo", {"tols": [add]}, "options: the trainer of grpo takes no 'tols'"),
        ("grpo", {"tools": [add]}, "template does not support tool calling"),
        ("kd", {"tools": [add]}, "kd is our own and takes none"),
    ):
        with pytest.raises(UsageError, match=told):
            build(prepare(make_config(settings(method))[0], options=options))


def test_options_reach_the_trainer(settings: Make) -> None:
    options = {"optimizer_cls_and_kwargs": (torch.optim.SGD, {"lr": 0.5})}
    trainer = build(prepare(make_config(settings("sft"))[0], options=options))
    assert isinstance(trainer.create_optimizer(), torch.optim.SGD)
