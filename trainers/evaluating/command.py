"""What `curate evaluate` makes of its words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import UsageError
from trainers.evaluating.comparing import compare
from trainers.evaluating.ensembles import ensemble
from trainers.evaluating.evaluation import Evaluation
from trainers.evaluating.measuring import evaluate

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Asked:
    """The words of the command."""

    model: str
    data: str
    rewards: tuple[str, ...]
    split: str | None
    n: int
    k: tuple[int, ...]
    temperature: float
    max_tokens: int
    limit: int | None
    columns: tuple[str, ...]
    seed: int
    url: str | None

    def problems(self) -> pl.DataFrame:
        """The rows to ask."""
        from trainers.data import read, renamed
        from trainers.settings import Data

        return read(Data(path=self.data, split=self.split, limit=self.limit), renamed(self.columns))

    def settings(self) -> dict[str, Any]:
        """What `evaluate` takes beside the model and the problems."""
        return {
            "rewards": list(self.rewards),
            "n": self.n,
            "k": self.k,
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
        }


def run_evaluation(
    asked: Asked, out: Path | None, *, against: str | None, more: tuple[str, ...], by: str
) -> tuple[str, dict[str, Any]]:
    """Measure, and compare where asked: the text to print, and the figures.

    out: keeps the answers of the model in `out`, of the other one in `out/against`.
    """
    problems = asked.problems()
    if by not in ("vote", "logprobs"):
        raise UsageError(f"evaluate: --by is '{by}'; models answer as one by vote or by logprobs")
    first = _measured(asked, problems, out, more, by)
    if against is None:
        return str(first), first.to_dict()
    other = evaluate(against, problems, folder=out and out / "against", **asked.settings())
    compared = compare(first, other)
    text = f"{first}\n\n{other}\n\n{compared}"
    return text, first.to_dict() | {"against": other.to_dict(), "comparison": compared.to_dict()}


def _measured(asked: Asked, problems: pl.DataFrame, out: Path | None, more: tuple[str, ...], by: str) -> Evaluation:
    settings = asked.settings()
    if more:
        if asked.url is not None:
            raise UsageError("evaluate: --with takes local models; --url asks a server")
        return ensemble([asked.model, *more], problems, by, folder=out, **settings)  # type: ignore[arg-type]
    engine = None if asked.url is None else {"engine": "server", "url": asked.url, "model": asked.model}
    return evaluate(asked.model, problems, folder=out, engine=engine, **settings)
