"""What `curate rewards ...` does and prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, GateFailed, UsageError

if TYPE_CHECKING:
    from rewards.agreement import Audit
    from rewards.goldfile import Failure
    from rewards.redteaming import Report
    from rewards.rescoring import Rescored


def list_rewards() -> list[dict[str, Any]]:
    """All rewards, ours and third parties', by name."""
    import rewards

    found = []
    for name in rewards.names():
        entry = rewards.get(name).entry
        found.append(
            {
                "name": name,
                "columns": list(entry.columns),
                "range": list(entry.range),
                "about": entry.about,
                "source": entry.source,
            }
        )
    return found


def list_text(listed: list[dict[str, Any]]) -> str:
    """The list as a table for a terminal."""
    width = max(len(reward["name"]) for reward in listed)
    columns = max(len(", ".join(reward["columns"])) for reward in listed)
    lines = []
    for reward in listed:
        low, high = reward["range"]
        reads = ", ".join(reward["columns"])
        lines.append(f"{reward['name']:<{width}}  {reads:<{columns}}  [{low:g}, {high:g}]  {reward['about']}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Tested:
    """What a golden file showed."""

    name: str
    rows: int
    failures: list[Failure]

    def to_dict(self) -> dict[str, Any]:
        """For machines."""
        return {"name": self.name, "rows": self.rows, "failures": [asdict(failure) for failure in self.failures]}

    def __str__(self) -> str:
        passed = self.rows - len({failure.row for failure in self.failures})
        return "\n".join([*map(str, self.failures), f"{self.name}: {passed} of {self.rows} rows pass"])

    def gate(self) -> None:
        """Raise GateFailed when a row failed."""
        if self.failures:
            count = len(self.failures)
            raise GateFailed(f"{self.name}: {count} completion{'s' * (count != 1)} earned another value")


def test_reward(name: str, gold: Path) -> Tested:
    """Run a golden file."""
    from rewards.goldfile import check
    from rewards.tables import read_rows

    with _told():
        rows = read_rows(gold)
        if not rows:
            raise DataError(f"{gold}: no rows, so nothing was tested")
        return Tested(name, len(rows), check(name, rows))


def rescore_file(
    path: Path,
    written: Sequence[str],
    *,
    out: Path | None = None,
    against: str = "",
    columns: Sequence[str] = (),
    data: Path | None = None,
) -> list[Rescored]:
    """Judge the completions of a file or folder again with each reward; write them with their scores."""
    from rewards.naming import parse_all
    from rewards.rescoring import joined, rescore
    from rewards.tables import read_rows, renamed, write_rows

    with _told():
        chosen = parse_all(list(written))
        rows = read_rows(path)
        if data is not None:
            rows = joined(rows, read_rows(data))
        rows = renamed(rows, _columns(columns))
        done = []
        for reward in chosen:
            done.append(rescore(rows, reward, against))
            rows = done[-1].rows
        if out is not None:
            write_rows(out, rows)
    return done


def attack(target: str, timeout_s: float) -> Report:
    """Run the red team against a reward."""
    from rewards.redteaming import redteam

    with _told():
        return redteam(target, timeout_s)


def redteam_gate(report: Report) -> None:
    """Raise GateFailed when a finding is of high severity."""
    if report.high:
        names = ", ".join(dict.fromkeys(finding.name for finding in report.high))
        raise GateFailed(f"{report.target}: findings of high severity: {names}")


def audit_file(
    path: Path,
    written: Sequence[str],
    *,
    label: str = "",
    columns: Sequence[str] = (),
    threshold: float = 0.5,
    out: Path | None = None,
) -> Audit:
    """Judge a file with each reward and compare; write the rows on which they differ."""
    from rewards.audit import audit
    from rewards.naming import parse_all
    from rewards.tables import read_rows, renamed, write_rows

    with _told():
        chosen = parse_all(list(written))
        done = audit(renamed(read_rows(path), _columns(columns)), chosen, label=label, threshold=threshold)
        if out is not None:
            write_rows(out, [row.to_dict() for row in done.disagreements])
    return done


def _columns(written: Sequence[str]) -> dict[str, str]:
    """`answer=ground_truth` as a table."""
    pairs = [one.partition("=") for one in written]
    for (name, _, source), one in zip(pairs, written, strict=True):
        if not (name and source):
            raise UsageError(f"--column {one}: write NAME=COLUMN, as in --column answer=ground_truth")
    return {name: source for name, _, source in pairs}


@contextmanager
def _told() -> Iterator[None]:
    """A mistake in what was asked of the rewards, as an error of the command line."""
    from rewards import RewardError

    try:
        yield
    except RewardError as error:
        raise DataError(str(error)) from None
