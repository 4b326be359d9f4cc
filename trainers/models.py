"""Models and tokenizers, always from a folder: what is trained, saved and referred to is one and the same directory.

TRL's trainers build their frozen reference by loading `model.config._name_or_path` again (trl 1.16,
dpo_trainer.py:926, grpo_trainer.py:1003). A model handed on in memory would be compared with the checkpoint it once
came from. So between stages only folders are handed on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Literal

from curate.engines.local_model import TOKENIZER, find_model
from curate.errors import DataError, EngineDown, did_you_mean
from curate.shipped import MODELS
from trainers.templates import check_renders

TINY = 50_000_000
"""Below so many parameters one thread is faster than two on the CPU: 489 to 971 samples/s against 27 to 219."""

ADAPTERS = ("adapter_config.json", "bottleneck_config.json")
"""Files that say a folder holds an adapter: PEFT's, and that of `trainers.tuning.bottleneck`."""

NO_ROOM = ("out of memory", "cannot allocate memory")
"""What the device and the kernel say when there is none left."""

MODEL = "model"
"""Where a training puts its model, inside its folder."""


def find(model: str, revision: str | None = None) -> Path:
    """The folder of a model: `house`, a folder, the folder of a training, or one of the Hub, which is fetched.

    An adapter (PEFT) is a folder too. Raises DataError for the folder of a training that is not finished, and when
    there is no such model.
    """
    folder = Path(model).expanduser()
    if (folder / "train.lock.json").is_file():
        if not (folder / MODEL).is_dir():
            raise DataError(f"{model}: the training has no model yet; `curate train ... --resume` finishes it")
        return folder / MODEL
    if (folder / "adapter_config.json").is_file():
        return folder
    if not folder.is_dir() and (model.startswith((".", "/", "~")) or model.count("/") > 1):  # no name of the Hub
        raise DataError(f"model: {model} is no folder here{_near(folder)}")
    try:
        return find_model(model, revision)
    except EngineDown as missing:
        if folder.is_dir():
            raise DataError(f"model: {str(missing).removeprefix('transformers: ')}") from missing
        raise DataError(
            f"model: {model} is no folder here, none that ships ({', '.join(MODELS)}), and the Hub gave none "
            f"({_first_line(missing.__cause__ or missing).rstrip('.')}){_near(folder)}"
        ) from missing


def _near(folder: Path) -> str:
    """The folder beside it, or the shipped model, whose name is nearest; nothing where none is near."""
    beside = [one for one in folder.parent.iterdir() if one.is_dir()] if folder.parent.is_dir() else []
    told = did_you_mean(str(folder), [*MODELS, *map(str, beside)])
    return told if told.startswith("; did you mean") else ""


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def writer(model: str, revision: str | None = None) -> Path:
    """The folder of a model that writes answers. Raises DataError for a reward model, as which it would write noise."""
    folder = find(model, revision)
    check_writes(folder)
    return folder


def check_writes(folder: Path) -> None:
    """Raise DataError for the folder of a reward model."""
    kinds = _config(folder).get("architectures") or [] if (folder / "config.json").is_file() else []
    if kinds and all(kind.endswith("ForSequenceClassification") for kind in kinds):
        raise DataError(f"{folder} is a reward model ({kinds[0]}): it judges answers, and writes none")


def load_tokenizer(folder: Path, chat_template: str | None = None) -> Any:
    """The tokenizer of a model. Raises DataError when it cannot be read, or its template is none."""
    from transformers import AutoTokenizer

    if not any(file for pattern in TOKENIZER for file in folder.glob(pattern)):
        # transformers would make an empty one of the model's kind
        raise DataError(f"{folder} holds no tokenizer; save it beside the weights, tokenizer.save_pretrained(FOLDER)")
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder)
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise DataError(f"{folder}: no tokenizer can be read there: {_first_line(error)}") from error
    if chat_template is not None:
        try:
            tokenizer.chat_template = Path(chat_template).expanduser().read_text(encoding="utf-8")
        except OSError as error:
            raise DataError(f"chat_template: {chat_template} cannot be read ({error.strerror})") from None
    if tokenizer.eos_token is None:
        raise DataError(f"{folder}: the tokenizer has no end token (eos_token); a model trained with it never stops")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.chat_template:
        check_renders(tokenizer, chat_template or f"{folder}: its chat template")
    return tokenizer


def load_model(folder: Path, arguments: Any, kind: Literal["causal", "reward"] = "causal") -> Any:
    """The weights of a folder, in float32 unless `trl: {model_init_kwargs: {dtype: ...}}` says else.

    kind: `reward` puts one number where the next token would be. Code that lies in the folder is not run.
    Raises DataError when they cannot be loaded.
    """
    import transformers
    from safetensors import SafetensorError

    if kind == "causal":
        check_writes(folder)

    classes = {"causal": "AutoModelForCausalLM", "reward": "AutoModelForSequenceClassification"}
    options = dict(getattr(arguments, "model_init_kwargs", None) or {})
    options.setdefault("dtype", "float32")
    if kind == "reward":
        options.setdefault("num_labels", 1)
    try:
        with _expected() if kind == "reward" else nullcontext():
            model = getattr(transformers, classes[kind]).from_pretrained(folder, **options)
    except (OSError, ValueError, KeyError, AttributeError, ImportError, RuntimeError, SafetensorError) as error:
        if any(word in str(error).lower() for word in NO_ROOM):
            raise
        raise DataError(f"{folder}: the model cannot be loaded: {_first_line(error)}") from error
    if kind == "reward":
        model.config.pad_token_id = model.config.pad_token_id or model.config.eos_token_id
    return model


@contextmanager
def _expected() -> Iterator[None]:
    """Without the report that a reward model's head is new, which it is meant to be."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)


def context_of(folder: Path, changes: Mapping[str, Any] | None = None) -> int | None:
    """Most tokens a model can read, as its config says; of an adapter, its base.

    changes: to the config, `model_init_kwargs`, which may stretch it (`rope_parameters`, `max_position_embeddings`).
    """
    if changes and changes.get("max_position_embeddings"):
        return int(changes["max_position_embeddings"])
    if any((folder / name).is_file() for name in ADAPTERS):
        return context_of(base_of(folder), changes)
    config = _config(folder)
    inner = config.get("text_config") or config
    found = inner.get("max_position_embeddings") or inner.get("n_positions")
    return int(found) if found else None


def _config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as wrong:
        raise DataError(f"{path} is not the config of a model: {_first_line(wrong)}") from wrong
    if not isinstance(config, dict):
        raise DataError(f"{path} is not the config of a model: it holds no settings")
    return config


def base_of(folder: Path) -> Path:
    """The model an adapter belongs to. Raises DataError where it names none."""
    name = next(name for name in ADAPTERS if (folder / name).is_file())
    config = json.loads((folder / name).read_text(encoding="utf-8"))
    base = config.get("base_model_name_or_path") or config.get("base")
    if not base:
        raise DataError(f"{folder / name} does not name the model it belongs to; give it, base:")
    return find(str(base), config.get("revision"))


@contextmanager
def few_threads(folder: Path) -> Iterator[None]:
    """One torch thread for a tiny model on the CPU, unless OMP_NUM_THREADS says how many."""
    import torch

    before = torch.get_num_threads()
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    if not torch.cuda.is_available() and "OMP_NUM_THREADS" not in os.environ and size < 2 * TINY:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
