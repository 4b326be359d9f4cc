"""The batch one asks for is the batch that trains, whatever fits on a device."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import DataError, StepFailed, UsageError
from trainers import batch, train
from trainers.config import make_config
from trainers.methods import method_of
from trainers.preparing import build, prepare
from trainers.probe import largest_that_fits

Make = Callable[..., dict[str, Any]]


def config_of(method: str, **changes: Any) -> Any:
    rewards = {"rewards": ["math"]} if method in ("grpo", "rloo") else {}
    return make_config({"method": method, "model": "house", "data": "x", "out": "y"} | rewards | changes)[0]


@given(st.integers(1, 600), st.integers(1, 64), st.sampled_from([1, 2, 4]))
def test_device_rows_times_accumulation_times_processes_is_the_batch(size: int, device: int, world: int) -> None:
    config = config_of("sft", batch={"effective": size * world, "device": device})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORLD_SIZE", str(world))
        made = batch.sizes(config, method_of("sft"))
    assert made["per_device_train_batch_size"] * made["gradient_accumulation_steps"] * world == size * world
    assert made["per_device_train_batch_size"] <= device


@given(st.integers(1, 40), st.integers(2, 16), st.integers(1, 64))
def test_groups_stay_whole(groups: int, generations: int, device: int) -> None:
    trl = {"num_generations": generations}
    config = config_of("grpo", trl=trl, batch={"effective": groups * generations, "device": device})
    made = batch.sizes(config, method_of("grpo"))
    whole = made["per_device_train_batch_size"] * made["gradient_accumulation_steps"]
    assert whole % generations == 0
    assert made["per_device_eval_batch_size"] % generations == 0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"batch": 30, "trl": {"num_generations": 8}}, "30 completions cannot hold whole groups of 8 .* 24 or 32"),
        ({"batch": 4, "trl": {"num_generations": 8}}, "take 8"),
        ({"batch": 64, "trl": {"per_device_train_batch_size": 8}}, "both say how large a batch is; keep one"),
    ],
)
def test_a_batch_that_cannot_be_names_one_that_can(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        batch.effective(config_of("grpo", **changes), method_of("grpo"))


@pytest.mark.parametrize("name", ["num_generations", "per_device_train_batch_size", "gradient_accumulation_steps"])
def test_sizes_of_nothing_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"trl.{name} must be at least 1, is 0"):
        batch.effective(config_of("grpo", trl={name: 0}), method_of("grpo"))


def test_a_share_for_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(UsageError, match="32 cannot be shared by 3 processes"):
        batch.effective(config_of("sft"), method_of("sft"))


def test_too_few_prompts_for_a_batch(settings: Make) -> None:
    """TRL's sampler would leave out the only, incomplete batch, and train no step."""
    config, _ = make_config(settings("grpo", batch=256))
    job = prepare(config)
    with pytest.raises(DataError, match=r"a batch takes 64 prompts .* the data has 32"):
        build(job)


def test_the_trainers_own_sizes_are_left_alone(settings: Make) -> None:
    sizes = {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 3}
    made = settings("sft", sizes)
    del made["batch"]
    lock = train(made).lock
    assert lock["batch"] == 6
    assert {name: lock["arguments"][name] for name in sizes} == sizes


def test_the_probe_halves_until_it_fits_and_keeps_the_batch(settings: Make) -> None:
    job = prepare(make_config(settings("sft", batch={"effective": 16, "device": "auto"}))[0])
    tried = []

    def attempt(_: Any, size: int) -> None:
        tried.append(size)
        if size > 4:
            raise MemoryError_of_torch()

    assert largest_that_fits(job, attempt) == 4
    assert tried == [16, 8, 4]
    made = batch.sizes(job.config, job.method, 4)
    assert (made["per_device_train_batch_size"], made["gradient_accumulation_steps"]) == (4, 4)

    def never(_: Any, size: int) -> None:
        raise MemoryError_of_torch()

    with pytest.raises(StepFailed, match="not a single row fits on a device"):
        largest_that_fits(job, never)


def MemoryError_of_torch() -> Exception:  # noqa: N802
    """What torch raises on a machine without room."""
    import torch

    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


@pytest.mark.parametrize("method", ["sft", "dpo", "grpo"])
def test_an_automatic_batch_trains_as_the_same_batch_by_hand(method: str, settings: Make, tmp_path: Any) -> None:
    """The probe leaves nothing behind: not in the weights, not in the random numbers, not in the folder."""
    auto = train(settings(method, batch={"effective": 8, "device": "auto"}, out=str(tmp_path / "auto")))
    hand = train(settings(method, batch={"effective": 8, "device": 8}, out=str(tmp_path / "hand")))
    assert auto.lock["arguments"]["per_device_train_batch_size"] == 8
    assert auto.lock["arguments"]["generation_kwargs" if method == "grpo" else "max_steps"] in (None, 2)
    assert any(": 8 on a device x accumulation 1" in line for line in auto.lock["notes"])
    keys = [key for key in hand.log[-2] if key not in ("seconds", "step_time") and "runtime" not in key]
    assert {key: auto.log[-2][key] for key in keys} == {key: hand.log[-2][key] for key in keys}


LIMITED = """
import resource, sys, json
from trainers import train
import trl, torch
from trl import SFTTrainer
used = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, ((used << 10) + (int(sys.argv[3]) << 20), -1))
made = train({"method": "sft", "model": "house", "data": sys.argv[1], "out": sys.argv[2], "format": "text",
              "batch": {"effective": 64, "device": "auto"}, "trl": {"max_steps": 1}})
print(json.dumps(made.lock["arguments"]["per_device_train_batch_size"]))
"""


@pytest.mark.slow
def test_a_machine_that_really_has_no_room(tmp_path: Any) -> None:
    """A process with a hard limit on its memory: the probe meets real failures and finds what fits."""
    import polars as pl

    from curate.table import write_parquet

    rows = pl.DataFrame({"prompt": ["1 + 1 = "] * 64, "completion": ["2 " * 300] * 64})
    write_parquet(rows, tmp_path / "x.parquet")
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "x.parquet"), str(tmp_path / "out"), "1000"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "64 rows do not fit" in done.stderr
    assert 1 <= int(done.stdout.split()[-1]) < 64
