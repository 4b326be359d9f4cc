"""Tables of completions with the verdict a careful person gives, written before the rules they test were read.

A row is `(verdict, completion, column, ...)`. A verdict is a value, None (cannot be judged), or a pair (least, most).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

import rewards

Row = tuple[Any, ...]


def fits(value: float | None, verdict: Any) -> bool:
    """Whether a value is the verdict, or lies within it."""
    if value is None or verdict is None:
        return value is verdict
    least, most = verdict if isinstance(verdict, tuple) else (verdict, verdict)
    return bool(least - 1e-6 <= value <= most + 1e-6)


def judged(name: str, columns: Sequence[str], rows: Iterable[Row], **options: Any) -> None:
    """Assert that a reward gives every row its verdict; all rows that differ are shown with the reason."""
    reward = rewards.get(name, **options)
    wrong = []
    rows = list(rows)
    for verdict, completion, *values in rows:
        given = {column: value for column, value in zip(columns, values, strict=False) if value is not ...}
        score = reward.score(completion, **given)
        if not fits(score.value, verdict):
            wrong.append(f"{name}: {completion!s:.300} {given!s:.200}\n    {score.value}, not {verdict}: {score.why}")
    assert not wrong, f"{len(rows) - len(wrong)} of {len(rows)} agree\n" + "\n".join(wrong)


@pytest.fixture
def agree() -> Callable[..., None]:
    """`judged`, for the tables beside this file."""
    return judged
