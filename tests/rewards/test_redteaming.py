"""The red team finds the holes public rewards had, and nothing where there is none."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import rewards
from curate.cli import app
from curate.errors import GateFailed
from rewards.redteaming import redteam
from rewards.redteaming.findings import Report
from rewards.redteaming.source_checks import check_source

HERE = Path(__file__).resolve().parent
GRADERS = HERE / "holes" / "graders.py"
HOLES = {
    "evaluated_pi": "runs code",
    "evaluated_matrix": "runs code",
    "evaluated_where_the_gold_is_a_matrix": "runs code",
    "parsed_expression": "runs code",
    "error_is_full_score": "broken text pays",
    "unparsable_gold_pays": "unreadable gold pays",
    "zero_off_the_main_thread": "thread disagrees",
    "paid_off_the_main_thread": "thread disagrees",
    "swallowed": "error is zero",
    "per_tag": "format stuffing",
    "gold_in_stdout": "substring",
    "contained": "substring",
    "any_number": "shotgun",
    "tower": "hangs",
    "remembers": "changes between calls",
    "first_gold_for_all": "batch changes values",
    "drops_rows": "wrong length",
    "trusts_judge": "master key",
    "closure": "unpicklable",
    "six_decimals": "absolute tolerance",
    "unit_stripped": "unit ignored",
    "any_element": "part of a set",
    "always_true": "tautology",
    "dollars_only": "gold lost",
    "comma_of_the_gold": "gold never earned",
    "length_of_the_batch": "batch changes values",
    "all_alike": "constant",
    "first_come": "order changes values",
    "executed_here": "always-equal object",
    "results_in_the_frames": "stolen tests",
    "exit_status": "exit status 0",
    "printed_token": "printed verdict",
}
CLEAN = [
    "tagged", "blocks", "later", "compute_score", "reward_func", "same", "last_box", "close_enough", "options_letter",
    "gated", "gsm8k", "verl_batch", "verl_async", "scored", "tensors", "messages_only", "only_length", "one_line",
    "json_object", "by_table", "sandboxed", "shorter_than_others",
]  # fmt: skip


def names(report: Report) -> set[str]:
    return {finding.name for finding in report.findings}


@pytest.mark.slow
@pytest.mark.parametrize("function", sorted(HOLES))
def test_a_hole_is_found(function: str) -> None:
    report = redteam(f"{GRADERS}:{function}", timeout_s=1.5)
    assert HOLES[function] in names(report), str(report)[:3000]


@pytest.mark.parametrize("function", CLEAN)
def test_a_clean_reward_raises_no_alarm(function: str) -> None:
    report = redteam(f"{HERE / 'clean_rewards.py'}:{function}")
    assert not [finding for finding in report.findings if finding.severity != "low"], str(report)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["math", "exact", "countdown", "think_format", "numeric", "choice"])
def test_our_own_rewards_raise_no_alarm(name: str) -> None:
    report = redteam(name)
    assert not report.findings, str(report)


@pytest.mark.slow
@pytest.mark.parametrize(
    "function",
    ["contained", "per_tag", "zero_off_the_main_thread", "first_gold_for_all", "closure", "six_decimals", "tower",
     "dollars_only", "comma_of_the_gold", "printed_token", "exit_status", "any_number"],
)  # fmt: skip
def test_every_reproduction_runs(function: str, tmp_path: Path) -> None:
    for finding in redteam(f"{GRADERS}:{function}", timeout_s=1.5).findings:
        code = finding.reproduction
        if finding.name == "hangs":
            with pytest.raises(subprocess.TimeoutExpired):
                subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, timeout=5)
            continue
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 or finding.name.startswith("raises"), f"{code}\n{done.stderr}"
        came = code.partition("  # gives ")[2]
        if came.startswith("[None"):
            assert "None" in done.stdout
            continue
        assert (
            not came or "thread" in finding.name or float(came.strip("[]").split(",")[0]) == first_number(done.stdout)
        )


def first_number(printed: str) -> float:
    """What a reproduction printed: a value, a list of them, or a dict that holds one."""
    found = re.search(r"-?[0-9]+(?:\.[0-9]+)?", printed.rpartition("'score': ")[2] or printed)
    assert found is not None, printed
    return float(found[0])


def test_the_module_under_attack_is_never_imported_here(tmp_path: Path) -> None:
    (tmp_path / "stranger_under_attack.py").write_text("def f(completion, answer):\n    return 0.0\n")
    redteam(f"{tmp_path / 'stranger_under_attack.py'}:f")
    assert "stranger_under_attack" not in sys.modules


def test_the_command_ends_with_code_5_and_tells_machines() -> None:
    done = CliRunner().invoke(app, ["rewards", "redteam", f"{GRADERS}:contained", "--json"])
    assert isinstance(done.exception, GateFailed)
    assert done.exception.exit_code == 5
    told = json.loads(done.stdout)
    assert told["task"] == "number"
    assert "substring" in {finding["name"] for finding in told["findings"]}


@pytest.mark.parametrize(
    ("written", "text", "message"),
    [
        ("nowhere.py:f", "", "no such file"),
        ("{}:g", "def f(completion, answer): return 0.0", "cannot be loaded"),
        ("{}:f", "def f(x): return 0.0", "no known form"),
        ("{}:f", "import no_such_module", "no_such_module"),
        ("mathh", "", "did you mean 'math'"),
    ],
)
def test_what_cannot_be_attacked_is_said(tmp_path: Path, written: str, text: str, message: str) -> None:
    path = tmp_path / "attacked.py"
    path.write_text(text)
    with pytest.raises(rewards.RewardError, match=message):
        redteam(written.format(path))


def test_only_what_the_reward_calls_is_read(tmp_path: Path) -> None:
    path = tmp_path / "reward.py"
    path.write_text(
        "def unrelated(x): return eval(x)\n"
        "def used(x): return exec(x)\n"
        "def reward(completion, answer): return used(completion)\n"
    )
    assert [finding.what for finding in check_source(str(path), "reward")] == [
        "line 2: exec() runs code that stands in its argument"
    ]
