"""Model soups: the mean of fine-tuned models of one start, each let in only if the evaluation gets no worse."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from curate.errors import InvalidInput
from trainers.merging.weights import merge

Evaluate = Callable[[Path], float]
"""The higher the better, on problems held out from training and from the final report."""


@dataclass(frozen=True, slots=True)
class Taste:
    """One step of a soup: the model that was tried, the soup's score with it, and whether it stayed."""

    model: str
    score: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Soup:
    """A finished soup. tastes: in the order they were tried; the first is the best single model."""

    folder: Path
    score: float
    tastes: tuple[Taste, ...]


def greedy_soup(models: Sequence[str | Path], out: Path, evaluate: Evaluate) -> Soup:
    """Average models greedily: from the best on, a model stays if the mean with it scores at least as high.

    Recipe 1 of Wortsman et al. 2022 (arXiv 2203.05482). evaluate: called once a model and once a candidate; equal
    scores keep the earlier order of `models`. The soup is never worse than its best member by `evaluate`.
    Raises InvalidInput without models.
    """
    if not models:
        raise InvalidInput("merge: a soup needs models, and none are given")
    scored = sorted(((evaluate(Path(model)), str(model)) for model in models), key=lambda pair: -pair[0])
    best, first = scored[0]
    members, tastes = [first], [Taste(first, best, kept=True)]
    trial = out.with_name(f".{out.name}.trial")
    try:
        for _, model in scored[1:]:
            shutil.rmtree(trial, ignore_errors=True)
            score = evaluate(merge([*members, model], trial))
            kept = score >= best
            tastes.append(Taste(model, score, kept))
            if kept:
                best, members = score, [*members, model]
    finally:
        shutil.rmtree(trial, ignore_errors=True)
    return Soup(merge(members, out), best, tuple(tastes))
