"""The chat template: can it say the rows, does it close their answers, and does it leave out what they say?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from curate.errors import DataError

if TYPE_CHECKING:
    import polars as pl

LOOKED_AT = 200
"""Rows that are rendered to see what becomes of them."""

LEFT_OUT = 0.1
"""Share of answers of which something is left out, from which that is no accident of a few rows."""

ANOTHER = "give another, chat_template: FILE.jinja"


@dataclass
class Rendered:
    """What a template made of `count` conversations, by the numbers of their rows.

    answers: whose last turn, which is learned, loses a part. turns: of which only an earlier turn does. broken: the
    first row that cannot be rendered, by the reason.
    """

    count: int = 0
    answers: list[int] = field(default_factory=list)
    turns: list[int] = field(default_factory=list)
    broken: dict[str, int] = field(default_factory=dict)


def check_renders(tokenizer: Any, where: str) -> None:
    """Raise DataError unless the chat template can say a question and its answer."""
    from jinja2 import TemplateError, TemplateSyntaxError

    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
    try:
        tokenizer.apply_chat_template(turns, tokenize=False)
    except (TemplateError, TypeError, ValueError) as wrong:
        line = f", line {wrong.lineno}" if isinstance(wrong, TemplateSyntaxError) else ""
        raise DataError(f"{where} cannot be rendered{line}: {_told(wrong)}. Mend it, or {ANOTHER}") from wrong


def ends_answers(tokenizer: Any) -> bool:
    """Whether the chat template closes an assistant's turn with the end token, so that the model learns to stop.

    White space after it is fine. TRL adds no end token to conversations, and says nothing when there is none.
    """
    said = "So it is 42."
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": said}]
    text = str(tokenizer.apply_chat_template(turns, tokenize=False))
    return tokenizer.eos_token in text[text.rfind(said) + len(said) :]


def conversations(frame: pl.DataFrame) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The first rows as whole conversations, where they are messages: (row, turns), of a pair each side."""
    for row, values in enumerate(frame.head(LOOKED_AT).iter_rows(named=True)):
        if isinstance(values.get("messages"), list):
            yield row, values["messages"]
        elif isinstance(values.get("prompt"), list):
            answers = [values[name] for name in ("completion", "chosen", "rejected") if values.get(name)]
            for answer in answers or [[]]:
                said = [{"role": "assistant", "content": answer}] if isinstance(answer, str) else answer
                yield row, [*values["prompt"], *said]


def rendered(tokenizer: Any, chats: Iterable[tuple[int, list[dict[str, Any]]]]) -> Rendered:
    """What a template makes of conversations; white space does not count."""
    from jinja2 import TemplateError

    found = Rendered()
    for row, turns in chats:
        found.count += 1
        try:
            text = _packed(tokenizer.apply_chat_template(turns, tokenize=False))
        except (TemplateError, TypeError, ValueError) as wrong:
            found.broken.setdefault(_told(wrong)[:200], row)
            continue
        *before, last = [all(part in text for part in _said(turn)) for turn in turns] or [True]
        if not last:
            found.answers.append(row)
        elif not all(before):
            found.turns.append(row)
    return found


def check_says(tokenizer: Any, frame: pl.DataFrame, where: str) -> str | None:
    """Raise DataError when rows cannot be rendered, or lose a part of their answers; of a few answers, what to warn of.

    Templates of thinking models drop the thinking of earlier turns, and some (DeepSeek's) that of the answer as well,
    which then is not learned.
    """
    found = rendered(tokenizer, conversations(frame))
    for reason, row in found.broken.items():
        raise DataError(f"{where}: the chat template cannot render row {row}: {reason}. Mend the row, or {ANOTHER}")
    if not found.answers:
        return None
    told = (
        f"the chat template leaves out a part of {len(found.answers):,} of the first {found.count:,} answers (row "
        f"{found.answers[0]}), which is not learned: their thinking?"
    )
    if len(found.answers) > LEFT_OUT * found.count:
        raise DataError(f"{where}: {told} To keep it {ANOTHER}")
    return told


def _said(turn: dict[str, Any]) -> list[str]:
    """What a turn says: its text, and the names of the tools it calls."""
    calls = [(call or {}).get("function") or {} for call in turn.get("tool_calls") or []]
    return [_packed(turn.get("content")), *(_packed(call.get("name")) for call in calls)]


def _packed(text: Any) -> str:
    return "".join(text.split()) if isinstance(text, str) else ""


def _told(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__).rstrip(".")
