"""The table of rewards: light to import, consistent with the functions it names, open to other packages."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import rewards
from rewards import registry
from rewards.base import Score, UnknownRewardError, load, signature_of


def stars(completion: str, *, least: int = 1) -> Score:
    """Third-party reward: enough stars."""
    return Score(float(completion.count("*") >= least), "")


def test_importing_rewards_loads_the_standard_library_only() -> None:
    code = "import sys; old = set(sys.modules); import rewards; print(*sorted(set(sys.modules) - old))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    strangers = {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"rewards"}
    assert not strangers
    core = {"base", "calling", "completions", "registry", "score", "signatures"}
    assert {name for name in loaded if name.startswith("rewards")} == {"rewards", *(f"rewards.{one}" for one in core)}


@pytest.mark.parametrize("name", sorted(rewards.REWARDS))
def test_the_table_says_what_the_function_says(name: str) -> None:
    entry = rewards.REWARDS[name]
    assert entry.columns == signature_of(entry.use).required
    if name not in sys.stdlib_module_names:  # a function `json` would hide the module
        assert entry.use.rpartition(":")[2] == name
    assert entry.about
    assert entry.range[0] <= entry.range[1]
    assert (load(entry.use).__doc__ or "").strip()
    if entry.batch:
        single, many = signature_of(entry.use), signature_of(entry.batch)
        assert many.batched
        assert (single.required, single.optional) == (many.required, many.optional)


def test_no_module_hides_a_reward() -> None:
    """`import rewards.x` binds the module `x` on the package: a reward of that name would change with the imports."""
    modules = {path.stem for path in Path(rewards.__file__).parent.iterdir() if not path.name.startswith("_")}
    assert not modules & set(rewards.REWARDS)


def test_rewards_are_attributes_and_keep_their_names() -> None:
    assert rewards.math.__name__ == "math"
    assert rewards.math == rewards.get("math")
    assert "math" in dir(rewards)


def test_an_unknown_name_names_its_neighbour() -> None:
    with pytest.raises(UnknownRewardError, match="no reward is called 'think_fromat'; did you mean 'think_format'"):
        rewards.get("think_fromat")
    with pytest.raises(AttributeError, match="did you mean 'math'"):
        _ = rewards.maht
    assert not hasattr(rewards, "no_such_reward")


def test_other_packages_add_rewards_by_entry_points(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("stars", f"{__name__}:stars", "rewards"),
        EntryPoint("broken", "no_such_package:f", "rewards"),
        EntryPoint("math", f"{__name__}:stars", "rewards"),
    ]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda group: points)
    registry.third_party.cache_clear()
    try:
        assert rewards.get("stars", least=2)(completions=["**", "*"]) == [1.0, 0.0]
        assert rewards.get("stars").entry.about == "Third-party reward: enough stars."
        assert rewards.get("broken").score("x").value is None
        assert rewards.get("math").entry.use == "rewards.maths:math"  # ours cannot be replaced from outside
        assert {"stars", "math"} <= set(rewards.names())
    finally:
        registry.third_party.cache_clear()
