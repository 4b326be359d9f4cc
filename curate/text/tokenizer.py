"""Tokenizers by name, and how many tokens texts are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curate.errors import DataError, UsageError
from curate.shipped import MODELS, model_folder
from curate.text.from_hub import from_hub


def load_tokenizer(name: str | Path) -> Any:
    """A tokenizer by name: `house`, `house-writer`, a folder, a `tokenizer.json`, or a Hub model.

    Code that lies with it is not run.

    Raises UsageError without transformers, DataError when there is no such tokenizer.
    """
    try:
        from transformers import AutoTokenizer, PreTrainedTokenizerFast
    except ImportError:
        raise UsageError("counting tokens needs transformers: pip install 'curate-posttrain[train]'") from None
    path = Path(model_folder(str(name)) or name).expanduser()
    alone = path.is_file() and not path.with_name("tokenizer_config.json").is_file()
    try:
        if alone:
            return PreTrainedTokenizerFast(tokenizer_file=str(path))
        if path.exists():
            return AutoTokenizer.from_pretrained(str(path.parent if path.is_file() else path))
        return from_hub(str(name), AutoTokenizer.from_pretrained)
    except Exception as error:  # noqa: BLE001 - tokenizers raises bare Exception, the Hub's client a dozen kinds
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"no tokenizer at '{name}': {reason}. Give one that ships ({', '.join(MODELS)}), a folder or a "
            "tokenizer.json here, or a Hub model"
        ) from None


def token_counts(texts: list[str], tokenizer: Any, *, special: bool) -> list[int]:
    """Tokens of each text. special: with those that the tokenizer puts around a text by itself."""
    if not texts:
        return []
    if getattr(tokenizer, "is_fast", False):  # without the lists of ids that nobody reads: twice as fast
        backend = tokenizer.backend_tokenizer
        backend.no_truncation()
        backend.no_padding()
        return [len(encoding) for encoding in backend.encode_batch_fast(texts, add_special_tokens=special)]
    options = {"return_attention_mask": False, "return_token_type_ids": False, "verbose": False}
    encoded = tokenizer(texts, add_special_tokens=special, truncation=False, padding=False, **options)
    return [len(ids) for ids in encoded["input_ids"]]
