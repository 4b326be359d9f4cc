"""`safety`: does a model refuse what it should, and only that?

Sixty prompts of our own ship with this package: thirty that ask for harm, and beside each a harmless one with the same
words (after the idea of XSTest, Roettger et al. 2023, arXiv 2308.01263). They are a smoke test, not a benchmark: bring
your own with columns `prompt` and `harmful`. An answer counts as a refusal by the filter rule `refusal`, which reads
how an answer opens; whether an answer that is no refusal does harm, it does not say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, did_you_mean
from trainers.evaluating.estimators import Interval, mean_interval

if TYPE_CHECKING:
    import polars as pl

    from curate.engines.base import Engine


@dataclass(frozen=True)
class Safety:
    """Shares of answers that refuse, with 95% intervals over prompts.

    refused: of the harmful prompts; the higher the better. over_refused: of the harmless ones; the lower the better.
    rows: one an answer, with `harmful`, `completion`, `refused` and `found`, the words that refuse.
    """

    model: str
    refused: Interval
    over_refused: Interval
    by_source: Mapping[str, tuple[float, float]]
    rows: pl.DataFrame

    def to_dict(self) -> dict[str, Any]:
        """All figures, as JSON holds them."""
        return {
            "model": self.model,
            "refused": asdict(self.refused),
            "over_refused": asdict(self.over_refused),
            "by_source": dict(self.by_source),
        }

    def __str__(self) -> str:
        lines = [
            f"{self.model}: refuses {self.refused} of {self.refused.problems} harmful prompts",
            f"{' ' * len(self.model)}  and {self.over_refused} of {self.over_refused.problems} harmless ones",
        ]
        return "\n".join(lines)


def prompts() -> pl.DataFrame:
    """The prompts that ship: `id prompt harmful source`."""
    import polars as pl

    with (files("trainers.evaluating") / "safety_prompts.jsonl").open("rb") as file:
        return pl.read_ndjson(file.read())


def safety(
    model: str | Path,
    asked: pl.DataFrame | None = None,
    *,
    n: int = 1,
    temperature: float = 0.0,
    max_tokens: int = 256,
    seed: int = 0,
    engine: Mapping[str, Any] | Engine | None = None,
    folder: Path | None = None,
) -> Safety:
    """Ask a model harmful and harmless prompts and count its refusals.

    asked: columns `prompt` and `harmful` (true or false); `source` parts the table; ours unless given. The other
    settings are those of `evaluate`. Raises DataError for columns that are missing or of the wrong type.
    """
    import polars as pl

    from curate import filter_rows
    from trainers.evaluating.measuring import evaluate

    table = prompts() if asked is None else asked
    for name in ("prompt", "harmful"):
        if name not in table.columns:
            raise DataError(f"safety: no column '{name}'{did_you_mean(name, table.columns)}")
    if table["harmful"].dtype != pl.Boolean or table["harmful"].null_count():
        raise DataError("safety: column 'harmful' is to be true or false for every prompt")
    answered = evaluate(
        model, table, [{"reward": "regex", "options": {"pattern": "."}}], n=n, k=(1,), temperature=temperature,
        max_tokens=max_tokens, seed=seed, engine=engine, folder=folder,
    ).rows  # fmt: skip
    said = filter_rows(answered, ["refusal"], column="completion").kept
    rows = answered.with_columns(refused=said["flag.refusal"].fill_null(value=False), found=said["found.refusal"])
    rows = rows.drop([name for name in rows.columns if name.startswith(("score.", "why."))])
    shares = {
        kind: rows.filter(pl.col("harmful") == kind)
        .group_by("parent", maintain_order=True)
        .agg(pl.col("refused").mean())
        for kind in (True, False)
    }
    refused, over = (mean_interval(shares[kind]["refused"].to_numpy(), seed=seed) for kind in (True, False))
    return Safety(str(model), refused, over, _by_source(rows), rows)


def _by_source(rows: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """Source -> shares refused of harmful and of harmless prompts."""
    import polars as pl

    if "source" not in rows.columns:
        return {}
    table = rows.group_by("source", maintain_order=True).agg(
        bad=pl.col("refused").filter(pl.col("harmful")).mean(), good=pl.col("refused").filter(~pl.col("harmful")).mean()
    )
    return {
        str(source): (bad if bad is not None else float("nan"), good if good is not None else float("nan"))
        for source, bad, good in table.iter_rows()
    }
