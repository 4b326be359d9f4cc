"""A causal language model and its tokenizer, from a folder, from the Hub, or the one that ships with this package."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from curate.engines.attention import use_grouped_attention
from curate.errors import EngineDown, InvalidInput
from curate.shipped import MODELS, model_folder

HOUSE: Final = "house"
WEIGHTS: Final = ("*.safetensors", "*.bin")
TOKENIZER: Final = ("tokenizer*", "vocab*", "merges*", "*.model", "special_tokens_map.json", "added_tokens.json")
TEMPLATE: Final = ("chat_template*",)
SETTINGS: Final = ("config.json", "generation_config.json")
TODAY: Final = datetime(2024, 7, 26, tzinfo=UTC)
"""The date of every prompt whose template tells one; Llama 3.1's own, where nobody says what day it is."""


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A loaded model. ends: tokens that end an answer. context: most tokens of prompt and completion together.

    special: the special tokens by their text; decoding leaves them out.
    """

    model: Any
    tokenizer: Any
    device: str
    ends: frozenset[int]
    pad: int
    context: int
    parameters: int
    special: Mapping[str, int]

    def encode(self, messages: Iterable[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None) -> list[int]:
        """The prompt's token ids, up to where the assistant begins."""
        return self.encode_text(prompt_text(self.tokenizer, messages, tools))

    def encode_text(self, text: str) -> list[int]:
        """The ids of a text in which the names of special tokens mean these tokens; nothing is put before it."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def decode(self, tokens: list[int]) -> str:
        """The text of an answer: special tokens left out, thinking tags kept."""
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def prompt_text(
    tokenizer: Any, messages: Iterable[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]] | None = None
) -> str:
    """A chat as the model reads it, up to where the assistant begins.

    A template that tells the date tells `TODAY`: a build that goes on the next day asks the same questions.
    """
    return str(
        tokenizer.apply_chat_template(
            [dict(message) for message in messages],
            tools=None if tools is None else [dict(tool) for tool in tools],
            add_generation_prompt=True,
            tokenize=False,
            strftime_now=TODAY.strftime,
        )
    )


def find_model(model: str, revision: str | None = None) -> Path:
    """The folder of a model; one on the Hub is fetched.

    model: `house`, `house-writer`, a folder, or a Hub model id. Raises EngineDown when it is none of them.
    """
    if shipped := model_folder(model):
        return shipped
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise EngineDown(f"transformers: {model} holds no config.json; is it the folder of a model?")
        return folder
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt"]
    try:
        return Path(snapshot_download(model, revision=revision, allow_patterns=wanted))
    except Exception as error:  # the client has a dozen kinds of errors
        raise EngineDown(
            f"transformers: model '{model}' is no folder here and none that ships ({', '.join(MODELS)}), "
            f"and the Hub has none: {error}"
        ) from error


def is_local(model: str) -> bool:
    """Whether a model lies here: one that ships with this package, or a folder."""
    return model in MODELS or Path(model).expanduser().is_dir()


def fingerprint(model: str, revision: str | None) -> dict[str, str]:
    """What decides a model's answers: hashes of weights, tokenizer, template and settings; on the Hub, the commit.

    Fetches nothing. Raises InvalidInput for a Hub model without a commit: what it answers may change from day to day.
    """
    if not is_local(model):
        if revision is None:
            raise InvalidInput(
                f"model '{model}' is no folder here; pin the one on the Hub by its commit, revision: ..."
            )
        return {"revision": revision}
    folder = find_model(model)
    return {
        "weights": _hash(folder, WEIGHTS),
        "tokenizer": _hash(folder, TOKENIZER),
        "template": _hash(folder, TEMPLATE),
        "settings": _hash(folder, SETTINGS),
    }


def own_dtype(folder: Path) -> str:
    """The dtype a checkpoint says it was saved in."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return str(config.get("dtype") or config.get("torch_dtype") or "float32")


def require_torch() -> None:
    """Raise EngineDown when the extra `[train]` is not installed, before a row is asked about."""
    lacking = [name for name in ("torch", "transformers") if find_spec(name) is None]
    if lacking:
        raise EngineDown(
            f"transformers: {' and '.join(lacking)} not installed, and the engine runs its model with them. "
            "pip install 'curate-posttrain[train]', or ask another engine (engine: server)"
        )


def load_model(folder: Path, dtype: str, device: str, max_model_len: int | None) -> LocalModel:
    """Read model and tokenizer from a folder; code that lies in it is not run.

    Raises EngineDown when it cannot be loaded, has no chat template, or is asked for a longer context than it has.
    """
    require_torch()
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        with _quiet():
            tokenizer = AutoTokenizer.from_pretrained(folder)
            model = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype).to(device).eval()
        use_grouped_attention(model)
    except Exception as error:
        raise EngineDown(f"transformers: the model in {folder} could not be loaded: {error}") from error
    if not tokenizer.chat_template:
        raise EngineDown(f"transformers: the model in {folder} has no chat template, so it cannot be asked questions")
    context = int(getattr(model.config.get_text_config(), "max_position_embeddings", None) or 1 << 30)
    if max_model_len is not None and max_model_len > context:
        raise EngineDown(
            f"transformers: max_model_len is {max_model_len}, the model in {folder} was made for {context}"
        )
    return LocalModel(
        model=model,
        tokenizer=tokenizer,
        device=device,
        ends=_ends(model, tokenizer),
        pad=tokenizer.pad_token_id or 0,
        context=max_model_len or context,
        parameters=sum(weight.numel() for weight in model.parameters()),
        special=special_tokens(tokenizer),
    )


def special_tokens(tokenizer: Any) -> dict[str, int]:
    """The special tokens of a tokenizer by their text. Decoding leaves them out, so no stop string finds one."""
    return {str(token): number for number, token in tokenizer.added_tokens_decoder.items() if token.special}


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    """End tokens of the generation settings, which may be one or several, and of the tokenizer."""
    named = model.generation_config.eos_token_id
    several = named if isinstance(named, list) else [named]
    return frozenset(token for token in (*several, tokenizer.eos_token_id) if token is not None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' own progress bars."""
    from transformers.utils import logging

    was_on = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_on:
            logging.enable_progress_bar()


def _hash(folder: Path, patterns: Sequence[str]) -> str:
    """One hash over the names and contents of the files that match."""
    digest = sha256()
    for path in sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()}):
        with path.open("rb") as file:
            digest.update(f"{path.name} {file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()[:16]
