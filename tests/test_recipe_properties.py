"""Whatever stands in the place of a part of a recipe, it is a recipe or one clear error."""

from __future__ import annotations

import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import InvalidInput
from curate.recipe import load_recipe

RECIPE: dict[str, Any] = {
    "name": "all", "license": "mit", "language": ["en"], "seed": 3,
    "engines": {
        "w": {"engine": "fake", "price": {"prompt": 1, "completion": 2}},
        "s": {"engine": "server", "url": "http://localhost/v1", "model": "m", "extra_body": {"a": 1}},
    },
    "steps": [
        {"step": "load", "sources": [{"file": "rows.jsonl", "columns": {"prompt": "p"}}, {"procedural": "units"}]},
        {"step": "generate", "engine": "w", "n": 2, "prompt": "Q {{ prompt }}", "stop": ["x"], "temperature": 0.5},
        {"step": "panel", "engines": ["w", "s"], "systems": {"a": "Be {{ prompt }}"}},
        {"step": "judge", "engine": "s", "aspects": ["honesty", {"name": "brief", "scale": "1 is long, 5 is short"}]},
        {"step": "sample", "engine": "w", "rewards": ["math"], "keep": "0 < pass_rate"},
        {"step": "grade", "rewards": ["math", {"reward": "kimi_length", "name": "l", "columns": {"a": "b"}}]},
        {"step": "keep", "where": ["score.math == 1", "length(prompt) > 2"]},
        {"step": "filter", "rules": ["gopher_repetition"], "column": "prompt"},
        {"step": "dedupe", "on": "prompt", "by": "minhash", "threshold": 0.7},
        {"step": "decontaminate", "against": {"x": "rows.jsonl"}},
        {"step": "select", "by": "mix", "weights": {"rows": 1, "units": 2}, "total": 4},
        {"step": "evolve", "engine": "w", "judge": "s"},
        {"step": "self_instruct", "engine": "w", "rows": 3, "rules": {"words": [2, 50]}},
        {"step": "instances", "engine": "w"},
        {"step": "pairs", "score": "n", "by": "source"},
        {"step": "format", "to": "sft"},
        {"step": "split", "parts": {"train": 0.5, "test": 0.5}},
    ],
    "profiles": {"gpu": {"seed": 4, "engines": {"w": {"engine": "fake"}}, "steps": {"generate": {"n": 16}}}},
}  # fmt: skip

WORDS = st.sampled_from(["", "a", "w", "prompt", "../x", "{{", "{{ x }}", "n == 'a'", "\x1b[31m", "1 <", "math", "é"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*path, key))


def told(recipe: dict[str, Any], profile: str = "laptop") -> str | None:
    """The error of a recipe; None when it is one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "r.yaml"
        path.write_text(json.dumps(recipe))
        try:
            load_recipe(path, profile)
        except InvalidInput as mistake:
            return str(mistake)
    return None


@settings(max_examples=50)
@given(place=st.sampled_from(list(places(RECIPE))), value=VALUES, profile=st.sampled_from(["laptop", "gpu"]))
def test_any_value_in_any_place_is_a_recipe_or_one_clear_error(
    place: tuple[Any, ...], value: object, profile: str
) -> None:
    changed = copy.deepcopy(RECIPE)
    inside: Any = changed
    for part in place[:-1]:
        inside = inside[part]
    inside[place[-1]] = value
    mistake = told(changed, profile)
    assert mistake is None or "r.yaml has " in mistake.splitlines()[0]


def test_the_recipe_itself_is_one() -> None:
    assert (told(RECIPE), told(RECIPE, "gpu")) == (None, None)
