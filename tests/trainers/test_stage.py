"""From a directory into a directory: resuming, what a folder holds already, which reference is meant."""

from __future__ import annotations

import json
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from curate.errors import CurateError, DataError, Interrupted, RecipeError, RunLocked, StepFailed, UsageError
from curate.holding import folder_lock
from curate.table import write_parquet
from tests.trainers.interrupted import StopsAt
from trainers import train
from trainers.config import make_config
from trainers.folder import last_checkpoint
from trainers.models import find
from trainers.preparing import build, prepare

Make = Callable[..., dict[str, Any]]
FOUR = {"max_steps": 4, "save_steps": 1}


def weights(folder: str) -> dict[str, torch.Tensor]:
    return load_file(Path(folder) / "model.safetensors")


@pytest.mark.parametrize("method", ["sft", "dpo", "kto", "orpo", "reward", "grpo", "rloo"])
def test_a_resumed_training_ends_where_an_uninterrupted_one_does(method: str, settings: Make, tmp_path: Path) -> None:
    whole = train(settings(method, FOUR, out=str(tmp_path / "whole")))
    broken = settings(method, FOUR, out=str(tmp_path / "broken"))
    with pytest.raises(Interrupted, match="checkpoint-2"):
        train(broken, callbacks=[StopsAt(2)])
    resumed = train(broken, resume=True)
    assert [line["step"] for line in resumed.log] == [line["step"] for line in whole.log]
    assert [line.get("loss") for line in resumed.log] == [line.get("loss") for line in whole.log]
    assert resumed.metrics["last"]["train_loss"] == whole.metrics["last"]["train_loss"]
    for name, value in weights(whole.model).items():
        assert torch.equal(value, weights(resumed.model)[name]), name


def test_a_half_written_checkpoint_is_passed_over(settings: Make, tmp_path: Path) -> None:
    broken = settings("sft", FOUR)
    with pytest.raises(Interrupted):
        train(broken, callbacks=[StopsAt(2)])
    folder = Path(broken["out"])
    half = folder / "checkpoints" / "checkpoint-3"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    found = last_checkpoint(folder)
    assert found is not None
    assert found.name == "checkpoint-2"
    assert train(broken, resume=True).metrics["steps"] == 4


@pytest.mark.parametrize("save", [{"save_steps": 1}, {"save_strategy": "no"}])
def test_a_full_disk_is_told_and_the_training_goes_on_when_there_is_room(
    save: dict[str, Any], settings: Make, tmp_path: Path
) -> None:
    """While a checkpoint or the model is written; what was half written takes no room any more."""
    whole = train(settings("sft", save, out=str(tmp_path / "whole")))
    config = settings("sft", save)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(StepFailed, match="no room is left on the disk; make some, and --resume goes on from"):
            train(config)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not (Path(config["out"]) / ".model.draft").exists()
    resumed = train(config, resume=True)
    one, other = weights(whole.model), weights(resumed.model)
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_a_folder_is_not_trained_into_twice_by_accident(settings: Make) -> None:
    config = settings("sft")
    trained = train(config)
    before = (trained.folder / "metrics.json").read_bytes()
    with pytest.raises(UsageError, match="a finished training; --resume goes on with it, --fresh starts again"):
        train(config)
    assert train(config, resume=True).metrics == trained.metrics  # nothing is trained
    assert (trained.folder / "metrics.json").read_bytes() == before
    with pytest.raises(UsageError, match="begun with other settings: seed was 0, is 1"):
        train(config | {"seed": 1}, resume=True)
    assert train(config | {"seed": 1}, fresh=True).lock["config"]["seed"] == 1


def test_what_is_resumed_has_its_rows_and_its_model(settings: Make, tmp_path: Path, problems: pl.DataFrame) -> None:
    write_parquet(problems, tmp_path / "rows.parquet")
    shutil.copytree(find("house"), tmp_path / "start")
    config = settings("sft", FOUR, data=str(tmp_path / "rows.parquet"), model=str(tmp_path / "start"))
    with pytest.raises(Interrupted):
        train(config, callbacks=[StopsAt(2)])
    write_parquet(problems.head(31), tmp_path / "rows.parquet")
    with pytest.raises(UsageError, match="was begun with other rows of"):
        train(config, resume=True)
    write_parquet(problems, tmp_path / "rows.parquet")
    (tmp_path / "start" / "chat_template.jinja").write_text(
        "{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}"
    )
    with pytest.raises(UsageError, match="was begun from another"):
        train(config, resume=True)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"data": "nowhere.parquet"}, "nowhere"),
        ({"freeze": ["*"]}, "nothing would be trained"),
        ({"trl": {"loss_type": "sigmod"}}, "cannot take its first step: Unknown loss type: sigmod"),
    ],
)
def test_a_training_that_never_began_leaves_nothing(changes: dict[str, Any], told: str, settings: Make) -> None:
    """So that the mended command runs as it stands, without --fresh."""
    config = settings("dpo", **{name: value for name, value in changes.items() if name != "trl"})
    wrong = config | {"trl": config["trl"] | changes.get("trl", {})}
    with pytest.raises(CurateError, match=told):
        train(wrong)
    assert not Path(wrong["out"]).exists()


def test_a_metric_that_is_not_measured_is_told_with_those_that_are(settings: Make) -> None:
    config = settings("sft", eval=0.2, stop={"on": "eval_bleu"})
    with pytest.raises(UsageError, match=r"of sft, which has no eval_bleu; did you mean 'eval_loss'"):
        train(config)
    with pytest.raises(RecipeError, match=r"stop\.on: did you mean eval_reward\?"):
        make_config(config | {"stop": {"on": "eval_rewrd"}})


def test_two_trainings_do_not_share_a_folder(settings: Make) -> None:
    config = settings("sft")
    with folder_lock(Path(config["out"])), pytest.raises(RunLocked):
        train(config)


def test_the_next_stage_takes_the_folder_of_a_training(settings: Make, tmp_path: Path) -> None:
    first = train(settings("sft"))
    second = train(settings("dpo", model=str(first.folder)))
    assert second.lock["model"] != first.lock["model"]
    (first.folder / "metrics.json").unlink()
    shutil.rmtree(first.model)
    with pytest.raises(DataError, match="has no model yet"):
        train(settings("dpo", model=str(first.folder), out=str(tmp_path / "third")))


@pytest.mark.parametrize(("method", "trl"), [("dpo", {}), ("kto", {}), ("grpo", {"beta": 0.1}), ("rloo", {})])
def test_the_reference_is_the_model_the_training_starts_from(method: str, trl: dict[str, Any], settings: Make) -> None:
    """TRL's own trap: after SFT in memory the reference would be the checkpoint from before it."""
    first = train(settings("sft", {"learning_rate": 1e-2}))
    config, _ = make_config(settings(method, trl, model=first.model))
    job = prepare(config)
    trainer = build(job)
    begun = AutoModelForCausalLM.from_pretrained(first.model, dtype="float32").state_dict()
    house = AutoModelForCausalLM.from_pretrained(find("house"), dtype="float32").state_dict()
    reference = trainer.ref_model.state_dict()
    name = "model.layers.0.mlp.up_proj.weight"
    assert torch.equal(reference[name], begun[name])
    assert not torch.equal(reference[name], house[name])


def test_nothing_of_the_training_is_a_pickle_or_a_path_of_this_machine(settings: Make, tmp_path: Path) -> None:
    trained = train(settings("sft"))
    lock = (trained.folder / "train.lock.json").read_text()
    assert str(tmp_path) not in json.dumps(json.loads(lock)["arguments"])
    assert not list(Path(trained.model).glob("*.bin"))
