"""A training with rewards, handed to another trainer: its rows, its config, and the rewards it calls.

| `--to` | rows | config | rewards |
|---|---|---|---|
| `verl` | parquet: data_source, prompt, reward_model, ... | `run.sh`, Hydra overrides | `reward.py:compute_score` |
| `openrlhf` | parquet: prompt, label | `run.sh`, flags of 0.10 | `reward.py:reward_func` |
| `open-instruct` | parquet: messages, ground_truth, dataset | `run.sh`, `grpo.py` | `reward.py`: VerifierFunctions |
| `axolotl` | parquet: prompt and the rewards' columns | `config.yaml` | `reward.py`: one function a reward |

They exclude each other's versions of TRL and torch, so none of them is imported here. Their own parsers, data
sets and reward loaders read an export in the tests, where they are installed; a training of theirs needs GPUs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.lazy import loading

if TYPE_CHECKING:
    from trainers.exporting.writing import TARGETS as TARGETS
    from trainers.exporting.writing import export as export

__all__ = ["TARGETS", "export"]

__getattr__ = loading(__name__, dict.fromkeys(__all__, "trainers.exporting.writing"))
