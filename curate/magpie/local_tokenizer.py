"""The tokenizer of an engine's model, where it is on this machine or comes with the model."""

from __future__ import annotations

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
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise DataError(
            f"reading a chat template needs transformers: pip install 'curate-posttrain[train]'. Or: {ADVICE}"
        ) from None
    model = local_or_name(settings.model, folder)
    place = find_model(model) if is_local(model) else _from_hub(model, settings, fetch=fetch)
    try:
        return AutoTokenizer.from_pretrained(place)
    except Exception as error:  # tokenizers raises bare Exception
        raise DataError(f"the tokenizer of {settings.model} cannot be read: {error}. {ADVICE}") from error


def _from_hub(model: str, settings: TransformersSettings | VllmSettings | ServerSettings, *, fetch: bool) -> Path:
    from huggingface_hub import snapshot_download

    is_served = isinstance(settings, ServerSettings)
    try:
        return Path(
            snapshot_download(
                model, revision=settings.revision, allow_patterns=FILES, local_files_only=is_served or not fetch
            )
        )
    except Exception as error:  # the client has a dozen kinds of errors
        if not is_served and not fetch:
            raise NotFetched(f"the tokenizer of {model} is not here yet") from error
        at = f" --revision {settings.revision}" if settings.revision else ""
        raise DataError(
            f"the chat template of {model} is not on this machine. Fetch it: hf download {model}{at} --include "
            f"'*token*' '*.jinja' config.json; or: {ADVICE}"
        ) from error
