"""Merging: each formula against hand-made figures, and the folder it writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from curate.errors import DataError, InvalidInput
from trainers.merging import formulas
from trainers.merging.checkpoint import Checkpoint
from trainers.merging.weights import METHODS, Ingredient, merge

Models = dict[str, Path]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    found = Checkpoint.of(folder)
    return {name: found.tensor(name) for name in found.kinds}


def test_linear_is_the_weighted_mean(models: Models, tmp_path: Path) -> None:
    out = merge([Ingredient(str(models["left"]), 3), Ingredient(str(models["right"]), 1)], tmp_path / "out")
    left, right, made = weights(models["left"]), weights(models["right"]), weights(out)
    assert made.keys() == left.keys()
    for name in made:
        torch.testing.assert_close(made[name], 0.75 * left[name] + 0.25 * right[name])


@pytest.mark.parametrize("method", METHODS)
def test_every_method_writes_a_model_that_runs(method: str, models: Models, tmp_path: Path) -> None:
    ingredients = [Ingredient(str(models[name]), 0.5, 0.5) for name in ("left", "right")]
    out = merge(ingredients, tmp_path / "out", method, base=models["base"])
    model = AutoModelForCausalLM.from_pretrained(out)
    assert torch.isfinite(model(torch.arange(8)[None]).logits).all()
    assert json.loads((out / "merge.json").read_text())["method"] == method


def test_the_end_points_of_slerp_are_the_models(models: Models, tmp_path: Path) -> None:
    pair = [models["left"], models["right"]]
    for t, name in ((0.0, "left"), (1.0, "right")):
        made = weights(merge(pair, tmp_path / name, "slerp", t=t))
        for key, tensor in weights(models[name]).items():
            torch.testing.assert_close(made[key], tensor)


def test_adding_and_taking_away_a_task_gives_the_base_back(models: Models, tmp_path: Path) -> None:
    there_and_back = [Ingredient(str(models["left"]), 1), Ingredient(str(models["left"]), -1)]
    made = weights(merge(there_and_back, tmp_path / "out", "task_arithmetic", base=models["base"]))
    for name, tensor in weights(models["base"]).items():
        torch.testing.assert_close(made[name], tensor)


def test_ties_takes_the_sign_of_the_larger_sum() -> None:
    base = torch.zeros(4)
    left, right = torch.tensor([2.0, -1.0, 0.1, 3.0]), torch.tensor([-1.0, -3.0, 0.0, 1.0])
    merged = formulas.ties(base, [left, right], [1, 1], [0.75, 0.75])
    torch.testing.assert_close(merged, torch.tensor([2.0, -2.0, 0.0, 2.0]))


@given(st.integers(0, 2**31), st.sampled_from([0.25, 0.5, 0.9]))
def test_dare_keeps_the_expected_change(seed: int, density: float) -> None:
    delta = torch.ones(20_000)
    thinned = formulas.thin(delta, density, torch.Generator().manual_seed(seed))
    assert set(thinned.unique().tolist()) <= {0.0, torch.tensor(1 / density).item()}
    assert thinned.mean().item() == pytest.approx(1, abs=0.1)


def test_dare_draws_the_same_masks_for_the_same_seed(models: Models, tmp_path: Path) -> None:
    half = [Ingredient(str(models["left"]), 1, 0.5)]
    first, again, other = (
        weights(merge(half, tmp_path / name, "dare_linear", base=models["base"], seed=seed))
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_shards_hold_what_one_file_holds(models: Models, tmp_path: Path) -> None:
    pair = [models["left"], models["right"]]
    one = merge(pair, tmp_path / "one")
    many = merge(pair, tmp_path / "many", shard_bytes=8_000)
    assert len(list(many.glob("model-*.safetensors"))) > 2
    assert (many / "model.safetensors.index.json").is_file()
    AutoModelForCausalLM.from_pretrained(many)
    whole, parts = weights(one), weights(many)
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_the_file_is_one_that_safetensors_reads(models: Models, tmp_path: Path) -> None:
    out = merge([models["left"]], tmp_path / "out", dtype="BF16")
    read = load_file(out / "model.safetensors")
    assert {tensor.dtype for tensor in read.values()} == {torch.bfloat16}
    assert json.loads((out / "config.json").read_text())["dtype"] == "bfloat16"


def test_models_of_another_shape_are_refused_by_name(models: Models, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="share their"):
        merge([models["left"], "house"], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("method", "settings", "told"),
    [
        ("tie", {}, "did you mean 'ties'"),
        ("ties", {}, "give the base"),
        ("linear", {"dtype": "INT8"}, "unknown dtype"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    method: str, settings: dict[str, str], told: str, models: Models, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput, match=told):
        merge([models["left"], models["right"]], tmp_path / "out", method, **settings)  # type: ignore[arg-type]


def test_slerp_of_three_and_weights_of_zero_are_refused(models: Models, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="two models"):
        merge(list(models.values()), tmp_path / "out", "slerp")
    with pytest.raises(InvalidInput, match="sum to 0"):
        merge([Ingredient(str(models["left"]), 1), Ingredient(str(models["right"]), -1)], tmp_path / "out")
    with pytest.raises(InvalidInput, match=r"lies in \(0, 1\]"):
        merge([Ingredient(str(models["left"]), 1, 1.5)], tmp_path / "out", "ties", base=models["base"])


def test_a_folder_that_is_there_is_not_overwritten(models: Models, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("keep")
    with pytest.raises(DataError, match="there already"):
        merge([models["left"]], tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").read_text() == "keep"


def test_half_a_file_is_told_as_that(tmp_path: Path, models: Models) -> None:
    whole = (models["left"] / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="is no whole file of safetensors"):
        Checkpoint.of(tmp_path)


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(DataError, match="pickled"):
        Checkpoint.of(tmp_path)
