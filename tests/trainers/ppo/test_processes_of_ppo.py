"""PPO in several processes, as `accelerate launch` starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import json, sys
import torch
from accelerate.utils import gather_object
from transformers import TrainerCallback
from trainers import train

class Same(TrainerCallback):
    def on_train_end(self, args, state, control, model=None, **kwargs):
        model = getattr(model, "module", model)
        sums = {name: value.detach().double().sum().item() for name, value in model.named_parameters()}
        first, second = gather_object([sums])
        assert first == second, "the processes have different weights"
        assert first["value_head.weight"] != 0

def first_word(completions, answer, **columns):
    return [float(said.split()[:1] == [gold]) for said, gold in zip(completions, answer, strict=True)]

train(json.load(open(sys.argv[1])), rewards=[first_word], callbacks=[Same()])
"""


@pytest.mark.slow
def test_two_processes_learn_one_policy(says: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    trl = {"max_steps": 30, "learning_rate": 1e-3, "beta": 0.01, "num_mini_batches": 2, "lr_scheduler_type": "constant"}
    (tmp_path / "config.json").write_text(json.dumps(says(trl, batch={"effective": 64, "device": 16}, eval=0.25)))
    (tmp_path / "run.py").write_text(SCRIPT)
    launch = "-m accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1 --mixed_precision no"
    command = [sys.executable, *launch.split(), "--dynamo_backend", "no", "run.py", "config.json"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr[-3000:]
    log = [json.loads(line) for line in (tmp_path / "ppo" / "log.jsonl").read_text().splitlines()]
    rewards = [line["reward"] for line in log if "reward" in line]
    assert len(rewards) == 30
    assert sum(rewards[-5:]) / 5 > sum(rewards[:3]) / 3 + 0.3
    assert any("eval_reward" in line for line in log)
