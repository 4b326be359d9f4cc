"""The folder of a training: what lies in it, who works in it, whether it may be trained into.

OUT/
  train.lock.json   the config with every default, the trainer's arguments, versions, hashes of data, model and rewards
  log.jsonl         metrics while it trains
  checkpoints/      where it goes on from with `--resume`
  model/            what came out: weights, tokenizer, chat template; what the next stage starts from
  metrics.json      the last and the best of the log, rows, rewards, seconds; with it the training is done
  alarms.jsonl      what the watch saw (trainers.watching), where it saw something
  report.html       the curves and the alarms
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, UsageError
from curate.holding import folder_lock
from trainers.models import MODEL
from trainers.processes import is_main

if TYPE_CHECKING:
    from trainers.settings import TrainConfig

LOCK = "train.lock.json"
METRICS = "metrics.json"
LOG = "log.jsonl"
REPORT = "report.html"
CHECKPOINTS = "checkpoints"
START = "start"
"""An adapter merged into its base, where the training starts from one."""


@dataclass(frozen=True)
class Trained:
    """A finished training, read from its folder."""

    folder: Path

    @property
    def model(self) -> str:
        """The folder of the model: what the next stage, `curate build` or `from_pretrained` takes."""
        return str(self.folder / MODEL)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """What came of it. Raises DataError when the training is not finished."""
        path = self.folder / METRICS
        if not path.is_file():
            raise DataError(f"{self.folder} holds no finished training; `curate train ... --resume` finishes one")
        metrics: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return metrics

    @cached_property
    def lock(self) -> dict[str, Any]:
        """The resolved config and what it met."""
        lock: dict[str, Any] = json.loads((self.folder / LOCK).read_text(encoding="utf-8"))
        return lock

    @property
    def log(self) -> list[dict[str, Any]]:
        """The metrics while it trained, in order."""
        path = self.folder / LOG
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder, held by the main process for all that train together.

    A training that ends in an error before there is anything to go on from leaves the folder as it was before.
    """
    if not is_main():
        yield
        return
    new = not folder.exists()
    with folder_lock(folder):
        begun = (folder / LOCK).is_file()
        try:
            yield
        except BaseException:
            if not begun and not _anything_learned(folder):
                clear(folder)
            if new and [path.name for path in folder.iterdir()] == [".lock"]:
                shutil.rmtree(folder)
            raise


def _anything_learned(folder: Path) -> bool:
    log = folder / LOG
    return last_checkpoint(folder) is not None or (log.is_file() and log.stat().st_size > 0)


def clear(folder: Path) -> None:
    """Take away what a training has written; what is costly to get again and no part of one stays (kd's teacher)."""
    for name in (CHECKPOINTS, MODEL, START):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in (LOCK, METRICS, LOG, REPORT, "alarms.jsonl"):
        (folder / name).unlink(missing_ok=True)


def standing(folder: Path, config: TrainConfig, *, resume: bool, fresh: bool) -> Trained | None:
    """What the folder holds already: a finished training, when that is asked for; else it is made ready for one.

    All processes that train together come to the same answer: none of them has written anything yet.
    Raises UsageError for a folder that is not to be trained into.
    """
    lock = folder / LOCK
    if fresh:
        if is_main():
            clear(folder)
        return None
    if not lock.is_file():
        return None
    if not resume:
        state = "a finished" if (folder / METRICS).is_file() else "an unfinished"
        raise UsageError(
            f"{folder} holds {state} training; --resume goes on with it, --fresh starts again, or take another out:"
        )
    before, now = json.loads(lock.read_text(encoding="utf-8"))["config"], config.model_dump(mode="json")
    changed = sorted(key for key in now if key in before and before[key] != now[key])
    if changed:
        key = changed[0]
        raise UsageError(
            f"{folder} was begun with other settings: {key} was {json.dumps(before.get(key))}, "
            f"is {json.dumps(now[key])}. Put it back to resume, or --fresh starts again"
        )
    return Trained(folder) if (folder / METRICS).is_file() else None


def last_checkpoint(folder: Path) -> Path | None:
    """The last whole checkpoint of a training. One that was being written when the process died is passed over.

    `trainer_state.json` is what transformers writes last.
    """
    found = [
        path
        for path in (folder / CHECKPOINTS).glob("checkpoint-*")
        if (path / "trainer_state.json").is_file() and path.name.rpartition("-")[2].isdigit()
    ]
    return max(found, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def disk_full(error: BaseException) -> bool:
    """Whether a file could not be written for lack of room, which torch and safetensors say in words of their own."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return True
    return any(word in str(error) for word in ("No space left", "File too large", "inline_container", "StreamWriter"))
