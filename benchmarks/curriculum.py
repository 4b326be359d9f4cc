"""Which problems GRPO should be given: uniform, adaptive, or with dynamic sampling, at equal CPU seconds.

    python benchmarks/curriculum.py [--cpu-s 60] [--seeds 3] [--problems 300] [--samples 8]

The house model on countdown (20% pass@1). Every arm trains for the same CPU seconds with the same settings and seed;
only the choice of problems differs. The figure is pass@1 on held-out problems; the difference to uniform is paired by
problem and seed, with its 95% interval. Whatever it says is printed.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from transformers import TrainerCallback

from curate.sources import procedural
from curate.table import row_ids, write_parquet
from trainers import train
from trainers.evaluating import evaluate
from trainers.evaluating.estimators import mean_interval

ARMS: dict[str, dict[str, Any]] = {
    "uniform": {},
    "adaptive": {"curriculum": "adaptive"},
    "dynamic": {"dynamic_sampling": True},
    "adaptive + dynamic": {"curriculum": "adaptive", "dynamic_sampling": True},
}


class Budget(TrainerCallback):
    """Stops a training after so many CPU seconds."""

    def __init__(self, cpu_s: float) -> None:
        self.cpu_s, self.began = cpu_s, 0.0

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Start the clock."""
        self.began = time.process_time()

    def on_step_end(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
        """Look at it."""
        if time.process_time() - self.began > self.cpu_s:
            control.should_training_stop = True


def settings(data: str, out: str, seed: int, arm: dict[str, Any]) -> dict[str, Any]:
    trl = {"max_steps": 2000, "num_generations": 8, "max_completion_length": 96, "learning_rate": 2e-4,
           "lr_scheduler_type": "constant", "save_strategy": "no"}  # fmt: skip
    return {"method": "grpo", "model": "house", "data": data, "out": out, "seed": seed, "batch": 128,
            "rewards": ["verifier"], "trl": trl} | arm  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cpu-s", type=float, default=60)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--samples", type=int, default=8)
    wanted = parser.parse_args()
    held_out = procedural.generate("countdown", wanted.problems, 0, split="test").drop("completion", "solution")
    held_out = held_out.with_columns(id=row_ids(held_out, "held-out"))
    rates: dict[str, list[np.ndarray[Any, Any]]] = {arm: [] for arm in ARMS}
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(wanted.seeds):
            problems = procedural.generate("countdown", 1200, seed, split="train").drop("completion", "solution")
            data = Path(scratch) / f"{seed}.parquet"
            write_parquet(problems, data)
            for arm, changes in ARMS.items():
                out = Path(scratch) / "out"
                shutil.rmtree(out, ignore_errors=True)
                trained = train(settings(str(data), str(out), seed, changes), callbacks=[Budget(wanted.cpu_s)],
                                print_line=lambda _line: None)  # fmt: skip
                found = evaluate(trained.folder, held_out, n=wanted.samples, k=(1,), max_tokens=96)
                by_problem = found.pass_rates()
                rates[arm].append(np.array([by_problem.get(one, np.nan) for one in held_out["id"]]))
                steps = trained.metrics["steps"]
                print(f"seed {seed}  {arm:20} {steps:4d} steps  pass@1 {np.nanmean(rates[arm][-1]):.3f}", flush=True)
    print(f"\n{'arm':22}{'pass@1':>8}   to uniform, 95% interval over problems and seeds")
    for arm, found in rates.items():
        difference = mean_interval(np.concatenate(found) - np.concatenate(rates["uniform"]))
        told = "" if arm == "uniform" else f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
        print(f"{arm:22}{np.nanmean(np.concatenate(found)):8.3f}   {told}")


if __name__ == "__main__":
    main()
