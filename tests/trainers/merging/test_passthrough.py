"""Layers stacked: which come where, and a student made of a teacher's layers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from curate.errors import DataError, InvalidInput
from trainers.merging.passthrough import Slice, stack_layers

Models = dict[str, Path]


def test_layers_come_in_the_order_given(models: Models, tmp_path: Path) -> None:
    left, right = (str(models[name]) for name in ("left", "right"))
    out = stack_layers([Slice(left, (0, 2)), Slice(right, (1, 1))], tmp_path / "out")
    made = AutoModelForCausalLM.from_pretrained(out).model
    parts = {name: AutoModelForCausalLM.from_pretrained(models[name]).model for name in ("left", "right")}
    wanted = [parts["left"].layers[0], parts["left"].layers[2], parts["right"].layers[1], parts["right"].layers[1]]
    assert len(made.layers) == 4
    for layer, source in zip(made.layers, wanted, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(layer.parameters(), source.parameters(), strict=True))
    assert torch.equal(made.embed_tokens.weight, parts["left"].embed_tokens.weight)
    assert torch.equal(made.norm.weight, parts["right"].norm.weight)


def test_the_house_model_loses_a_layer_and_still_answers(tmp_path: Path) -> None:
    out = stack_layers([Slice("house", (0, 1, 3))], tmp_path / "student")
    model = AutoModelForCausalLM.from_pretrained(out)
    assert model.config.num_hidden_layers == 3
    assert len(model.config.layer_types) == 3
    assert torch.isfinite(model(torch.arange(8)[None]).logits).all()


def test_a_layer_that_is_not_there_is_named(models: Models, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no layer 7; it has 0 to 2"):
        stack_layers([Slice(str(models["left"]), (0, 7))], tmp_path / "out")
    with pytest.raises(InvalidInput, match="none are given"):
        stack_layers([Slice(str(models["left"]), ())], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
