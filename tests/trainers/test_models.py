"""Tokenizers that would make a model that never stops, or cannot be asked, are refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.errors import DataError, UsageError
from trainers import train
from trainers.config import make_config
from trainers.models import find, load_tokenizer
from trainers.preparing import build, prepare
from trainers.templates import ends_answers

Make = Callable[..., dict[str, Any]]
NO_END = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The house model without its chat template."""
    folder = tmp_path / "house"
    shutil.copytree(find("house"), folder)
    (folder / "chat_template.jinja").unlink()
    return folder


def test_messages_for_a_model_without_a_template(copied: Path, settings: Make) -> None:
    config, _ = make_config(settings("sft", model=str(copied), format="messages"))
    with pytest.raises(DataError, match=r"no chat template; give one, chat_template: FILE.jinja, or rows of text"):
        prepare(config)
    config, _ = make_config(settings("grpo", model=str(copied)))
    assert isinstance(prepare(config).train[0]["prompt"], str)  # rows of text are taken as they are


def test_a_template_that_forgets_the_end_is_refused(copied: Path, settings: Make, tmp_path: Path) -> None:
    """TRL adds no end token to conversations, and the model never learns to stop."""
    (tmp_path / "t.jinja").write_text(NO_END)
    assert not ends_answers(load_tokenizer(copied, str(tmp_path / "t.jinja")))
    assert ends_answers(load_tokenizer(find("house")))
    config, _ = make_config(settings("sft", chat_template=str(tmp_path / "t.jinja")))
    with pytest.raises(DataError, match=r"does not close an answer with the end token '<\|im_end\|>'"):
        prepare(config)


def test_a_template_of_ones_own_is_used_and_saved(settings: Make, tmp_path: Path) -> None:
    (tmp_path / "t.jinja").write_text("{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}")
    trained = train(settings("sft", chat_template=str(tmp_path / "t.jinja")))
    assert (Path(trained.model) / "chat_template.jinja").read_text() == (tmp_path / "t.jinja").read_text()


def test_assistant_only_needs_marks(settings: Make, tmp_path: Path) -> None:
    (tmp_path / "t.jinja").write_text("{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}")
    config, _ = make_config(settings("sft", {"assistant_only_loss": True}, chat_template=str(tmp_path / "t.jinja")))
    job = prepare(config)
    with pytest.raises(UsageError, match="assistant_only_loss needs a chat template that marks the answers"):
        build(job)


def test_messages_alone_for_a_model_without_a_template(copied: Path, settings: Make, tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"messages": [{"role": "user", "content": "a"}]}\n')
    config, _ = make_config(settings("sft", model=str(copied), data=str(tmp_path / "m.jsonl")))
    with pytest.raises(DataError, match="the rows are messages, but the model has no chat template"):
        prepare(config)


def test_a_model_that_is_not_there_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    with pytest.raises(DataError, match=r"hous is no folder here; did you mean '.*house'\?$"):
        find(str(tmp_path / "hous"))


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("config.json", "{", "config.json is not the config of a model: Expecting property name"),
        (
            "chat_template.jinja",
            "{% for m in messages %}",
            "template cannot be rendered, line 1: Unexpected end",
        ),
        ("chat_template.jinja", "{{ raise_exception('no') }}", "its chat template cannot be rendered: no. Mend it"),
        ("model.safetensors", "half", "the model cannot be loaded: Error while deserializing header"),
        ("tokenizer.json", "{", "no tokenizer can be read there"),
    ],
)
def test_a_broken_file_of_a_model_is_one_error(copied: Path, settings: Make, file: str, text: str, told: str) -> None:
    (copied / file).write_text(text)
    config = settings("sft", model=str(copied))
    with pytest.raises(DataError, match=told):
        train(config)
    assert not Path(config["out"]).exists()


def test_a_folder_without_a_tokenizer_does_not_get_an_empty_one(copied: Path) -> None:
    for path in copied.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(DataError, match="holds no tokenizer; save it beside the weights"):
        load_tokenizer(copied)


def test_an_adapter_is_merged_before_the_next_stage(settings: Make, tmp_path: Path) -> None:
    """Else the reference of a preference stage would be the base without the adapter."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(find("house"), dtype="float32")
    tuned = get_peft_model(base, LoraConfig(target_modules="all-linear", r=2, init_lora_weights=False))
    tuned.save_pretrained(tmp_path / "adapter")
    config, _ = make_config(settings("dpo", model=str(tmp_path / "adapter")))
    job = prepare(config)
    assert job.start == Path(config.out) / "start"
    reference = build(job).ref_model.state_dict()
    merged = tuned.merge_and_unload().state_dict()
    assert all(torch.allclose(value, merged[name]) for name, value in reference.items())
