"""Adapters folded into their base, and combined."""

from __future__ import annotations

from pathlib import Path

import peft
import pytest
import torch
from transformers import AutoModelForCausalLM

from curate.engines.local_model import find_model
from curate.errors import DataError, InvalidInput
from trainers.merging.adapters import combine_adapters, merge_adapter

Models = dict[str, Path]


@pytest.fixture(scope="module")
def adapters(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two LoRA adapters of the house model with weights that are not zero."""
    folders = []
    for number in range(2):
        torch.manual_seed(number)
        base = AutoModelForCausalLM.from_pretrained(find_model("house"))
        model = peft.get_peft_model(base, peft.LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False))
        folder = tmp_path_factory.mktemp("adapters") / f"a{number}"
        model.save_pretrained(folder)
        folders.append(folder)
    return folders


def test_a_merged_adapter_is_the_base_plus_its_change(adapters: list[Path], tmp_path: Path) -> None:
    """The change is summed in float32 and rounded once, to the base's own bfloat16."""
    out = merge_adapter(adapters[0], tmp_path / "merged", base="house")
    base = AutoModelForCausalLM.from_pretrained(find_model("house")).float()
    wanted = peft.PeftModel.from_pretrained(base, str(adapters[0])).merge_and_unload().state_dict()
    made = AutoModelForCausalLM.from_pretrained(out)
    assert made.dtype == torch.bfloat16
    for name, tensor in made.state_dict().items():
        assert torch.equal(tensor, wanted[name].to(torch.bfloat16)), name
    assert (out / "tokenizer.json").is_file()


def test_two_adapters_become_one(adapters: list[Path], tmp_path: Path) -> None:
    out = combine_adapters(adapters, tmp_path / "both", weights=[0.5, -0.5], combination="cat", base="house")
    assert (out / "adapter_config.json").is_file()
    assert (out / "adapter_model.safetensors").is_file()
    merge_adapter(out, tmp_path / "merged", base="house")


def test_what_is_no_adapter_is_told(models: Models, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no adapter_config"):
        merge_adapter(models["base"], tmp_path / "out")
    with pytest.raises(InvalidInput, match="unknown combination"):
        combine_adapters([models["base"]] * 2, tmp_path / "out", combination="sum")
    assert list(tmp_path.iterdir()) == []
