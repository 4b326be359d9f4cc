"""A whole loop of two rounds, small and real; killed and resumed; refused where it cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from curate.errors import DataError, RecipeError, UsageError
from trainers.evaluating import Evaluation
from trainers.looping import Looped, load_loop, run_loop
from trainers.looping.judging import judge
from trainers.looping.settings import Promotion, Round
from trainers.looping.stages import select

TINY: dict[str, Any] = {
    "name": "tiny",
    "model": "house",
    "problems": {"procedural": "units", "rows": 12, "split": "train"},
    "held_out": {"procedural": "units", "rows": 8, "split": "test"},
    "rewards": ["verifier"],
    "evaluate": {"n": 2, "k": [1, 2], "max_tokens": 48},
    "promote": {"k": 1},
    "rounds": [
        {
            "name": "rft",
            "generate": {"n": 2, "max_tokens": 48},
            "train": {"method": "sft", "batch": 4, "trl": {"max_steps": 2, "learning_rate": 1e-5}},
            "merge": {"method": "linear"},
        },
        {
            "name": "grpo",
            "generate": {"n": 2, "max_tokens": 48},
            "select": {"solved": [-0.1, 1.1]},
            "train": {
                "method": "grpo",
                "batch": 8,
                "trl": {"max_steps": 2, "num_generations": 4, "max_completion_length": 48},
            },
        },
    ],
}


def written(folder: Path, **changes: Any) -> Path:
    path = folder / "loop.yaml"
    path.write_text(yaml.safe_dump(TINY | {"out": str(folder / "loop")} | changes))
    return path


@pytest.fixture(scope="module")
def looped(tmp_path_factory: pytest.TempPathFactory) -> Looped:
    return run_loop(load_loop(written(tmp_path_factory.mktemp("looped"))), lambda _line: None)


def test_every_stage_is_a_folder_handed_on_by_path(looped: Looped) -> None:
    first, second = looped.folder / "01-rft", looped.folder / "02-grpo"
    assert {path.name for path in first.iterdir()} >= {
        "generate", "selected.parquet", "control.parquet", "train", "control", "merge", "evaluate",
        "evaluate-control", "verdict.json",
    }  # fmt: skip
    lock = json.loads((second / "train" / "train.lock.json").read_text())
    assert lock["config"]["model"] in ("house", str(first / "merge"))
    assert lock["config"]["data"]["path"] == str(second / "selected.parquet")
    control = json.loads((second / "control" / "train.lock.json").read_text())
    assert control["rewards"][-1]["function"] == "shuffled_verifier"


def test_answers_are_trained_on_to_the_letter(looped: Looped) -> None:
    """The house model writes one line break behind its thinking, other models two: what it wrote is what it learns."""
    rows = pl.read_parquet(looped.folder / "01-rft" / "selected.parquet")
    assert rows.height
    assert all("</think>\nThe answer" in text for text in rows["completion"])


def test_each_round_has_a_verdict_and_the_ledger_its_cost(looped: Looped) -> None:
    assert [one["round"] for one in looped.champion["rounds"]] == ["rft", "grpo"]
    for one in looped.champion["rounds"]:
        assert one["why"].startswith("promoted" if one["promoted"] else "rolled back")
    stages = [(line["round"], line["stage"]) for line in looped.ledger]
    assert stages[0] == ("start", "evaluate-start")
    assert ("rft", "control") in stages
    assert ("grpo", "train") in stages


def test_two_steps_of_nothing_promote_nobody(looped: Looped) -> None:
    """Ten-thousandths of a learning rate change no answer: the champion is the one it was."""
    assert looped.champion["rounds"][0]["promoted"] is False


def test_the_report_shows_rounds_controls_and_verdicts(looped: Looped) -> None:
    page = (looped.folder / "report.html").read_text()
    assert "rft, control" in page
    assert "rolled back" in page
    assert page.count("<circle") == 10


def test_the_same_command_does_nothing_again(looped: Looped) -> None:
    before = {path: path.stat().st_mtime_ns for path in looped.folder.rglob("*.safetensors")}
    ledger = looped.ledger
    config = load_loop(looped.folder.parent / "loop.yaml")
    again = run_loop(config, lambda _line: None)
    assert {path: path.stat().st_mtime_ns for path in again.folder.rglob("*.safetensors")} == before
    assert again.ledger == ledger


def test_a_stage_that_is_gone_is_done_again_and_no_other(looped: Looped) -> None:
    import shutil

    rows = pl.read_parquet(looped.folder / "02-grpo" / "evaluate" / "answers.parquet")
    shutil.rmtree(looped.folder / "02-grpo" / "evaluate")
    done = len(looped.ledger)
    again = run_loop(load_loop(looped.folder.parent / "loop.yaml"), lambda _line: None)
    assert [line["stage"] for line in again.ledger[done:]] == ["evaluate"]
    assert pl.read_parquet(again.folder / "02-grpo" / "evaluate" / "answers.parquet").equals(rows)


def test_other_settings_are_refused(looped: Looped) -> None:
    path = looped.folder.parent / "loop.yaml"
    with pytest.raises(UsageError, match="begun with other settings: evaluate differs"):
        run_loop(load_loop(path, ["evaluate.n=4"]), lambda _line: None)


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    wrong = TINY | {"rewards": ["verifier"], "promote": {"kk": 1}, "nam": "x"}
    path = tmp_path / "loop.yaml"
    path.write_text(yaml.safe_dump(wrong))
    with pytest.raises(RecipeError) as caught:
        load_loop(path)
    told = "\n".join(caught.value.mistakes)
    assert "'nam'" in told
    assert "'kk'" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"train": {"method": "sft"}}, "learns from answers"),
        ({"train": {"method": "sfft"}, "generate": {"n": 1}}, "did you mean 'sft'"),
        ({"train": {"method": "sft", "model": "x"}, "generate": {"n": 1}}, "'model' is given by the loop"),
        (
            {"train": {"method": "sft", "trl": {"lerning_rate": 1}}, "generate": {"n": 1}},
            "did you mean 'learning_rate'",
        ),
        ({"merge": {"method": "tis"}}, "did you mean 'ties'"),
        ({}, "trains, merges, or does both"),
    ],
)
def test_a_round_that_cannot_be_is_told(change: dict[str, Any], told: str, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=told):
        load_loop(written(tmp_path, rounds=[{"name": "one", **change}]))


def test_a_round_that_learns_from_a_teacher_gets_no_rewards(tmp_path: Path) -> None:
    """It generates, but nothing judges: its method would refuse them."""
    train = {"method": "distill", "teacher": "house", "batch": 4, "trl": {"max_steps": 1, "max_completion_length": 16}}
    config = load_loop(written(tmp_path, rounds=[{"name": "taught", "train": train, "control": False}]))
    looped = run_loop(config, lambda _line: None)
    (metrics,) = looped.folder.rglob("metrics.json")
    assert json.loads(metrics.read_text())["steps"] == 1


def test_a_merge_of_what_will_not_be_there_is_told_before_anything_trains(tmp_path: Path) -> None:
    rounds = [
        TINY["rounds"][0],
        {"name": "soup", "merge": {"models": ["rft", "gro"], "base": "start"}},
        TINY["rounds"][1],
    ]
    with pytest.raises(RecipeError, match=r"soup: no earlier round is called 'gro' \(known: candidate, champion,"):
        load_loop(written(tmp_path, rounds=rounds))
    rounds[1] = {"name": "soup", "merge": {"models": ["rtf", "house", "runs/elsewhere"]}}
    with pytest.raises(RecipeError, match="called 'rtf'; did you mean 'rft'") as told:
        load_loop(written(tmp_path, rounds=rounds))
    assert len(told.value.mistakes) == 1


def test_an_unknown_reward_of_a_loop_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no reward is called 'verifer'; did you mean 'verifier'") as told:
        load_loop(written(tmp_path, rewards=["verifer"]))
    assert len(told.value.mistakes) == 1


def test_a_round_is_set_by_its_name(tmp_path: Path) -> None:
    config = load_loop(written(tmp_path), ["rounds.grpo.train.trl.max_steps=7"])
    assert config.rounds[1].train is not None
    assert config.rounds[1].train["trl"]["max_steps"] == 7
    with pytest.raises(UsageError, match="did you mean 'grpo'"):
        load_loop(written(tmp_path), ["rounds.gpro.control=false"])
    config = load_loop(written(tmp_path), ["evaluate.k=[1]", "rounds.rft.merge={method: slerp, t: 0.4}"])
    assert config.evaluate.k == (1,)
    assert config.rounds[0].merge is not None
    assert config.rounds[0].merge.t == 0.4


def test_held_out_problems_that_are_trained_on_are_refused(tmp_path: Path) -> None:
    same = {"procedural": "units", "rows": 8, "split": "train"}
    with pytest.raises(DataError, match="are among those that are trained on"):
        run_loop(load_loop(written(tmp_path, held_out=same)), lambda _line: None)
    assert not (tmp_path / "loop" / "loop.lock.json").exists()  # so that the mended command begins


def answers(passed: list[list[int]]) -> Evaluation:
    """An evaluation with these verdicts, a list a problem."""
    rows = [
        {"id": f"{problem}/{sample}", "parent": str(problem), "prompt": f"p{problem}", "completion": f"c{sample}",
         "thinking": None, "finish_reason": "stop", "completion_tokens": sample + 1, "sample": sample, "response": "",
         "score.math": float(value), "why.math": ""}
        for problem, verdicts in enumerate(passed) for sample, value in enumerate(verdicts)
    ]  # fmt: skip
    table = pl.DataFrame(rows, schema_overrides={"thinking": pl.String})
    return Evaluation("m", table, "math", (1, 2), 1.0, 0)


def test_only_a_gain_beyond_chance_is_promoted() -> None:
    champion = answers([[0, 0]] * 30)
    better, same = answers([[1, 0]] * 25 + [[0, 0]] * 5), answers([[1, 0]] + [[0, 0]] * 29)
    assert judge(better, champion, None, Promotion()).promoted
    assert not judge(same, champion, None, Promotion()).promoted
    assert judge(same, champion, None, Promotion(), always=True).promoted


def test_what_the_control_gains_too_is_no_merit() -> None:
    champion, better = answers([[0, 0]] * 30), answers([[1, 0]] * 25 + [[0, 0]] * 5)
    verdict = judge(better, champion, better, Promotion())
    assert not verdict.promoted
    assert "control arm" in verdict.why
    assert judge(better, champion, better, Promotion(beat_control=False)).promoted


def test_a_gain_that_costs_pass_at_k_can_be_refused() -> None:
    champion, sharper = answers([[1, 0]] * 30), answers([[1, 1]] * 24 + [[0, 0]] * 6)
    assert judge(sharper, champion, None, Promotion()).promoted
    verdict = judge(sharper, champion, None, Promotion(most_lost={2: 0.1}))
    assert "pass@2 fell by 0.200" in verdict.why


def test_right_answers_are_selected_and_the_control_as_many_at_random(tmp_path: Path) -> None:
    found = answers([[1, 1, 0], [0, 0, 0], [0, 1, 1]])
    one = Round.model_validate({"name": "a", "generate": {"n": 3}, "select": {"per_problem": 1},
                                "train": {"method": "sft"}})  # fmt: skip
    assert select(found, one, tmp_path / "right.parquet") == 2
    assert pl.read_parquet(tmp_path / "right.parquet")["completion"].to_list() == ["c0", "c1"]
    many = one.model_copy(update={"select": one.select.model_copy(update={"per_problem": 3})})
    assert select(found, many, tmp_path / "a.parquet") == 4
    assert select(found, many, tmp_path / "b.parquet", shuffled=0) == 4
    wrong = answers([[0, 0]])
    with pytest.raises(DataError, match="0 of 2 answers passed"):
        select(wrong, one, tmp_path / "c.parquet")


def test_problems_are_selected_by_their_pass_rate(tmp_path: Path) -> None:
    found = answers([[1, 1], [1, 0], [0, 0]])
    one = Round.model_validate({"name": "a", "generate": {"n": 2}, "train": {"method": "grpo"}})
    assert select(found, one, tmp_path / "p.parquet") == 1
    row = pl.read_parquet(tmp_path / "p.parquet").to_dicts()[0]
    assert (row["prompt"], row["pass_rate"]) == ("p1", 0.5)
    assert "completion" not in row
