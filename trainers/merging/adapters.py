"""Adapters: PEFT's merged into their base, or several combined into one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from curate.errors import DataError, InvalidInput, UsageError
from trainers.merging.weights import NOTE, whole_folder
from trainers.models import base_of, find

COMBINATIONS = (
    "linear", "cat", "svd", "ties", "ties_svd", "dare_linear", "dare_ties", "dare_linear_svd", "dare_ties_svd",
    "magnitude_prune", "magnitude_prune_svd",
)  # fmt: skip
"""What PEFT's `add_weighted_adapter` knows (0.21.2)."""


def merge_adapter(adapter: Path, out: Path, *, base: str | None = None, dtype: str | None = None) -> Path:
    """A plain model: the base with the adapter's change folded into its weights.

    The sum is taken in float32 and rounded once. base: where the base is; the one the adapter names unless given.
    dtype: of the weights, `float32`; that of the base unless given. Raises DataError where `adapter` is none,
    UsageError for one that cannot be folded in (prompts, prefixes).
    """
    with whole_folder(out) as folder:
        model = _base(adapter, base)
        import peft
        import torch

        kind = getattr(torch, dtype) if dtype else model.dtype
        adapted = peft.PeftModel.from_pretrained(model.float(), str(adapter))
        if adapted.active_peft_config.is_prompt_learning:
            raise UsageError(
                f"{adapter}: tokens put before the prompt cannot be merged into the base; train from the base instead"
            )
        adapted.merge_and_unload().to(kind).save_pretrained(folder)
        _tokenizer(adapter, base, folder)
        note = {"method": "merge_adapter", "adapter": str(adapter), "base": base}
        (folder / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
    return out


def whole(folder: Path, into: Path, say: Callable[[str], None]) -> Path:
    """The folder itself, or for an adapter a new folder with its base and the adapter merged.

    So the reference of the next stage is the model with the adapter, and not the base it was made from.
    Raises UsageError for an adapter that cannot be merged (prompts, prefixes).
    """
    if (folder / "bottleneck_config.json").is_file():
        raise UsageError(f"{folder}: bottleneck adapters cannot be merged into their base; train from the base instead")
    if not (folder / "adapter_config.json").is_file():
        return folder
    from accelerate import PartialState

    with PartialState().main_process_first():
        if PartialState().is_main_process:
            shutil.rmtree(into, ignore_errors=True)
            merge_adapter(folder, into, dtype="float32")  # not rounded to the type of the base: it is trained on
            say(f"merged the adapter {folder} into {into}, from where training starts")
    return into


def combine_adapters(
    adapters: Sequence[Path],
    out: Path,
    *,
    weights: Sequence[float] | None = None,
    combination: str = "linear",
    density: float | None = None,
    base: str | None = None,
) -> Path:
    """One LoRA adapter of several, through PEFT's `add_weighted_adapter`; a negative weight subtracts a task.

    weights: one an adapter, 1 each unless given. combination: one of `COMBINATIONS`; linear wants equal ranks.
    density: share of entries that stay, for those that prune. Raises InvalidInput, DataError.
    """
    if combination not in COMBINATIONS:
        raise InvalidInput(f"merge: unknown combination '{combination}' (known: {', '.join(COMBINATIONS)})")
    if len(adapters) < 2:
        raise InvalidInput(f"merge: combining takes two adapters or more, {len(adapters)} given")
    share = list(weights) if weights is not None else [1.0] * len(adapters)
    if len(share) != len(adapters):
        raise InvalidInput(f"merge: {len(adapters)} adapters and {len(share)} weights")
    with whole_folder(out) as folder:
        start = _base(adapters[0], base)
        import peft

        model = peft.PeftModel.from_pretrained(start, str(adapters[0]), adapter_name="a0")
        names = ["a0"]
        for number, adapter in enumerate(adapters[1:], 1):
            _require_adapter(adapter)
            model.load_adapter(str(adapter), adapter_name=f"a{number}")
            names.append(f"a{number}")
        extra: dict[str, Any] = {} if density is None else {"density": density}
        try:
            model.add_weighted_adapter(names, share, "combined", combination_type=combination, **extra)
        except ValueError as unfit:
            raise DataError(f"merge: the adapters do not combine by {combination}: {unfit}") from unfit
        model.set_adapter("combined")
        model.save_pretrained(folder, selected_adapters=["combined"])
        for path in (folder / "combined").iterdir():
            path.rename(folder / path.name)
        (folder / "combined").rmdir()
        note = {"method": combination, "adapters": [str(one) for one in adapters], "weights": share}
        (folder / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
    return out


def _require_adapter(adapter: Path) -> None:
    if not (adapter / "adapter_config.json").is_file():
        raise DataError(f"{adapter} holds no adapter_config.json; is it the folder of an adapter?")


def _base_folder(adapter: Path, base: str | None) -> Path:
    _require_adapter(adapter)
    return base_of(adapter) if base is None else find(base)


def _base(adapter: Path, base: str | None) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(_base_folder(adapter, base))


def _tokenizer(adapter: Path, base: str | None, folder: Path) -> None:
    """The adapter's own tokenizer where it has one, else the base's."""
    from transformers import AutoTokenizer

    own = (adapter / "tokenizer_config.json").is_file()
    AutoTokenizer.from_pretrained(adapter if own else _base_folder(adapter, base)).save_pretrained(folder)
