"""The tokenizer of an engine's model, where it is on this machine or comes with the model."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from curate.engines.local_model import TEMPLATE, TOKENIZER, find_model, is_local
from curate.engines.settings import EngineSettings, ServerSettings, TransformersSettings, VllmSettings, local_or_name
from curate.errors import DataError
from curate.magpie.prequery import ADVICE

FILES = [*TOKENIZER, *TEMPLATE, "config.json"]


class NotFetched(DataError):
    """The model is on the Hub, and comes here when the build first needs it."""


def tokenizer_of(settings: EngineSettings, folder: Path, *, fetch: bool = True) -> Any:
    """The tokenizer, with its chat template; code that lies with it is not run.

    folder: where the recipe lies. A model that runs here brings its tokenizer; of a served one it must be in a
    folder or in the Hub's cache. Raises DataError when it is not there, or transformers is not installed; NotFetched
    where it would come from the Hub and `fetch` is False.
    """
    if not isinstance(settings, TransformersSettings | VllmSettings | ServerSettings):
        raise DataError(f"engine '{settings.engine}' has no chat template. {ADVICE}")
    model = local_or_name(settings.model, folder)
    if is_local(model):
        return _load(str(find_model(model)))
    is_served = isinstance(settings, ServerSettings)
    return _load(str(_from_hub(model, settings.revision, is_served=is_served, fetch=fetch)))


@lru_cache(maxsize=2)
def _load(place: str) -> Any:
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise DataError(
            f"reading a chat template needs transformers: pip install 'curate-posttrain[train]'. Or: {ADVICE}"
        ) from None
    try:
        return AutoTokenizer.from_pretrained(place)
    except Exception as error:  # tokenizers raises bare Exception
        raise DataError(f"the tokenizer in {place} cannot be read: {error}. {ADVICE}") from error


@lru_cache(maxsize=2)
def _from_hub(model: str, revision: str | None, *, is_served: bool, fetch: bool) -> Path:
    from huggingface_hub import snapshot_download

    here = is_served or not fetch
    try:
        return Path(snapshot_download(model, revision=revision, allow_patterns=FILES, local_files_only=here))
    except Exception as error:  # the client has a dozen kinds of errors
        if not is_served and not fetch:
            raise NotFetched(f"the tokenizer of {model} is not here yet") from error
        at = f" --revision {revision}" if revision else ""
        raise DataError(
            f"the chat template of {model} is not on this machine. Fetch it: hf download {model}{at} --include "
            f"'*token*' '*.jinja' config.json; or: {ADVICE}"
        ) from error
