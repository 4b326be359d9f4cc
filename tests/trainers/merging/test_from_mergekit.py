"""A file of mergekit's merges as our own words do; what it says that we have not is a mistake with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from curate.errors import InvalidInput, RecipeError
from trainers.merging.checkpoint import Checkpoint
from trainers.merging.config import MergeConfig, read_merge, run_merge


def written(folder: Path, text: str) -> Path:
    path = folder / "merge.yaml"
    path.write_text(text)
    return path


def same(one: Path, two: Path) -> bool:
    left, right = Checkpoint.of(one), Checkpoint.of(two)
    return left.kinds.keys() == right.kinds.keys() and all(
        torch.equal(left.tensor(name), right.tensor(name)) for name in left.kinds
    )


def test_changes_are_added_to_the_base(models: dict[str, Path], tmp_path: Path) -> None:
    theirs = f"""
merge_method: ties
base_model: {models["base"]}
models:
  - model: {models["base"]}
  - model: {models["left"]}
    parameters: {{weight: 0.7, density: 0.5}}
  - model: {models["right"]}
    parameters: {{weight: 0.3, density: 0.4}}
parameters: {{normalize: false, int8_mask: true, lambda: 0.9}}
dtype: float32
"""
    ours = MergeConfig(
        method="ties",
        base=str(models["base"]),
        models=(  # type: ignore[arg-type]
            {"model": str(models["left"]), "weight": 0.7, "density": 0.5},
            {"model": str(models["right"]), "weight": 0.3, "density": 0.4},
        ),
        normalize=False,
        scale=0.9,
        dtype="F32",
        out=str(tmp_path / "ours"),
    )
    read = read_merge(written(tmp_path, theirs), tmp_path / "theirs")
    assert read == ours.model_copy(update={"out": str(tmp_path / "theirs")})
    assert same(run_merge(read), run_merge(ours))


@pytest.mark.parametrize("first", ["left", "right"])
def test_slerp_starts_at_the_base(models: dict[str, Path], tmp_path: Path, first: str) -> None:
    text = f"""
merge_method: slerp
base_model: {models["left"]}
slices:
  - sources:
      - {{model: {models[first]}, layer_range: [0, 3]}}
      - {{model: {models["right" if first == "left" else "left"]}, layer_range: [0, 3]}}
parameters: {{t: 0}}
"""
    assert same(run_merge(read_merge(written(tmp_path, text), tmp_path / "out")), models["left"])


def test_layers_are_stacked(models: dict[str, Path], tmp_path: Path) -> None:
    text = f"""
merge_method: passthrough
slices:
  - sources: [{{model: {models["base"]}, layer_range: [0, 1]}}]
  - sources: [{{model: {models["base"]}, layer_range: [1, 3]}}]
"""
    assert same(run_merge(read_merge(written(tmp_path, text), tmp_path / "out")), models["base"])


def test_a_part_of_a_model_is_not_merged(models: dict[str, Path], tmp_path: Path) -> None:
    text = f"""
merge_method: linear
slices:
  - sources:
      - {{model: {models["left"]}, layer_range: [0, 2]}}
      - {{model: {models["right"]}, layer_range: [0, 2]}}
"""
    with pytest.raises(InvalidInput, match=r"linear takes whole models; .* has 3 layers, not 0-1"):
        run_merge(read_merge(written(tmp_path, text), tmp_path / "out"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("merge_method: model_stock\nmodels: [{model: a}]", r":1: merge_method: 'model_stock' is not merged here"),
        ("merge_method: linear\nmodel: [a]", r":2: model: .*did you mean 'models'"),
        ("merge_method: linear\ndtype: float32", ":1: models: write a list"),
        ("merge_method: slerp\nmodels: [{model: a}, {model: b}]\nparameters:\n  t: [0, 0.5, 1]",
         ":4: parameters: t changes from layer to layer"),
        ("merge_method: linear\nmodels:\n  - model: a\n    parameters: {wieght: 1}", ":4: .*did you mean 'weight'"),
        ("merge_method: passthrough\nslices: [{sources: [{model: a, layer_range: 3}]}]", "layer_range: write"),
        ("merge_method: passthrough\nslices: [7]", "model"),
        ("merge_method: passthrough\nslices: {a: 1}", "write a list of models"),
        ("merge_method: [a]\nmodels: [{parameters: 3}]", "merge_method"),
    ],
)  # fmt: skip
def test_what_is_not_here_is_told_with_its_line(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=told):
        read_merge(written(tmp_path, text), tmp_path / "out")


def test_the_folder_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="give --out"):
        read_merge(written(tmp_path, "merge_method: linear\nmodels: [{model: a}]"))
