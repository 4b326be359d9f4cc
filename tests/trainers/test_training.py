"""Every method trains, saves a folder the next stage can start from, resumes, and says what it did."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainers import METHODS, train

Make = Callable[..., dict[str, Any]]
TRL_METHODS = ["sft", "dpo", "kto", "orpo", "simpo", "cpo", "reward", "grpo", "rloo"]


@pytest.mark.parametrize("method", TRL_METHODS)
def test_a_method_trains_two_steps_and_leaves_a_model(method: str, settings: Make) -> None:
    trained = train(settings(method))
    assert trained.metrics["steps"] == 2
    folder = Path(trained.model)
    assert {"config.json", "model.safetensors", "tokenizer.json", "chat_template.jinja"} <= {
        file.name for file in folder.iterdir()
    }
    assert not (folder / "training_args.bin").exists()
    assert [line["step"] for line in trained.log][:2] == [1, 2]
    assert trained.lock["config"]["method"] == method
    assert trained.lock["data"]["train"] in (32, 64)
    assert json.loads((trained.folder / "train.lock.json").read_text())["arguments"]["max_steps"] == 2


def test_the_table_names_what_is_tested() -> None:
    assert set(TRL_METHODS) <= set(METHODS)
