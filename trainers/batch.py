"""From the batch one wants to the sizes a trainer takes: rows on a device, steps of accumulation."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from curate.errors import UsageError

if TYPE_CHECKING:
    from trainers.job import Job
    from trainers.methods import Method
    from trainers.settings import TrainConfig

ON_DEVICE = 8
"""Rows on a device at once when nothing is said, as in TRL."""

OWN = ("per_device_train_batch_size", "gradient_accumulation_steps")


def processes() -> int:
    """Processes that train together, as `accelerate launch` and `torchrun` say."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def effective(config: TrainConfig, method: Method) -> int:
    """Rows, pairs or completions an optimizer step learns from.

    Raises UsageError when `batch:` and the trainer's own sizes are both given, or groups do not fit in.
    """
    own = [name for name in OWN if name in config.trl]
    if own and config.batch.effective is not None:
        raise UsageError(f"batch: {config.batch.effective} and trl.{own[0]} both say how large a batch is; keep one")
    for name in (*own, *(("num_generations",) if "num_generations" in config.trl else ())):
        if int(config.trl[name]) < 1:
            raise UsageError(f"trl.{name} must be at least 1, is {config.trl[name]}")
    if own:
        size = int(config.trl.get(OWN[0], ON_DEVICE)) * int(config.trl.get(OWN[1], 1)) * processes()
    else:
        size = config.batch.effective or method.batch
    if size % processes():
        raise UsageError(f"batch: {size} cannot be shared by {processes()} processes; take a multiple of that")
    group = group_size(config, method)
    if size % group:
        near = sorted({size // group * group, (size // group + 1) * group} - {0})
        raise UsageError(
            f"batch: {size} completions cannot hold whole groups of {group} (num_generations); take "
            + " or ".join(map(str, near))
        )
    return size


def group_size(config: TrainConfig, method: Method) -> int:
    """Completions a prompt, for methods that compare them; else 1."""
    from trainers.arguments import field_types, profile
    from trainers.methods import load_class

    if "num_generations" not in field_types(method.config):
        return 1
    default = next(
        f.default for f in load_class(method.config).__dataclass_fields__.values() if f.name == "num_generations"
    )
    given = dict(method.defaults) | profile(config, method, None) | config.trl
    return int(given.get("num_generations", default))


def sizes(config: TrainConfig, method: Method, on_device: int | None = None) -> dict[str, int]:
    """The sizes by the names of the trainer's arguments; their product with the processes is the effective batch.

    on_device: rows a device holds at once, at most; a divisor of its share of the batch is taken.
    """
    if any(name in config.trl for name in OWN):
        return {}
    share = effective(config, method) // processes()
    asked = on_device or (config.batch.device if isinstance(config.batch.device, int) else ON_DEVICE)
    device = max(size for size in divisors(share) if size <= asked)
    made = {OWN[0]: device, OWN[1]: share // device}
    group = group_size(config, method)
    if "per_device_eval_batch_size" not in config.trl:
        made["per_device_eval_batch_size"] = max(device // group, 1) * group
    return made


def told(arguments: Any, unit: str) -> str:
    """The batch in words."""
    device, steps = arguments.per_device_train_batch_size, arguments.gradient_accumulation_steps
    return (
        f"a step learns from {device * steps * processes()} {unit}: {device} on a device x accumulation {steps} "
        f"x {processes()} process{'es' * (processes() > 1)}"
    )


def there(job: Job, rows: Any) -> int:
    """Rows, pairs or completions that a data set makes in an epoch."""
    return len(rows) * group_size(job.config, job.method)


def divisors(number: int) -> list[int]:
    """All of them, ascending.

    >>> divisors(12)
    [1, 2, 3, 4, 6, 12]
    """
    return [size for size in range(1, number + 1) if number % size == 0]


def out_of_memory(error: BaseException) -> bool:
    """Whether a device, or the machine, had no room left."""
    from accelerate.utils.memory import should_reduce_batch_size

    if not isinstance(error, Exception):
        return False
    return bool(should_reduce_batch_size(error)) or "cannot allocate memory" in str(error).lower()


def candidates(share: int) -> list[int]:
    """Sizes on a device to try, the largest first: all of its share, then less.

    >>> candidates(12)
    [12, 6, 4, 3, 2, 1]
    """
    return divisors(share)[::-1]


def worst_rows(dataset: Any, count: int) -> Any:
    """The longest rows by their text: what a batch of `count` may hold at worst."""
    from json import dumps

    lengths = [len(dumps(row, default=str)) for row in dataset]
    order = sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True)[:count]
    return dataset.select([order[place % len(order)] for place in range(count)])
