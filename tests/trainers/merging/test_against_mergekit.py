"""The same inputs through mergekit: the formulas agree to the last bits of float32.

Needs the extra `[merge]`; mergekit is LGPL and nothing here imports it outside this test.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from trainers.merging.checkpoint import Checkpoint
from trainers.merging.config import read_merge, run_merge
from trainers.merging.weights import Ingredient, merge

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("mergekit") is None, reason="needs the extra [merge] (mergekit 0.1.5)"),
]

WEIGHTS = {
    "linear": [(0.7, 1.0), (0.3, 1.0)],
    "task_arithmetic": [(0.6, 1.0), (-0.4, 1.0)],
    "ties": [(0.7, 0.5), (0.3, 0.3)],
    "slerp": [(1.0, 1.0), (1.0, 1.0)],
}


def by_mergekit(method: str, models: dict[str, Path], out: Path) -> Path:
    lines = [f"merge_method: {method}", "dtype: float32"]
    if method == "slerp":
        lines += [f"base_model: {models['left']}", "parameters: {t: 0.3}"]
        lines += ["models:", f"  - model: {models['left']}", f"  - model: {models['right']}"]
    else:
        if method != "linear":
            lines.append(f"base_model: {models['base']}")
        lines.append("models:")
        for name, (weight, density) in zip(("left", "right"), WEIGHTS[method], strict=True):
            lines += [f"  - model: {models[name]}", f"    parameters: {{weight: {weight}, density: {density}}}"]
            if method != "ties":
                lines[-1] = f"    parameters: {{weight: {weight}}}"
    config = out.with_suffix(".yaml")
    config.write_text("\n".join(lines))
    code = "from mergekit.scripts.run_yaml import main; main()"
    done = subprocess.run([sys.executable, "-c", code, str(config), str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize("method", sorted(WEIGHTS))
def test_ours_equals_mergekit(method: str, models: dict[str, Path], tmp_path: Path) -> None:
    theirs = Checkpoint.of(by_mergekit(method, models, tmp_path / "theirs"))
    pair = [
        Ingredient(str(models[name]), *given) for name, given in zip(("left", "right"), WEIGHTS[method], strict=True)
    ]
    base = models["base"] if method in ("task_arithmetic", "ties") else None
    ours = Checkpoint.of(merge(pair, tmp_path / "ours", method, base=base, t=0.3))
    assert ours.kinds.keys() == theirs.kinds.keys()
    for name in ours.kinds:
        torch.testing.assert_close(ours.tensor(name), theirs.tensor(name), atol=2e-6, rtol=1e-5)
    same_file = Checkpoint.of(run_merge(read_merge(tmp_path / "theirs.yaml", tmp_path / "same-file")))
    assert all(torch.equal(same_file.tensor(name), ours.tensor(name)) for name in ours.kinds)
