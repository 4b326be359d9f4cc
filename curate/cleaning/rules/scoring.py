"""`score_rows`: a number for every row of a frame from a model: perplexity, a classifier, a reward model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from curate.cleaning.frames import check_frame
from curate.cleaning.rules.models import HOUSE, Scored, label_scores, perplexities
from curate.errors import DataError, did_you_mean
from curate.result import Result

BY = ("perplexity", "classifier", "reward_model")


def score_rows(
    frame: pl.DataFrame,
    by: str | Callable[[list[str]], Sequence[float]],
    *,
    column: str | None = None,
    name: str | None = None,
    **options: Any,
) -> Result:
    """Write `score.<name>` and `why.<name>`; nothing is dropped: `keep` or a rule on `score.<name>` does that.

    by: `perplexity` (of a causal model), `classifier` (the probability of a label, such as toxicity), `reward_model`
    (`rewards.reward_model`, with the column `prompt`), or a function from texts to numbers.
    column: of text; `completion` or `text` unless given. name: of the score; `by` unless given.
    options: of `curate.cleaning.rules.models` and of `rewards.reward_model`: model, revision, label, device, ...

    >>> score_rows(pl.DataFrame({"text": ["a", "bb"]}), lambda texts: [len(text) for text in texts], name="size").kept
    shape: (2, 3)
    ┌──────┬────────────┬──────────┐
    │ text ┆ score.size ┆ why.size │
    │ ---  ┆ ---        ┆ ---      │
    │ str  ┆ f64        ┆ str      │
    ╞══════╪════════════╪══════════╡
    │ a    ┆ 1.0        ┆          │
    │ bb   ┆ 2.0        ┆          │
    └──────┴────────────┴──────────┘
    """
    check_frame(frame, "score_rows")
    where = column or next((each for each in ("completion", "text") if each in frame.columns), None)
    if where is None or where not in frame.columns:
        raise DataError(f"no column '{where or 'completion'}' to score{did_you_mean(where or '', frame.columns)}")
    if frame.schema[where] != pl.String:
        raise DataError(f"column '{where}' holds {frame.schema[where]}, not text: it cannot be scored")
    label = name or (by if isinstance(by, str) else getattr(by, "__name__", "score").strip("<>"))
    scored = _scored(frame, frame[where].to_list(), by, options)
    return with_scores(frame, label, scored)


def with_scores(frame: pl.DataFrame, name: str, scored: Sequence[Scored], **more: Any) -> Result:
    """The frame with a score and its reason; how many rows have none is noted."""
    values = pl.Series([value for value, _ in scored], dtype=pl.Float64)
    why = pl.Series([reason for _, reason in scored], dtype=pl.String)
    mean = values.mean()
    notes = {
        "judged": frame.height - values.null_count(),
        "none": values.null_count(),
        "mean": round(mean, 6) if isinstance(mean, float) else None,
    }
    kept = frame.with_columns(**{f"score.{name}": values, f"why.{name}": why})
    return Result(kept=kept, notes={name: notes}, **more)


def _scored(frame: pl.DataFrame, texts: list[str | None], by: Any, options: dict[str, Any]) -> list[Scored]:
    if callable(by):
        return label_scores(texts, model=by)
    if by == "perplexity":
        return perplexities(texts, **({"model": HOUSE} | options))
    if by == "classifier":
        return label_scores(texts, **options)
    if by == "reward_model":
        import rewards

        has_prompt = frame.schema.get("prompt") == pl.String
        prompts = frame["prompt"].to_list() if has_prompt else [None] * frame.height
        found = rewards.get("reward_model", **options).score_batch([text or "" for text in texts], prompt=prompts)
        return [(score.value, score.why) for score in found]
    raise DataError(f"unknown way '{by}' to score{did_you_mean(str(by), BY)}")
