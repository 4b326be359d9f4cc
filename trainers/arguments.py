"""The arguments of a trainer: the library's defaults, ours over them, the profile's, then what the config says."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from logging import LogRecord, getLogger
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints

from curate.document import Node
from curate.errors import UsageError
from trainers import pushing
from trainers.methods import Method, load_class

if TYPE_CHECKING:
    from trainers.settings import TrainConfig

SHARES = {"logging_steps": 0.01, "save_steps": 0.1, "eval_steps": 0.1}
"""Of all steps: a hundred lines of log, ten checkpoints and evaluations, whatever the length."""


@cache
def field_types(config: str) -> dict[str, Any]:
    """The fields of a config class (`module:class`) with their types; Any where the type cannot be told."""
    quieten()
    loaded = load_class(config)
    hints = get_type_hints(loaded)
    return {one.name: hints.get(one.name, Any) for one in fields(loaded) if one.init}


def fitting(kind: Any, value: Any) -> Any:
    """A value as a field's type takes it: a number in quotes is a number. Raises ValueError for one that does not fit.

    >>> fitting(float, "1e-5")
    1e-05
    >>> fitting(int, "many")
    Traceback (most recent call last):
    ...
    ValueError: should be a valid integer (got 'many')
    """
    from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError

    if isinstance(value, dict | list) or value is None:
        return value  # the library reads these in its own ways
    try:
        made = TypeAdapter(kind, config={"arbitrary_types_allowed": True}).validate_python(value)
    except ValidationError as invalid:
        message = invalid.errors(include_url=False)[0]["msg"].removeprefix("Input ").partition(", unable")[0]
        raise ValueError(f"{message} (got {value!r})") from None
    except PydanticSchemaGenerationError:
        return value
    return made if isinstance(value, str) and isinstance(made, int | float) else value


def listed(kind: Any, node: Node) -> Node:
    """One value where a list is taken, as a list of one.

    >>> listed(list[str], Node("ipo", "x.yaml:3")).plain()
    ['ipo']
    """
    if get_origin(kind) is list and not isinstance(node.value, list) and node.value is not None:
        return Node([node], node.place)
    return node


def make(config: TrainConfig, method: Method, sizes: Mapping[str, int], context: int | None) -> Any:
    """The arguments, as an object of the method's class.

    sizes: of the batch, by the names of the class (`trainers.batch`). context: tokens the model can read, the
    `max_length` unless one is given.
    """
    types = field_types(method.config)
    given: dict[str, Any] = machine() | {
        "output_dir": os.path.join(config.out, "checkpoints"),  # noqa: PTH118  the library wants text
        "seed": config.seed,
        "report_to": "none",
        "disable_tqdm": True,
        "save_strategy": "steps",
        "save_total_limit": 2,
        "logging_steps": SHARES["logging_steps"],
        "save_steps": SHARES["save_steps"],
    }
    if context is not None:
        given["max_length"] = context
    if config.eval is not None:
        given |= {"eval_strategy": "steps", "eval_steps": SHARES["eval_steps"]}
    if config.stop is not None:
        given |= {
            "load_best_model_at_end": True,
            "metric_for_best_model": config.stop.metric,
            "greater_is_better": config.stop.higher_is_better,
        }
    given |= method.defaults
    given |= profile(config, method, context)
    given |= sizes
    given |= pushing.local(config.trl)
    if config.stop is not None and "save_steps" not in config.trl:
        given["save_steps"] = given["eval_steps"]  # a best checkpoint must be there to be loaded
    if config.rewards and method.online and "reward_weights" in types:
        given["reward_weights"] = [use.weight for use in config.rewards]
    try:
        made = load_class(method.config)(**{key: value for key, value in given.items() if key in types})
    except (ValueError, TypeError, ImportError, NotImplementedError) as refused:
        raise UsageError(f"trl: {method.name} refuses its arguments: {refused}") from refused
    _check(made)
    return made


def _check(made: Any) -> None:
    """Raise UsageError for what transformers would find out too late, or not at all."""
    from transformers.integrations import get_available_reporting_integrations

    if made.max_steps == 0 or (made.max_steps < 0 and made.num_train_epochs <= 0):
        raise UsageError(
            f"trl: max_steps {made.max_steps} and num_train_epochs {made.num_train_epochs:g} train no step at all"
        )
    lacking = sorted(set(made.report_to) - {"none"} - set(get_available_reporting_integrations()))
    if lacking:
        raise UsageError(f"trl.report_to: {lacking[0]} is not installed here; metrics are in OUT/log.jsonl in any case")


def profile(config: TrainConfig, method: Method, context: int | None) -> dict[str, Any]:
    """What the profile sets. A length beyond what the model can read is cut to that."""
    if config.profile is None:
        return {}
    made = dict(method.course)
    if context is not None and "max_length" in made:
        made["max_length"] = min(made["max_length"], context)
    return made


def outside(config: TrainConfig, method: Method, arguments: Any) -> list[str]:
    """One line for each setting of the config that is outside the range its profile recommends."""
    if config.profile is None:
        return []
    lines = []
    for name, (low, high) in method.ranges.items():
        value = getattr(arguments, name, None)
        if name in config.trl and isinstance(value, int | float) and not low <= value <= high:
            lines.append(f"profile {config.profile}: {name} is {value:g}, recommended is {low:g} to {high:g}")
    return lines


def machine() -> dict[str, Any]:
    """What this machine can do: without an accelerator float32 on the CPU, else bfloat16 where it is known."""
    import torch

    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        return {"use_cpu": True, "bf16": False, "gradient_checkpointing": False}
    return {"bf16": torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)}


def one_device() -> None:
    """Raise UsageError when a single process sees several GPUs: transformers would share the batch among them.

    It would then be as many times as large as asked for (`torch.nn.DataParallel`), and most methods refuse it.
    """
    import torch

    count = torch.cuda.device_count()
    if count > 1 and "WORLD_SIZE" not in os.environ:
        raise UsageError(
            f"{count} GPUs are visible to a single process; start one for each, accelerate launch --num_processes "
            f"{count} -m curate.cli train CONFIG, or show it one, CUDA_VISIBLE_DEVICES=0"
        )


SAID_BETTER = (
    "All reward functions returned None",  # `trainers.guards` says it once, with the reason
    "mtime may not be reliable",  # two checkpoints within a second
    "missing keys in the checkpoint model loaded: ['lm_head.weight']",  # a head that is tied to the embedding
    "do not match the ones in the `trainer_state.json`",  # steps as shares and as numbers; settings are compared here
    "Token indices sequence length is longer than",  # `trainers.lengths` says how many rows are, and what to do
    "did not find eval_",  # `stop:` waits for a metric that is not there, which ends the training with its names
)
"""Warnings of the libraries that a user can do nothing with."""


NOISY = (
    "trl.trainer.grpo_trainer", "trl.trainer.rloo_trainer", "transformers.trainer", "transformers.trainer_utils",
    "transformers.trainer_callback", "transformers.tokenization_utils_base",
)  # fmt: skip


def _worth_saying(record: LogRecord) -> bool:
    return not any(text in record.getMessage() for text in SAID_BETTER)


def quieten() -> None:
    """No telemetry, no progress bars of the libraries, no warning about what is called experimental."""
    for noisy in NOISY:
        getLogger(noisy).addFilter(_worth_saying)
    os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import datasets
    from huggingface_hub import constants
    from transformers.utils import logging

    constants.HF_HUB_DISABLE_TELEMETRY = True
    datasets.disable_progress_bars()
    logging.disable_progress_bar()
