"""The verbs of the command line where the extra [train] is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
VERBS = [
    ["train", str(ROOT / "recipes/train/sft.yaml")],
    ["preflight", str(ROOT / "recipes/train/sft.yaml")],
    ["evaluate", "house", "--data", "x.jsonl"],
    ["merge", "house", "house", "--out", "out"],
    ["loop", str(ROOT / "recipes/loop.yaml")],
    ["logits", "house", "--data", "x.jsonl", "--out", "x.parquet"],
    ["export", str(ROOT / "recipes/train/ppo.yaml"), "--to", "verl", "--out", "out"],
]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb[0])
def test_without_the_extra_a_verb_says_what_to_install(verb: list[str], tmp_path: Path) -> None:
    (tmp_path / "light").mkdir()
    hide = "import sys\nfor name in ('torch', 'transformers', 'trl', 'peft'):\n    sys.modules[name] = None\n"
    (tmp_path / "light" / "sitecustomize.py").write_text(hide)
    work = tmp_path / "work"
    work.mkdir()
    environment = os.environ | {"PYTHONPATH": f"{tmp_path / 'light'}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-m", "curate.cli", *verb], cwd=work, env=environment, capture_output=True, text=True
    )
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert "this needs torch, transformers" in done.stderr
    assert "pip install 'curate-posttrain[train]'" in done.stderr
    assert not list(work.iterdir())
