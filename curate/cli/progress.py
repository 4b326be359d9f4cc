"""How far a build is: a live line in a terminal, else one plain line every 30 seconds. Always on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TextIO

from curate.step import Progress
from curate.text.shown import visible

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PLAIN_EVERY_S = 30.0


@dataclass
class _Count:
    """What has been done in the current step."""

    what: str = ""
    total: int | None = None
    rows: int = 0
    tokens: int = 0
    cost_usd: float | None = None
    since: float = field(default_factory=time.monotonic)

    def add(self, rows: int, tokens: int, cost_usd: float | None) -> None:
        self.rows, self.tokens = self.rows + rows, self.tokens + tokens
        if cost_usd is not None:
            self.cost_usd = (self.cost_usd or 0) + cost_usd

    def facts(self) -> str:
        """`120/400 rows, 1,204 tokens/s, $0.12, 2 min left`."""
        seconds = max(time.monotonic() - self.since, 1e-6)
        parts = [f"{self.rows:,}/{self.total:,} rows" if self.total is not None else f"{self.rows:,} rows"]
        if self.tokens:
            parts.append(f"{self.tokens / seconds:,.0f} tokens/s")
        if self.cost_usd is not None:
            parts.append(f"${self.cost_usd:.2f}")
        if self.total and 0 < self.rows < self.total and seconds > 1:
            parts.append(f"{_duration((self.total - self.rows) * seconds / self.rows)} left")
        return ", ".join(parts)


def _duration(seconds: float) -> str:
    """Seconds, for a person.

    >>> [_duration(s) for s in (5, 200, 9000)]
    ['5 s', '3 min', '2.5 h']
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def shown(stream: TextIO | None = None) -> Iterator[Progress]:
    """Progress for a person: live in a terminal, plain lines elsewhere."""
    target = stream or sys.stderr
    with _live(target) if target.isatty() else _plain(target) as progress:
        yield replace(progress, say=lambda line: progress.say(visible(line)))


@contextmanager
def _plain(stream: TextIO) -> Iterator[Progress]:
    count, last = _Count(), time.monotonic()

    def start(what: str, total: int | None) -> None:
        nonlocal count, last
        count, last = _Count(what, total), time.monotonic()

    def advance(rows: int, tokens: int, cost_usd: float | None) -> None:
        nonlocal last
        count.add(rows, tokens, cost_usd)
        if time.monotonic() - last >= PLAIN_EVERY_S:
            last = time.monotonic()
            print(f"{count.what}: {count.facts()}", file=stream, flush=True)

    yield Progress(start, advance, lambda line: print(line, file=stream, flush=True))


@contextmanager
def _live(stream: TextIO) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar

    columns: list[Any] = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[facts]}"),
    ]
    with Bar(*columns, console=Console(file=stream), transient=True) as bar:
        yield _on_bar(bar)


def _on_bar(bar: Bar) -> Progress:
    count = _Count()
    task: TaskID | None = None

    def start(what: str, total: int | None) -> None:
        nonlocal count, task
        if task is not None:
            bar.remove_task(task)
        count, task = _Count(what, total), bar.add_task(what, total=total, facts="")

    def advance(rows: int, tokens: int, cost_usd: float | None) -> None:
        count.add(rows, tokens, cost_usd)
        if task is not None:
            bar.update(task, advance=rows, facts=count.facts())

    return Progress(start, advance, lambda line: bar.console.print(line, markup=False, highlight=False))
