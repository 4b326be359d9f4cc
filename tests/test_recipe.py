from __future__ import annotations

import json
from pathlib import Path

import pytest

from curate.errors import CurateError, DataError, RecipeError, UsageError
from curate.plan import make_plan, plan_text, recipe_schema
from curate.recipe import Recipe, load_recipe
from curate.shipped import copy_recipe, pipeline_names, recipe_folder

GOOD = """\
name: small
seed: 3
engines:
  teacher: {engine: fake, text: boxed}
steps:
  - step: load
    sources:
      - {procedural: arithmetic, rows: 5}
  - step: generate
    engine: teacher
    n: 2
  - step: grade
    rewards: [math, {reward: math, name: again}]
  - step: keep
    where: score.math == 1
profiles:
  gpu:
    seed: 4
    engines:
      teacher: {text: echo}
    steps:
      generate: {n: 16}
  other:
    steps:
      - step: load
        sources: [{procedural: countdown, rows: 2}]
"""


def recipe(folder: Path, text: str = GOOD, profile: str = "laptop", *overrides: str) -> Recipe:
    path = folder / "x.yaml"
    path.write_text(text, encoding="utf-8")
    return load_recipe(path, profile, overrides)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(RecipeError) as told:
        recipe(folder, text)
    return [line.replace(str(folder) + "/", "") for line in told.value.mistakes]


def test_all_mistakes_come_at_once_with_line_and_nearest_word(tmp_path: Path) -> None:
    wrong = """\
name: ../evil
sead: 3
engines:
  teacher: {engine: transformer}
steps:
  - step: load
    sources: [{procedural: arithmetics}]
  - step: generate
    engine: teecher
    tempature: 0.8
  - step: decontamnate
  - step: keep
    where: wrds(prompt) < 3
  - step: grade
    rewards: [maths]
"""
    found = mistakes(tmp_path, wrong)
    expected = [
        ("x.yaml:1:", "a name has letters"),
        ("x.yaml:2:", "unknown key 'sead'; did you mean 'seed'? (got 3)"),
        ("x.yaml:4:", "unknown engine 'transformer'; did you mean 'transformers'?"),
        ("x.yaml:7:", "unknown procedural 'arithmetics'; did you mean 'arithmetic'?"),
        ("x.yaml:10:", "unknown key 'tempature'; did you mean 'temperature'? (got 0.8)"),
        ("x.yaml:11:", "unknown step 'decontamnate'"),
        ("x.yaml:13:", "unknown function 'wrds'; did you mean 'words'?"),
        ("x.yaml:15:", "unknown rewards 'maths'; did you mean 'math'?"),
    ]
    for place, words in expected:
        assert any(line.startswith(place) and words in line for line in found), (place, words, found)


@pytest.mark.parametrize(
    ("change", "place", "words"),
    [
        (("n: 2", "n: no"), "x.yaml:11:", '(got "no")'),
        (("n: 2", "n: '2'"), "x.yaml:11:", '(got "2")'),
        (("n: 2", "n: 0"), "x.yaml:11:", "greater than or equal to 1"),
        (("n: 2", "n: 2\n    n: 3"), "x.yaml:12:", "given twice (first on line 11)"),
        (("rows: 5", "rows: 5, file: x"), "x.yaml:8:", "one of file, hub, procedural"),
        (("engine: teacher", "engine: teacher\n    prompt: '{{ oops'"), "x.yaml:11:", "not a template"),
        (
            ("  - step: load", "  - step: keep\n    where: seed == 1\n  - step: load"),
            "x.yaml:6:",
            "the first step must be load",
        ),
        (
            ("[math, {reward: math, name: again}]", "[{reward: cosine_length, options: {max_lenght: 5}}]"),
            "x.yaml:13:",
            "grade: unknown options 'max_lenght'; did you mean",
        ),
        (
            ("[math, {reward: math, name: again}]", "[{reward: regex, options: {where: ful}}]"),
            "x.yaml:13:",
            "rewards.regex: the option 'where' is 'ful'; did you mean 'full'?",
        ),
        (("engines:\n  teacher: {engine: fake, text: boxed}", "engines: 5"), "x.yaml:3:", "engines is a mapping"),
        (("steps:", "stepz:"), "x.yaml:5:", "unknown key 'stepz'; did you mean 'steps'?"),
        (("name: small", "name: 2024"), "x.yaml:1:", 'write text, in quotes: "2024"'),
        (("seed: 3", "language: en"), "x.yaml:2:", "write a list: [en]"),
        (("rewards: [math, {reward: math, name: again}]", "rewards: []"), "x.yaml:13:", "give at least 1"),
        (("- step: keep", "- {step: format, to: stf}\n  - step: keep"), "x.yaml:14:", "did you mean 'sft'?"),
        (("n: 2", "prompt: x\n    template: boxed"), "x.yaml:9: give prompt: or template:", "not both"),
        (("n: 16", "m: 16"), "x.yaml:22:", "unknown key 'm'"),
        (("generate: {n: 16}", "genrate: {n: 16}"), "x.yaml:22:", "did you mean 'generate'?"),
        (("engine: fake, text: boxed", "engine: server, url: localhost, model: x"), "x.yaml:4:", "no address of a"),
        (
            ("- step: keep", "- keep:\n      where: seed == 1\n  - step: keep"),
            "x.yaml:14:",
            "written {step: keep, ...}",
        ),
        (("- step: keep", "- keep\n  - step: keep"), "x.yaml:14:", "written {step: keep, ...}"),
        (("n: 2", "max_token: 64"), "x.yaml:11:", "did you mean 'max_tokens'? (got 64)"),
    ],
)
def test_a_mistake_names_its_place_and_what_was_got(
    tmp_path: Path, change: tuple[str, str], place: str, words: str
) -> None:
    found = mistakes(tmp_path, GOOD.replace(*change, 1))
    assert any(line.startswith(place) and words in line for line in found), found


@pytest.mark.parametrize("name", ["../../x", "a/b", "..", "x.y", "a\x1b[31m", "a b", "x" * 65, ""])
def test_a_name_never_leaves_the_folder_of_the_run(tmp_path: Path, name: str) -> None:
    told = json.dumps(name)
    if name:  # without one, the step's own word is its name
        assert "a name has" in mistakes(tmp_path, GOOD.replace("- step: keep", f"- step: keep\n    name: {told}"))[0]
    if name != "x.y":  # these name no file of several
        text = GOOD.replace("teacher:", f"{told}:").replace("engine: teacher", f"engine: {told}")
        assert any("a name has" in line for line in mistakes(tmp_path, text))
        assert any("a name has" in line for line in mistakes(tmp_path, GOOD.replace("  gpu:", f"  {told}:")))


def test_no_key_of_a_provider_is_shown_in_a_mistake(tmp_path: Path) -> None:
    server = "engine: server, model: x, url: http://localhost/v1"
    for wrong in ("api_key: s3cr3tkey", "api_key_env: s3cr3tkey", "mode: sk-s3cr3tkey", "url2: http://a:s3cr3tkey@b"):
        told = mistakes(tmp_path, GOOD.replace("engine: fake, text: boxed", f"{server}, {wrong}"))
        assert told
        assert "s3cr3tkey" not in str(told)


def test_a_profile_may_leave_to_the_command_line_what_it_needs(tmp_path: Path) -> None:
    text = GOOD.replace("teacher: {text: echo}", "teacher: {engine: server, model: x}")
    assert recipe(tmp_path, text).name == "small"
    with pytest.raises(RecipeError, match="key 'url' is missing"):
        recipe(tmp_path, text, "gpu")
    assert recipe(tmp_path, text, "gpu", "engines.teacher.url=http://localhost/v1").profile == "gpu"


def test_profiles_and_overrides_are_laid_over(tmp_path: Path) -> None:
    assert [step.step for step in recipe(tmp_path).steps] == ["load", "generate", "grade", "keep"]
    gpu = recipe(tmp_path, GOOD, "gpu")
    assert (gpu.head.seed, gpu.engines["teacher"].model_dump()["text"], gpu.steps[1].model_dump()["n"]) == (
        4,
        "echo",
        16,
    )
    assert [step.step for step in recipe(tmp_path, GOOD, "other").steps] == ["load"]
    changed = recipe(tmp_path, GOOD, "laptop", "steps.generate.n=8", "engines.teacher.error_rate=1e-1", "name=renamed")
    assert (changed.steps[1].model_dump()["n"], changed.name) == (8, "renamed")
    assert changed.engines["teacher"].model_dump()["error_rate"] == 0.1


@pytest.mark.parametrize(
    ("profile", "override", "words"),
    [
        ("gpo", "seed=1", "did you mean 'gpu'"),
        ("laptop", "sed=1", "did you mean 'seed'"),
        ("laptop", "seed", "path.to.key=value"),
        ("laptop", "steps.generat.n=1", "did you mean 'generate'"),
        ("laptop", "steps.generate.m=1", "unknown key 'm'"),
        ("laptop", "steps.generate.n=many", '(got "many")'),
    ],
)
def test_a_wrong_profile_or_override_is_one_clear_error(
    tmp_path: Path, profile: str, override: str, words: str
) -> None:
    with pytest.raises(CurateError, match=words.replace("(", r"\(").replace(")", r"\)")):
        recipe(tmp_path, GOOD, profile, override)


def test_a_missing_recipe_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "openthoughts.yaml").write_text(GOOD)
    with pytest.raises(DataError, match=r"did you mean 'openthoughts\.yaml'"):
        load_recipe(tmp_path / "openthought.yaml")


def test_a_recipe_that_is_not_utf8_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(RecipeError, match="not UTF-8 at byte 9"):
        load_recipe(tmp_path / "x.yaml")


@pytest.mark.parametrize("name", pipeline_names())
@pytest.mark.parametrize("profile", ["laptop", "gpu", "cluster"])
def test_every_shipped_recipe_can_be_planned(
    name: str, profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where no run has answers already, as one of `make demo` has
    try:
        loaded = load_recipe(recipe_folder() / f"{name}.yaml", profile)
    except UsageError:
        assert profile == "cluster"  # not every recipe has one
        return
    plan = make_plan(loaded)
    assert plan["steps"][0]["word"] in ("load", "magpie")
    total = plan["total"]
    sources = getattr(loaded.steps[0], "sources", ())
    assert total["requests"] is None if any(source.hub for source in sources) else total["requests"]


def test_a_plan_without_the_rows_of_the_hub_says_that_it_cannot_count(tmp_path: Path) -> None:
    hub = "sources: [{hub: some/data, revision: 0123456789abcdef0123456789abcdef01234567}]"
    text = GOOD.replace("sources:\n      - {procedural: arithmetic, rows: 5}", hub)
    plan = make_plan(recipe(tmp_path, text))
    assert plan["total"]["requests"] is None
    assert "--until load" in plan_text(plan)
    bounded = make_plan(recipe(tmp_path, text), limit=7)
    assert bounded["total"]["requests"] == 14
    assert "at most 14 requests" in plan_text(bounded)


def test_a_copied_recipe_is_a_recipe_of_that_name(tmp_path: Path) -> None:
    path = copy_recipe("openthoughts", "mine", tmp_path)
    assert load_recipe(path).name == "mine"
    with pytest.raises(UsageError, match="exists"):
        copy_recipe("openthoughts", "mine", tmp_path)
    with pytest.raises(UsageError, match="no folder"):
        copy_recipe("openthoughts", "../mine", tmp_path)


def test_the_schema_is_json_and_names_every_step() -> None:
    schema = json.loads(json.dumps(recipe_schema()))
    titles = [step["title"] for step in schema["properties"]["steps"]["items"]["oneOf"]]
    assert {"load", "generate", "grade", "keep", "dedupe", "pairs", "format", "split"} <= set(titles)


def test_a_profile_with_another_kind_of_engine_leaves_the_settings_of_the_first_behind(tmp_path: Path) -> None:
    text = GOOD.replace("text: boxed}", "text: boxed, latency_s: 1, price: {prompt: 1, completion: 2}}")
    server = "--set engines.teacher={engine: server, url: 'http://h/v1', model: m}".removeprefix("--set ")
    engine = recipe(tmp_path, text, "laptop", server).engines["teacher"]
    assert (engine.engine, engine.url) == ("server", "http://h/v1")
    assert engine.price is not None  # what both kinds know stays
    assert mistakes(tmp_path, text.replace("text: boxed", "txt: boxed"))  # a typo is still one


@pytest.mark.parametrize(
    "profiles", ["profiles: gpu", "profiles: [gpu]", "profiles:\n  gpu: [seed]", "profiles:\n  gpu: 3"]
)
def test_profiles_that_are_none_are_a_mistake_and_not_ignored(tmp_path: Path, profiles: str) -> None:
    text = GOOD[: GOOD.index("profiles:")] + profiles
    assert "mapping" in mistakes(tmp_path, text)[0]


def test_a_wrong_key_inside_a_setting_has_its_nearest_word_too(tmp_path: Path) -> None:
    text = GOOD.replace("text: boxed}", "price: {promt: 1, completion: 2}}").replace("rows: 5}", "rows: 5, splt: test}")
    told = mistakes(tmp_path, text)
    assert len(told) == 3
    assert "unknown key 'promt'; did you mean 'prompt'?" in told[1]
    assert "unknown key 'splt'; did you mean 'split'?" in told[2]


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("seed: 3", 'description: "half \\ud83d"'), 2, "lone surrogate"),
        (("n: 2", "max_tokens: 9999999999999999999999"), 11, "more than 64 bits"),
        (("seed: 3", "seed: 18446744073709551616"), 2, "more than 64 bits"),
        (("n: 2", "temperature: .inf"), 11, "finite number (got inf)"),
        (("text: boxed", "price: {prompt: .nan, completion: 1}"), 4, "finite number (got nan)"),
        (("{reward: math, name: again}", "{reward: math, options: {a: [.inf]}}"), 13, "finite number"),
    ],
)
def test_a_value_that_no_file_could_hold_is_a_mistake_in_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, words: str
) -> None:
    found = mistakes(tmp_path, GOOD.replace(*change, 1))
    assert any(told.startswith(f"x.yaml:{line}: ") and words in told for told in found), found


def test_thousands_of_mistakes_are_told_in_fifty_lines(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("\n".join(f"k{number}: 1" for number in range(3_000)))
    with pytest.raises(RecipeError, match=r"and 2952 more$") as told:
        load_recipe(tmp_path / "x.yaml")
    assert len(told.value.mistakes) == 3_002
    assert len(str(told.value).splitlines()) == 52


@pytest.mark.parametrize(("file", "verb"), [("loop.yaml", "curate loop"), ("train/grpo.yaml", "curate train")])
def test_a_file_of_another_command_says_whose_it_is(file: str, verb: str) -> None:
    with pytest.raises(RecipeError, match=f"1 mistake:\n.*no recipe, .* `{verb}` reads it"):
        load_recipe(recipe_folder() / file)


def test_a_prompt_can_be_set_from_the_command_line(tmp_path: Path) -> None:
    step = recipe(tmp_path, GOOD, "laptop", "steps.generate.prompt={{ prompt }}\n\nBe brief.").steps[1]
    assert step.prompt == "{{ prompt }}\n\nBe brief."


def test_a_file_whose_name_does_not_say_its_format_is_read_by_the_word_given(tmp_path: Path) -> None:
    (tmp_path / "rows.txt").write_text("prompt,answer\na,1\n")
    text = GOOD.replace("{procedural: arithmetic, rows: 5}", "{file: rows.txt}")
    with pytest.raises(DataError, match="give format: arrow, csv, json, jsonl"):
        make_plan(recipe(tmp_path, text))
    assert make_plan(recipe(tmp_path, text.replace("rows.txt", "rows.txt, format: csv")))["steps"][0]["rows"] == 1
    assert "format is for file sources" in mistakes(tmp_path, GOOD.replace("rows: 5", "format: csv"))[0]
