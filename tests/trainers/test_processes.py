"""Several processes that train together, as `accelerate launch` starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Make = Callable[..., dict[str, Any]]

# `--cpu` starts a single process whatever the number. Without it, where there is no GPU, these are CPU processes.
TWO_CPUS = [
    sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1",
    "--mixed_precision", "no", "--dynamo_backend", "no", "-m", "curate.cli",
]  # fmt: skip


def launch(config: dict[str, Any], folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run([*TWO_CPUS, "train", str(path), *options], capture_output=True, text=True, env=env)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["sft", "grpo"])
def test_two_processes_train_one_batch_together(method: str, settings: Make, tmp_path: Path) -> None:
    extra = {"dynamic_sampling": True} if method == "grpo" else {}
    extra |= {"eval": 0.25, "stop": {"on": "pass@1", "problems": 3, "max_tokens": 16}, "rewards": ["math"]}
    config = settings(method, **extra)
    done = launch(config, tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    folder = Path(config["out"])
    lock = json.loads((folder / "train.lock.json").read_text())
    sizes = [lock["arguments"][f"{name}"] for name in ("per_device_train_batch_size", "gradient_accumulation_steps")]
    assert lock["processes"] == 2
    assert sizes[0] * sizes[1] * 2 == lock["batch"] == 8
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["steps"] == 2
    assert "eval_pass@1" in metrics["best"]
    assert (folder / "model" / "model.safetensors").is_file()
    steps = [json.loads(line)["step"] for line in (folder / "log.jsonl").read_text().splitlines()]
    assert steps == sorted(steps)
    assert done.stdout.count("model:") == 1  # one process speaks
    again = launch(config, tmp_path, "--resume")
    assert again.returncode == 0, again.stderr[-3000:]
    assert "is finished already" in again.stderr
