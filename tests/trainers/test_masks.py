"""What is learned of a row, token by token, beside what a person would mark: learned text stands between [[ and ]]."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from curate.errors import DataError, UsageError
from trainers.config import make_config
from trainers.preflighting import preflight
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]
Turn = dict[str, Any]

CHATML = """\
{%- for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

FORGETS = CHATML.replace(
    "{{ m.content }}",
    "{{ m.content if m.role != 'assistant' or loop.last else m.content.split('</think>')[-1].lstrip() }}",
)
"""As Qwen3's: the thinking of earlier turns is left out, that of the last stays."""

NEVER_THINKS = CHATML.replace("{{ m.content }}", "{{ m.content.split('</think>')[-1] }}")
"""As that of DeepSeek's R1: no thinking at all is rendered."""

MARKED = """\
{%- for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}
{%- if m.role == 'assistant' %}
{%- generation %}{{- m.content or '' }}
{%- for call in m.tool_calls or [] %}{{- '<call>' + call.function.name + '</call>' }}{% endfor %}{{- '<|im_end|>' }}
{%- endgeneration %}
{%- else %}{{- m.content + '<|im_end|>' }}
{%- endif %}{{- '\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{% endif %}"""

ASKS: list[Turn] = [{"role": "user", "content": "1+1?"}]
THINKS: list[Turn] = [{"role": "assistant", "content": "<think>\nsum\n</think>\n\nTwo."}]
LATER: list[Turn] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "<think>\ngreet\n</think>\n\nHello."},
    *ASKS,
]


@pytest.fixture
def learned(settings: Make, tmp_path: Path) -> Callable[..., list[str]]:
    """The rows of a training as its collator gives them, with what is learned marked."""

    def of(rows: Sequence[dict[str, Any]], template: str, trl: dict[str, Any] | None = None, **more: Any) -> list[str]:
        trainer = built(settings, tmp_path, rows, template, trl, **more)
        batch = trainer.data_collator([trainer.train_dataset[row] for row in range(len(trainer.train_dataset))])
        return [
            marked(trainer, ids.tolist(), labels.tolist())
            for ids, labels in zip(batch["input_ids"], batch["labels"], strict=True)
        ]

    return of


def built(
    settings: Make,
    folder: Path,
    rows: Sequence[dict[str, Any]],
    template: str,
    trl: dict[str, Any] | None = None,
    **more: Any,
) -> Any:
    (folder / "t.jinja").write_text(template)
    (folder / "x.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    method = more.pop("method", "sft")
    made = settings(method, trl, data=str(folder / "x.jsonl"), chat_template=str(folder / "t.jinja"), **more)
    return build(prepare(make_config(made)[0]))


def marked(trainer: Any, ids: list[int], labels: list[int]) -> str:
    text, inside = "", False
    for token, label in zip(ids, labels, strict=True):
        if (label != -100) != inside:
            text, inside = text + ("]]" if inside else "[["), not inside
        assert label in (-100, token)
        text += trainer.processing_class.decode([token])
    return text + "]]" * inside


def test_of_a_prompt_and_its_answer_the_answer(learned: Callable[..., list[str]]) -> None:
    """Rows of different lengths, padded at the right; earlier answers are part of the prompt, as is a system's word."""
    short = "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n[[<think>\nsum\n</think>\n\nTwo.<|im_end|>\n]]"
    long = (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n"
        "greet\n</think>\n\nHello.<|im_end|>\n" + short
    )
    rows = [{"prompt": ASKS, "completion": THINKS}, {"prompt": LATER, "completion": THINKS}]
    first, second = learned(rows, CHATML)
    assert second == long
    assert first.removeprefix(short) == "<|endoftext|>" * first.count("<|endoftext|>")


def test_of_whole_conversations_all_or_what_the_assistant_says(learned: Callable[..., list[str]]) -> None:
    rows = [{"messages": [*LATER, *THINKS]}]
    (whole,) = learned(rows, MARKED)
    assert whole.startswith("[[<|im_start|>system\nBe brief.<|im_end|>")
    assert whole.count("[[") == 1
    (answers,) = learned(rows, MARKED, {"assistant_only_loss": True})
    assert answers == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
        "[[<think>\ngreet\n</think>\n\nHello.<|im_end|>]]\n<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n"
        "[[<think>\nsum\n</think>\n\nTwo.<|im_end|>]]\n"
    )


def test_completions_of_rows_without_any_are_not_everything(settings: Make, tmp_path: Path) -> None:
    """TRL would learn what users say too."""
    rows = [{"messages": [*LATER, *THINKS]}] * 8
    with pytest.raises(UsageError, match=r"completion_only_loss needs .* assistant_only_loss: true learns the answers"):
        built(settings, tmp_path, rows, MARKED, {"completion_only_loss": True})


def test_of_a_conversation_of_one_answer_the_answer(
    learned: Callable[..., list[str]], settings: Make, tmp_path: Path
) -> None:
    """Whether its template marks answers or not; packed as well."""
    rows = [{"messages": [*LATER[:2], *THINKS]}, {"messages": [*ASKS, *THINKS]}]
    for row in learned(rows, CHATML):
        assert row.split("[[")[0].endswith("<|im_start|>assistant\n")
        assert row.split("[[")[1].startswith("<think>\nsum\n</think>\n\nTwo.<|im_end|>\n]]")
    packed = built(settings, tmp_path, rows, CHATML, {"packing": True, "max_length": 256}).train_dataset
    assert len(packed) == 1
    (whole, _) = learned(rows, CHATML, {"completion_only_loss": False})
    assert whole.startswith("[[<|im_start|>")


def test_options_of_the_template_are_those_of_the_row(learned: Callable[..., list[str]]) -> None:
    """As TRL reads them; a row without any has none."""
    template = CHATML.replace("{{ m.content }}", "{{ '/no_think ' if quick }}{{ m.content }}")
    rows = [{"prompt": ASKS, "completion": THINKS, "chat_template_kwargs": told} for told in ({"quick": True}, None)]
    first, second = learned(rows, template)
    assert "/no_think 1+1?" in first
    assert "/no_think" not in second


def test_of_calls_of_tools_the_call_and_not_its_result(learned: Callable[..., list[str]]) -> None:
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 1, "b": 1}}}
    turns = [
        *ASKS,
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "2"},
        {"role": "assistant", "content": "Two."},
    ]
    (answers,) = learned([{"messages": turns}], MARKED, {"assistant_only_loss": True})
    assert answers == (
        "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n[[<call>add</call><|im_end|>]]\n"
        "<|im_start|>tool\n2<|im_end|>\n<|im_start|>assistant\n[[Two.<|im_end|>]]\n"
    )


def test_a_template_that_forgets_earlier_thinking_learns_the_last(
    learned: Callable[..., list[str]], settings: Make, tmp_path: Path
) -> None:
    (row,) = learned([{"prompt": LATER, "completion": THINKS}], FORGETS)
    assert row == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello."
        "<|im_end|>\n<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n[[<think>\nsum\n</think>\n\nTwo.<|im_end|>\n]]"
    )
    made = settings("sft", data=str(tmp_path / "x.jsonl"), chat_template=str(tmp_path / "t.jinja"))
    notes = [one.what for one in preflight(made, model=False).notes if one.check == "template"]
    assert notes == ["the template leaves out text of earlier turns in 1 of 1 rows"]


@pytest.mark.parametrize("method", ["sft", "dpo", "kto"])
def test_a_template_that_drops_the_thinking_of_answers_is_refused(method: str, settings: Make, tmp_path: Path) -> None:
    """It would be trained away in silence. Of a few answers in many it is a warning."""
    other = [{"role": "assistant", "content": "<think>\nguess\n</think>\n\nThree."}]
    row = {"prompt": ASKS, "completion": THINKS, "chosen": THINKS, "rejected": other, "label": True}
    with pytest.raises(
        DataError, match=r"leaves out a part of \d of the first \d answers \(row 0\), which is not lear"
    ):
        built(settings, tmp_path, [row], NEVER_THINKS, method=method)
    plain = {"prompt": ASKS, "completion": [{"role": "assistant", "content": "Two."}]}
    (tmp_path / "x.jsonl").write_text("".join(json.dumps(one) + "\n" for one in [row, *[plain] * 20]))
    made = settings("sft", data=str(tmp_path / "x.jsonl"), chat_template=str(tmp_path / "t.jinja"))
    assert any("1 of the first 21 answers" in line for line in prepare(make_config(made)[0]).notes.lines)
    assert [one.level for one in preflight(made, model=False).findings if "leaves out a part" in one.what] == ["note"]


def test_calls_that_a_template_does_not_write_are_refused(settings: Make, tmp_path: Path) -> None:
    """The model would learn to say nothing where it is to call a tool."""
    call = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
    row = {"prompt": ASKS, "completion": [{"role": "assistant", "content": "", "tool_calls": [call]}]}
    with pytest.raises(DataError, match="leaves out a part of 2 of the first 2 answers"):
        built(settings, tmp_path, [row] * 2, CHATML)
    assert built(settings, tmp_path, [row] * 2, MARKED).train_dataset


def test_content_in_parts_is_not_written_as_python_does(settings: Make, tmp_path: Path) -> None:
    said = [{"type": "text", "text": "Two."}]
    turns = [{"role": role, "content": said} for role in ("user", "assistant")]
    with pytest.raises(DataError, match=r"the content of 'messages' is List\(.*, not text; `curate build` with"):
        built(settings, tmp_path, [{"messages": turns}], CHATML)


def test_a_row_that_a_template_refuses_is_named(settings: Make, tmp_path: Path) -> None:
    refuses = "{% if messages[0].role == 'system' %}{{ raise_exception('No system here') }}{% endif %}" + CHATML
    rows = [{"prompt": ASKS, "completion": THINKS}, {"prompt": LATER, "completion": THINKS}]
    with pytest.raises(DataError, match="the chat template cannot render row 1: No system here"):
        built(settings, tmp_path, rows, refuses)
    with pytest.raises(DataError, match="the chat template cannot render a row: No system here"):
        built(settings, tmp_path, [rows[0]] * 200 + [rows[1]], refuses)


def test_a_row_that_is_cut_is_learned_up_to_the_cut(learned: Callable[..., list[str]]) -> None:
    rows = [{"prompt": ASKS, "completion": THINKS}]
    (whole,) = learned(rows, CHATML)
    (cut,) = learned(rows, CHATML, {"max_length": 30}, too_long="truncate")
    assert whole.startswith(cut.removesuffix("]]"))
    assert "[[" in cut
    assert "<|im_end|>]]" not in cut


def test_packed_rows_neither_see_nor_learn_each_other(settings: Make, tmp_path: Path) -> None:
    """Each row keeps its mask, its places from 0, and the log-probabilities it has alone."""
    rows = [{"prompt": ASKS, "completion": THINKS}, {"prompt": LATER, "completion": THINKS}]
    trainer = built(settings, tmp_path, rows, CHATML, {"packing": True, "max_length": 256})
    assert len(trainer.train_dataset) == 1
    packed = trainer.data_collator([trainer.train_dataset[0]])
    labels, places = packed["labels"][0], packed["position_ids"][0]
    starts = [*torch.nonzero(places == 0).flatten().tolist(), len(places)]
    assert len(starts) == 3
    assert all(labels[start] == -100 for start in starts[:-1])
    model = trainer.model.eval()
    names = ("input_ids", "position_ids", "attention_mask")
    with torch.no_grad():
        together = model(**{name: packed[name] for name in names if name in packed}).logits[0]
        for start, end in pairwise(starts):
            alone = model(packed["input_ids"][:, start:end]).logits[0]
            assert torch.allclose(together[start:end], alone, atol=1e-4)


def test_a_pair_shares_its_prompt_and_nothing_of_its_answers(settings: Make, tmp_path: Path) -> None:
    """Answers that begin alike are answers from their first token on."""
    other = [{"role": "assistant", "content": THINKS[0]["content"].replace("Two", "Twelve")}]
    trainer = built(
        settings, tmp_path, [{"prompt": LATER, "chosen": THINKS, "rejected": other}] * 2, CHATML, method="dpo"
    )
    row, decode = trainer.train_dataset[0], trainer.processing_class.decode
    assert decode(row["prompt_ids"]).endswith("1+1?<|im_end|>\n<|im_start|>assistant\n")
    assert decode(row["chosen_ids"]) == "<think>\nsum\n</think>\n\nTwo.<|im_end|>\n"
    assert decode(row["rejected_ids"]) == "<think>\nsum\n</think>\n\nTwelve.<|im_end|>\n"


@pytest.mark.parametrize("method", ["orpo", "simpo"])
def test_answers_without_a_reference_end_once(method: str, settings: Make, tmp_path: Path) -> None:
    pairs = [{"prompt": ASKS, "chosen": THINKS, "rejected": LATER[2:3]}] * 2
    trainer = built(settings, tmp_path, pairs, CHATML, method=method)
    row = trainer.train_dataset[0]
    assert marked(trainer, row["chosen_input_ids"], row["chosen_labels"]) == (
        "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n[[<think>\nsum\n</think>\n\nTwo.<|im_end|>]]"
    )


def test_prompts_that_are_answered_while_training_stand_at_the_left(settings: Make, tmp_path: Path) -> None:
    """GRPO pads prompts at their left and answers at their right, and counts neither padding nor prompt."""
    rows = [{"prompt": ASKS, "answer": "2"}, {"prompt": LATER, "answer": "2"}]
    trl = {"num_generations": 2, "max_completion_length": 8}
    trainer = built(settings, tmp_path, rows, CHATML, trl, method="grpo", batch=4)
    trainer.model.train()
    batch = trainer._generate_and_score_completions([trainer.train_dataset[row] for row in (0, 0, 1, 1)])
    asked = [
        trainer.processing_class.decode(ids[mask.bool()])
        for ids, mask in zip(batch["prompt_ids"], batch["prompt_mask"], strict=True)
    ]
    assert asked[0] == "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n"
    assert asked[2].startswith("<|im_start|>system\nBe brief.")
    assert batch["prompt_mask"][:, -1].all()
    assert not batch["prompt_mask"][0, 0]
    lengths = batch["completion_mask"].sum(1)
    assert all(mask[:length].all() for mask, length in zip(batch["completion_mask"], lengths, strict=True))
    assert pl.Series(asked).n_unique() == 2
