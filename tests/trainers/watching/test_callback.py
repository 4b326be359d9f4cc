"""The watch inside a real training: said, written, acted on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.data import Dataset
from transformers import Trainer, TrainingArguments

from curate.errors import DataError, InvalidInput
from trainers.watching import Watch
from trainers.watching.curves import curve
from trainers.watching.kept import read_alarms
from trainers.watching.page import render


class Line(torch.nn.Module):
    """y = w x; what it logs as `reward` beside is what the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(()))

    def forward(self, x: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"loss": ((self.w * x - labels) ** 2).mean()}


class Points(Dataset):  # type: ignore[type-arg]
    def __len__(self) -> int:
        return 64

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        return {"x": torch.tensor(1.0), "labels": torch.tensor(2.0)}


class Logging(Trainer):
    """Adds figures to every log, as GRPO does."""

    figures: dict[str, float]

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        super().log(logs | self.figures, *args, **kwargs)


def train(folder: Path, figures: dict[str, float], **settings: Any) -> tuple[Logging, list[str]]:
    said: list[str] = []
    callback = Watch(folder, say=said.append, **settings)
    arguments = TrainingArguments(
        str(folder), max_steps=12, logging_steps=1, use_cpu=True, report_to="none", disable_tqdm=True,
        save_strategy="no", learning_rate=0.1, lr_scheduler_type="constant", per_device_train_batch_size=4,
        dataloader_pin_memory=False,
    )  # fmt: skip
    trainer = Logging(Line(), arguments, train_dataset=Points(), callbacks=[callback])
    trainer.figures = figures
    trainer.train()
    return trainer, said


def test_a_healthy_training_is_silent(tmp_path: Path) -> None:
    _, said = train(tmp_path, {"reward": 0.5, "frac_reward_zero_std": 0.1})
    assert said == []
    assert read_alarms(tmp_path) == []


def test_an_alarm_is_said_once_and_written(tmp_path: Path) -> None:
    trainer, said = train(tmp_path, {"frac_reward_zero_std": 1.0})
    assert trainer.state.global_step == 12
    assert len(said) == 1
    assert said[0].startswith("alarm: step 5: zero_variance: groups that train nothing: 1 of groups (limit 0.8).")
    written = read_alarms(tmp_path)
    assert [(one["name"], one["step"], one["action"]) for one in written] == [("zero_variance", 5, "warn")]


def test_stop_ends_the_training(tmp_path: Path) -> None:
    trainer, said = train(tmp_path, {"frac_reward_zero_std": 1.0}, actions={"zero_variance": "stop"})
    assert trainer.state.global_step == 5
    assert said[0].endswith("Training stops here.")


def test_lower_halves_the_learning_rate_for_good(tmp_path: Path) -> None:
    trainer, _ = train(tmp_path, {"frac_reward_zero_std": 1.0}, actions={"zero_variance": "lower"})
    rates = [log["learning_rate"] for log in trainer.state.log_history if "learning_rate" in log]
    assert rates[0] == pytest.approx(0.1)
    assert rates[-1] == pytest.approx(0.05)


def test_a_loss_that_is_no_number_stops_at_once(tmp_path: Path) -> None:
    trainer, said = train(tmp_path, {"loss": float("nan")})
    assert trainer.state.global_step == 1
    assert "loss is no number" in said[0]


def test_the_page_shows_curves_and_alarms(tmp_path: Path) -> None:
    trainer, _ = train(tmp_path, {"frac_reward_zero_std": 1.0, "<i>": 1.0, "eval_runtime": 2.0})
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(log) + "\n" for log in trainer.state.log_history))
    page = render(tmp_path)
    assert "groups that train nothing" in page
    assert page.count("<svg") >= 3
    assert "&lt;i&gt;" in page
    assert "<i>" not in page
    assert "runtime" not in page  # which says nothing of the training


def test_a_limit_is_drawn_across_its_curve_and_what_never_changes_in_the_middle() -> None:
    assert "stroke-dasharray" in curve([(1, 0.5), (9, 0.9)], marks=[0.8])
    assert "stroke-dasharray" not in curve([(1, 0.5), (9, 0.9)], marks=[2.0])
    assert curve([(1, 0.5), (9, 0.5)]).count(">0.5</text>") == 1
    assert ",60.0 " in curve([(1, 0.5), (9, 0.5)])


def test_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="did you mean 'entropy'"):
        Watch(tmp_path, actions={"entropie": "stop"})
    with pytest.raises(InvalidInput, match="did you mean 'stop'"):
        Watch(tmp_path, actions={"entropy": "stopp"})
    with pytest.raises(DataError, match=r"no log\.jsonl"):
        render(tmp_path)


def test_the_page_says_what_was_trained_and_keeps_what_never_moved_out_of_the_curves(tmp_path: Path) -> None:
    logs = [{"step": step, "loss": 1.0 / step, "clip_ratio": 0.0, "eval_pass@8": step / 4} for step in (1, 2)]
    lines = [*logs, {"step": 2, "late": 0.5}]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    rewards = [{"reward": "math", "name": None, "weight": 0.5}]
    config = {"method": "grpo", "model": "house", "teacher": None, "data": {"path": "rows.parquet"}, "rewards": rewards}
    config |= {"trl": {"beta": 0.1}}
    lock = {"config": config, "data": {"train": 1234, "eval": 0}, "batch": 8, "notes": ["warning: <few> rows"]}
    (tmp_path / "train.lock.json").write_text(json.dumps(lock))
    page = render(tmp_path)
    assert page.count("<figure>") == 2
    assert page.index("<b>loss</b>") < page.index("<b>eval_pass@8</b>") < page.index("<td>clip_ratio</td>")
    assert "<td>late</td>" in page
    for told in (
        "grpo",
        "rows.parquet",
        "1,234 trained on, 0 held out",
        "0.5 math",
        "beta 0.1",
        "warning: &lt;few&gt; rows",
    ):
        assert told in page
    assert "teacher" not in page
