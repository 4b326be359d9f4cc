from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import DataError, UsageError
from curate.report import lengths
from curate.report.tokens import count
from curate.run import Run
from curate.text.thinking import join_thinking
from curate.text.tokenizer import load_tokenizer

pytest.importorskip("transformers")

TEMPLATE = (
    "{% if messages[0]['role'] == 'tool' %}{{ raise_exception('a chat cannot begin with a tool') }}{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
Row = dict[str, Any]


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A byte-level BPE of a few hundred tokens, which puts a token of its own before plain text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["<|im_start|>", "<|im_end|>", "<s>"]
    core = Tokenizer(models.BPE())
    core.pre_tokenizer, core.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    core.train_from_iterator(["What is one and one? The answer is two."] * 9, trainer)
    core.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", core.token_to_id("<s>"))]
    )
    made = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|im_end|>", bos_token="<s>", chat_template=TEMPLATE
    )
    folder = tmp_path_factory.mktemp("tokenizer")
    made.save_pretrained(folder)
    return load_tokenizer(folder)


def user(text: str) -> Row:
    return {"role": "user", "content": text}


def assistant(text: str) -> Row:
    return {"role": "assistant", "content": text}


def chat(tokenizer: Any, turns: list[Row], **options: Any) -> int:
    return len(tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, **options)["input_ids"])


def counted(tokenizer: Any, **row: Any) -> tuple[int, int]:
    tokens = count(pl.DataFrame([row]), tokenizer)
    assert tokens.readable.all(), tokens.unreadable
    return int(tokens.prompt[0]), int(tokens.total[0])


def test_messages_are_counted_as_the_chat_template_writes_them(tokenizer: Any) -> None:
    turns = [user("What is one?"), assistant("The answer."), user("And two?"), assistant("Two.")]
    asked = chat(tokenizer, turns[:-1], add_generation_prompt=True)
    assert counted(tokenizer, messages=turns) == (asked, chat(tokenizer, turns))


def test_messages_with_a_completion_beside_them_are_one_chat(tokenizer: Any) -> None:
    whole = chat(tokenizer, [user("one"), assistant(join_thinking("hm", "two"))])
    asked = chat(tokenizer, [user("one")], add_generation_prompt=True)
    assert counted(tokenizer, messages=[user("one")], thinking="hm", completion="two") == (asked, whole)
    assert counted(tokenizer, prompt=[user("one")], completion=[assistant("two")])[1] == chat(
        tokenizer, [user("one"), assistant("two")]
    )


def test_plain_text_is_counted_with_its_first_and_its_end_token(tokenizer: Any) -> None:
    total = len(tokenizer("What is one? two<|im_end|>")["input_ids"])
    assert counted(tokenizer, prompt="What is one?", completion=" two") == (
        len(tokenizer("What is one?")["input_ids"]),
        total,
    )
    assert counted(tokenizer, text="What is one? two") == (0, total)
    assert counted(tokenizer, text="What is one? two<|im_end|>") == (0, total)


def test_a_pair_is_as_long_as_its_longer_side(tokenizer: Any) -> None:
    long, short = "The answer is two. " * 5, "two"
    plain = counted(tokenizer, prompt="one?", chosen=short, rejected=long)
    assert plain[1] == len(tokenizer("one?" + long + "<|im_end|>")["input_ids"])
    turns = [[user("one?"), assistant(short)], [user("one?"), assistant(long)]]
    asked = chat(tokenizer, [user("one?")], add_generation_prompt=True)
    assert counted(tokenizer, chosen=turns[0], rejected=turns[1]) == (asked, chat(tokenizer, turns[1]))
    apart = counted(tokenizer, prompt=[user("one?")], chosen=turns[0][1:], rejected=turns[1][1:])
    assert apart == (asked, chat(tokenizer, turns[1]))


def test_a_prompt_alone_is_all_prompt(tokenizer: Any) -> None:
    asked = chat(tokenizer, [user("one?")], add_generation_prompt=True)
    assert counted(tokenizer, prompt=[user("one?")], answer="2") == (asked, asked)
    found = count(pl.DataFrame({"prompt": ["one?"], "answer": ["2"]}), tokenizer)
    assert found.completion.tolist() == [0]


def test_a_row_that_cannot_be_counted_is_data(tokenizer: Any) -> None:
    rows = [[user("fine"), assistant("fine")], [{"role": "tool", "content": "x"}, assistant("y")], None, []]
    found = lengths.profile(pl.DataFrame({"messages": rows}), tokenizer)
    assert found.overall.total.rows == 1
    assert dict(found.unreadable) == {
        "it holds no text, or could not be read": 2,
        "the chat template refuses it: a chat cannot begin with a tool": 1,
    }
    assert "1 row not counted: the chat template refuses it" in str(found)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8), st.text(max_size=10))
def test_prompt_and_completion_add_up_to_the_row(tokenizer: Any, texts: list[str], prompt: str) -> None:
    clean = [text.encode("utf-8", "ignore").decode() for text in texts]
    frame = pl.DataFrame({"prompt": [prompt.encode("utf-8", "ignore").decode()] * len(clean), "completion": clean})
    found = count(frame, tokenizer)
    assert found.readable.all()
    assert (found.prompt >= 0).all()
    assert (found.completion >= 0).all()
    each = [len(tokenizer(frame["prompt"][0] + text + "<|im_end|>")["input_ids"]) for text in clean]
    assert all(
        total >= len_ or text.endswith("<|im_end|>") for total, len_, text in zip(found.total, each, clean, strict=True)
    )


def test_columns_with_other_names_are_named_by_the_user(tokenizer: Any) -> None:
    frame = pl.DataFrame({"question": ["one?"], "solution": ["two"]})
    with pytest.raises(DataError, match=r"no column to count tokens of .*question, solution"):
        lengths.profile(frame, tokenizer)
    found = lengths.profile(frame, tokenizer, columns={"prompt": "question", "completion": "solution"})
    assert found.overall.prompt.total == len(tokenizer("one?")["input_ids"])
    with pytest.raises(DataError, match="no column 'solutoin'; did you mean 'solution'"):
        lengths.profile(frame, tokenizer, columns={"completion": "solutoin"})


@pytest.fixture
def skewed(tokenizer: Any) -> lengths.Profile:
    rows = [{"source": "short", "text": "one " * 5}] * 90 + [{"source": "long", "text": "two " * 300}] * 10
    return lengths.profile(pl.DataFrame(rows), tokenizer)


def test_the_recommendation_is_the_smallest_that_loses_one_percent(skewed: lengths.Profile) -> None:
    fine = [cut.max_length for cut in skewed.overall.truncated if cut.tokens <= 0.01]
    assert skewed.recommended == min(fine)
    assert skewed.config_line == f"SFTConfig(max_length={skewed.recommended})"
    assert [cut.max_length for cut in skewed.overall.truncated] == list(lengths.MAX_LENGTHS)


def test_groups_add_up_to_the_whole(skewed: lengths.Profile) -> None:
    assert [group.name for group in skewed.groups] == ["long", "short"]
    for part in ("total", "prompt", "completion"):
        whole = getattr(skewed.overall, part)
        parts = [getattr(group, part) for group in skewed.groups]
        assert whole.rows == sum(one.rows for one in parts)
        assert whole.total == sum(one.total for one in parts)
        columns = np.array([one.histogram.counts for one in parts]).sum(axis=0)
        assert columns.tolist() == list(whole.histogram.counts)
        assert len(whole.histogram.counts) == 50


def test_longer_rows_than_any_max_length_get_a_larger_one(tokenizer: Any) -> None:
    found = lengths.profile(pl.DataFrame({"text": ["one " * 3_000]}), tokenizer, max_lengths=(128, 256))
    assert found.recommended % 1024 == 0
    assert found.loss.tokens <= 0.01
    assert lengths.truncation_loss([found.overall.total.max], found.recommended - 1024) > 0.01


def test_a_huge_row_is_named_and_not_trained_for(tokenizer: Any) -> None:
    usual = ["one " * number for number in range(20, 60)]
    found = lengths.profile(pl.DataFrame({"text": [*usual, "one " * 90_000]}), tokenizer)
    assert (found.recommended, found.outliers) == (128, 1)
    assert f"1 row far longer than all others (up to {found.overall.total.max:,} tokens)" in str(found)
    assert "1 row far longer than all others" in found.to_html()
    assert lengths.profile(pl.DataFrame({"text": usual}), tokenizer).outliers == 0


def test_a_sample_is_the_same_each_time_and_says_so(tokenizer: Any) -> None:
    frame = pl.DataFrame({"text": [f"{'one ' * i}" for i in range(1, 60)]})
    found = [lengths.profile(frame, tokenizer, sample=10).to_json() for _ in range(2)]
    assert found[0] == found[1]
    told = lengths.profile(frame, tokenizer, sample=10)
    assert (told.rows, told.measured, told.overall.total.rows) == (59, 10, 10)
    assert "measured on 10 of 59 rows" in str(told)


def test_a_profile_is_json_text_a_page_and_a_table(skewed: lengths.Profile, tokenizer: Any) -> None:
    from rich.console import Console

    read = json.loads(skewed.to_json())
    assert read["recommended"] == skewed.recommended
    assert read["overall"]["total"]["rows"] == 100
    console = Console(width=140, record=True, file=StringIO())
    console.print(skewed.table())
    assert skewed.config_line in console.export_text()
    page = skewed.to_html()
    assert skewed.config_line in page
    assert page == skewed.to_html()
    assert "<script" not in page
    assert 'srcdoc="&lt;!doctype html&gt;' in skewed._repr_html_()


def test_hostile_sources_stay_text(tokenizer: Any) -> None:
    evil = "<script>alert(1)</script>\x1b[2J\u202e"
    found = lengths.profile(pl.DataFrame({"source": [evil, "b"], "text": ["one", "two"]}), tokenizer)
    assert "<script" not in found.to_html()
    assert "\x1b" not in str(found)


@pytest.mark.parametrize(
    "options", [{"sample": 0}, {"bins": 0}, {"batch_size": 0}, {"max_lengths": ()}, {"max_lengths": (0, 5)}]
)
def test_a_setting_below_one_is_a_usage_error(tokenizer: Any, options: Row) -> None:
    with pytest.raises(UsageError, match="at least 1"):
        lengths.profile(pl.DataFrame({"text": ["one"]}), tokenizer, **options)


def test_an_empty_table_is_an_error(tokenizer: Any) -> None:
    with pytest.raises(DataError, match="no row to measure"):
        lengths.profile(pl.DataFrame({"text": []}, schema={"text": pl.String}), tokenizer)


def test_tokenizers_come_from_a_folder_a_file_or_the_package(tokenizer: Any, tmp_path: Path) -> None:
    folder = Path(tokenizer.name_or_path)
    alone = tmp_path / "tokenizer.json"
    alone.write_bytes((folder / "tokenizer.json").read_bytes())
    frame = pl.DataFrame({"messages": [[user("one"), assistant("two")]]})
    assert lengths.profile(frame, str(folder)).overall == lengths.profile(frame, folder / "tokenizer.json").overall
    bare = lengths.profile(frame, alone)
    assert "no chat template" in bare.notes[0]
    assert bare.overall.total.total < lengths.profile(frame, folder).overall.total.total
    assert lengths.profile(frame, "house").tokenizer == "house"
    with pytest.raises(DataError, match="no tokenizer at"):
        load_tokenizer(tmp_path / "nothing")


def test_the_path_of_a_tokenizer_is_not_told(tokenizer: Any) -> None:
    frame = pl.DataFrame({"text": ["one"]})
    for one in (tokenizer, Path(tokenizer.name_or_path)):
        found = lengths.profile(frame, one)
        assert "/" not in found.tokenizer
        assert str(Path(tokenizer.name_or_path).parent) not in found.to_html() + found.to_json()


# Data on disk


def test_a_run_is_measured_by_its_final_rows(run: Run, tokenizer: Any) -> None:
    frame = lengths.load(run.folder)
    assert frame.height == sum(part.height for part in run.splits().values())
    assert [group.name for group in lengths.profile(frame, tokenizer).groups] == ["plus", "times"]


def test_rows_that_cannot_be_read_are_counted_as_such(tmp_path: Path, tokenizer: Any) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"instruction": "Add.", "input": "1 1", "output": "2"}\nnot json\n')
    found = lengths.profile(lengths.load(path), tokenizer)
    assert found.overall.total.rows == 1
    assert sum(found.unreadable.values()) == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["sft_rasbt/instruction_1100.jsonl.gz", "pref_rasbt/preference_1100.jsonl.gz", "sft_dolly/dolly_3k_rated.jsonl.gz"],
)
def test_real_dialects_are_measured_without_naming_columns(shared_data: Path, name: str) -> None:
    found = lengths.profile(lengths.load(shared_data / name), "house")
    assert sum(found.unreadable.values()) < 0.01 * found.rows
    assert found.overall.prompt.total > 0
    assert found.overall.completion.total > 0
