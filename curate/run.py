"""A run is a folder a person can read; this is where everything in it lies.

runs/openthoughts/
  recipe.yaml            the recipe's own text
  recipe.lock.json       the recipe with every default, version, revision and seed
  ledger.jsonl           what each step did (curate.ledger)
  log.jsonl              when, how long, what was reused: the only file that differs between equal builds
  steps/00-load.parquet  the rows after a step; beside it .dropped.parquet, .failed.parquet (with `reason`), .json
  responses/journal.jsonl  every raw model response (curate.responses)
  shards/                what an executor keeps while it works, and its logs (curate.executors)
  data/train.parquet     what is pushed
  preferences.jsonl      what people preferred (curate.viewer)
  README.md report.html  the card and the report: pure functions of the rest
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import CurateError, DataError, did_you_mean
from curate.ledger import Entry, read_entry, read_ledger

if TYPE_CHECKING:
    import polars as pl


SUFFIXES = (".parquet", ".dropped.parquet", ".failed.parquet")


@dataclass(frozen=True)
class Run:
    """A finished (or half finished) run, read from its folder."""

    folder: Path

    @property
    def data_folder(self) -> Path:
        """Where the final splits lie."""
        return self.folder / "data"

    @property
    def steps_folder(self) -> Path:
        """Where the rows after each step lie."""
        return self.folder / "steps"

    @property
    def journal_path(self) -> Path:
        """Every raw response."""
        return self.folder / "responses" / "journal.jsonl"

    @property
    def shards_folder(self) -> Path:
        """Where an executor may keep its files."""
        return self.folder / "shards"

    @property
    def lock_path(self) -> Path:
        """The recipe, resolved."""
        return self.folder / "recipe.lock.json"

    @property
    def ledger_path(self) -> Path:
        """What each step did."""
        return self.folder / "ledger.jsonl"

    @property
    def log_path(self) -> Path:
        """When it was done, and what was reused."""
        return self.folder / "log.jsonl"

    @property
    def card_path(self) -> Path:
        """The data set card."""
        return self.folder / "README.md"

    @property
    def report_path(self) -> Path:
        """The report, one self-contained page."""
        return self.folder / "report.html"

    @cached_property
    def lock(self) -> dict[str, Any]:
        """The resolved recipe. Raises DataError when the folder holds none, or one that is damaged."""
        if not self.lock_path.is_file():
            raise self._not_finished("recipe.lock.json")
        try:
            lock = json.loads(self.lock_path.read_text(encoding="utf-8"))
        except ValueError as broken:
            raise DataError(f"{self.lock_path} is damaged ({broken}); `curate build` writes it again") from None
        if not isinstance(lock, dict):
            raise DataError(f"{self.lock_path} is no lock of a recipe; `curate build` writes it again")
        return lock

    @cached_property
    def ledger(self) -> list[Entry]:
        """The entries of all finished steps, in order; those so far while a first build has not ended.

        Raises DataError for a folder that is no run.
        """
        if not self.ledger_path.is_file() and (self.steps_folder.is_dir() or self.journal_path.is_file()):
            stems = sorted(path.stem for path in self.steps_folder.glob("[0-9][0-9]-*.json"))
            return [entry for stem in stems if (entry := self.entry(stem)) is not None]
        if not self.ledger_path.is_file():
            raise self._not_finished("ledger.jsonl")
        return read_ledger(self.ledger_path)

    def _not_finished(self, file: str) -> DataError:
        """What to say of a folder that lacks `file`: the run that was meant, where another name is near."""
        if self.folder.is_file():
            why = "it is a file; name the folder that `curate build` wrote"
        elif (self.folder.parent / "ledger.jsonl").is_file():
            why = f"it is a part of one; name {self.folder.parent}"
        elif below := sorted(path.parent for path in self.folder.glob("*/ledger.jsonl")):
            more = f" (and {len(below) - 1} more)" if len(below) > 1 else ""
            why = f"it holds runs; name one, {below[0]}{more}"
        elif self.folder.is_dir():
            why = f"it has no {file}; run `curate build` first"
        else:
            near = {*self.folder.parent.glob("*/ledger.jsonl"), *Path("runs").glob("*/ledger.jsonl")}
            why = f"there is no such folder{_meant(self.folder, sorted(path.parent for path in near))}"
        return DataError(f"{self.folder} is not the folder of a finished run: {why}")

    def entry(self, step: str) -> Entry | None:
        """The entry of a finished step (`02-grade`); None when there is none, or its tables are not as it left them."""
        path = self.steps_folder / f"{step}.json"
        if not path.is_file():
            return None
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            return read_entry(json.dumps(stored["entry"]), str(path)) if stored["sizes"] == self.sizes(step) else None
        except (ValueError, KeyError, TypeError, CurateError):
            return None

    def sizes(self, step: str) -> dict[str, int]:
        """Bytes of each table of a step, 0 for those that are not there."""
        paths = {suffix: self.steps_folder / f"{step}{suffix}" for suffix in SUFFIXES}
        return {suffix: path.stat().st_size if path.is_file() else 0 for suffix, path in paths.items()}

    def kept(self, step: str) -> pl.DataFrame:
        """The rows after `step` (`02-grade`)."""
        return self._table(step, ".parquet")

    def dropped(self, step: str) -> pl.DataFrame:
        """The rows that `step` dropped, with `reason`; no columns when it dropped none."""
        return self._table(step, ".dropped.parquet")

    def failed(self, step: str) -> pl.DataFrame:
        """The rows on which `step` failed, with `reason`; no columns when it failed on none."""
        return self._table(step, ".failed.parquet")

    def splits(self) -> dict[str, pl.DataFrame]:
        """The final rows by split, as pushed."""
        from curate.table import read_parquet

        return {path.stem: read_parquet(path) for path in sorted(self.data_folder.glob("*.parquet"))}

    def _repr_html_(self) -> str:
        """The report, in a notebook."""
        from curate.notebook import framed

        title = f"Report of {self.folder.name}"
        if not self.report_path.is_file():
            return framed("not finished: it has no report yet", title)
        return framed(self.report_path.read_text(encoding="utf-8"), title)

    def _table(self, step: str, suffix: str) -> pl.DataFrame:
        import polars as pl

        from curate.table import read_parquet

        path = self.steps_folder / f"{step}{suffix}"
        if path.is_file():
            return read_parquet(path)
        if suffix == ".parquet":
            raise DataError(f"{path} is missing: the run is not finished; `curate build` completes it")
        return pl.DataFrame()


def _meant(folder: Path, runs: list[Path]) -> str:
    """The run of that name elsewhere, else the nearest of the runs."""
    same = next((run for run in runs if run.name == folder.name), None)
    return f"; did you mean '{same}'?" if same else did_you_mean(str(folder), map(str, runs))
