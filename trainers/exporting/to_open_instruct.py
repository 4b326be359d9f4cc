"""open-instruct: rows of parquet, flags of `open_instruct/grpo_fast.py`, a VerifierFunction a kind of row.

Source: open-instruct, open_instruct/ground_truth_utils.py (verifiers are found as subclasses), grpo_fast.py,
scripts/train/debug/grpo_fast.sh. `grpo.py` imports the verifiers first and then runs theirs.
"""

from __future__ import annotations

from pathlib import Path

from curate.errors import UsageError
from curate.table import write_text_atomic
from trainers.exporting.files import EVERYWHERE, script, write_rows
from trainers.exporting.handed import Handed, Row

REWARD = '''"""The rewards of this training as verifiers of open-instruct: the column `dataset` names one."""

import rewards
from rewards.adapters.for_open_instruct import verifier

{verifiers}
'''

GRPO = '''"""open-instruct's grpo_fast with the verifiers of this folder. Run in its repository, as `bash run.sh`."""

import runpy

import reward  # noqa: F401  its classes are found as subclasses of VerifierFunction

runpy.run_path("open_instruct/grpo_fast.py", run_name="__main__")
'''


def write(handed: Handed, out: Path) -> frozenset[str]:
    """`train.parquet`, `test.parquet`, `reward.py`, `grpo.py`, `run.sh`. Raises UsageError for a method it has not."""
    if handed.config.method != "grpo":
        raise UsageError(f"open-instruct's grpo_fast trains grpo; {handed.config.method} goes to verl or openrlhf")
    write_rows(out / "train.parquet", map(row, handed.train))
    write_rows(out / "test.parquet", map(row, handed.held_out or handed.train[:1]))
    verifiers = "\n".join(
        f"VERIFIER_{number} = verifier({kind.reward}, name={named(kind.name)!r})"
        for number, kind in enumerate(handed.kinds.values())
    )
    write_text_atomic(out / "reward.py", REWARD.format(verifiers=verifiers))
    write_text_atomic(out / "grpo.py", GRPO)
    write_text_atomic(out / "run.sh", script("open-instruct", ['python3 "$here/grpo.py"'], _options(handed), " "))
    return EVERYWHERE | {"max_steps", "epsilon", "epsilon_high", "scale_rewards", "num_iterations"}


def named(kind: str) -> str:
    """The name of a verifier: theirs are called `math`, `gsm8k`, so ours say whose they are."""
    return f"curate_{kind}"


def row(one: Row) -> dict[str, object]:
    """A row in open-instruct's form."""
    return {"messages": one.prompt, "ground_truth": one.gold, "dataset": named(one.kind)}


def _options(handed: Handed) -> dict[str, object]:
    made = handed.arguments
    return {
        "--dataset_mixer_list": ["$here/train.parquet", "1.0"],
        "--dataset_mixer_list_splits": "train",
        "--dataset_mixer_eval_list": ["$here/test.parquet", "1.0"],
        "--dataset_mixer_eval_list_splits": "train",
        "--model_name_or_path": handed.model,
        "--apply_verifiable_reward": "true",
        "--verification_reward": 1.0,
        "--ground_truths_key": "ground_truth",
        "--max_prompt_token_length": handed.longest,
        "--response_length": made.max_completion_length,
        "--pack_length": handed.longest + made.max_completion_length,
        "--num_unique_prompts_rollout": handed.prompts,
        "--num_samples_per_prompt_rollout": handed.group,
        "--per_device_train_batch_size": made.per_device_train_batch_size,
        "--total_episodes": handed.steps() * handed.prompts * handed.group,
        "--learning_rate": handed.rate(),
        "--weight_decay": made.weight_decay,
        "--max_grad_norm": made.max_grad_norm,
        "--num_epochs": handed.passes(),
        "--clip_lower": made.epsilon,
        "--clip_higher": made.epsilon if made.epsilon_high is None else made.epsilon_high,
        "--advantage_normalization_type": "centered" if made.scale_rewards == "none" else "standard",
        "--temperature": made.temperature,
        "--beta": made.beta,
        "--seed": handed.config.seed,
        "--output_dir": "$here/model",
        "--push_to_hub": "false",
    }
