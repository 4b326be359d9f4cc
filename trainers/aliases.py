"""Old names of settings, translated aloud: configs of the course pages, open-r1 and older TRL keep working.

Source: the fields of TRL 0.7 to 1.9 and transformers 4 that are gone from TRL 1.16 and transformers 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from curate.document import Node

OURS: Final = {
    "model_name_or_path": "model",
    "model_revision": "revision",
    "dataset": "data",
    "dataset_name": "data",
    "output_dir": "out",
    "reward_funcs": "rewards",
    "kl_coef": "trl.beta",
    "clip_range": "trl.epsilon",
    "max_seq_length": "trl.max_length",
}
"""Top-level keys of other trainers' configs: our key for them, `trl.` before those that go into the block."""

RENAMED: Final = {
    "max_seq_length": "max_length",
    "max_seq_len": "max_length",
    "cutoff_len": "max_length",
    "kl_coef": "beta",
    "init_kl_coef": "beta",
    "clip_range": "epsilon",
    "cliprange": "epsilon",
    "evaluation_strategy": "eval_strategy",
    "no_cuda": "use_cpu",
    "max_new_tokens": "max_completion_length",
    "response_length": "max_completion_length",
    "per_gpu_train_batch_size": "per_device_train_batch_size",
    "vllm_guided_decoding_regex": "vllm_structured_outputs_regex",
    "warmup_ratio": "warmup_steps",  # below 1 it is a share, transformers 5
    "use_liger": "use_liger_kernel",
    "use_liger_loss": "use_liger_kernel",
    "vllm_max_model_len": "vllm_max_model_length",
    "wandb_log_unique_prompts": "log_unique_prompts",
    "rloo_k": "num_generations",
}

DROPPED: Final = {
    "overwrite_output_dir": "use --fresh to begin again, --resume to go on",
    "logging_dir": "metrics are in OUT/log.jsonl",
    "include_num_input_tokens_seen": "it is always counted",
    "max_prompt_length": "the limit is what the model reads, and too_long says what becomes of longer rows",
    "save_safetensors": "weights are always kept as safetensors",
    "label_pad_token_id": "it is always -100",
}

REPLACED: Final = {
    "rpo_alpha": "write loss_type: [sigmoid, sft], loss_weights: [1.0, ALPHA]",
    "reference_free": "take method: simpo, orpo or cpo, which have no reference",
}
"""Keys that are gone, whose work something else does."""

SPELLED: Final = {
    "scale_rewards": {True: "group", False: "none"},
    "save_strategy": {False: "no"},
    "eval_strategy": {False: "no"},
    "logging_strategy": {False: "no"},
}
"""Yes and no where a word is taken: TRL wrote `scale_rewards` so, and YAML reads `off` so."""

MOVED: Final = {
    "output_dir": "write out: FOLDER",
    "seed": "write seed: 0",
    "data_seed": "write seed: 0",
    "reward_weights": "write rewards: [{reward: NAME, weight: 0.5}]",
    "resume_from_checkpoint": "call curate train --resume",
    "load_best_model_at_end": "write stop: {on: ..., patience: ...}",
    "metric_for_best_model": "write stop: {on: eval_loss}",
    "greater_is_better": "write stop: {on: ...}; only losses get better by falling",
    "auto_find_batch_size": "write batch: auto",
    "do_train": "it always trains",
    "dataset_text_field": "write columns: {text: NAME}",
    "chat_template_path": "write chat_template: FILE.jinja",
    "hub_token": "set HF_TOKEN, or run `hf auth login`; a config is copied into files",
    "hub_strategy": "the model is pushed once, when the training is done",
    "hub_always_push": "the model is pushed once, when the training is done",
}
"""Keys of the block that one of our own fields decides."""

_INTO_MODEL = {"torch_dtype": "dtype", "dtype": "dtype", "attn_implementation": "attn_implementation"}


def translate(block: Mapping[str, Node], known: frozenset[str]) -> tuple[dict[str, Node], list[str], list[str]]:
    """A `trl:` block in today's names, what was translated, and mistakes. known: the fields of the config class.

    A name that the class still has is left alone, whatever the table says.

    >>> block, said, _ = translate({"kl_coef": Node(0.1, "x.yaml:3")}, frozenset({"beta"}))
    >>> block["beta"].value, said
    (0.1, ['x.yaml:3: translated kl_coef -> beta'])
    """
    made: dict[str, Node] = {}
    said: list[str] = []
    mistakes: list[str] = []
    for key, node in block.items():
        if key in MOVED:
            mistakes.append(f"{node.place}: trl.{key} is decided beside trl: {MOVED[key]}")
        elif key in known:
            made[key] = Node(_spelled(key, node.value), node.place)
        elif key in REPLACED:
            mistakes.append(f"{node.place}: trl.{key} is gone: {REPLACED[key]}")
        elif key in DROPPED:
            said.append(f"{node.place}: left out {key}, which is gone: {DROPPED[key]}")
        elif key == "group_by_length":
            said.append(f"{node.place}: translated group_by_length -> train_sampling_strategy")
            if node.value:
                made["train_sampling_strategy"] = Node("group_by_length", node.place)
        elif key in _INTO_MODEL and "model_init_kwargs" in known:
            said.append(f"{node.place}: translated {key} -> model_init_kwargs.{_INTO_MODEL[key]}")
            inside = made.get("model_init_kwargs", block.get("model_init_kwargs", Node({}, node.place)))
            made["model_init_kwargs"] = Node({**inside.value, _INTO_MODEL[key]: node}, inside.place)
        elif RENAMED.get(key) in known:
            new = RENAMED[key]
            if new in block:
                mistakes.append(f"{node.place}: trl.{key} is the old name of trl.{new}, which is given too; keep one")
                continue
            said.append(f"{node.place}: translated {key} -> {new}")
            made[new] = node
        else:
            made[key] = node
    return made, said, mistakes


def _spelled(key: str, value: Any) -> Any:
    """A value in the word that is taken today.

    >>> _spelled("scale_rewards", False), _spelled("beta", False)
    ('none', False)
    """
    return SPELLED.get(key, {}).get(value, value) if isinstance(value, bool) else value
