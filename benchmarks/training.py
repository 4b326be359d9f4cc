"""CPU seconds a step through `trainers.train` over those of plain TRL: same model, rows, rewards, seed, one process.

    python benchmarks/training.py [--method grpo sft] [--steps 20] [--repeat 6]

Claim: at most 5 % more, watching and logging included. Arms alternate (ABAB), after one of each to warm up; the time
is that of `Trainer.train`: neither arm pays for imports or for reading data. Two equal arms differ by about 2 %.
Prints the cost of the rewards apart, and the peak memory of a process that ran one arm only.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

ROWS = 512
STEP = {"learning_rate": 1e-5, "logging_steps": 1, "per_device_train_batch_size": 32, "gradient_accumulation_steps": 1}
SETTINGS: dict[str, dict[str, Any]] = {
    "grpo": {"num_generations": 8, "max_completion_length": 64, "save_strategy": "no"},
    "sft": {"max_length": 1024, "save_strategy": "no"},
}


def plain(method: str, steps: int, folder: Path) -> tuple[float, float]:
    """What a reader of TRL's documentation writes. CPU seconds a step, and those of the rewards in it."""
    import trl
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback

    import rewards
    from trainers.models import find

    table = Dataset.from_list([_row(row, method) for row in _rows().to_dicts()])
    classes = {"grpo": (trl.GRPOTrainer, trl.GRPOConfig), "sft": (trl.SFTTrainer, trl.SFTConfig)}
    trainer_class, config_class = classes[method]
    arguments = config_class(
        output_dir=str(folder), max_steps=steps, use_cpu=True, bf16=False, gradient_checkpointing=False,
        report_to="none", disable_tqdm=True, seed=0, **STEP, **SETTINGS[method],
    )  # fmt: skip
    spent = [0.0]
    judge = rewards.get("math")

    def math(completions: list[Any], **columns: Any) -> list[float | None]:
        began = time.process_time()
        values = judge(completions, **columns)
        spent[0] += time.process_time() - began
        return values

    more = {"reward_funcs": [math]} if method == "grpo" else {}
    trainer = trainer_class(
        model=AutoModelForCausalLM.from_pretrained(find("house"), dtype="float32"),
        processing_class=AutoTokenizer.from_pretrained(find("house")),
        args=arguments,
        train_dataset=table,
        **more,
    )
    trainer.remove_callback(PrinterCallback)
    began = time.process_time()
    trainer.train()
    return (time.process_time() - began) / steps, spent[0] / steps


def ours(method: str, steps: int, folder: Path) -> tuple[float, float]:
    """The same by a config."""
    from transformers import TrainerCallback

    from curate.table import write_parquet
    from trainers import train

    class Timer(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            self.began = time.process_time()

        def on_train_end(self, *_: Any, **__: Any) -> None:
            self.spent = time.process_time() - self.began

    timer = Timer()
    path = folder / "rows.parquet"
    write_parquet(_rows(), path)
    config = {"method": method, "model": "house", "data": str(path), "out": str(folder / "out")}
    config |= {"trl": {"max_steps": steps, **STEP, **SETTINGS[method]}} | _rewards(method)
    train(config, callbacks=[timer], fresh=True, print_line=lambda _: None)
    return timer.spent / steps, 0.0


def _rewards(method: str) -> dict[str, Any]:
    return {"rewards": ["math"]} if method == "grpo" else {}


def _rows() -> Any:
    from curate.sources import procedural

    return procedural.generate("arithmetic", ROWS, 0, split="train")


def _row(row: dict[str, Any], method: str) -> dict[str, Any]:
    asked = {"prompt": [{"role": "user", "content": row["prompt"]}]}
    if method == "grpo":
        return asked | {"answer": row["answer"]}
    return asked | {"completion": [{"role": "assistant", "content": row["completion"]}]}


ARMS: dict[str, Callable[[str, int, Path], tuple[float, float]]] = {"plain": plain, "ours": ours}


def run(arm: str, method: str, steps: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory() as folder:
        return ARMS[arm](method, steps, Path(folder))


def peak_mb(arm: str, method: str, steps: int) -> float:
    """Peak memory of a process that ran one arm."""
    command = [sys.executable, __file__, "--alone", arm, "--method", method, "--steps", str(steps)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--method", nargs="+", default=["grpo", "sft"], choices=["grpo", "sft"])
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=6)
    parser.add_argument("--alone", choices=[*ARMS], help="Run one arm once and print its peak memory.")
    options = parser.parse_args()

    import torch

    from trainers.arguments import quieten

    quieten()
    torch.set_num_threads(1)
    if options.alone:
        run(options.alone, options.method[0], options.steps)
        # not ru_maxrss, which a child takes over from the process that started it
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        print(int(status.partition("VmHWM:")[2].split()[0]) / 1024)
        return
    for method in options.method:
        for arm in ARMS:
            run(arm, method, 2)
        times = [{arm: run(arm, method, options.steps) for arm in ARMS} for _ in range(options.repeat)]
        cost = {arm: median(one[arm][0] for one in times) for arm in ARMS}
        ratio = median(one["ours"][0] / one["plain"][0] for one in times)
        peak = {arm: median(peak_mb(arm, method, 3) for _ in range(3)) for arm in ARMS}
        judged = median(one["plain"][1] for one in times)
        print(
            f"{method}: plain {cost['plain'] * 1000:.0f} ms a step (rewards {judged * 1000:.1f} ms), ours "
            f"{cost['ours'] * 1000:.0f} ms, ratio {ratio:.3f}; peak {peak['plain']:.0f} and {peak['ours']:.0f} MB, "
            f"ratio {peak['ours'] / peak['plain']:.3f}"
        )


if __name__ == "__main__":
    main()
