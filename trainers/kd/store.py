"""What a teacher says of answers, kept: the k likeliest tokens at each place, with their log-probabilities.

A row keeps its columns and gets

| column | what it holds |
|---|---|
| `prompt_ids`, `completion_ids` | the tokens the teacher read |
| `top_ids`, `top_log_probs` | for each token of the completion, the k likeliest tokens there, the likeliest first |
| `teacher` | which one: model, vocabulary (a hash), k, temperature |

Log-probabilities are those of the whole vocabulary at that temperature, so what is missing from 1 is the mass of all
other tokens. A million tokens with k 32 are about 260 MB before compression.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from curate.errors import DataError, UsageError
from trainers import models
from trainers.kd.teacher import fingerprint, load_teacher

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("prompt_ids", "completion_ids", "top_ids", "top_log_probs", "teacher")

Top = tuple[list[list[int]], list[list[float]]]
"""Of one completion: ids and log-probabilities, each of shape (tokens, k)."""


def store_logits(
    teacher: str | Path,
    frame: pl.DataFrame,
    *,
    k: int = 32,
    temperature: float = 1.0,
    batch_size: int = 8,
    engine: Literal["transformers", "vllm"] = "transformers",
) -> pl.DataFrame:
    """The rows with what a teacher says of their completions.

    teacher: a folder or a name, as in a config. frame: columns `prompt` and `completion`, text or messages. engine:
    `vllm` asks for `prompt_logprobs`, which are at temperature 1. Raises DataError for rows without an answer or longer
    than the teacher reads, UsageError for settings that do not go together.
    """
    import polars as pl

    folder = models.find(str(teacher))
    tokenizer = models.load_tokenizer(folder)
    if "completion" not in frame.columns:
        raise DataError(
            f"a teacher is asked about answers, and there is no column 'completion' (there is: "
            f"{', '.join(frame.columns[:20])}); method: distill learns from the student's own answers"
        )
    rows = [row_tokens(tokenizer, row["prompt"], row["completion"]) for row in frame.iter_rows(named=True)]
    context = models.context_of(folder)
    if engine == "vllm" and context is not None:
        context -= 1  # it writes a token behind what it reads
    longest = max((len(prompt) + len(answer) for prompt, answer in rows), default=0)
    if context is not None and longest > context:
        raise DataError(
            f"a row has {longest:,} tokens, and the teacher {teacher} reads {context:,}; leave it out first"
        )
    if engine == "vllm":
        if temperature != 1.0:
            raise UsageError("vllm gives log-probabilities at temperature 1 only; take engine transformers, or 1.0")
        said = list(ask_vllm(folder, rows, k))
    else:
        said = list(ask_transformers(folder, rows, k, temperature, batch_size))
    note = {"model": str(teacher), "vocabulary": fingerprint(tokenizer), "k": k, "temperature": float(temperature)}
    return frame.with_columns(
        pl.Series("prompt_ids", [prompt for prompt, _ in rows], dtype=pl.List(pl.Int32)),
        pl.Series("completion_ids", [answer for _, answer in rows], dtype=pl.List(pl.Int32)),
        pl.Series("top_ids", [ids for ids, _ in said], dtype=pl.List(pl.List(pl.Int32))),
        pl.Series("top_log_probs", [log_probs for _, log_probs in said], dtype=pl.List(pl.List(pl.Float32))),
        pl.Series("teacher", [note] * frame.height),
    )


def row_tokens(tokenizer: Any, prompt: Any, completion: Any) -> tuple[list[int], list[int]]:
    """The tokens of a prompt and of its answer, the end of the answer included.

    Raises DataError for an answer that is empty, and for a template that writes the prompt anew when it is answered.
    """
    if not completion:
        raise DataError("a row has no completion; leave such rows out first")
    if isinstance(prompt, str):
        answer = [*tokenizer(completion, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
        return list(tokenizer(prompt)["input_ids"]), answer
    said = [{"role": "assistant", "content": completion}] if isinstance(completion, str) else list(completion)
    asked = str(tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True))
    whole = str(tokenizer.apply_chat_template([*prompt, *said], tokenize=False))
    if not whole.startswith(asked):
        raise DataError("the chat template writes a prompt in another way once it is answered; give chat_template:")
    parts = (asked, whole[len(asked) :])
    prompt_ids, answer_ids = (list(tokenizer(part, add_special_tokens=False)["input_ids"]) for part in parts)
    return prompt_ids, answer_ids


def ask_transformers(
    folder: Path, rows: Sequence[tuple[list[int], list[int]]], k: int, temperature: float, batch_size: int
) -> Iterator[Top]:
    """By a forward pass over prompts and answers; on the GPU where there is one."""
    import torch

    model = load_teacher(folder)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    with torch.inference_mode():
        for at in range(0, len(rows), batch_size):
            some = rows[at : at + batch_size]
            width = max(len(prompt) + len(answer) for prompt, answer in some)
            padded = [[*prompt, *answer] + [0] * (width - len(prompt) - len(answer)) for prompt, answer in some]
            mask = [[1] * (len(prompt) + len(answer)) for prompt, answer in some]
            mask = [one + [0] * (width - len(one)) for one in mask]
            inputs = (torch.tensor(one, device=model.device) for one in (padded, mask))
            logits = model(**dict(zip(("input_ids", "attention_mask"), inputs, strict=True)), use_cache=False).logits
            for row, (prompt, answer) in enumerate(some):
                places = logits[row, len(prompt) - 1 : len(prompt) + len(answer) - 1].float() / temperature
                top = places.log_softmax(-1).topk(min(k, places.shape[-1]), dim=-1)
                yield top.indices.tolist(), top.values.tolist()


def ask_vllm(folder: Path, rows: Sequence[tuple[list[int], list[int]]], k: int) -> Iterator[Top]:
    """By vLLM's `prompt_logprobs`, in the type the teacher's config names. Raises EngineDown where vLLM cannot run."""
    from curate.engines.vllm_loading import load

    engine = load(folder, folder.name, max_logprobs=-1)  # as many as there are tokens
    from vllm import SamplingParams

    k = min(k, engine.llm_engine.model_config.get_vocab_size())
    asked = [{"prompt_token_ids": [*prompt, *answer]} for prompt, answer in rows]
    outputs = engine.generate(asked, SamplingParams(max_tokens=1, prompt_logprobs=k), use_tqdm=False)
    for output, (prompt, _) in zip(outputs, rows, strict=True):
        yield top_of_entries(output.prompt_logprobs[len(prompt) :], k)


def top_of_entries(entries: Sequence[Mapping[int, Any]], k: int) -> Top:
    """The k likeliest of vLLM's entries, token -> `Logprob`; they hold the token that was read besides."""
    ids, log_probs = [], []
    for entry in entries:
        best = sorted(entry.items(), key=lambda item: -item[1].logprob)[:k]
        ids.append([token for token, _ in best])
        log_probs.append([float(said.logprob) for _, said in best])
    return ids, log_probs
