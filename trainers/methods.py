"""The table of training methods: what each is called, where it is built, what it takes, what it starts from.

To add a method: a file with `build(job) -> trainer` (see `trainers.job`), and a row here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from curate.errors import UsageError, did_you_mean

Unit = Literal["rows", "pairs", "completions"]


@dataclass(frozen=True, slots=True)
class Method:
    """A training method.

    use: `module:function` that builds its trainer from a job. config: `module:class` of its arguments, a
    `transformers.TrainingArguments`. contracts: of `curate.schema`; the first that fits the data is taken.
    unit: what a batch counts. batch: its size an optimizer step unless asked for. online: it generates while it trains,
    and so needs rewards (or a teacher) and prompts only. needs: columns beside those of its contract. reads: our own
    fields that only some methods read.
    defaults: where we differ from the library. course: settings of `profile: course`, the tables of the course pages.
    ranges: outside of these the profile warns, lowest and highest.
    """

    name: str
    about: str
    use: str
    config: str
    contracts: tuple[str, ...]
    unit: Unit = "rows"
    batch: int = 32
    online: bool = False
    needs: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    model: Literal["causal", "reward"] = "causal"
    defaults: Mapping[str, Any] = field(default_factory=dict)
    course: Mapping[str, Any] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)


_PREFERENCE_COURSE: Final = {"beta": 0.1, "learning_rate": 5e-7, "num_train_epochs": 1, "max_length": 2048}
_PREFERENCE_RANGES: Final = {"learning_rate": (1e-7, 5e-6), "num_train_epochs": (1, 2), "beta": (0.01, 0.5)}
_POLICY_COURSE: Final = {"learning_rate": 1e-6, "beta": 0.04, "num_generations": 8}
_POLICY_RANGES: Final = {
    "learning_rate": (1e-7, 5e-6),
    "beta": (0.01, 0.1),
    "num_generations": (4, 8),
    "epsilon": (0.1, 0.3),
}
_OWN_COLLATOR: Final = {"remove_unused_columns": False}  # which TRL sets for these, with a warning
_ONLINE: Final = frozenset({"rewards"})
_TAUGHT: Final = frozenset({"teacher"})

ROWS: Final = (
    Method(
        "sft",
        "supervised fine-tuning on answers",
        "trainers.sft:build",
        "trl.trainer.sft_config:SFTConfig",
        ("prompt-completion", "sft", "text"),
        course={"learning_rate": 2e-5, "num_train_epochs": 3, "max_length": 2048},
        ranges={"learning_rate": (5e-6, 1e-4), "num_train_epochs": (1, 3), "max_length": (2048, 4096)},
    ),
    Method(
        "dpo",
        "direct preference optimization (arXiv 2305.18290) and its losses, `trl: {loss_type: ...}`",
        "trainers.dpo:build",
        "trl.trainer.dpo_config:DPOConfig",
        ("preference",),
        "pairs",
        defaults={"learning_rate": 5e-7},  # the course's; TRL has 1e-6
        course=_PREFERENCE_COURSE,
        ranges=_PREFERENCE_RANGES,
    ),
    Method(
        "kto",
        "good and bad answers without pairs (arXiv 2402.01306)",
        "trainers.kto:build",
        "trl.trainer.kto_config:KTOConfig",
        ("kto", "preference"),
        course=_PREFERENCE_COURSE,
        ranges=_PREFERENCE_RANGES,
    ),
    Method(
        "orpo",
        "preference without a reference model (arXiv 2403.07691)",
        "trainers.preference:build_orpo",
        "trl.experimental.orpo:ORPOConfig",
        ("preference",),
        "pairs",
        defaults=_OWN_COLLATOR,
    ),
    Method(
        "simpo",
        "length-normalised preference without a reference model (arXiv 2405.14734)",
        "trainers.preference:build_cpo",
        "trl.experimental.cpo:CPOConfig",
        ("preference",),
        "pairs",
        # the paper's section 4
        defaults={"loss_type": "simpo", "cpo_alpha": 0.0, "beta": 2.0, "simpo_gamma": 1.0} | _OWN_COLLATOR,
    ),
    Method(
        "cpo",
        "contrastive preference optimization (arXiv 2401.08417)",
        "trainers.preference:build_cpo",
        "trl.experimental.cpo:CPOConfig",
        ("preference",),
        "pairs",
        defaults=_OWN_COLLATOR,
    ),
    Method(
        "reward",
        "a reward model from pairs (Bradley-Terry)",
        "trainers.reward_model:build",
        "trl.trainer.reward_config:RewardConfig",
        ("preference",),
        "pairs",
        model="reward",
    ),
    Method(
        "grpo",
        "group relative policy optimization (arXiv 2402.03300), `trl: {loss_type: dapo | dr_grpo | ...}`",
        "trainers.grpo:build",
        "trl.trainer.grpo_config:GRPOConfig",
        ("prompts",),
        "completions",
        64,
        online=True,
        reads=_ONLINE | {"dynamic_sampling"},
        course=_POLICY_COURSE | {"epsilon": 0.2},
        ranges=_POLICY_RANGES,
    ),
    Method(
        "rloo",
        "REINFORCE with the others of the group as baseline (arXiv 2402.14740)",
        "trainers.rloo:build",
        "trl.trainer.rloo_config:RLOOConfig",
        ("prompts",),
        "completions",
        64,
        online=True,
        reads=_ONLINE,
        course=_POLICY_COURSE,
        ranges=_POLICY_RANGES,
    ),
    Method(
        "ppo",
        "proximal policy optimization with a value head (arXiv 1707.06347), our own",
        "trainers.ppo.trainer:build",
        "trainers.ppo.settings:PPOConfig",
        ("prompts",),
        "completions",
        64,
        online=True,
        reads=_ONLINE,
        course={"learning_rate": 1e-6, "beta": 0.05, "epsilon": 0.2},
        ranges={"learning_rate": (1e-7, 5e-6), "beta": (0.01, 0.1), "epsilon": (0.1, 0.3)},
    ),
    Method(
        "distill",
        "on-policy distillation: the student's own answers, the teacher's distributions (arXiv 2306.13649)",
        "trainers.kd.online:build_distill",
        "trl.trainer.distillation_config:DistillationConfig",
        ("prompts",),
        "completions",
        online=True,
        reads=_TAUGHT,
    ),
    Method(
        "gkd",
        "generalised distillation on answers of the data and of the student (arXiv 2306.13649)",
        "trainers.kd.online:build_gkd",
        "trl.experimental.gkd:GKDConfig",
        ("sft", "prompt-completion"),
        reads=_TAUGHT,
    ),
    Method(
        "kd",
        "offline distillation from a teacher's stored top-k log-probabilities (arXiv 1503.02531), our own",
        "trainers.kd.trainer:build",
        "trainers.kd.settings:KDConfig",
        ("prompts",),
        needs=("completion",),
        reads=_TAUGHT,
    ),
)

METHODS: Final[dict[str, Method]] = {method.name: method for method in ROWS}


def method_of(name: str) -> Method:
    """The method of this name.

    >>> method_of("grop")
    Traceback (most recent call last):
    ...
    curate.errors.UsageError: no method 'grop'; did you mean 'grpo'?
    """
    if name not in METHODS:
        raise UsageError(f"no method '{name}'{did_you_mean(name, METHODS)}")
    return METHODS[name]


def load_class(where: str) -> Any:
    """The object behind `module:name`."""
    from importlib import import_module

    module, _, name = where.partition(":")
    return getattr(import_module(module), name)
