"""The greedy soup is never worse than its best member, and says what it tried."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from curate.errors import InvalidInput
from trainers.merging.checkpoint import Checkpoint
from trainers.merging.soup import greedy_soup

Models = dict[str, Path]


def nearness(target: Path) -> object:
    """Minus the distance to a model: a score whose best mixture is known."""
    goal = Checkpoint.of(target).tensor("lm_head.weight")

    def score(model: Path) -> float:
        return -float(torch.dist(Checkpoint.of(model).tensor("lm_head.weight"), goal))

    return score


def test_a_model_that_makes_it_worse_stays_out(models: Models, tmp_path: Path) -> None:
    score = nearness(models["left"])
    soup = greedy_soup([models["base"], models["left"], models["right"]], tmp_path / "soup", score)  # type: ignore[arg-type]
    assert soup.score == 0
    assert [taste.kept for taste in soup.tastes] == [True, False, False]
    assert soup.tastes[0].model == str(models["left"])
    assert score(soup.folder) == soup.score  # type: ignore[operator]


def test_models_on_both_sides_of_the_goal_mix(models: Models, tmp_path: Path) -> None:
    """`left` lies between `base` and `right`, so their mean is nearer to it than either."""
    score = nearness(models["left"])
    soup = greedy_soup([models["base"], models["right"]], tmp_path / "soup", score)  # type: ignore[arg-type]
    assert [taste.kept for taste in soup.tastes] == [True, True]
    assert soup.score > soup.tastes[0].score
    assert not list(tmp_path.glob(".*"))


def test_a_soup_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="needs models"):
        greedy_soup([], tmp_path / "soup", lambda _: 0.0)
