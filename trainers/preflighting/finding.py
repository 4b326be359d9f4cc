"""What a preflight finds, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from curate.errors import GateFailed

Level = Literal["fault", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was seen. A fault will spoil the training; a note is what a careful person would want to know.

    check: the name of what looked. what: in one sentence, with numbers. advice: what to do. rows: which, at most a few.
    """

    check: str
    level: Level
    what: str
    advice: str = ""
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        rows = f" (rows {', '.join(map(str, self.rows))})" if self.rows else ""
        return f"{self.check}: {self.what}{rows}.{' ' + self.advice if self.advice else ''}"


@dataclass(frozen=True)
class Preflight:
    """A finished preflight. masks: two rows as they are learned. figures: what was measured on the way."""

    findings: tuple[Finding, ...]
    masks: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def faults(self) -> Sequence[Finding]:
        """What will spoil the training."""
        return [one for one in self.findings if one.level == "fault"]

    @property
    def notes(self) -> Sequence[Finding]:
        """What is good to know."""
        return [one for one in self.findings if one.level == "note"]

    def gate(self) -> None:
        """Raise GateFailed (exit code 5) when there are faults."""
        if self.faults:
            raise GateFailed(f"{_counted(self.faults)}; mend {'it' if len(self.faults) == 1 else 'them'}, then train")

    def to_dict(self) -> dict[str, Any]:
        """All of it, as JSON holds it."""
        return {"findings": [asdict(one) for one in self.findings], "masks": self.masks, "figures": dict(self.figures)}

    def __str__(self) -> str:
        lines = [f"{name}: {_told(value)}" for name, value in self.figures.items()]
        if self.masks:
            lines += ["", "what is learned, between [[ and ]]:", *(f"  {mask}" for mask in self.masks)]
        lines += ["", *(f"note   {one}" for one in self.notes), *(f"FAULT  {one}" for one in self.faults)]
        lines.append("ready to train" if not self.faults else _counted(self.faults))
        return "\n".join(lines).lstrip("\n")


def _counted(faults: Sequence[Finding]) -> str:
    return "1 fault" if len(faults) == 1 else f"{len(faults)} faults"


def _told(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)
