"""What happened, step by step: one JSON line each in `ledger.jsonl`, the same bytes however often a build was killed.

The law of the ledger, checked while a build runs: **in + created = out + dropped + failed**. `created` counts the rows
beyond those that came in: a row with four children stands for one of them and creates three. Times are not in here
(two builds of one recipe are byte-identical); they are in `log.jsonl`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from curate.errors import DataError


@dataclass(frozen=True)
class Entry:
    """One step of a run.

    step: `02-grade`, the stem of its files. word: the recipe's `step:`. kind: see `curate.step`.
    key: names the step's result: its settings, its version and the key of its input.
    reasons, failures: rows by reason, most frequent first. cost_usd: None when no price is known.
    """

    step: str
    word: str
    kind: str
    key: str
    rows_in: int
    created: int
    out: int
    dropped: int
    failed: int
    reasons: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    retriable: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)

    def balances(self) -> bool:
        """Whether in + created = out + dropped + failed.

        >>> Entry("00-load", "load", "source", "k", 0, 5, 4, 1, 0).balances()
        True
        """
        return self.rows_in + self.created == self.out + self.dropped + self.failed


def to_lines(entries: list[Entry]) -> str:
    """The text of `ledger.jsonl`."""
    return "".join(json.dumps(asdict(entry), ensure_ascii=False, allow_nan=False) + "\n" for entry in entries)


def read_entry(text: str, where: str) -> Entry:
    """Read one entry back. Raises DataError naming `where` when it is not one."""
    try:
        return Entry(**json.loads(text))
    except (TypeError, ValueError) as broken:
        raise DataError(f"{where}: not an entry of a ledger ({broken}); `curate build` writes it again") from broken


def read_ledger(path: Path) -> list[Entry]:
    """All entries of a run, in order. Raises DataError when the file is missing or damaged."""
    if not path.is_file():
        raise DataError(
            f"{path} is missing: {path.parent} is not the folder of a finished run; run `curate build` first"
        )
    try:
        lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")  # a reason may hold U+2028
    except ValueError as broken:
        raise DataError(f"{path} is damaged ({broken}); `curate build` writes it again") from None
    return [read_entry(line, f"{path}:{number}") for number, line in enumerate(lines, 1)]
