"""Configs: every mistake at once, each with its place and the nearest right thing; old names translated aloud."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.document import parse
from curate.errors import DataError, RecipeError, UsageError
from trainers.aliases import OURS
from trainers.config import load_config, make_config, read_config
from trainers.looping.config import load_loop
from trainers.merging.config import read_merge
from trainers.settings import TrainConfig

GOOD = "method: grpo\nmodel: house\ndata: rows.parquet\nout: out\nrewards: [math]\n"


def mistakes(tmp_path: Path, text: str, *overrides: str) -> str:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(RecipeError) as told:
        load_config(path, overrides)
    return str(told.value).replace(str(path), "x.yaml")


@pytest.mark.parametrize("read", [load_config, load_loop, read_merge])
def test_a_file_that_is_not_utf8_or_not_there_is_one_clear_error(read: Callable[[Path], Any], tmp_path: Path) -> None:
    (tmp_path / "merges.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(RecipeError, match="not UTF-8 at byte 9"):
        read(tmp_path / "merges.yaml")
    with pytest.raises(DataError, match=r"no config there .*; did you mean 'merges\.yaml'"):
        read(tmp_path / "merge.yaml")


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    told = mistakes(
        tmp_path,
        "method: grpo\nmodel: house\ndata: rows.parquet\nout: out\nrewrads: [math]\n"
        "rewards: [maths, {reward: math, weigth: 0.5}]\nlearning_rate: 1e-6\nbatch: 12.5\neval: 1.5\n"
        "stop: {on: pass8}\ntrl:\n  num_generation: 4\n  max_steps: many\n  seed: 3\n",
    )
    assert told.splitlines() == [
        "x.yaml has 10 mistakes:",
        "  x.yaml:5: unknown key 'rewrads'; did you mean 'rewards'? (got [\"math\"])",
        "  x.yaml:6: unknown key 'weigth'; did you mean 'weight'? (got 0.5)",
        "  x.yaml:6: no reward is called 'maths'; did you mean 'math'?",
        "  x.yaml:7: 'learning_rate' is an argument of the trainer: write it under trl:",
        "  x.yaml:8: batch: write a number of rows, auto, or {effective: 64, device: 8} (got 12.5)",
        "  x.yaml:9: eval: a share lies between 0 and 1, for example 0.1; or name a split or a file (got 1.5)",
        '  x.yaml:10: stop.on: write eval_loss, eval_reward, or pass@K (got "pass8")',
        "  x.yaml:12: trl.num_generation: grpo has no such argument; did you mean 'num_generations'?",
        "  x.yaml:13: trl.max_steps: should be a valid integer (got 'many')",
        "  x.yaml:14: trl.seed is decided beside trl: write seed: 0",
    ]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("method: grop\n", "unknown method 'grop'; did you mean 'grpo'?"),
        ("rewards: [{reward: math, options: {styl: gsm8k}}]\n", "has no option 'styl'; did you mean 'style'?"),
        ("rewards: [math, math]\n", "two rewards are called 'math'; give one a name: of its own"),
        ("batch: {device: 0}\n", "a device holds at least 1 row"),
        ("dynamic_sampling: {rounds: 0}\n", "dynamic_sampling.rounds"),
        ("method: [grpo]\n", "unknown method '['grpo']'"),
        ("data: 5\n", "data: write a path, or {path: ..., split: ...} (got 5)"),
        ("model_name_or_path: house\n", "is another word for model, which is given too; keep one"),
        ("trl: 5\n", "trl: write a mapping"),
        ("data: {path: x, splitt: test}\n", "unknown key 'splitt'; did you mean 'split'?"),
    ],
)
def test_a_mistake_names_its_neighbour(line: str, told: str, tmp_path: Path) -> None:
    key = line.partition(":")[0]
    assert key in TrainConfig.model_fields or key in OURS
    text = "".join(kept for kept in GOOD.splitlines(keepends=True) if not kept.startswith(f"{key}:")) + line
    assert told in mistakes(tmp_path, text)


def test_a_field_that_the_method_does_not_read_is_no_silent_extra(tmp_path: Path) -> None:
    sft = GOOD.replace("grpo", "sft")
    assert "x.yaml:5: sft reads no rewards" in mistakes(tmp_path, sft)
    assert "sft reads no dynamic_sampling" in mistakes(tmp_path, sft + "dynamic_sampling: true\n")
    config, _ = make_config(
        {"method": "sft", "model": "house", "data": "x", "out": "y", "rewards": ["math"], "eval": 0.1}
        | {"stop": {"on": "pass@4"}}  # here they judge the held-out answers
    )
    assert config.stop is not None
    assert config.stop.k == 4


def test_old_names_are_translated_aloud(tmp_path: Path) -> None:
    """Those of the course pages and of open-r1."""
    path = tmp_path / "x.yaml"
    path.write_text(
        "method: grpo\nmodel_name_or_path: house\ndataset_name: rows.parquet\noutput_dir: out\nreward_funcs: [math]\n"
        "kl_coef: 0.05\ntrl:\n  clip_range: 0.2\n  warmup_ratio: 0.1\n  torch_dtype: bfloat16\n"
        "  overwrite_output_dir: true\n  evaluation_strategy: steps\n  group_by_length: true\n  no_cuda: true\n"
    )
    config, said = load_config(path)
    assert config.trl == {
        "beta": 0.05,
        "epsilon": 0.2,
        "warmup_steps": 0.1,
        "model_init_kwargs": {"dtype": "bfloat16"},
        "eval_strategy": "steps",
        "train_sampling_strategy": "group_by_length",
        "use_cpu": True,
    }
    assert (config.model, config.data.path, config.out) == ("house", "rows.parquet", "out")
    assert [line.rpartition(": ")[2] for line in said[:4]] == [
        "translated model_name_or_path -> model",
        "translated dataset_name -> data",
        "translated output_dir -> out",
        "translated reward_funcs -> rewards",
    ]
    assert f"{path}:8: translated clip_range -> epsilon" in said
    assert any("left out overwrite_output_dir" in line for line in said)


@pytest.mark.parametrize(
    ("method", "trl", "told"),
    [
        ("dpo", {"rpo_alpha": 1.0}, "trl.rpo_alpha is gone: write loss_type: [sigmoid, sft], loss_weights"),
        ("dpo", {"reference_free": True}, "trl.reference_free is gone: take method: simpo, orpo or cpo"),
        ("sft", {"dataset_text_field": "body"}, "write columns: {text: NAME}"),
        ("reward", {"chat_template_path": "x.jinja"}, "write chat_template: FILE.jinja"),
        ("dpo", {"beta": 0}, "trl.beta: must be above 0 (got 0)"),
        ("simpo", {"beta": -0.1}, "trl.beta: must be above 0 (got -0.1)"),
        ("gkd", {"beta": 1.5}, "trl.beta: must be at least 0 and at most 1 (got 1.5)"),
        ("dpo", {"label_smoothing": 0.5}, "trl.label_smoothing: must be at least 0 and below 0.5 (got 0.5)"),
        ("grpo", {"epsilon": "-0.2"}, "trl.epsilon: must be above 0 (got -0.2)"),
        ("grpo", {"max_completion_length": 0}, "trl.max_completion_length: must be at least 1 (got 0)"),
        ("grpo", {"temperature": 0}, "trl.temperature: must be above 0 (got 0)"),
    ],
)
def test_what_trl_would_train_on_in_silence_is_a_mistake(method: str, trl: dict[str, Any], told: str) -> None:
    with pytest.raises(RecipeError) as wrong:
        make_config({"method": method, "model": "house", "data": "x", "out": "y", "trl": trl})
    assert told in str(wrong.value)


def test_numbers_at_the_edge_are_taken() -> None:
    """GRPO without a reference, DPO's usual smoothing, the ends between forward and reverse KL."""
    edges: dict[str, dict[str, Any]] = {
        "grpo": {"beta": 0.0, "epsilon_high": 5.0},
        "dpo": {"label_smoothing": 0.0},
        "distill": {"beta": 1.0},
        "gkd": {"lmbda": 0.0},
        "sft": {"max_length": None},
    }
    for method, trl in edges.items():
        assert make_config({"method": method, "model": "house", "data": "x", "out": "y", "trl": trl})[0].trl == trl


def test_yes_and_no_are_the_words_of_today() -> None:
    """`scale_rewards: false` was TRL's own spelling, and `off` is a word for no."""
    trl = {"scale_rewards": False, "save_strategy": False, "max_prompt_length": 512, "rloo_k": 4}
    config, said = make_config({"method": "grpo", "model": "house", "data": "x", "out": "y", "trl": trl})
    assert config.trl == {"scale_rewards": "none", "save_strategy": "no", "num_generations": 4}
    assert any("left out max_prompt_length, which is gone: the limit is what the model reads" in line for line in said)


def test_an_old_name_beside_its_new_one_is_a_mistake(tmp_path: Path) -> None:
    told = mistakes(tmp_path, GOOD + "trl: {kl_coef: 0.1, beta: 0.2}\n")
    assert "trl.kl_coef is the old name of trl.beta, which is given too; keep one" in told


def test_settings_from_the_command_line_lie_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(GOOD + "trl: {max_steps: 5}\n")
    config, _ = load_config(path, ("trl.learning_rate=1e-5", "rewards=[math, think_format]", "batch=auto", "seed=7"))
    assert config.trl == {"max_steps": 5, "learning_rate": 1e-5}
    assert [use.reward for use in config.rewards] == ["math", "think_format"]
    assert (config.batch.device, config.seed) == ("auto", 7)
    assert "--set trl.learning_rat=1: trl.learning_rat: grpo has no such argument" in mistakes(
        tmp_path, GOOD, "trl.learning_rat=1"
    )
    with pytest.raises(UsageError, match="write key=value"):
        load_config(path, ("seed",))


def test_the_configs_that_ship_and_those_in_the_docs_are_read() -> None:
    root = Path(__file__).resolve().parents[2]
    shipped = sorted((root / "recipes" / "train").glob("*.yaml"))
    assert [load_config(path)[0].method for path in shipped] == [path.stem for path in shipped]
    shown = re.findall(
        r"^```yaml\n(method:.*?)^```$", (root / "docs" / "train.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert shown
    for text in shown:
        config, said = read_config(parse(text, "docs"), "docs")
        assert config.out.startswith("runs/")
        assert not said


def test_a_recipe_of_data_is_told_from_a_config_of_a_training() -> None:
    root = Path(__file__).resolve().parents[2]
    with pytest.raises(RecipeError, match="this is a recipe of data; `curate build` it"):
        load_config(root / "recipes" / "openthoughts.yaml")


def test_a_missing_config_names_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "sft.yaml").write_text(GOOD)
    with pytest.raises(DataError, match=r"did you mean 'sft\.yaml'"):
        load_config(tmp_path / "sfd.yaml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**30) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from([*TrainConfig.model_fields, *OURS, "learning_rate", "x"])


@given(st.dictionaries(KEYS, VALUES, max_size=6), st.sampled_from(["sft", "dpo", "grpo"]))
def test_whatever_a_config_holds_is_read_or_told(changes: dict[str, Any], method: str) -> None:
    good = {"method": method, "model": "house", "data": "x", "out": "y"}
    try:
        config, _ = make_config(good | changes)
    except RecipeError:
        return
    assert make_config(config.model_dump())[0] == config  # what a lock file holds is a config again


def test_hostile_yaml_is_refused(tmp_path: Path) -> None:
    assert "tags are not read" in mistakes(tmp_path, "method: !!python/object/apply:os.system [true]\n")
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(8)
    )
    assert "unfolds into more than" in mistakes(tmp_path, bomb)
