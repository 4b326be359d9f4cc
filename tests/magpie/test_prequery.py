"""The beginning of a user's turn follows from the chat template, whatever the family, or there is one clear error."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from curate.engines.settings import FakeSettings, ServerSettings, TransformersSettings
from curate.errors import DataError
from curate.magpie.local_tokenizer import tokenizer_of
from curate.magpie.prequery import Prequery, derived, without_bos
from curate.plan import make_plan
from curate.recipe import load_recipe

pytest.importorskip("transformers", reason="needs the extra [train]")

DEFAULT = "{% if messages[0].role != 'system' %}<|im_start|>system\nYou are Q.<|im_end|>\n{% endif %}"
TURNS = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
)
DATED = (
    "{{ bos_token }}[day]{{ strftime_now('%d %b %Y') }}"
    "{% for m in messages %}[{{ m.role }}]{{ m.content | trim }}<|im_end|>{% endfor %}"
)
INST = (
    "{{ bos_token }}{% for m in messages %}"
    "{% if m.role == 'system' %}{{ raise_exception('no system here') }}{% endif %}"
    "[INST] {{ m.content }} [/INST]{% endfor %}"
)
PLAIN = "{% for m in messages %}### {{ m.role }}:\n{{ m.content }}\n\n{% endfor %}### assistant:\n"


@pytest.fixture
def tokenizer() -> Any:
    return deepcopy(tokenizer_of(TransformersSettings(engine="transformers", model="house"), Path()))


def test_the_model_that_ships_with_curate(tokenizer: Any) -> None:
    end = ("<|im_end|>",)
    assert derived(tokenizer, None) == Prequery("<|im_start|>user\n", end)
    assert derived(tokenizer, "Be brief.") == Prequery(
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n", end
    )


@pytest.mark.parametrize(
    ("template", "system", "text", "stop"),
    [
        (DEFAULT + TURNS, None, "<|im_start|>system\nYou are Q.<|im_end|>\n<|im_start|>user\n", "<|im_end|>"),
        (DEFAULT + TURNS, "S", "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n", "<|im_end|>"),
        (INST, None, "<|endoftext|>[INST]", "[/INST]"),
        (PLAIN, None, "### user:\n", "### assistant:"),
        (PLAIN, "S", "### system:\nS\n\n### user:\n", "### assistant:"),
    ],
)
def test_what_a_template_adds_itself_belongs_to_the_beginning(
    tokenizer: Any, template: str, system: str | None, text: str, stop: str
) -> None:
    tokenizer.chat_template, tokenizer.bos_token = template, "<|endoftext|>"
    assert derived(tokenizer, system) == Prequery(text, (stop,))


def test_a_template_that_tells_the_date_asks_the_same_on_every_day(tokenizer: Any) -> None:
    tokenizer.chat_template, tokenizer.bos_token = DATED, "<|endoftext|>"
    assert derived(tokenizer, None).text == "<|endoftext|>[day]26 Jul 2024[user]"


@pytest.mark.parametrize(
    ("template", "system", "error"),
    [
        (INST, "S", "refuses one user message with a system prompt: no system here"),
        ("{{ messages[-1].content }}", None, "ends a user's turn by nothing"),
        ("{{ messages[-1].content }} {{ messages[-1].content }}", None, "does not say a user's words once"),
        ("{{ messages[-1].content | upper }}", None, "does not say a user's words once"),
        ("{{ messages[-1].content }}.", "S", "leaves the system prompt out"),
        ("{{ no_such.thing }}", None, "refuses one user message"),
        (None, None, "it has no chat template"),
    ],
)
def test_a_template_without_such_a_beginning_is_told(
    tokenizer: Any, template: str | None, system: str | None, error: str
) -> None:
    tokenizer.chat_template = template
    with pytest.raises(DataError, match=error):
        derived(tokenizer, system)


def test_a_server_that_puts_the_first_token_itself_is_not_sent_it(tokenizer: Any) -> None:
    from tokenizers.processors import TemplateProcessing

    tokenizer.chat_template, tokenizer.bos_token = DATED, "<|endoftext|>"
    made = derived(tokenizer, None)
    assert without_bos(made, tokenizer) == made
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", tokenizer.bos_token_id)]
    )
    assert without_bos(made, tokenizer).text == made.text.removeprefix("<|endoftext|>")


def test_an_engine_whose_template_is_not_here_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"engine 'fake' has no chat template\. Give prequery:"):
        tokenizer_of(FakeSettings(engine="fake"), tmp_path)
    served = ServerSettings(engine="server", url="http://localhost:1/v1", model="nobody/nothing", revision="abc")
    with pytest.raises(DataError, match=r"hf download nobody/nothing --revision abc .*; or: Give prequery:"):
        tokenizer_of(served, tmp_path)


def test_a_plan_fetches_nothing_and_bounds_a_model_of_the_hub(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text("""\
name: later
license: mit
engines: {m: {engine: vllm, model: nobody/nothing, revision: abc}}
steps: [{step: magpie, engine: m, rows: 5, max_tokens: 10}]
""")
    [step] = make_plan(load_recipe(tmp_path / "r.yaml"), tmp_path / "run")["steps"]
    assert (step["rows"], step["requests"], step["completion_tokens"]) == (5, 10, 100)
