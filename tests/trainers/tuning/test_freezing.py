"""Parts by glob, in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from curate.engines.local_model import find_model
from curate.errors import UsageError
from trainers import train
from trainers.tuning.freezing import freeze


@pytest.fixture
def model() -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(find_model("house"))


def trained(model: Any) -> set[str]:
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


def test_the_last_layer_and_the_head(model: Any) -> None:
    """The house model's head is tied to its embedding: freeing one frees the other."""
    freeze(model, ["*", "!layers.-1", "!lm_head"])
    free = trained(model)
    assert free
    assert all(name.startswith("model.layers.3.") or name == "model.embed_tokens.weight" for name in free)
    assert "model.embed_tokens.weight" in free


def test_order_decides(model: Any) -> None:
    freeze(model, ["!*", "layers.0", "!layers.0.mlp"])
    kept = {name for name, _ in model.named_parameters()} - trained(model)
    assert kept
    assert all(name.startswith("model.layers.0.") and ".mlp." not in name for name in kept)


def test_a_number_is_a_whole_part(model: Any) -> None:
    freeze(model, ["*", "!layers.1"])
    assert all(name.startswith("model.layers.1.") for name in trained(model))


def test_a_pattern_that_matches_nothing_names_its_neighbour(model: Any) -> None:
    with pytest.raises(UsageError, match="did you mean 'mlp'"):
        freeze(model, ["layers.0.mpl"])
    with pytest.raises(UsageError, match="matches no parameter"):
        freeze(model, ["layers.9"])


def test_a_frozen_part_stays_as_it_was(settings: Callable[..., dict[str, Any]]) -> None:
    from pathlib import Path

    import torch
    from safetensors.torch import load_file

    done = train(settings("sft", {"learning_rate": 1e-2}, freeze=["*", "!layers.-1"]))
    before, after = (load_file(Path(folder) / "model.safetensors") for folder in (find_model("house"), done.model))
    changed = {name for name in before if not torch.equal(before[name].float(), after[name].float())}
    assert changed
    assert all(name.startswith("model.layers.3.") for name in changed)
