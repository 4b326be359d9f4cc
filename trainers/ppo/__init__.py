"""Proximal policy optimization (arXiv 1707.06347) for language models, as in arXiv 1909.08593 and 2009.01325.

| file | what it holds |
|---|---|
| `settings.py` | `PPOConfig`: what `trl:` may hold |
| `formulas.py` | GAE, whitening, the clipped losses, KL and its controller: plain functions on tensors |
| `rollout.py` | answers of the policy, and what a model says of them |
| `judging.py` | rewards of the registry -> one number a row |
| `critic.py` | the value head: how it learns, and how it is kept apart from the policy |
| `figures.py` | what a rollout was like, over all processes, for the log |
| `trainer.py` | the loop: roll out, judge, advantages, epochs of mini-batches |

TRL had a PPOTrainer until 1.9 and removed it (trl#7020). This one is small, and for models that train in one process
or a few (data parallel). For sharded models (FSDP, DeepSpeed) and generation apart from training, hand the same config
to another trainer: `curate export CONFIG --to verl`.
"""
