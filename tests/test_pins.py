"""A data set of the Hub without a commit: a plan says where it stands, a build stops before it reads a row."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.building import build
from curate.errors import DataError
from curate.pins import unpinned
from curate.plan import make_plan, plan_text
from curate.recipe import load_recipe

COMMIT = "a" * 40
RECIPE = f"""name: r
steps:
  - step: load
    sources:
      - {{hub: org/moves, revision: main}}
      - {{hub: org/stands, revision: {COMMIT}}}
      - hub: org/open
        split: test
      - {{hub: ./here}}
  - step: decontaminate
    against:
      gsm8k: {{}}
      mine: {{hub: org/bench, revision: {COMMIT}}}
      local: items.jsonl
profiles:
  gpu:
    steps:
      load: {{sources: [{{hub: org/other}}]}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "items.jsonl").write_text('{"question": "Who?"}\n')
    (tmp_path / "r.yaml").write_text(RECIPE)
    return tmp_path / "r.yaml"


def test_a_plan_says_where_a_commit_is_missing_and_asks_nobody(path: Path) -> None:
    plan = plan_text(make_plan(load_recipe(path)))
    assert f"{path}:5: org/moves: revision 'main' is no commit, it can move\n" in plan
    assert f"{path}:7: org/open: no revision is given\n" in plan
    assert f"{path}:12: openai/gsm8k: no revision is given\n" in plan
    assert "3 data sets of the Hub have no commit" in plan
    assert f"curate build {path} --until load" in plan
    assert "org/stands" not in plan
    assert "org/bench" not in plan


def test_a_place_is_that_of_the_profile(path: Path) -> None:
    recipe = load_recipe(path, "gpu")
    assert [str(one) for one in unpinned(recipe, recipe.steps[:1])] == [f"{path}:18: org/other: no revision is given"]


def test_a_build_stops_before_it_reads_with_all_of_them(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DataError) as told:
        build(load_recipe(path), tmp_path / "run", until="load")
    lines = str(told.value).splitlines()
    assert lines[0].startswith("2 data sets of the Hub have no commit")
    assert lines[1] == (
        f"  {path}:5: org/moves: revision 'main' is no commit, it can move; write revision: <40 hex digits>"
    )
    assert "The Hub did not say which are current" in lines[-1]
    assert "https://huggingface.co/datasets/org/moves/commits/main" in lines[-1]


def test_a_pinned_recipe_is_planned_without_a_word_on_it(path: Path) -> None:
    path.write_text(
        RECIPE.replace("revision: main", f"revision: {COMMIT}").replace("split: test", f"revision: {COMMIT}")
    )
    loaded = load_recipe(path, overrides=(f"steps.decontaminate.against.gsm8k.revision={COMMIT}",))
    assert make_plan(loaded)["unpinned"] == ""
