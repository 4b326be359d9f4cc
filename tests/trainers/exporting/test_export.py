"""Exports in the forms of other trainers: what they hold, and that the rewards they hold judge."""

from __future__ import annotations

import runpy
import sys
import types
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from curate.errors import UsageError
from trainers.exporting import TARGETS, export

Make = Callable[..., dict[str, Any]]
RunScript = Callable[..., list[str]]


def lines(path: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(path).to_dicts()


def options(arguments: list[str], join: str) -> dict[str, str]:
    """What a script hands on: `name=value`, or `--name value`."""
    if join == "=":
        return dict(one.split("=", 1) for one in arguments if "=" in one)
    return {name: value for name, value in pairwise(arguments) if name.startswith("--")}


def test_a_training_that_cannot_be_handed_on_leaves_no_folder(settings: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="axolotl calls each reward for every row"):
        export(settings("grpo", rewards=["verifier"]), "axolotl", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_verl(grpo: dict[str, Any], tmp_path: Path, run_script: RunScript) -> None:
    told = export(grpo, "verl", tmp_path)
    assert "24 rows, 8 held out" in told
    assert pl.read_parquet_schema(tmp_path / "train.parquet") == pl.read_parquet_schema(tmp_path / "test.parquet")
    row = pl.read_parquet(tmp_path / "train.parquet").row(0, named=True)
    assert list(row) == ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    assert row["data_source"] == "weighted"
    assert [turn["role"] for turn in row["prompt"]] == ["user"]
    assert row["reward_model"]["style"] == "rule"
    assert row["extra_info"] == {"split": "train", "index": 0}
    gold = row["reward_model"]["ground_truth"]
    compute_score = runpy.run_path(str(tmp_path / "reward.py"))["compute_score"]
    assert compute_score("weighted", f"It is \\boxed{{{gold}}}.", gold, row["extra_info"])["score"] == 1.1
    assert compute_score("weighted", "no", gold, row["extra_info"])["score"] == 0.0
    given = options(run_script(tmp_path / "run.sh"), "=")
    assert given["algorithm.adv_estimator"] == "grpo"
    assert given["data.train_batch_size"] == "2"  # 8 completions in groups of 4
    assert given["actor_rollout_ref.rollout.n"] == "4"
    assert given["actor_rollout_ref.actor.clip_ratio"] == "0.3"
    assert given["actor_rollout_ref.actor.kl_loss_coef"] == "0.02"
    assert given["data.train_files"] == str(tmp_path / "train.parquet")
    assert Path(given["actor_rollout_ref.model.path"]).is_dir()


def test_openrlhf(grpo: dict[str, Any], tmp_path: Path, run_script: RunScript) -> None:
    export(grpo, "openrlhf", tmp_path)
    row = lines(tmp_path / "train.parquet")[0]
    assert list(row) == ["prompt", "label"]
    assert len(lines(tmp_path / "test.parquet")) == 8
    reward_func = runpy.run_path(str(tmp_path / "reward.py"))["reward_func"]
    answer = reward_func([f"Q\\boxed{{{row['label']}}}", "Qno"], ["Q", "Q"], [row["label"]] * 2)
    assert answer["rewards"].tolist() == pytest.approx([1.1, 0.0])
    given = options(run_script(tmp_path / "run.sh"), " ")
    assert given["--algo.advantage.estimator"] == "group_norm"
    assert given["--rollout.n_samples_per_prompt"] == "4"
    assert given["--train.batch_size"] == "8"
    assert given["--reward.remote_url"] == str(tmp_path / "reward.py")


def test_ppo_goes_with_its_critic(settings: Make, tmp_path: Path, run_script: RunScript) -> None:
    config = settings("ppo", {"num_mini_batches": 2, "lam": 0.9, "max_completion_length": 24}, rewards=["math"])
    export(config, "verl", tmp_path / "verl")
    given = options(run_script(tmp_path / "verl" / "run.sh"), "=")
    assert given["algorithm.adv_estimator"] == "gae"
    assert given["algorithm.lam"] == "0.9"
    assert given["actor_rollout_ref.actor.ppo_mini_batch_size"] == "4"
    assert float(given["critic.optim.lr"]) == pytest.approx(1e-3)
    export(config, "openrlhf", tmp_path / "openrlhf")
    assert options(run_script(tmp_path / "openrlhf" / "run.sh"), " ")["--algo.advantage.lambd"] == "0.9"


def test_open_instruct(grpo: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(grpo, "open-instruct", tmp_path)
    row = lines(tmp_path / "train.parquet")[0]
    assert list(row) == ["messages", "ground_truth", "dataset"]
    assert row["dataset"] == "curate_weighted"
    names = ["open_instruct", "open_instruct.ground_truth_utils"]
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    theirs = sys.modules[names[1]]
    theirs.VerificationResult = types.SimpleNamespace  # type: ignore[attr-defined]
    theirs.VerifierFunction = type(  # type: ignore[attr-defined]
        "VerifierFunction", (), {"__init__": lambda self, name, weight, config: setattr(self, "name", name)}
    )
    made = runpy.run_path(str(tmp_path / "reward.py"))["VERIFIER_0"]()
    assert made.name == row["dataset"]
    assert made([], f"\\boxed{{{row['ground_truth']}}}", row["ground_truth"]).score == pytest.approx(1.1)


def test_axolotl(grpo: dict[str, Any], tmp_path: Path) -> None:
    export(grpo, "axolotl", tmp_path)
    row = lines(tmp_path / "train.parquet")[0]
    assert list(row) == ["prompt", "answer"]
    assert len(lines(tmp_path / "test.parquet")) == 8
    config = yaml.safe_load((tmp_path / "config.yaml").read_text())
    assert config["trl"]["reward_weights"] == [1.0, 0.1]
    assert config["trl"]["epsilon"] == 0.3
    module, _, name = config["trl"]["reward_funcs"][0].partition(".")
    made = runpy.run_path(str(tmp_path / f"{module}.py"))
    answers = [[{"role": "assistant", "content": f"\\boxed{{{row['answer']}}}"}]]
    assert made[name](prompts=[row["prompt"]], completions=answers, answer=[row["answer"]]) == [1.0]
    transform, more = made["rows"](None)
    assert transform(row) == row
    assert more == {}


def test_each_row_is_judged_by_the_verifier_it_names(settings: Make, tmp_path: Path) -> None:
    rows = pl.DataFrame(
        {
            "prompt": ["1+1?", "Make 3 of 1, 2.", "2+2?", "Make 5 of 2, 3."],
            "answer": ["2", None, "4", None],
            "numbers": [None, [1, 2], None, [2, 3]],
            "target": [None, 3, None, 5],
            "verifier": ["math", "countdown", "math", "countdown"],
        }
    )
    rows.write_parquet(tmp_path / "rows.parquet")
    config = settings("grpo", data=str(tmp_path / "rows.parquet"), rewards=["verifier"])
    export(config, "verl", tmp_path / "verl")
    table = pl.read_parquet(tmp_path / "verl" / "train.parquet")
    compute_score = runpy.run_path(str(tmp_path / "verl" / "reward.py"))["compute_score"]
    golds = [one["ground_truth"] for one in table["reward_model"]]
    assert table["data_source"].to_list() == ["math", "countdown", "math", "countdown"]
    said = ["\\boxed{2}", "<answer>1 + 2</answer>", "\\boxed{5}", "<answer>3 - 2</answer>"]
    scores = [compute_score(*one)["score"] for one in zip(table["data_source"], said, golds, strict=True)]
    assert scores == [1.0, 1.0, 0.0, pytest.approx(scores[3])]
    assert scores[3] < 1.0
    with pytest.raises(UsageError, match="one reward for all rows"):
        export(config, "openrlhf", tmp_path / "openrlhf")
    with pytest.raises(UsageError, match="verl or open-instruct"):
        export(config, "axolotl", tmp_path / "axolotl")


@pytest.mark.parametrize("target", ["verl", "openrlhf", "open-instruct"])
def test_a_script_is_bash_and_hands_its_options_on(
    target: str, grpo: dict[str, Any], tmp_path: Path, run_script: RunScript
) -> None:
    export(grpo, target, tmp_path)
    given = run_script(tmp_path / "run.sh", "own=1")
    assert given[-1] == "own=1"
    assert any(str(tmp_path / "train.parquet") in one for one in given)


@pytest.mark.parametrize(("target", "name"), [("verl", "trainer.n_gpus_per_node="), ("openrlhf", "--vllm.num_engines")])
def test_the_environment_says_on_how_many_gpus(
    target: str, name: str, grpo: dict[str, Any], tmp_path: Path, run_script: RunScript
) -> None:
    export(grpo, target, tmp_path)
    for given, wanted in (({}, "1"), ({"GPUS": "4"}, "4")):
        said = " ".join(run_script(tmp_path / "run.sh", **given))
        assert f"{name.removesuffix('=')} {wanted}" in said.replace("=", " ")


@pytest.mark.parametrize("target", list(TARGETS))
def test_a_gold_that_looks_like_a_date_stays_a_text(target: str, settings: Make, tmp_path: Path) -> None:
    """`datasets`, which all four load rows with, reads such a text from JSON lines as a point in time."""
    from datasets import load_dataset

    answers = [f"2024-01-{day:02}" for day in range(1, 5)]
    pl.DataFrame({"prompt": [f"{day}?" for day in answers], "answer": answers}).write_parquet(tmp_path / "rows.parquet")
    export(settings("grpo", data=str(tmp_path / "rows.parquet"), rewards=["exact"]), target, tmp_path / "out")
    row = load_dataset("parquet", data_files=str(tmp_path / "out" / "train.parquet"), split="train")[0]
    golds = {"verl": "reward_model", "openrlhf": "label", "open-instruct": "ground_truth", "axolotl": "answer"}
    gold = row[golds[target]]
    assert (gold["ground_truth"] if target == "verl" else gold) in answers


def test_what_is_not_taken_over_is_said(settings: Make, tmp_path: Path) -> None:
    config = settings("grpo", {"loss_type": "dr_grpo"}, dynamic_sampling=True)
    told = export(config, "verl", tmp_path)
    assert "not taken over: logging_steps, loss_type, dynamic_sampling" in told


def test_what_cannot_be_exported_is_refused(settings: Make, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="grpo, rloo, ppo"):
        export(settings("sft"), "verl", tmp_path)
    with pytest.raises(UsageError, match=r"no target 'verls'; did you mean 'verl'"):
        export(settings("grpo"), "verls", tmp_path)
    with pytest.raises(UsageError, match="goes to verl or openrlhf"):
        export(settings("rloo"), "axolotl", tmp_path)
    assert set(TARGETS) == {"verl", "openrlhf", "open-instruct", "axolotl"}
