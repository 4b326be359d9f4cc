"""The reward that is a trained reward model: transformers sequence classification, batched by length."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from rewards.base import RewardError, Score, conversation_text, message_text


def reward_model(
    completions: list[str],
    prompt: list[Any] | None = None,
    *,
    model: str,
    revision: str | None = None,
    device: str = "",
    batch_tokens: int = 16384,
    max_tokens: int = 4096,
    empty: float | None = None,
) -> list[Score]:
    """What a reward model (transformers sequence classification with one label) gives prompt and completion.

    model, revision: a folder or Hub id. prompt: a text or all turns of a conversation, which are put into the
    tokenizer's chat template where it has one. Rows are batched by length, at most `batch_tokens` with padding. A text
    longer than `max_tokens` is not cut but undecided: the end of an answer is what matters. empty: what an empty
    completion earns unread (default: None). Range: any finite number. Raises RewardError for a model whose head was not
    trained: its scores are noise.

    >>> reward_model([""], model="never-loaded", empty=-1.0)[0].value
    -1.0
    """
    prompts = prompt or [None] * len(completions)
    scores = {row: Score(empty, "the completion is empty") for row, text in enumerate(completions) if not text.strip()}
    rows = [row for row in range(len(completions)) if row not in scores]
    if rows:
        classifier, tokenizer = _classifier(model, revision, device)
        tokens = {row: _tokens(tokenizer, prompts[row], completions[row]) for row in rows}
        for row in rows:
            if len(tokens[row]) > max_tokens:
                scores[row] = Score(None, f"{len(tokens[row])} tokens are more than max_tokens={max_tokens}")
        for batch in _by_length([row for row in rows if row not in scores], tokens, batch_tokens):
            values = _logits(classifier, tokenizer.pad_token_id, [tokens[row] for row in batch])
            for row, value in zip(batch, values, strict=True):
                scores[row] = Score(value, f"{model} gives {value:.3f}")
    return [scores[row] for row in range(len(completions))]


@cache
def _classifier(model: str, revision: str | None, device: str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    found, loading = AutoModelForSequenceClassification.from_pretrained(
        model, revision=revision, output_loading_info=True, trust_remote_code=False
    )
    if loading["missing_keys"]:
        names = ", ".join(sorted(loading["missing_keys"])[:3])
        raise RewardError(f"reward_model: {model} is no trained reward model; its weights lack {names}")
    if found.config.num_labels != 1:
        raise RewardError(f"reward_model: {model} has {found.config.num_labels} labels; a reward model has one")
    tokenizer = AutoTokenizer.from_pretrained(model, revision=revision, trust_remote_code=False)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    found.config.pad_token_id = tokenizer.pad_token_id  # the head reads the last token that is not padding
    place = device or ("cuda" if torch.cuda.is_available() else "cpu")
    return found.to(place).eval(), tokenizer


def _tokens(tokenizer: Any, prompt: Any, completion: str) -> list[int]:
    if not tokenizer.chat_template:
        asked = "" if prompt is None else conversation_text(prompt)
        return list(tokenizer(asked + completion)["input_ids"])
    turns = [] if prompt is None else [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
    said = [{"role": turn.get("role", "user"), "content": message_text(turn)} for turn in turns]
    text = tokenizer.apply_chat_template([*said, {"role": "assistant", "content": completion}], tokenize=False)
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def _by_length(rows: Sequence[int], tokens: dict[int, list[int]], batch_tokens: int) -> list[list[int]]:
    """Rows of like length together, each batch at most `batch_tokens` large when padded."""
    batches: list[list[int]] = []
    for row in sorted(rows, key=lambda row: (-len(tokens[row]), row)):
        if batches and (len(batches[-1]) + 1) * len(tokens[batches[-1][0]]) <= batch_tokens:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


def _logits(classifier: Any, padding: int, batch: Sequence[list[int]]) -> list[float]:
    import torch

    longest = max(len(ids) for ids in batch)
    ids = torch.tensor([one + [padding] * (longest - len(one)) for one in batch], device=classifier.device)
    mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in batch], device=classifier.device)
    with torch.inference_mode():
        return [float(value) for value in classifier(input_ids=ids, attention_mask=mask).logits[:, 0].float()]
