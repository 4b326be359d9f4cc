"""OpenRLHF: rows of parquet, flags of `openrlhf.cli.train_ppo_ray`, `reward_func`.

Source: OpenRLHF 0.10, its table of dotted flags (docs, "Flag migration"); openrlhf/utils/agent.py for the reward;
examples/scripts/train_ppo_ray_hybrid_engine.sh for all models on the same GPUs. By itself it wants 8 GPUs for each.
"""

from __future__ import annotations

from pathlib import Path

from curate.errors import UsageError
from curate.table import write_text_atomic
from trainers.exporting.files import CLIPPED, EVERYWHERE, script, write_rows
from trainers.exporting.handed import Handed, Row

ESTIMATORS = {"grpo": "group_norm", "rloo": "rloo", "ppo": "gae"}

REWARD = '''"""The rewards of this training, as OpenRLHF calls them."""

import rewards
from rewards.adapters.for_openrlhf import RewardFunction

reward_func = RewardFunction({reward})
'''


def write(handed: Handed, out: Path) -> frozenset[str]:
    """`train.parquet`, `test.parquet`, `reward.py`, `run.sh`. Raises UsageError when rows name several verifiers."""
    if len(handed.kinds) > 1:
        raise UsageError(
            f"OpenRLHF calls one reward for all rows, and these name {', '.join(handed.kinds)}; export to verl or "
            "open-instruct, or one kind of rows alone"
        )
    write_rows(out / "train.parquet", map(row, handed.train))
    if handed.held_out:
        write_rows(out / "test.parquet", map(row, handed.held_out))
    write_text_atomic(out / "reward.py", REWARD.format(reward=next(iter(handed.kinds.values())).reward))
    options = _options(handed)
    text = script("OpenRLHF", ["python3 -m openrlhf.cli.train_ppo_ray"], options, " ")
    write_text_atomic(out / "run.sh", text)
    return EVERYWHERE | CLIPPED | {"kl_target", "kl_horizon", "kl_estimator"}


def row(one: Row) -> dict[str, object]:
    """A row in OpenRLHF's form."""
    return {"prompt": one.prompt, "label": one.gold}


def _options(handed: Handed) -> dict[str, object]:
    made = handed.arguments
    learned = max(handed.prompts * handed.group // handed.get("num_mini_batches", 1), 1)
    micro = min(made.per_device_train_batch_size, learned)
    options: dict[str, object] = {
        "--algo.advantage.estimator": ESTIMATORS[handed.config.method],
        "--actor.model_name_or_path": handed.model,
        "--actor.adam.lr": handed.rate(),
        "--actor.adam.weight_decay": made.weight_decay,
        "--actor.max_norm": made.max_grad_norm,
        "--actor.eps_clip": handed.get("epsilon", 0.2),
        "--data.prompt_dataset": "$here/train.parquet",
        "--data.apply_chat_template": None,
        "--data.input_key": "prompt",
        "--data.label_key": "label",
        "--data.max_len": handed.longest + made.max_completion_length,
        "--reward.remote_url": "$here/reward.py",
        "--rollout.batch_size": handed.prompts,
        "--rollout.n_samples_per_prompt": handed.group,
        "--rollout.max_new_tokens": made.max_completion_length,
        "--rollout.temperature": made.temperature,
        "--rollout.micro_batch_size": micro,
        "--train.batch_size": learned,
        "--train.micro_batch_size": micro,
        "--train.max_epochs": handed.passes(),
        "--train.num_episodes": max(round(made.num_train_epochs), 1),
        "--train.seed": handed.config.seed,
        "--algo.kl.init_coef": made.beta,
        "--ckpt.output_dir": "$here/model",
        "--ckpt.path": "$here/checkpoints",
        "--train.colocate_all": None,
        "--actor.num_gpus_per_node": "$gpus",
        "--ref.num_gpus_per_node": "$gpus",
        "--critic.num_gpus_per_node": "$gpus",
        "--vllm.num_engines": "$gpus",
        "--vllm.gpu_memory_utilization": 0.5,
        "--vllm.enable_sleep": None,
        "--ds.enable_sleep": None,
    }
    if handed.config.method == "grpo" and made.beta > 0:  # a part of the loss there, of the reward in the others
        options |= {"--algo.kl.use_loss": None, "--algo.kl.estimator": "k3"}
    if handed.held_out:
        options["--eval.dataset"] = "$here/test.parquet"
    if handed.config.method == "ppo":
        options |= {
            "--critic.model_name_or_path": handed.model, "--critic.adam.lr": handed.value_rate(),
            "--critic.adam.weight_decay": made.weight_decay, "--critic.max_norm": made.max_grad_norm,
            "--critic.value_clip": made.cliprange_value, "--algo.advantage.gamma": made.gamma,
            "--algo.advantage.lambd": made.lam, "--algo.kl.estimator": made.kl_estimator,
        }  # fmt: skip
        if made.kl_target is not None:
            options |= {"--algo.kl.target": made.kl_target, "--algo.kl.horizon": made.kl_horizon}
    return options
