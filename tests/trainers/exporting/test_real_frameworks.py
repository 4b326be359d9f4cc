"""What is exported goes through the frameworks' own parsers, data sets and reward loaders, where they are installed.

verl 0.9.1, OpenRLHF 0.11.2, axolotl 0.19.0, open-instruct from its repository (August 2026). A training needs GPUs.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from trainers.exporting import export

pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks, none of ours

HOUSE = Path(__file__).resolve().parents[3] / "curate" / "house"
Make = Callable[..., dict[str, Any]]
RunScript = Callable[..., list[str]]
METHODS = ["grpo", "rloo", "ppo"]


@pytest.fixture
def training(settings: Make) -> Callable[[str], dict[str, Any]]:
    """Settings of a method that leave few options of its export at their defaults."""

    def make(method: str) -> dict[str, Any]:
        own = {"ppo": {"num_mini_batches": 2, "lam": 0.9, "kl_target": 6.0, "max_completion_length": 24}}
        trl = own.get(method, {"beta": 0.02, "epsilon": 0.3})
        rewards = ["math", {"reward": "boxed_format", "weight": 0.1}]
        return settings(method, trl, eval=0.25, rewards=rewards)

    return make


@pytest.fixture
def tokenizer() -> Any:
    return pytest.importorskip("transformers").AutoTokenizer.from_pretrained(HOUSE)


@pytest.mark.parametrize("method", METHODS)
def test_verl_takes_config_rows_and_reward(
    method: str, training: Callable[[str], Any], tmp_path: Path, run_script: RunScript, tokenizer: Any
) -> None:
    pytest.importorskip("verl", reason="verl is not installed")
    from hydra import compose, initialize_config_module
    from verl.trainer.ppo.reward import get_custom_reward_fn
    from verl.trainer.ppo.utils import need_critic, need_reference_policy
    from verl.utils.config import validate_config
    from verl.utils.dataset.rl_dataset import RLHFDataset

    export(training(method), "verl", tmp_path / "out")
    _, module, *overrides = run_script(tmp_path / "out" / "run.sh", GPUS="2")
    assert module == "verl.trainer.main_ppo"
    with initialize_config_module("verl.trainer.config", version_base=None):
        config = compose("ppo_trainer", overrides=overrides)
    validate_config(config, need_reference_policy(config), need_critic(config))
    assert need_critic(config) == (method == "ppo")
    rows = RLHFDataset([config.data.train_files], tokenizer=tokenizer, processor=None, config=config.data)
    assert len(rows) == 24
    row = rows[0]
    gold = row["reward_model"]["ground_truth"]
    scored = get_custom_reward_fn(config)(row["data_source"], f"\\boxed{{{gold}}}", gold, row["extra_info"])
    assert scored["score"] == pytest.approx(1.1)


def openrlhf_settings(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What OpenRLHF's command makes of its arguments: its main block, without the imports that need CUDA."""
    spec = importlib.util.find_spec("openrlhf")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / "cli" / "train_ppo_ray.py"
    [main] = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.If)]
    seen: list[Any] = []
    names = {"__name__": "__main__", "argparse": argparse, "os": os, "datetime": datetime, "train": seen.append}
    monkeypatch.setattr(sys, "argv", ["train_ppo_ray", *arguments])
    exec(compile(ast.Module([main], []), str(path), "exec"), names)
    return seen[0]


@pytest.mark.parametrize("method", METHODS)
def test_openrlhf_takes_flags_rows_and_reward(
    method: str,
    training: Callable[[str], Any],
    tmp_path: Path,
    run_script: RunScript,
    tokenizer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("openrlhf", reason="OpenRLHF is not installed")
    from openrlhf.datasets.prompts_dataset import PromptDataset
    from openrlhf.datasets.utils import blending_datasets
    from openrlhf.utils.agent import SingleTurnAgentExecutor

    export(training(method), "openrlhf", tmp_path / "out")
    _, module, *arguments = run_script(tmp_path / "out" / "run.sh")
    assert module == "openrlhf.cli.train_ppo_ray"
    given = openrlhf_settings(arguments, monkeypatch)
    assert given.train.batch_size % given.train.micro_batch_size == 0
    assert (given.critic.model_name_or_path is not None) == (method == "ppo")
    assert given.algo.kl.use_loss == (method == "grpo")
    strategy = SimpleNamespace(args=given, print=lambda *_: None, is_rank_0=lambda: False)
    for path, count in ((given.data.prompt_dataset, 24), (given.eval.dataset, 8)):
        rows = PromptDataset(blending_datasets(path, strategy=strategy, dataset_split="train"), tokenizer, strategy)
        assert len(rows) == count
    _, prompt, label, _ = rows[0]
    assert prompt.endswith("<|im_start|>assistant\n")
    [url] = given.reward.remote_url
    reward = SingleTurnAgentExecutor(url).reward_func
    assert reward([f"{prompt}\\boxed{{{label}}}"], [prompt], [label])["rewards"].tolist() == pytest.approx([1.1])


def test_axolotl_takes_config_rows_and_rewards(
    training: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AXOLOTL_DO_NOT_TRACK", "1")
    pytest.importorskip("axolotl", reason="axolotl is not installed")
    from axolotl.core.trainers.grpo import GRPOStrategy
    from axolotl.utils.config import normalize_config, validate_config
    from axolotl.utils.data.rl import _load_split
    from axolotl.utils.dict import DictDefault
    from axolotl.utils.schemas.trl import TRLConfig

    export(training("grpo"), "axolotl", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    written = yaml.safe_load(Path("config.yaml").read_text())
    assert written["trl"].keys() <= TRLConfig.model_fields.keys()  # it would leave others out, and say nothing
    machine = {"bf16": True, "fp8": False, "tf32": True, "n_gpu": 1, "compute_capability": "sm_90"}
    config = validate_config(DictDefault(written), machine, {"torch_version": "2.13.0"})
    assert {key: config[key] for key in written.keys() - {"trl", "datasets", "rl"}}.items() <= written.items()
    normalize_config(config)
    config.dataset_num_proc = 1
    assert GRPOStrategy.set_training_args_kwargs(config)["reward_weights"] == [1.0, 0.1]
    rows = _load_split(config, "train")
    assert len(rows) == 24
    [functions] = GRPOStrategy.set_trainer_args(config)
    row, answer = rows[0], [{"role": "assistant", "content": f"\\boxed{{{rows[0]['answer']}}}"}]
    for function in functions:
        assert function(prompts=[row["prompt"]], completions=[answer], answer=[row["answer"]]) == [1.0]


def test_open_instruct_takes_flags_rows_and_verifiers(
    training: Callable[[str], Any], tmp_path: Path, run_script: RunScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("open_instruct", reason="open-instruct is not installed")
    from open_instruct import data_loader, dataset_transformation, grpo_utils, model_utils, utils
    from open_instruct.environments.tools.utils import EnvsConfig
    from open_instruct.ground_truth_utils import build_all_verifiers

    export(training("grpo"), "open-instruct", tmp_path / "out")
    kinds = (
        grpo_utils.GRPOExperimentConfig, dataset_transformation.TokenizerConfig, model_utils.ModelConfig,
        data_loader.StreamingDataLoaderConfig, data_loader.VLLMConfig, EnvsConfig,
    )  # fmt: skip
    monkeypatch.setattr(sys, "argv", run_script(tmp_path / "out" / "run.sh"))
    made, tokens, model, loading, _, _ = utils.ArgumentParserPlus(kinds).parse_args_into_dataclasses()
    assert (made.clip_lower, made.clip_higher, made.beta) == (0.3, 0.3, 0.02)
    tokens.tokenizer_name_or_path = model.model_name_or_path
    rows = dataset_transformation.get_cached_dataset_tulu(
        dataset_mixer_list=loading.dataset_mixer_list,
        dataset_mixer_list_splits=loading.dataset_mixer_list_splits,
        tc=tokens,
        dataset_transform_fn=loading.dataset_transform_fn,
        transform_fn_args=[{}, {"max_prompt_token_length": loading.max_prompt_token_length}],
        dataset_cache_mode="local",
        dataset_local_cache_dir=str(tmp_path / "cache"),
    )
    assert len(rows) == 24
    monkeypatch.syspath_prepend(str(tmp_path / "out"))
    importlib.import_module("reward")
    [kind], [gold] = rows[0]["dataset"], rows[0]["ground_truth"]
    verifier = build_all_verifiers(made, loading)[kind.lower()]
    assert verifier([], f"\\boxed{{{gold}}}", gold, "?").score == pytest.approx(1.1)
