"""What a model made of problems: answers and verdicts, the figures they come to, and the table that is printed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainers.evaluating.estimators import Interval, majority_at_k, mean_interval, pass_at_k

if TYPE_CHECKING:
    import polars as pl

ALL = "all"


@dataclass(frozen=True)
class Measured:
    """The figures of one source, or of all problems (`source` "all").

    samples: answers asked. none: share of answers the reward could not judge; they count in no rate. clipped: share
    that was cut off at max_tokens. tokens: of an answer, on average.
    """

    source: str
    problems: int
    samples: int
    pass_at: Mapping[int, Interval]
    majority_at: Mapping[int, Interval]
    none: float
    clipped: float
    tokens: float


@dataclass(frozen=True)
class Evaluation:
    """What a model made of problems.

    rows: one an answer, with `completion`, `score.<reward>`, `why.<reward>`; those of one problem share `parent`.
    reward: the label that says who passed, at `threshold` or more. failed: problems that could not be asked.
    """

    model: str
    rows: pl.DataFrame
    reward: str
    k: tuple[int, ...]
    threshold: float
    seed: int
    failed: int = 0

    @cached_property
    def problems(self) -> pl.DataFrame:
        """One row a problem, in order: `problem source judged passed`, and `answers` and `verdicts` by sample."""
        import polars as pl

        from rewards.extract import final_answer

        def vote(text: str) -> str | None:
            found = final_answer(text)
            return " ".join(found.text.split()) if found else None

        score = pl.col(f"score.{self.reward}")
        answers = pl.Series("answer", [vote(text or "") for text in self.rows["completion"]], dtype=pl.String)
        source = pl.col("source") if "source" in self.rows.columns else pl.lit(ALL).alias("source")
        return (
            self.rows.with_columns(answers, source.cast(pl.String).fill_null("(none)"))
            .group_by("parent", maintain_order=True)
            .agg(
                pl.col("source").first(),
                judged=score.is_not_null().sum(),
                passed=(score >= self.threshold).sum(),
                answers=pl.col("answer").filter(score.is_not_null()),
                verdicts=(score >= self.threshold).filter(score.is_not_null()),
            )
            .rename({"parent": "problem"})
        )

    def pass_rates(self) -> dict[str, float]:
        """Problem -> share of its judged answers that passed; what a curriculum orders by."""
        table = self.problems.filter(self.problems["judged"] > 0)
        return dict(zip(table["problem"], (table["passed"] / table["judged"]).to_list(), strict=True))

    @cached_property
    def table(self) -> tuple[Measured, ...]:
        """All problems first, then each source where there are several."""
        sources = self.problems["source"].unique(maintain_order=True).to_list()
        return (self._measured(ALL), *(self._measured(one) for one in sources if len(sources) > 1))

    @property
    def overall(self) -> Measured:
        """The figures over all problems."""
        return self.table[0]

    def _measured(self, source: str) -> Measured:
        import polars as pl

        table, rows = self.problems, self.rows
        if source != ALL:
            table = table.filter(pl.col("source") == source)
            rows = rows.join(table.select(parent="problem"), on="parent", how="semi")
        votes = [
            list(zip(answers, verdicts, strict=True))
            for answers, verdicts in zip(table["answers"].to_list(), table["verdicts"].to_list(), strict=True)
        ]
        judged, passed = table["judged"].to_list(), table["passed"].to_list()
        return Measured(
            source=source,
            problems=table.height,
            samples=rows.height,
            pass_at={k: mean_interval(pass_at_k(judged, passed, k), seed=self.seed) for k in self.k},
            majority_at={k: mean_interval(majority_at_k(votes, k), seed=self.seed) for k in self.k if k > 2},
            none=_share(rows[f"score.{self.reward}"].is_null()),
            clipped=_share(rows["finish_reason"] == "length"),
            tokens=float(rows["completion_tokens"].mean() or 0),  # type: ignore[arg-type]
        )

    def to_dict(self) -> dict[str, Any]:
        """All figures, as JSON holds them."""
        return {
            "model": self.model,
            "reward": self.reward,
            "threshold": self.threshold,
            "seed": self.seed,
            "failed": self.failed,
            "table": [asdict(row) for row in self.table],
        }

    def save(self, folder: Path) -> None:
        """Write `evaluation.json` and `answers.parquet`."""
        from curate.table import write_parquet, write_text_atomic

        folder.mkdir(parents=True, exist_ok=True)
        write_parquet(self.rows, folder / "answers.parquet")
        write_text_atomic(folder / "evaluation.json", json.dumps(self.to_dict(), indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Evaluation:
        """Read what `save` wrote. Raises DataError where the folder holds none."""
        from curate.table import read_parquet, require_file

        path = folder / "evaluation.json"
        require_file(path)
        said = json.loads(path.read_text(encoding="utf-8"))
        k = tuple(int(one) for one in said["table"][0]["pass_at"])
        rows = read_parquet(folder / "answers.parquet")
        return cls(said["model"], rows, said["reward"], k, said["threshold"], said["seed"], said["failed"])

    def __str__(self) -> str:
        """A table for a terminal, one line a source; intervals are 95%, over problems."""
        first = self.overall
        head = ["source", "problems", *(f"pass@{k}" for k in first.pass_at), *(f"maj@{k}" for k in first.majority_at)]
        lines = [[*head, "tokens", "cut off", "not judged"]]
        for row in self.table:
            figures = [_interval(one) for one in (*row.pass_at.values(), *row.majority_at.values())]
            rest = [f"{row.tokens:,.0f}", f"{row.clipped:.1%}", f"{row.none:.1%}"]
            lines.append([row.source, f"{row.problems:,}", *figures, *rest])
        per = f"{first.samples / max(1, first.problems):.3g}"
        told = f"{self.model}: {first.problems:,} problems, {per} answers each, judged by {self.reward}"
        if self.failed:
            told += f"; {self.failed:,} could not be asked"
        return "\n".join([told, *_aligned(lines)])


def _share(flags: pl.Series) -> float:
    return float(flags.fill_null(value=False).mean() or 0.0)  # type: ignore[arg-type]


def _interval(interval: Interval) -> str:
    if interval.problems == 0:
        return "-"
    return f"{100 * interval.value:.1f} [{100 * interval.low:.1f}, {100 * interval.high:.1f}]"


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Columns of one width: the first to the left, the others to the right."""
    widths = [max(len(line[place]) for line in lines) for place in range(len(lines[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
