"""Scores of trained models: perplexity, and the probability a classifier gives a label. transformers, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from curate.errors import DataError, UsageError, did_you_mean
from curate.shipped import model_folder

HOUSE = "house"
Scored = tuple[float | None, str]
"""A value, and what to know about it; None with the reason where there is none."""


def perplexities(
    texts: Sequence[str | None],
    *,
    model: str = HOUSE,
    revision: str | None = None,
    device: str = "",
    batch_tokens: int = 2048,
    max_tokens: int = 1024,
) -> list[Scored]:
    """How surprising a causal language model finds each text: exp of the mean negative log likelihood of a token.

    Source: CCNet (arXiv 1911.00359) and "When less is more" (arXiv 2309.04564), which keep the middle of the scale.
    model, revision: `house`, a folder, or a Hub id. Texts are put together by length, at most `batch_tokens` with
    padding; of a longer text the first `max_tokens` are read, and the reason says so. The first token has nothing
    before it and does not count. Range: from 1. None for a text of less than two tokens.
    """
    found, tokenizer = _causal(model, revision, device)
    known = [text or "" for text in texts]
    tokens = [ids[: max_tokens + 1] for ids in tokenizer(known, truncation=False)["input_ids"]] if known else []
    scored: list[Scored] = [(None, "less than two tokens")] * len(tokens)
    for rows in _by_length(tokens, batch_tokens):
        for row, loss in zip(rows, _losses(found, [tokens[row][:max_tokens] for row in rows]), strict=True):
            cut = f"its first {max_tokens} tokens" if len(tokens[row]) > max_tokens else f"{len(tokens[row])} tokens"
            scored[row] = (loss, cut)
    return scored


def label_scores(
    texts: Sequence[str | None],
    *,
    model: str | Callable[[list[str]], Sequence[float]],
    label: str | None = None,
    revision: str | None = None,
    device: str = "",
    batch_tokens: int = 8192,
    max_tokens: int = 512,
) -> list[Scored]:
    """What a classifier gives each text: toxicity, quality, educational value.

    model: a folder or Hub id of a transformers sequence classifier, or a function from texts to numbers. label: whose
    probability is meant; not needed for one label (its logit, as the FineWeb-Edu classifier gives) or two (the
    second). Empty texts are not shown to it. Raises DataError for an unknown label, or a head that was not trained.
    """
    known = {row: text for row, text in enumerate(texts) if text and text.strip()}
    scored: list[Scored] = [(None, "the text is empty")] * len(texts)
    if callable(model):
        values = list(model(list(known.values())))
        if len(values) != len(known):
            raise DataError(f"the classifier gave {len(values)} numbers for {len(known)} texts")
        for row, value in zip(known, values, strict=True):
            scored[row] = (float(value), "")
        return scored
    found, tokenizer = _classifier(model, revision, device)
    place = _label_place(found.config, model, label)
    ids = [tokenizer(text, truncation=True, max_length=max_tokens)["input_ids"] for text in known.values()]
    for rows in _by_length(ids, batch_tokens, least=1):
        values = _probabilities(found, tokenizer.pad_token_id, [ids[row] for row in rows], place)
        for row, value in zip(rows, values, strict=True):
            scored[list(known)[row]] = (value, "")
    return scored


def _by_length(tokens: Sequence[Sequence[int]], most: int, least: int = 2) -> Iterator[list[int]]:
    """Rows of like length together, the longest first, each batch at most `most` tokens large when padded."""
    batch: list[int] = []
    for row in sorted(range(len(tokens)), key=lambda row: (-len(tokens[row]), row)):
        if len(tokens[row]) < least:
            continue
        if batch and (len(batch) + 1) * len(tokens[batch[0]]) > most:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def _padded(batch: Sequence[Sequence[int]], padding: int, device: Any) -> tuple[Any, Any]:
    import torch

    longest = max(map(len, batch))
    ids = torch.tensor([[*one, *[padding] * (longest - len(one))] for one in batch], device=device)
    mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in batch], device=device)
    return ids, mask


def _losses(model: Any, batch: Sequence[Sequence[int]]) -> list[float]:
    import torch

    ids, mask = _padded(batch, 0, model.device)
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
        losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
        counted = mask[:, 1:]
        means = (losses * counted).sum(1) / counted.sum(1)
        return [float(value) for value in means.exp()]


def _probabilities(model: Any, padding: int, batch: Sequence[Sequence[int]], place: int | None) -> list[float]:
    import torch

    ids, mask = _padded(batch, padding, model.device)
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=mask).logits.float()
        if place is None:
            return [float(value) for value in logits[:, 0]]
        many = model.config.problem_type == "multi_label_classification"
        values = logits.sigmoid() if many else logits.softmax(1)
        return [float(value) for value in values[:, place]]


def _label_place(config: Any, model: str, label: str | None) -> int | None:
    names = {str(name).lower(): int(place) for place, name in config.id2label.items()}
    if label is not None:
        if label.lower() not in names:
            raise DataError(f"{model} has no label '{label}'{did_you_mean(label.lower(), names)}")
        return names[label.lower()]
    if config.num_labels <= 2:
        return None if config.num_labels == 1 else 1
    raise DataError(f"{model} has {config.num_labels} labels: name one with label= ({', '.join(names)})")


def _transformers() -> Any:
    try:
        import transformers
    except ImportError:
        raise UsageError("scores of models need transformers: pip install 'curate-posttrain[train]'") from None
    return transformers


def _path(model: str) -> str:
    return str(model_folder(model) or model)


def _loaded(load: Callable[[], Any], model: str) -> Any:
    try:
        return load()
    except (OSError, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(f"no model at '{model}': {reason}. Give `{HOUSE}`, a folder, or a Hub model") from None


@cache
def _causal(model: str, revision: str | None, device: str) -> tuple[Any, Any]:
    library, path = _transformers(), _path(model)
    found = _loaded(
        lambda: library.AutoModelForCausalLM.from_pretrained(path, revision=revision, trust_remote_code=False), model
    )
    tokenizer = library.AutoTokenizer.from_pretrained(path, revision=revision, trust_remote_code=False)
    return _placed(found, device), tokenizer


@cache
def _classifier(model: str, revision: str | None, device: str) -> tuple[Any, Any]:
    library = _transformers()
    found, loading = _loaded(
        lambda: library.AutoModelForSequenceClassification.from_pretrained(
            model, revision=revision, output_loading_info=True, trust_remote_code=False
        ),
        model,
    )
    if loading["missing_keys"]:
        names = ", ".join(sorted(loading["missing_keys"])[:3])
        raise DataError(f"{model} is no trained classifier: its weights lack {names}")
    tokenizer = library.AutoTokenizer.from_pretrained(model, revision=revision, trust_remote_code=False)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    found.config.pad_token_id = tokenizer.pad_token_id
    return _placed(found, device), tokenizer


def _placed(model: Any, device: str) -> Any:
    """On its device and ready; in full precision on a CPU, where half is slow and a score would vary with its batch."""
    import torch

    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return (model.float() if place == "cpu" else model).to(place).eval()
