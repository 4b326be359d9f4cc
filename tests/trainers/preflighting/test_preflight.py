"""Twenty seeded faults are found, each by what looks for it; healthy configurations raise no alarm."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.engines.local_model import find_model
from curate.errors import GateFailed
from curate.table import write_parquet
from trainers.preflighting import preflight

Settings = dict[str, Any]
Make = Callable[..., Settings]
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
GROUP = {"num_generations": 4, "max_completion_length": 120}


class Bench:
    """Where a fault is seeded: data of its own, a model of its own."""

    def __init__(self, settings: Make, problems: pl.DataFrame, folder: Path) -> None:
        self.settings, self.problems, self.folder = settings, problems, folder

    def data(self, frame: pl.DataFrame, name: str = "seeded") -> str:
        path = self.folder / f"{name}.parquet"
        write_parquet(frame, path)
        return str(path)

    def model(self, change: Callable[[Path], None]) -> str:
        folder = self.folder / "model"
        shutil.copytree(find_model("house"), folder)
        change(folder)
        return str(folder)

    def pairs(self, chosen: pl.Expr, rejected: pl.Expr) -> str:
        return self.data(self.problems.select("prompt", chosen=chosen, rejected=rejected))


@pytest.fixture
def bench(settings: Make, problems: pl.DataFrame, tmp_path: Path) -> Bench:
    return Bench(settings, problems, tmp_path)


def without_end(bench: Bench) -> Settings:
    """Conversations whose template forgets the end token: TRL adds none, and says nothing."""
    template = bench.folder / "t.jinja"
    template.write_text(TEMPLATE.replace("<|im_end|>", ""))
    return bench.settings("sft", chat_template=str(template))


def without_template(bench: Bench) -> Settings:
    messages = pl.struct(role=pl.lit("user"), content=pl.col("prompt"))
    data = bench.data(bench.problems.select(prompt=pl.concat_list(messages), completion="completion"))

    def change(folder: Path) -> None:
        (folder / "chat_template.jinja").unlink()

    return bench.settings("sft", model=bench.model(change), data=data)


def broken_template(bench: Bench) -> Settings:
    """A template that raises for some rows only."""
    template = bench.folder / "t.jinja"
    strict = "{% if '?' in messages[0].content %}{{ raise_exception('no questions') }}{% endif %}"
    template.write_text(strict.replace("'?' in", "messages | length > 1 and '7' in") + TEMPLATE)
    return bench.settings("sft", chat_template=str(template))


def cut_rows(bench: Bench) -> Settings:
    return bench.settings("sft", {"max_length": 24})


def cut_in_silence(bench: Bench) -> Settings:
    """Allowed, and still most rows lose their end."""
    return bench.settings("sft", {"max_length": 60}, too_long="truncate")


def columns_without_answers(bench: Bench) -> Settings:
    return bench.settings("sft", data=bench.data(bench.problems.select(question="prompt", answer="answer")))


def gold_missing(bench: Bench) -> Settings:
    return bench.settings("grpo", GROUP, data=bench.data(bench.problems.drop("answer")))


def golds_unread(bench: Bench) -> Settings:
    blank = pl.when(pl.int_range(pl.len()) % 4 == 0).then(pl.lit(" ")).otherwise("answer")
    return bench.settings("grpo", GROUP, data=bench.data(bench.problems.with_columns(answer=blank)))


def constant_reward(bench: Bench) -> Settings:
    """A gold that no answer gives: every group earns nothing."""
    never = bench.problems.with_columns(answer=pl.lit("123456789"))
    return bench.settings("grpo", GROUP, data=bench.data(never))


def cut_answers(bench: Bench) -> Settings:
    return bench.settings("grpo", GROUP | {"max_completion_length": 8})


def uneven_groups(bench: Bench) -> Settings:
    return bench.settings("grpo", GROUP, batch=6)


def same_pairs(bench: Bench) -> Settings:
    return bench.settings("dpo", data=bench.pairs(pl.col("completion"), pl.format("{} ", "completion")))


def long_pairs(bench: Bench) -> Settings:
    wordy = pl.format("{} {}", "completion", pl.lit("And that is the answer, as was to be shown. " * 8))
    return bench.settings("dpo", data=bench.pairs(wordy, pl.lit("No.")))


def swapped_pairs(bench: Bench) -> Settings:
    made = bench.problems.select("prompt", chosen="completion", rejected=pl.format("{} Or so.", "completion"))
    other = made.head(8).select("prompt", chosen="rejected", rejected="chosen")
    return bench.settings("dpo", data=bench.data(pl.concat([made, other])))


def labels_of_one_kind(bench: Bench) -> Settings:
    data = bench.data(bench.problems.select("prompt", "completion", label=pl.lit(value=True)))
    return bench.settings("kto", data=data)


def held_out_trained_on(bench: Bench) -> Settings:
    train, other = bench.data(bench.problems), bench.data(bench.problems.head(8), "other")
    return bench.settings("sft", data=train, eval=other)


def nothing_trains(bench: Bench) -> Settings:
    return bench.settings("sft", freeze=["*"])


def one_step(bench: Bench) -> Settings:
    return bench.settings("sft", {"max_steps": -1, "num_train_epochs": 1}, batch=64)


def empty_answers(bench: Bench) -> Settings:
    blank = pl.when(pl.int_range(pl.len()) < 5).then(pl.lit("")).otherwise("completion")
    return bench.settings("sft", data=bench.data(bench.problems.select("prompt", completion=blank)), format="text")


def unfit_rows(bench: Bench) -> Settings:
    """Conversations whose last answer is empty take no shape; an eighth of the data is gone."""
    blank = pl.when(pl.int_range(pl.len()) < 4).then(pl.lit("")).otherwise("completion")
    turns = pl.concat_list(
        pl.struct(role=pl.lit("user"), content="prompt"), pl.struct(role=pl.lit("assistant"), content=blank)
    )
    return bench.settings("sft", data=bench.data(bench.problems.select(messages=turns)))


def copies(bench: Bench) -> Settings:
    return bench.settings("sft", data=bench.data(pl.concat([bench.problems, bench.problems.head(16)])))


def unmarked_answers(bench: Bench) -> Settings:
    """assistant_only_loss with a template that marks nothing: every label would be masked."""
    template = bench.folder / "t.jinja"
    template.write_text(TEMPLATE)
    turns = pl.concat_list(
        pl.struct(role=pl.lit("user"), content="prompt"), pl.struct(role=pl.lit("assistant"), content="completion")
    )
    data = bench.data(bench.problems.select(messages=turns))
    return bench.settings("sft", {"assistant_only_loss": True}, data=data, chat_template=str(template))


def too_fast(bench: Bench) -> Settings:
    return bench.settings("sft", {"learning_rate": 2.0})


def never_warm(bench: Bench) -> Settings:
    return bench.settings("sft", {"warmup_steps": 500, "max_steps": 20})


def typing_error(bench: Bench) -> Settings:
    return bench.settings("sft", {"lerning_rate": 1e-5})


def no_room_for_prompts(bench: Bench) -> Settings:
    return bench.settings("grpo", GROUP | {"max_completion_length": 1020})


FAULTS: dict[Callable[[Bench], Settings], str] = {
    without_end: "end token",
    without_template: "no chat template",
    broken_template: "no questions",
    cut_rows: "longer than max_length",
    cut_in_silence: "longer than max_length",
    columns_without_answers: "It looks like question_answer",
    gold_missing: "reads column 'answer'",
    golds_unread: "cannot judge 8 of 32 rows",
    constant_reward: "would train nothing",
    cut_answers: "cut off at max_completion_length",
    uneven_groups: "whole groups",
    same_pairs: "say the same",
    long_pairs: "longer in 100% of pairs",
    swapped_pairs: "the other way round",
    labels_of_one_kind: "100% of the labels are good",
    held_out_trained_on: "are trained on",
    nothing_trains: "nothing would be trained",
    one_step: "make 1 step",
    empty_answers: "5 of 32 rows are left out: no completion",
    unfit_rows: "4 of 32 rows are left out",
    copies: "copies of others",
    unmarked_answers: "generation",
    too_fast: "learning rate is 2",
    never_warm: "warming up",
    typing_error: "did you mean 'learning_rate'",
    no_room_for_prompts: "leaves",
}


@pytest.mark.parametrize("seed", FAULTS, ids=lambda one: one.__name__)
def test_a_seeded_fault_is_found(seed: Callable[[Bench], Settings], bench: Bench) -> None:
    found = preflight(seed(bench), problems=4)
    told = "\n".join(map(str, found.faults))
    assert FAULTS[seed] in told
    assert not (bench.folder / "sft").exists(), "a preflight writes nothing"
    with pytest.raises(GateFailed):
        found.gate()


def raises(completions: list[Any], **_: Any) -> list[float]:
    raise KeyError("answer")


def short(completions: list[Any], **_: Any) -> list[float]:
    return [0.0] * (len(completions) - 1) if len(completions) > 1 else [0.0, 0.0]


def slow(completions: list[Any], **_: Any) -> list[float]:
    time.sleep(0.6 * len(completions))
    return [float(len(str(completion))) for completion in completions]


def strict(completions: list[Any], **_: Any) -> list[float]:
    """Fails on an answer without a box, as many published rewards do."""
    return [float(str(completion).split("\\boxed{")[1][0] == "1") for completion in completions]


@pytest.mark.parametrize(
    ("reward", "told"),
    [(raises, "KeyError"), (short, "values for"), (slow, "s an answer"), (strict, "hostile answer")],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_a_reward_of_one_s_own_is_tried(reward: Callable[..., Any], told: str, bench: Bench) -> None:
    problems = 1 if reward is slow else 2
    settings = bench.settings("grpo", GROUP, rewards=[], data=bench.data(bench.problems.head(4)))
    assert told in "\n".join(map(str, preflight(settings, [reward], problems=problems).faults))


HEALTHY: dict[str, Callable[[Bench], Settings]] = {
    "sft": lambda b: b.settings("sft", {"max_steps": 20}),
    "sft packed": lambda b: b.settings("sft", {"packing": True, "max_length": 256, "max_steps": 20}),
    "sft text": lambda b: b.settings("sft", {"max_steps": 20}, format="text"),
    "sft lora": lambda b: b.settings("sft", {"max_steps": 20}, peft={"type": "lora", "r": 4}),
    "sft held out": lambda b: b.settings("sft", {"max_steps": 20}, eval=0.2),
    "dpo": lambda b: b.settings("dpo", {"max_steps": 20}),
    "kto": lambda b: b.settings("kto", {"max_steps": 20}),
    "reward": lambda b: b.settings("reward", {"max_steps": 20}),
    "grpo": lambda b: b.settings("grpo", GROUP | {"max_steps": 20}),
    "grpo shaped": lambda b: b.settings(
        "grpo",
        GROUP | {"max_steps": 20, "beta": 0.04},
        rewards=["math", {"reward": "think_format", "weight": 0.1}, {"reward": "chain_monitor", "weight": 0.1}],
    ),
    "rloo": lambda b: b.settings("rloo", GROUP | {"max_steps": 20}),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_configuration_raises_no_alarm(name: str, bench: Bench) -> None:
    found = preflight(HEALTHY[name](bench), problems=6)
    assert [str(fault) for fault in found.faults] == []
    assert str(found).endswith("ready to train")
    json.dumps(found.to_dict())
    found.gate()


def test_two_rows_show_what_is_learned_of_them(bench: Bench) -> None:
    found = preflight(bench.settings("sft", {"max_steps": 20}))
    assert len(found.masks) == 2
    for mask in found.masks:
        before, learned = mask.split("[[", 1)
        assert "assistant" in before
        assert learned.startswith("<think>")
        assert "<|im_end|>" in learned


def test_without_weights_what_is_left_is_looked_at(bench: Bench) -> None:
    found = preflight(same_pairs(bench), model=False)
    assert "say the same" in str(found.faults[0])
    assert "trained parameters" not in found.figures
