"""Every way of training little: two steps, a count, a folder that the next stage or `evaluate` can use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from curate.errors import UsageError
from trainers import train
from trainers.evaluating import evaluate
from trainers.tuning.kinds import KINDS

Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def with_biases(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny Qwen2, which has biases, with the house model's tokenizer."""
    import shutil

    from transformers import Qwen2Config, Qwen2ForCausalLM

    from curate.engines.local_model import find_model

    folder = tmp_path_factory.mktemp("biased") / "model"
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=640, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=512, eos_token_id=1, pad_token_id=0,
    )  # fmt: skip
    Qwen2ForCausalLM(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        shutil.copy(find_model("house") / name, folder / name)
    return str(folder)


def small(name: str) -> dict[str, Any]:
    """Options that fit the tiny models."""
    if KINDS[name].peft in ("LORA", "ADALORA"):
        return {"r": 2} if KINDS[name].peft == "LORA" else {"init_r": 4, "target_r": 2}
    if "num_virtual_tokens" in KINDS[name].defaults:
        return {"num_virtual_tokens": 4}
    return {"r": 4, "oft_block_size": 0} if name == "oft" else {"size": 4} if name in BOTTLENECKS else {}


BOTTLENECKS = ("bottleneck", "houlsby", "pfeiffer")
HERE = sorted(set(KINDS) - {"qlora", "bitfit"})


@pytest.mark.parametrize("name", HERE)
def test_a_kind_trains_two_steps_and_little_of_the_model(name: str, settings: Make) -> None:
    trained = train(settings("sft", peft={"type": name, **small(name)}))
    told = next(line for line in trained.lock["notes"] if line.startswith("trains "))
    some, total = (int(word.replace(",", "")) for word in told.split() if word.replace(",", "").isdigit())
    assert 0 < some < total / 4
    assert trained.metrics["steps"] == 2
    files = {path.name for path in Path(trained.model).iterdir()}
    weights = "bottleneck.safetensors" if name in BOTTLENECKS else "adapter_model.safetensors"
    assert weights in files
    assert "tokenizer.json" in files
    assert sum(path.stat().st_size for path in Path(trained.model).glob("*.safetensors")) < 2_000_000


def test_bitfit_trains_the_biases_and_nothing_else(settings: Make, with_biases: str) -> None:
    from safetensors.torch import load_file

    trained = train(settings("sft", {"learning_rate": 1e-2}, model=with_biases, peft={"type": "bitfit"}))
    before, after = (load_file(Path(folder) / "model.safetensors") for folder in (with_biases, trained.model))
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all(name.endswith("bias") for name in changed)


def test_lora_fa_keeps_the_first_matrix(settings: Make) -> None:
    from safetensors.torch import load_file

    made = settings("sft", {"learning_rate": 1e-2, "warmup_steps": 0}, peft={"type": "lora_fa", "r": 2}, seed=3)
    weights = load_file(Path(train(made).model) / "adapter_model.safetensors")
    again = load_file(Path(train(made | {"out": made["out"] + "-again"}).model) / "adapter_model.safetensors")
    assert any(weight.abs().max() > 0 for name, weight in weights.items() if "lora_B" in name)
    assert all(torch.equal(weights[name], again[name]) for name in weights)


@pytest.mark.parametrize("name", ["lora", "houlsby"])
def test_an_adapter_is_evaluated_as_it_is(name: str, settings: Make, problems: pl.DataFrame) -> None:
    trained = train(settings("sft", {"learning_rate": 1e-2}, peft={"type": name, **small(name)}))
    asked = problems.head(3).drop("completion")
    made = evaluate(trained.folder, asked, n=1, k=(1,), max_tokens=24, temperature=0.0)
    plain = evaluate("house", asked, n=1, k=(1,), max_tokens=24, temperature=0.0)
    assert made.problems.height == 3
    assert made.rows["response"].to_list() != plain.rows["response"].to_list()  # other answers, by their keys


def test_bottleneck_adapters_change_nothing_before_they_are_trained() -> None:
    from transformers import AutoModelForCausalLM

    from curate.engines.local_model import find_model
    from trainers.tuning.bottleneck import BottleneckConfig, attach

    model = AutoModelForCausalLM.from_pretrained(find_model("house")).float()
    tokens = torch.arange(12)[None]
    with torch.no_grad():
        before = model(tokens).logits
        names = attach(model, BottleneckConfig("houlsby", 8))
        torch.testing.assert_close(model(tokens).logits, before)
    assert len(names) == 2 * model.config.num_hidden_layers


def test_bottleneck_adapters_come_back_as_they_were(settings: Make) -> None:
    from trainers.tuning.bottleneck import load

    trained = train(settings("sft", {"learning_rate": 1e-2}, peft={"type": "pfeiffer", "size": 4}))
    first, second = load(Path(trained.model)), load(Path(trained.model))
    tokens = torch.arange(12)[None]
    with torch.no_grad():
        torch.testing.assert_close(first(tokens).logits, second(tokens).logits)


@pytest.mark.parametrize(
    ("peft", "told"),
    [
        ({"type": "lorra"}, "did you mean 'lora'"),
        ({"type": "lora", "rank": 4}, "no option 'rank'"),
        ({"type": "lora", "r": "big"}, "lora: r: should be a valid integer"),
        ({"type": "bitfit"}, "has none"),
        ({"type": "qlora"}, "needs a GPU"),
        ({"type": "pfeiffer", "sise": 4}, "no option 'sise'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(peft: dict[str, Any], told: str, settings: Make) -> None:
    if peft["type"] == "qlora" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(UsageError, match=told):
        train(settings("sft", peft=peft))


def test_any_other_type_of_peft_is_taken_by_its_name(settings: Make) -> None:
    trained = train(settings("sft", peft={"type": "loha", "r": 2, "target_modules": ["q_proj"]}))
    assert any(line.startswith("trains ") for line in trained.lock["notes"])


def test_adapters_cannot_be_trained_on_from(settings: Make) -> None:
    trained = train(settings("sft", peft={"type": "pfeiffer", "size": 4}))
    with pytest.raises(UsageError, match="cannot be merged"):
        train(settings("dpo", model=str(trained.folder)))


@pytest.mark.parametrize("method", ["dpo", "grpo"])
def test_other_methods_take_them_too(method: str, settings: Make) -> None:
    assert train(settings(method, peft={"type": "lora", "r": 2})).metrics["steps"] == 2
