"""Rows as a trainer tokenises them: through the chat template for messages, with the end token for plain text.

What counts as prompt and completion follows TRL 1.x (`SFTTrainer`, `DPOTrainer`), through public API only:

| columns | prompt | full row |
|---|---|---|
| messages | up to the last turn, with the generation prompt | all messages |
| messages, completion | the messages | and the completion as the assistant's turn, unless it is there already |
| prompt, completion | prompt | prompt, thinking, completion, end token |
| (prompt,) chosen, rejected | prompt, or the turns both share | the longer of both sides |
| text, or completion | nothing | the text and the end token |
| prompt | prompt | the same |
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from curate.errors import DataError, did_you_mean
from curate.report.distribution import Lengths
from curate.text.thinking import join_thinking
from curate.text.tokenizer import token_counts

if TYPE_CHECKING:
    import polars as pl

ROLES = ("messages", "prompt", "thinking", "completion", "chosen", "rejected", "text", "tools")
BATCH = 1_000


@dataclass(frozen=True)
class Counted:
    """Tokens of each row, shape (rows,) each; a row that cannot be tokenised is False in `readable` and 0 elsewhere.

    prompt + completion = total. unreadable: rows by reason. notes: what a reader of the numbers should know.
    """

    prompt: Lengths
    total: Lengths
    readable: np.ndarray[Any, np.dtype[np.bool_]]
    unreadable: dict[str, int]
    notes: tuple[str, ...]

    @property
    def completion(self) -> Lengths:
        """What the model is trained to write."""
        return self.total - self.prompt


@dataclass(frozen=True, slots=True)
class _Texts:
    """A row as text: its prompt, and the full row (both sides of a pair). special: with the tokenizer's own."""

    prompt: str
    full: tuple[str, ...]
    special: bool


def count(frame: pl.DataFrame, tokenizer: Any, columns: Mapping[str, str] | None = None) -> Counted:
    """Tokens of each row of a table. columns: our word: the table's column, for tables with other words.

    Raises DataError when the table has no column to count.
    """
    named = _named(frame, columns or {})
    prompts: list[Lengths] = []
    totals: list[Lengths] = []
    readable = []
    unreadable: Counter[str] = Counter()
    for part in named.iter_slices(BATCH):
        texts = [_texts(row, tokenizer) for row in part.to_dicts()]
        good = [text for text in texts if isinstance(text, _Texts)]
        unreadable.update(text for text in texts if isinstance(text, str))
        prompt, total = _encode(good, tokenizer)
        mask = np.array([isinstance(text, _Texts) for text in texts])
        for found, into in ((prompt, prompts), (total, totals)):
            spread = np.zeros(len(texts), dtype=np.int64)
            spread[mask] = found
            into.append(spread)
        readable.append(mask)
    empty = np.zeros(0, dtype=np.int64)
    return Counted(
        prompt=np.concatenate([empty, *prompts]),
        total=np.concatenate([empty, *totals]),
        readable=np.concatenate([empty.astype(bool), *readable]),
        unreadable=dict(unreadable.most_common()),
        notes=_notes(named, tokenizer),
    )


def _named(frame: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
    """The columns to count, under our words."""
    for word, column in columns.items():
        if word not in ROLES:
            raise DataError(f"no word '{word}' for a column to count{did_you_mean(word, ROLES)}")
        if column not in frame.columns:
            raise DataError(f"no column '{column}'{did_you_mean(column, frame.columns)}")
    if columns:
        return frame.select(**{word: frame[column] for word, column in columns.items()})
    found = [word for word in ROLES if word in frame.columns and word != "tools"]
    if not found or found == ["thinking"]:
        raise DataError(
            f"no column to count tokens of (there are: {', '.join(frame.columns)}); wanted messages, prompt and "
            "completion, chosen and rejected, or text"
        )
    return frame.select([word for word in ROLES if word in frame.columns])


def _texts(row: Mapping[str, Any], tokenizer: Any) -> _Texts | str:
    """A row as text, or the reason why it cannot be."""
    from jinja2 import TemplateError

    try:
        return _conversation(row, tokenizer) or _plain(row, tokenizer)
    except (TemplateError, ValueError, TypeError, KeyError, AttributeError) as error:  # what a chat template can raise
        return f"the chat template refuses it: {(str(error).splitlines() or [''])[0][:200] or type(error).__name__}"


def _conversation(row: Mapping[str, Any], tokenizer: Any) -> _Texts | str | None:
    """The texts of a row of chat messages; None when it holds none."""
    prompt, sides = _turns(row)
    if not sides:
        return None
    if not all(isinstance(turn, dict) for side in (prompt, *sides) for turn in side):
        return "messages that are no mappings"
    tools = row.get("tools")
    tools = json.loads(tools) if isinstance(tools, str) and tools else tools or None
    full = tuple(_rendered(tokenizer, [*prompt, *side], tools, answer_next=not side) for side in sides)
    asked = _rendered(tokenizer, prompt, tools, answer_next=True) if prompt else ""
    return _Texts(asked, full, special=False)


def _turns(row: Mapping[str, Any]) -> tuple[list[Any], list[list[Any]]]:
    """Prompt turns, and the turns that follow (two lists for a pair; one empty list when nothing follows)."""
    messages, prompt, completion = row.get("messages"), row.get("prompt"), row.get("completion")
    if messages and isinstance(messages, list):
        if _role(messages[-1]) == "assistant":
            return messages[:-1], [messages[-1:]]
        return messages, [_answer(row, completion)]
    pair = [row.get("chosen"), row.get("rejected")]
    if all(isinstance(side, list) and side for side in pair) or (isinstance(prompt, list) and all(pair)):
        sides = [side if isinstance(side, list) else _answer({}, side) for side in pair]
        if prompt:
            return prompt if isinstance(prompt, list) else [{"role": "user", "content": prompt}], sides
        shared = _shared(*sides)
        return sides[0][:shared], [side[shared:] for side in sides]
    if isinstance(prompt, list) and prompt:
        return prompt, [_answer(row, completion)]
    return [], []


def _role(turn: Any) -> Any:
    return turn.get("role") if isinstance(turn, dict) else None


def _answer(row: Mapping[str, Any], completion: Any) -> list[Any]:
    """A completion as turns: none, one of the assistant, or the turns it already is."""
    if isinstance(completion, list):
        return completion
    if not completion:
        return []
    return [{"role": "assistant", "content": join_thinking(row.get("thinking"), completion)}]


def _shared(one: Sequence[Any], other: Sequence[Any]) -> int:
    """How many turns at the beginning are the same; the last turn of each is always its own."""
    both = zip(one[:-1], other[:-1], strict=False)
    return next((index for index, (left, right) in enumerate(both) if left != right), min(len(one), len(other)) - 1)


def _rendered(tokenizer: Any, turns: list[Any], tools: Any, *, answer_next: bool = False) -> str:
    clean = [{key: value for key, value in turn.items() if value is not None} for turn in turns]
    if not getattr(tokenizer, "chat_template", None):
        return "\n".join(str(turn.get("content", "")) for turn in clean)
    return str(tokenizer.apply_chat_template(clean, tools=tools, add_generation_prompt=answer_next, tokenize=False))


def _plain(row: Mapping[str, Any], tokenizer: Any) -> _Texts | str:
    """The texts of a row without messages."""
    end = getattr(tokenizer, "eos_token", None) or ""
    prompt = row.get("prompt") or ""
    if row.get("chosen") is not None and row.get("rejected") is not None:
        sides = tuple(_ended(prompt + str(row[side]), end) for side in ("chosen", "rejected"))
        return _Texts(prompt, sides, special=True)
    if row.get("completion") is not None:
        return _Texts(
            prompt, (_ended(prompt + join_thinking(row.get("thinking"), row["completion"]), end),), special=True
        )
    if row.get("text") is not None:
        return _Texts("", (_ended(row["text"], end),), special=True)
    return _Texts(prompt, (prompt,), special=True) if prompt else "it holds no text, or could not be read"


def _ended(text: str, end: str) -> str:
    return text if text.endswith(end) else text + end


def _encode(texts: list[_Texts], tokenizer: Any) -> tuple[Lengths, Lengths]:
    """Tokens of the prompts and of the full rows, each text once."""
    prompt = np.zeros(len(texts), dtype=np.int64)
    total = np.zeros(len(texts), dtype=np.int64)
    for special in (False, True):
        rows = [index for index, text in enumerate(texts) if text.special == special]
        jobs = list(_jobs(texts, rows))
        lengths = token_counts([text for _, _, text in jobs], tokenizer, special=special)
        for (row, is_prompt, _), tokens in zip(jobs, lengths, strict=True):
            into = prompt if is_prompt else total
            into[row] = max(into[row], tokens)
    return np.minimum(prompt, total), total


def _jobs(texts: list[_Texts], rows: list[int]) -> Iterator[tuple[int, bool, str]]:
    for row in rows:
        if texts[row].prompt:
            yield row, True, texts[row].prompt
        for full in texts[row].full:
            yield row, False, full


def _notes(frame: pl.DataFrame, tokenizer: Any) -> tuple[str, ...]:
    import polars as pl

    chats = any(isinstance(kind, pl.List) for kind in frame.schema.values())
    if chats and not getattr(tokenizer, "chat_template", None):
        return (
            "The tokenizer has no chat template: only the contents are counted, without the tokens around each turn.",
        )
    return ()
