"""verl: rows of parquet, Hydra overrides of `verl.trainer.main_ppo`, `compute_score`.

Source: verl, docs/preparation/prepare_data.rst, trainer/config/ppo_trainer.yaml (reward.custom_reward_function of 0.7;
older versions have it without `reward.`), workers/reward_manager/naive.py. By itself verl reports to wandb, wants 8
GPUs and saves no model.
"""

from __future__ import annotations

from pathlib import Path

from curate.table import write_text_atomic
from trainers.exporting.files import CLIPPED, EVERYWHERE, script, write_rows
from trainers.exporting.handed import Handed, Row

ESTIMATORS = {"grpo": "grpo", "rloo": "rloo", "ppo": "gae"}

REWARD = '''"""The rewards of this training, as verl calls them: a row's data_source says which one judges it."""

import rewards
from rewards.adapters import for_verl

REWARDS = {{
{rewards}
}}


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **kwargs):
    return for_verl.compute_score(data_source, solution_str, ground_truth, None, reward=REWARDS)
'''


def write(handed: Handed, out: Path) -> frozenset[str]:
    """`train.parquet`, `test.parquet`, `reward.py`, `run.sh`."""
    for split, rows in {"train": handed.train, "test": handed.held_out or handed.train[:1]}.items():
        write_rows(out / f"{split}.parquet", (row(one, split, index) for index, one in enumerate(rows)))
    listed = "\n".join(f"    {kind.name!r}: {kind.reward}," for kind in handed.kinds.values())
    write_text_atomic(out / "reward.py", REWARD.format(rewards=listed))
    options = _options(handed)
    text = script("verl", ["python3 -m verl.trainer.main_ppo"], options, "=")
    write_text_atomic(out / "run.sh", text)
    return EVERYWHERE | CLIPPED | {"max_steps", "entropy_coef"}


def row(one: Row, split: str, index: int) -> dict[str, object]:
    """A row in verl's form."""
    return {
        "data_source": one.kind,
        "prompt": one.prompt,
        "ability": one.kind,
        "reward_model": {"style": "rule", "ground_truth": one.gold},
        "extra_info": {"split": split, "index": index},
    }


def _options(handed: Handed) -> dict[str, object]:
    made, actor, rollout = handed.arguments, "actor_rollout_ref.actor", "actor_rollout_ref.rollout"
    mini = max(handed.prompts // handed.get("num_mini_batches", 1), 1)
    micro = min(made.per_device_train_batch_size, mini * handed.group)
    options: dict[str, object] = {
        "algorithm.adv_estimator": ESTIMATORS[handed.config.method],
        "data.train_files": "$here/train.parquet",
        "data.val_files": "$here/test.parquet",
        "data.train_batch_size": handed.prompts,
        "data.max_prompt_length": handed.longest,
        "data.max_response_length": made.max_completion_length,
        "actor_rollout_ref.model.path": handed.model,
        f"{actor}.optim.lr": handed.rate(),
        f"{actor}.optim.weight_decay": made.weight_decay,
        f"{actor}.grad_clip": made.max_grad_norm,
        f"{actor}.ppo_mini_batch_size": mini,
        f"{actor}.ppo_micro_batch_size_per_gpu": micro,
        f"{actor}.ppo_epochs": handed.passes(),
        f"{actor}.clip_ratio": handed.get("epsilon", 0.2),
        f"{actor}.entropy_coeff": handed.get("entropy_coef") or 0.0,
        f"{rollout}.name": "vllm",
        f"{rollout}.n": handed.group,
        f"{rollout}.temperature": made.temperature,
        f"{rollout}.log_prob_micro_batch_size_per_gpu": micro,
        "actor_rollout_ref.ref.log_prob_micro_batch_size_per_gpu": micro,
        "reward.custom_reward_function.path": "$here/reward.py",
        "reward.custom_reward_function.name": "compute_score",
        "trainer.n_gpus_per_node": "$gpus",
        "trainer.logger": "[console]",
        "trainer.default_local_dir": "$here/checkpoints",
        "trainer.save_freq": handed.steps(),
        "trainer.total_epochs": max(round(made.num_train_epochs), 1),
    }
    if made.max_steps > 0:
        options["trainer.total_training_steps"] = made.max_steps
    if handed.config.method == "grpo":
        options |= {f"{actor}.use_kl_loss": made.beta > 0, f"{actor}.kl_loss_coef": made.beta}
        options[f"{actor}.kl_loss_type"] = "low_var_kl"
    else:
        options |= {"algorithm.use_kl_in_reward": made.beta > 0, "algorithm.kl_ctrl.kl_coef": made.beta}
    if handed.config.method == "ppo":
        options |= {
            "algorithm.gamma": made.gamma, "algorithm.lam": made.lam, "critic.model.path": handed.model,
            "critic.optim.lr": handed.value_rate(), "critic.optim.weight_decay": made.weight_decay,
            "critic.grad_clip": made.max_grad_norm, "critic.ppo_micro_batch_size_per_gpu": micro,
            "critic.cliprange_value": made.cliprange_value,
        }  # fmt: skip
    return options
