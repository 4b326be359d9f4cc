"""Distillation: the offline loss is the exact one, students learn and resume, vocabularies that differ are refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from safetensors.torch import load_file

from curate.errors import DataError, Interrupted, RecipeError, UsageError
from curate.table import write_parquet
from tests.trainers.interrupted import StopsAt
from trainers import train
from trainers.config import load_config, make_config
from trainers.kd.store import row_tokens, store_logits, top_of_entries
from trainers.merging import stack_layers
from trainers.merging.passthrough import Slice
from trainers.models import find, load_model, load_tokenizer
from trainers.preparing import build, prepare
from trainers.settings import Data

Make = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def student(tmp_path_factory: pytest.TempPathFactory) -> str:
    """DistilBERT's beginning: every other layer of the teacher."""
    return str(stack_layers([Slice("house", (0, 2))], tmp_path_factory.mktemp("student") / "model"))


def conversations(frame: pl.DataFrame) -> pl.DataFrame:
    turn = pl.struct(role=pl.lit("user"), content=pl.col("prompt"))
    return frame.with_columns(prompt=pl.concat_list(turn))


def test_what_is_stored_is_what_the_teacher_says(problems: pl.DataFrame) -> None:
    frame = conversations(problems.head(5))
    told = store_logits("house", frame, k=8, batch_size=2)
    model = load_model(find("house"), None).eval()
    for row in told.iter_rows(named=True):
        prompt, answer = row["prompt_ids"], row["completion_ids"]
        with torch.no_grad():
            logits = model(torch.tensor([[*prompt, *answer]])).logits[0, len(prompt) - 1 : -1]
        top = logits.log_softmax(-1).topk(8)
        assert torch.allclose(torch.tensor(row["top_log_probs"]), top.values, atol=1e-4)
        assert len(row["top_ids"]) == len(answer)
    assert told["teacher"][0]["k"] == 8
    assert {"prompt", "completion", "answer"} <= set(told.columns)


def test_with_the_whole_vocabulary_the_loss_is_the_full_kl(
    student: str, settings: Make, problems: pl.DataFrame
) -> None:
    size = load_model(find("house"), None).config.vocab_size
    config = settings(
        "kd", {"k": size, "temperature": 2.0}, model=student, teacher="house", data=settings("sft")["data"]
    )
    trainer = build(prepare(make_config(config)[0]))
    batch = trainer.data_collator([trainer.train_dataset[row] for row in range(3)])
    model, teacher = trainer.model.eval(), load_model(find("house"), None).eval()
    with torch.no_grad():
        ours = float(trainer.compute_loss(model, batch))
        read = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
        s, t = ((one(**read).logits[:, :-1] / 2).log_softmax(-1) for one in (model, teacher))
        kl = (t.exp() * (t - s)).sum(-1)[batch["labels"][:, 1:] != -100].mean()
    assert ours == pytest.approx(4 * float(kl), rel=1e-4)  # times the temperature's square


def test_only_answers_are_learned_and_each_token_with_its_own_line(settings: Make, student: str) -> None:
    trainer = build(prepare(make_config(settings("kd", {"k": 4}, model=student, teacher="house"))[0]))
    rows = [trainer.train_dataset[row] for row in range(4)]
    batch = trainer.data_collator(rows)
    learned = batch["labels"][batch["labels"] != -100].tolist()
    assert learned == [token for row in rows for token in row["completion_ids"]]
    assert len(batch["top_ids"]) == len(learned)
    assert trainer.processing_class.decode(rows[0]["completion_ids"]).rstrip().endswith("<|im_end|>")


def test_rows_without_an_answer_or_too_long_are_not_asked_about(
    settings: Make, student: str, problems: pl.DataFrame, tmp_path: Path
) -> None:
    rows = problems.head(6).with_columns(
        completion=pl.when(pl.int_range(pl.len()) == 2).then(None).otherwise("completion"),
        prompt=pl.when(pl.int_range(pl.len()) == 4).then(pl.lit("word " * 3000)).otherwise("prompt"),
    )
    rows.write_parquet(tmp_path / "x.parquet")
    config = settings("kd", {"k": 4}, model=student, teacher="house", data=str(tmp_path / "x.parquet"))
    with pytest.raises(DataError, match=r"1 of 5 rows .* longer than max_length 1,024"):
        build(prepare(make_config(config)[0]))
    assert len(build(prepare(make_config(config | {"too_long": "drop"})[0])).train_dataset) == 4


@pytest.mark.parametrize("method", ["kd", "distill", "gkd"])
def test_the_student_comes_nearer_to_its_teacher_and_resumes(
    method: str, settings: Make, student: str, tmp_path: Path
) -> None:
    own = {"distill": {"max_completion_length": 12}, "gkd": {"max_new_tokens": 8, "lmbda": 0.0}, "kd": {"k": 16}}[
        method
    ]
    trl = {"max_steps": 6, "save_steps": 3, "learning_rate": 1e-3, "lr_scheduler_type": "constant"} | own
    whole = train(settings(method, trl, model=student, teacher="house", out=str(tmp_path / "whole")))
    losses = [line["loss"] for line in whole.log if "loss" in line]
    if method != "distill":  # whose answers change from step to step
        assert losses[-1] < losses[0]
    broken = settings(method, trl, model=student, teacher="house", out=str(tmp_path / "broken"))
    with pytest.raises(Interrupted, match="checkpoint-3"):
        train(broken, callbacks=[StopsAt(4)])
    resumed = train(broken, resume=True)
    ours, theirs = (load_file(Path(one.model) / "model.safetensors") for one in (whole, resumed))
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())


def test_stored_rows_need_no_teacher_and_give_the_same_student(
    settings: Make, student: str, problems: pl.DataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "told.parquet"
    store_logits("house", conversations(problems), k=4).write_parquet(path)
    stored = train(settings("kd", {"k": 4}, model=student, data=str(path), out=str(tmp_path / "a")))
    asked = train(settings("kd", {"k": 4}, model=student, teacher="house", out=str(tmp_path / "b")))
    ours, theirs = (load_file(Path(one.model) / "model.safetensors") for one in (stored, asked))
    assert all(torch.allclose(value, theirs[name], atol=1e-5) for name, value in ours.items())
    with pytest.raises(UsageError, match=r"made at temperature 1.*temperature: 1"):
        build(prepare(make_config(settings("kd", {"temperature": 2.0}, model=student, data=str(path)))[0]))


def test_the_mixture_is_a_mixture(settings: Make, student: str) -> None:
    losses = {}
    for weight in (0.0, 0.3, 1.0):
        job = prepare(make_config(settings("kd", {"ce_weight": weight}, model=student, teacher="house"))[0])
        trainer = build(job)
        batch = trainer.data_collator([trainer.train_dataset[0]])
        losses[weight] = float(trainer.compute_loss(trainer.model.eval(), batch).detach())
    assert losses[0.3] == pytest.approx(0.7 * losses[0.0] + 0.3 * losses[1.0], rel=1e-5)


def test_another_vocabulary_is_refused_by_every_method(settings: Make, student: str, tmp_path: Path) -> None:
    other = tmp_path / "other"
    load_model(find("house"), None).save_pretrained(other)
    tokenizer = load_tokenizer(find("house"))
    tokenizer.add_tokens(["<new>"])
    tokenizer.save_pretrained(other)
    for method in ("kd", "distill", "gkd"):
        with pytest.raises(UsageError, match=r"different vocabularies: 1 tokens differ, for example '<new>'"):
            build(prepare(make_config(settings(method, model=student, teacher=str(other)))[0]))


def test_what_is_missing_is_said(settings: Make, student: str, problems: pl.DataFrame) -> None:
    for method in ("kd", "distill", "gkd"):
        with pytest.raises(UsageError, match="teacher: FOLDER"):
            build(prepare(make_config(settings(method, model=student))[0]))
    with pytest.raises(UsageError, match="gkd reads no packing: it learns the last answer of each row"):
        build(prepare(make_config(settings("gkd", {"packing": True}, model=student, teacher="house"))[0]))
    with pytest.raises(RecipeError, match="sft reads no teacher"):
        make_config(settings("sft", teacher="house"))
    with pytest.raises(DataError, match="no column 'completion'"):
        store_logits("house", problems.drop("completion"))
    with pytest.raises(UsageError, match="temperature 1 only"):
        store_logits("house", problems.head(1), temperature=2.0, engine="vllm")


def test_the_config_to_start_from_takes_the_rows_of_the_recipe_it_names(settings: Make, tmp_path: Path) -> None:
    """`recipes/openthoughts.yaml` ends in conversations: their last answer is learned, whatever stands before it."""
    turns = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]
    table = pl.DataFrame({"messages": [turns, [*turns, *turns], turns[:1]]})
    write_parquet(table, tmp_path / "chats.parquet")
    config, _ = load_config(Path("recipes/train/kd.yaml"))
    data = Data(path=str(tmp_path / "chats.parquet"))
    job = prepare(config.model_copy(update={"model": "house", "data": data, "eval": None, "out": str(tmp_path)}))
    assert dict(job.rows.left_out) == {"no completion": 1}
    rows = [build(job).train_dataset[row] for row in range(2)]
    asked, answered = ([job.tokenizer.decode(row[name]) for row in rows] for name in ("prompt_ids", "completion_ids"))
    question = "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n"
    assert asked == [question, f"{question}2<|im_end|>\n{question}"]
    assert answered == ["2<|im_end|>\n"] * 2


def test_a_row_of_text_ends_with_the_end_token() -> None:
    tokenizer = load_tokenizer(find("house"))
    prompt, answer = row_tokens(tokenizer, "1 + 1 = ", "2")
    assert tokenizer.decode(prompt) == "1 + 1 = "
    assert tokenizer.decode(answer) == f"2{tokenizer.eos_token}"


def test_vllms_entries_are_cut_to_the_likeliest() -> None:
    @dataclass
    class Logprob:
        logprob: float

    entry = {7: Logprob(-0.1), 3: Logprob(-9.0), 5: Logprob(-2.0)}  # 3 is the token that was read, rank 40
    assert top_of_entries([entry], 2) == ([[7, 5]], [[-0.1, -2.0]])
