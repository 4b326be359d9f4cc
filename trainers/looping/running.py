"""The rounds in order. Every stage is a folder, handed on by its path; the loop goes on wherever it was stopped.

OUT/
  loop.lock.json           the settings; the same command goes on only with the same ones
  ledger.jsonl             what each stage did, with seconds and CPU seconds
  evaluate-start/          the champion before the first round
  01-expert-iteration/     generate/ selected.parquet train/ control/ merge/ evaluate/ evaluate-control/ verdict.json
  02-grpo/ ...
  champion.json            the model that stands at the end, and why
  report.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, UsageError
from curate.holding import folder_lock
from curate.table import write_text_atomic
from trainers.evaluating import Evaluation
from trainers.looping import stages
from trainers.looping.judging import Verdict, judge
from trainers.looping.settings import LoopConfig, Round
from trainers.processes import to_stderr

if TYPE_CHECKING:
    import polars as pl

LOCK, LEDGER, CHAMPION = "loop.lock.json", "ledger.jsonl", "champion.json"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Looped:
    """A finished loop, read from its folder."""

    folder: Path

    @cached_property
    def champion(self) -> dict[str, Any]:
        """`model`, the round it came from, and the verdicts. Raises DataError when the loop is not finished."""
        path = self.folder / CHAMPION
        if not path.is_file():
            raise DataError(f"{self.folder} holds no finished loop; the same `curate loop` goes on with it")
        champion: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return champion

    @property
    def ledger(self) -> list[dict[str, Any]]:
        """What each stage did, in order."""
        path = self.folder / LEDGER
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def run_loop(config: LoopConfig, say: Say | None = None) -> Looped:
    """Run the rounds, or those that are left.

    Raises UsageError for a folder that was begun with other settings, RunLocked when another loop works in it, and what
    the stages raise; what was done stays.
    """
    from trainers.looping.page import render

    folder = config.folder
    with folder_lock(folder):
        _same_settings(config)
        loop = _Loop(config, say or to_stderr)
        _keep_settings(config)  # not before its problems are read: what cannot begin is no beginning
        loop.run()
        write_text_atomic(folder / "report.html", render(folder))
    return Looped(folder)


class _Loop:
    """Where a loop stands: the champion, its evaluation, and what each name stands for."""

    def __init__(self, config: LoopConfig, say: Say) -> None:
        self.config, self.say, self.folder = config, say, config.folder
        self.asked: pl.DataFrame = stages.problems(config.problems, config.seed)
        self.held_out: pl.DataFrame = stages.problems(config.held_out, config.seed)
        stages.disjoint(self.asked, self.held_out)
        self.names = {"start": config.model, "champion": config.model}
        self.origin = "start"

    def run(self) -> None:
        """All rounds, then the champion's file."""
        self.best = self._measured("start", self.config.model, self.folder / "evaluate-start")
        self.say(f"start: {_figures(self.best)}")
        told = []
        for number, one in enumerate(self.config.rounds, 1):
            verdict = self._round(one, self.folder / f"{number:02d}-{one.name}")
            told.append({"round": one.name, "promoted": verdict.promoted, "why": verdict.why})
        made = {"model": self.names["champion"], "from": self.origin, "rounds": told,
                "figures": self.best.to_dict()["table"][0]}  # fmt: skip
        stages.write_json(self.folder / CHAMPION, made)

    def _round(self, one: Round, folder: Path) -> Verdict:
        self.names["candidate"] = self.names["champion"]
        control = None
        if one.train is not None:
            control = self._trained(one, folder)
        if one.merge is not None:
            with self._noted(one.name, "merge", folder / "merge"):
                self.names["candidate"] = stages.merge(one.merge, self.names, folder / "merge")
        candidate = self._measured(one.name, self.names["candidate"], folder / "evaluate")
        beside = None
        if control is not None:
            beside = self._measured(one.name, control, folder / "evaluate-control")
        verdict = judge(candidate, self.best, beside, self.config.promote, always=one.promote == "always")
        stages.write_json(folder / "verdict.json", verdict.to_dict())
        self.names[one.name] = self.names["candidate"]
        if verdict.promoted:
            self.names["champion"], self.best, self.origin = self.names["candidate"], candidate, one.name
        beside_text = "" if beside is None else f"; control {_figures(beside)}"
        self.say(f"{one.name}: {_figures(candidate)}{beside_text}; {verdict.why}")
        return verdict

    def _trained(self, one: Round, folder: Path) -> str | None:
        """The candidate, and the model of the control arm where there is one."""
        assert one.train is not None  # the caller has looked
        data, control_data = self._data(one, folder)
        with self._noted(one.name, "train", folder / "train" / "metrics.json"):
            trained = stages.train(self.names["champion"], data, self.config, one.train, folder / "train", self.say)
        self.names["candidate"] = trained.model
        if not one.controlled:
            return None
        settings = {**one.train, **one.control} if isinstance(one.control, dict) else one.train
        own = isinstance(one.control, dict)
        with self._noted(one.name, "control", folder / "control" / "metrics.json"):
            return stages.train(
                self.names["champion"], control_data, self.config, settings, folder / "control", self.say,
                shuffled=not own and one.online,
            ).model  # fmt: skip

    def _data(self, one: Round, folder: Path) -> tuple[str, str]:
        """Paths of the rows for the candidate and for its control arm."""
        if one.data is not None:
            return one.data.path, one.data.path
        chosen, other = folder / "selected.parquet", folder / "control.parquet"
        if one.generate is None:
            return self._written(self.asked, chosen), str(chosen)
        with self._noted(one.name, "generate", folder / "generate" / "evaluation.json"):
            answers = stages.generate(self.names["champion"], self.asked, self.config, one, folder / "generate")
        if not chosen.is_file():
            rows = stages.select(answers, one, chosen)
            self.say(f"{one.name}: {_figures(answers)} on the problems; {rows:,} rows to train on")
        if one.online or not one.controlled:
            return str(chosen), str(chosen)
        if not other.is_file():
            stages.select(answers, one, other, shuffled=self.config.seed, most=_rows(chosen))
        return str(chosen), str(other)

    def _written(self, table: pl.DataFrame, path: Path) -> str:
        from curate.table import write_parquet

        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_parquet(table, path)
        return str(path)

    def _measured(self, name: str, model: str, folder: Path) -> Evaluation:
        with self._noted(name, folder.name, folder / "evaluation.json"):
            return stages.measure(model, self.held_out, self.config, self.config.evaluate, folder)

    @contextmanager
    def _noted(self, name: str, stage: str, done: Path) -> Iterator[None]:
        """A line of the ledger for a stage that was not done yet."""
        if done.exists():
            yield
            return
        began, cpu = time.monotonic(), time.process_time()
        yield
        line = {"round": name, "stage": stage, "seconds": round(time.monotonic() - began, 1),
                "cpu_seconds": round(time.process_time() - cpu, 1)}  # fmt: skip
        with (self.folder / LEDGER).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def _same_settings(config: LoopConfig) -> None:
    path = config.folder / LOCK
    if not path.is_file():
        return
    before, now = json.loads(path.read_text(encoding="utf-8"))["config"], config.model_dump(mode="json")
    changed = sorted(key for key in now if before.get(key) != now[key] and key != "out")
    if changed:
        raise UsageError(
            f"{config.folder} was begun with other settings: {changed[0]} differs. "
            "Put it back to go on, or give another folder, --out"
        )


def _keep_settings(config: LoopConfig) -> None:
    from trainers.lock import versions

    if not (config.folder / LOCK).is_file():
        stages.write_json(config.folder / LOCK, {"config": config.model_dump(mode="json"), "versions": versions()})


def _rows(path: Path) -> int:
    import polars as pl

    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def _figures(found: Evaluation) -> str:
    return ", ".join(f"pass@{k} {interval}" for k, interval in found.overall.pass_at.items())
