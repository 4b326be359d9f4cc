"""Knowledge distillation: a student learns a teacher's distributions.

| method | answers | teacher | by |
|---|---|---|---|
| `distill` | the student's own, while it trains | beside it | TRL's DistillationTrainer (arXiv 2306.13649) |
| `gkd` | the data's and the student's | beside it | TRL's experimental GKDTrainer (arXiv 2306.13649) |
| `kd` | the data's | asked once, its top-k log-probabilities kept | this package (arXiv 1503.02531) |

Sequence-level KD (arXiv 1606.07947) is the pipeline: the teacher generates, rewards filter, `sft` learns.
"""
