"""Axolotl: rows of parquet, one YAML, reward functions by import path.

Source: axolotl, docs/rlhf.qmd (GRPO: `reward_funcs: [module.function]`, a dataset's `type:` is a transform of the same
module), utils/schemas/trl.py. It runs TRL's GRPOTrainer, so the rewards are called as here, None included.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

import rewards
from curate.errors import UsageError
from curate.table import write_text_atomic
from trainers.exporting.files import write_rows
from trainers.exporting.handed import Handed, Row

MODULE = "curate_rewards"
"""The module's name: `rewards` would hide the package."""

REWARD = '''"""The rewards of this training, and its rows, as axolotl takes them. Run it in this folder."""

import rewards

{functions}


def rows(cfg, *args, **kwargs):
    """The rows are in TRL's form already."""
    return lambda example, tokenizer=None: example, {{}}
'''

TAKEN = [
    "beta",
    "epsilon",
    "epsilon_high",
    "mask_truncated_completions",
    "importance_sampling_level",
    "entropy_coef",
    "max_completion_length",
    "num_generations",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "num_iterations",
    "loss_type",
    "scale_rewards",
    "use_vllm",
    "vllm_server_host",
    "vllm_server_port",
    "vllm_mode",
    "log_completions",
]


def write(handed: Handed, out: Path) -> frozenset[str]:
    """`train.parquet`, `test.parquet`, `curate_rewards.py`, `config.yaml`.

    Raises UsageError for another method, and for `verifier`.
    """
    if handed.config.method != "grpo":
        raise UsageError(f"axolotl trains grpo; {handed.config.method} goes to verl or openrlhf")
    uses = handed.config.rewards
    if any(use.reward == "verifier" for use in uses):
        raise UsageError("axolotl calls each reward for every row; export `verifier` to verl or open-instruct")
    write_rows(out / "train.parquet", map(row, handed.train))
    if handed.held_out:  # for later: its evaluation wants another batch size where groups do not fit into this one
        write_rows(out / "test.parquet", map(row, handed.held_out))
    functions = "\n".join(f"{_function(use.label)} = {rewards.get(use.reward, **use.options)!r}" for use in uses)
    write_text_atomic(out / f"{MODULE}.py", REWARD.format(functions=functions))
    text = yaml.safe_dump(_config(handed), sort_keys=False, allow_unicode=True)
    write_text_atomic(
        out / "config.yaml", "# axolotl train config.yaml, in this folder; written by `curate export`\n" + text
    )
    return frozenset(
        [*TAKEN, "learning_rate", "per_device_train_batch_size", "gradient_accumulation_steps", "num_train_epochs",
         "max_steps", "lr_scheduler_type", "warmup_steps", "weight_decay", "max_grad_norm"]
    )  # fmt: skip


def row(one: Row) -> dict[str, object]:
    """A row in TRL's form: the prompt, and what the rewards read."""
    return {"prompt": one.prompt, **one.columns}


def _function(label: str) -> str:
    """A name of Python for a reward."""
    return "".join(letter if letter.isalnum() else "_" for letter in label) + "_reward"


def _config(handed: Handed) -> dict[str, Any]:
    made, config = handed.arguments, handed.config
    given = {name: config.trl[name] for name in TAKEN if name in config.trl}
    made_config: dict[str, Any] = {
        "base_model": handed.model,
        "rl": "grpo",
        "trl": {
            "beta": made.beta,
            "max_completion_length": made.max_completion_length,
            "num_generations": handed.group,
            **given,
            "reward_funcs": [f"{MODULE}.{_function(use.label)}" for use in config.rewards],
            "reward_weights": [float(use.weight) for use in config.rewards],
        },
        "datasets": [{"path": "train.parquet", "ds_type": "parquet", "split": "train", "type": f"{MODULE}.rows"}],
        "sequence_len": handed.longest + made.max_completion_length,
        "micro_batch_size": made.per_device_train_batch_size,
        "gradient_accumulation_steps": made.gradient_accumulation_steps,
        "num_epochs": made.num_train_epochs,
        "learning_rate": handed.rate(),
        "lr_scheduler": str(getattr(made.lr_scheduler_type, "value", made.lr_scheduler_type)),
        "weight_decay": made.weight_decay,
        "max_grad_norm": made.max_grad_norm,
        "warmup_steps": int(made.warmup_steps),
        "seed": config.seed,
        "output_dir": "model",
        "bf16": "auto",
    }
    if made.max_steps > 0:
        made_config["max_steps"] = made.max_steps
    return made_config
