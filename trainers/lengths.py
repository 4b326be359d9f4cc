"""No row is cut or dropped in silence.

TRL 1.16 cuts rows at `max_length` (1,024 unless said) and drops those of which nothing is left to learn, with a
progress bar's title as its only word (sft_trainer.py:1456, dpo_trainer.py:1137, kto_trainer.py:1136,
reward_trainer.py:731). Here rows are counted first, on TRL's own tokens, and `too_long` decides.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curate.errors import DataError

if TYPE_CHECKING:
    from curate.report.tokens import Counted
    from trainers.job import Job


def counted(base: type, job: Job) -> type:
    """A trainer class of TRL's that prepares its data in two goes: tokens, then cutting, with `fit` between them."""

    class Prepared(base):  # type: ignore[misc]
        def _prepare_dataset(self, dataset: Any, processing_class: Any, args: Any, *rest: Any) -> Any:
            whole = copy.copy(args)
            whole.max_length = None
            name = rest[-1]
            uncut = (False, *rest[1:]) if len(rest) > 1 else rest  # packing, formatting function, name; or the name
            tokens = super()._prepare_dataset(dataset, processing_class, whole, *uncut)
            fitted = fit(tokens, args.max_length, job, name)
            return super()._prepare_dataset(fitted, processing_class, args, *rest)

    Prepared.__name__ = Prepared.__qualname__ = base.__name__
    return Prepared


def fit(tokens: Any, max_length: int | None, job: Job, name: str = "train") -> Any:
    """A tokenised data set without the rows that `too_long` leaves out.

    Raises DataError when a row is too long and that is an error, or no row is left.
    """
    stay = kept(row_lengths(tokens), max_length, job, name, lambda row: learns(tokens[row], max_length or 0))
    return tokens if len(stay) == len(tokens) else tokens.select(stay)


def fit_counts(counts: Counted, max_length: int, job: Job, name: str = "train") -> list[bool]:
    """The same from counts: which rows stay."""
    cut = lambda row: bool(counts.prompt[row] < max_length)  # noqa: E731
    stays = set(kept(counts.total.tolist(), max_length, job, name, cut))
    return [row in stays for row in range(len(counts.total))]


def kept(
    lengths: Sequence[int], max_length: int | None, job: Job, name: str, learns_cut: Callable[[int], bool]
) -> list[int]:
    """The numbers of the rows that stay. learns_cut: whether a row that is cut still has something to learn."""
    everything = list(range(len(lengths)))
    if max_length is None:
        return everything
    longest = max(lengths, default=0)
    long = [row for row, length in enumerate(lengths) if length > max_length]
    if not long:
        job.say(f"no row is cut ({name}): the longest has {longest:,} tokens, max_length is {max_length:,}")
        return everything
    told = (
        f"{len(long):,} of {len(lengths):,} rows ({name}) are longer than max_length {max_length:,} "
        f"(the longest has {longest:,} tokens)"
    )
    if job.config.too_long == "error":
        raise DataError(
            f"{told}. Raise it, trl: {{max_length: {longest}}}; or say what becomes of them, too_long: drop or truncate"
        )
    if job.config.too_long == "drop":
        gone = set(long)
        job.say(f"{told}; they are left out (too_long: drop)")
    else:
        gone = {row for row in long if not learns_cut(row)}
        job.say(f"{told}; they are cut (too_long: truncate), and {len(gone):,} with nothing left to learn go")
    if len(gone) == len(lengths):
        raise DataError(f"no row is left: {told}")
    return [row for row in everything if row not in gone]


def row_lengths(tokens: Any) -> list[int]:
    """Tokens of each row; of a pair, of its longer side."""
    names = set(tokens.column_names)
    if "input_ids" in names:
        return [len(row) for row in tokens["input_ids"]]
    prompts = [len(row) for row in tokens["prompt_ids"]] if "prompt_ids" in names else [0] * len(tokens)
    answers = [name for name in ("completion_ids", "chosen_ids", "rejected_ids") if name in names]
    sides = [[len(row) for row in tokens[name]] for name in answers]
    return [prompt + max(side) for prompt, *side in zip(prompts, *sides, strict=True)]


def learns(row: dict[str, Any], max_length: int) -> bool:
    """Whether something to learn is left of a row that is cut at `max_length`."""
    if "labels" in row:
        return any(label != -100 for label in row["labels"][:max_length])
    return len(row["prompt_ids"]) < max_length if "prompt_ids" in row else False


def prompts_fit(job: Job) -> None:
    """The same for methods that generate: a prompt and its longest answer must fit into what the model can read.

    Sets `job.train` and `job.held_out`. TRL has no limit of its own for prompts any more.
    """
    from trainers.models import context_of

    context = context_of(job.start, job.config.trl.get("model_init_kwargs"))
    room = None if context is None else context - int(job.arguments.max_completion_length)
    if room is None:
        return
    if room < 1:
        raise DataError(
            f"max_completion_length {job.arguments.max_completion_length:,} leaves no room for a prompt: "
            f"{job.config.model} reads {context:,} tokens. Lower it, trl: {{max_completion_length: ...}}"
        )
    job.train = _short_prompts(job, job.train, room, "train")
    if job.held_out is not None:
        job.held_out = _short_prompts(job, job.held_out, room, "eval")


def _short_prompts(job: Job, dataset: Any, room: int, name: str) -> Any:
    options = {**(getattr(job.arguments, "chat_template_kwargs", None) or {}), "tools": job.options.get("tools")}
    lengths = [prompt_length(job.tokenizer, prompt, options) for prompt in dataset["prompt"]]
    long = [row for row, length in enumerate(lengths) if length > room]
    if not long:
        return dataset
    limit = int(job.arguments.max_completion_length)
    told = (
        f"{len(long):,} of {len(lengths):,} prompts ({name}) have more than {room:,} tokens (longest: "
        f"{max(lengths):,}), which leaves less than max_completion_length {limit:,} of what the model reads"
    )
    if job.config.too_long != "drop":
        raise DataError(f"{told}. Lower max_completion_length, or leave them out, too_long: drop")
    if len(long) == len(lengths):
        raise DataError(f"no row is left: {told}")
    job.say(f"{told}; they are left out (too_long: drop)")
    gone = set(long)
    return dataset.select([row for row in range(len(lengths)) if row not in gone])


def prompt_length(tokenizer: Any, prompt: Any, options: Mapping[str, Any] | None = None) -> int:
    """Tokens of a prompt as it is put to the model. options: of the chat template."""
    if isinstance(prompt, str):
        return len(tokenizer(prompt)["input_ids"])
    text = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True, **(options or {}))
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])
