"""Rows brought into a contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from curate.errors import DataError
from curate.messages import plain, problem
from curate.parts import Message
from curate.schema.contracts import Contract, contract_of, may_lack, missing, reads_answer
from curate.shapes import observe
from curate.text.thinking import join_thinking
from curate.widen import to_series

if TYPE_CHECKING:
    import polars as pl

Thinking = Literal["tags", "drop", "field"]


@dataclass(frozen=True)
class Shaped:
    """Rows brought into a contract. columns: a value for each row. reasons: why a row has none, null where it has."""

    columns: dict[str, pl.Series]
    reasons: pl.Series


class _Unfit(ValueError):
    """A row that cannot take the shape; the text is the reason."""


@dataclass(frozen=True)
class _How:
    """The settings of a conversion."""

    thinking: Thinking
    system: str | None
    label: str | None
    threshold: float
    truncated: bool


def convert(
    frame: pl.DataFrame,
    contract: str,
    *,
    thinking: Thinking = "tags",
    system: str | None = None,
    label: str | None = None,
    threshold: float = 1.0,
    truncated: bool = False,
) -> Shaped:
    r"""Bring rows in our words (see `curate.dialects`) into a contract.

    The asking side is `messages` where a row has some, else `prompt`. thinking: written in `<think>` tags before the
    answer, dropped, or as `reasoning_content` of its message. system: a first message, unless a row has one. label: the
    column that says whether a completion is good, true or at least `threshold`. truncated: answers that were cut off
    (`finish_reason` "length") are taken too; by default nobody trains on them by accident.
    Raises DataError when the table has no column to make one of.

    >>> import polars as pl
    >>> made = convert(pl.DataFrame({"prompt": ["1+1?"], "thinking": ["easy"], "completion": ["2"]}), "sft")
    >>> made.columns["messages"][0][1]["content"]
    '<think>\neasy\n</think>\n\n2'
    """
    import polars as pl

    wanted = contract_of(contract)
    how = _How(thinking, system, label, threshold, truncated)
    _require_columns(frame, wanted, how)
    shape = _SHAPES[wanted.name]
    made: list[dict[str, Any]] = []
    reasons: list[str | None] = []
    used = [name for name in frame.columns if name in _READ or name == label]
    for row in frame.select(used).iter_rows(named=True):
        try:
            made.append(shape(row, how))
            reasons.append(None)
        except _Unfit as unfit:
            made.append({})
            reasons.append(str(unfit))
    names = [*wanted.columns, *(name for name in wanted.optional if name in frame.columns)]
    columns = {name: _column(name, [row.get(name) for row in made], wanted, how) for name in names}
    return Shaped(columns, pl.Series("reason", reasons, dtype=pl.String))


def _column(name: str, values: list[Any], contract: Contract, how: _How) -> pl.Series:
    """A column that has its type whatever the rows: one of few rows stacks on one of many."""
    kind = {**contract.columns, **contract.optional}[name]
    turn = {"role": "", "content": ""} | ({"reasoning_content": ""} if how.thinking == "field" else {})
    least = observe([{"text": "", "flag": True}.get(kind, [turn])])
    return to_series(name, values, least.merge(observe(values)))


_READ = {
    "prompt", "messages", "completion", "thinking", "finish_reason", "chosen", "rejected", "chosen_thinking",
    "rejected_thinking", "answer", "verifier", "label", "tools",
}  # fmt: skip


def _to_sft(row: Mapping[str, Any], how: _How) -> dict[str, Any]:
    if row.get("completion") is not None:
        messages = [*_waiting(row, how), _answer(row, how)]
    else:
        messages = [_with_thinking(message, how) for message in _asking(row, how)]
        if messages[-1]["role"] != "assistant":
            raise _Unfit("no completion")
        _require_whole(row, how)
    if wrong := problem(messages):
        raise _Unfit(wrong)
    return {"messages": messages, "tools": row.get("tools")}


def _to_prompt_completion(row: Mapping[str, Any], how: _How) -> dict[str, Any]:
    messages = _to_sft(row, how)["messages"]
    return {"prompt": _waiting(row, how), "completion": messages[-1:], "tools": row.get("tools")}


def _to_preference(row: Mapping[str, Any], how: _How) -> dict[str, Any]:
    _require_whole(row, how)
    sides = {name: _side(row, name, how) for name in ("chosen", "rejected")}
    if sides["chosen"] == sides["rejected"]:
        raise _Unfit("chosen and rejected are the same")
    prompt = _waiting(row, how)
    for side in sides.values():
        if wrong := problem([*prompt, *side]):
            raise _Unfit(wrong)
    return {"prompt": prompt, **sides, "tools": row.get("tools")}


def _to_verifiable(row: Mapping[str, Any], how: _How) -> dict[str, Any]:
    answer, verifier = row.get("answer"), row.get("verifier")
    blank = answer is None or not str(answer).strip()
    if blank and reads_answer(verifier):
        raise _Unfit("no answer")
    made = {"prompt": _waiting(row, how), "answer": None if blank else str(answer), "verifier": verifier}
    return made | {"tools": row.get("tools")}


def _to_kto(row: Mapping[str, Any], how: _How) -> dict[str, Any]:
    value = row.get(how.label or "label")
    if value is None or value != value:
        raise _Unfit("no label")
    good = value if isinstance(value, bool) else float(value) >= how.threshold
    return _to_prompt_completion(row, how) | {"label": good}


_SHAPES = {
    "sft": _to_sft,
    "prompt-completion": _to_prompt_completion,
    "preference": _to_preference,
    "verifiable": _to_verifiable,
    "kto": _to_kto,
}


def _asking(row: Mapping[str, Any], how: _How) -> list[Message]:
    """What a row asks, as messages."""
    turns = row.get("messages")
    if turns:
        messages = plain(turns)
    else:
        prompt = row.get("prompt")
        messages = (
            plain(prompt) if isinstance(prompt, list) else [{"role": "user", "content": _filled(prompt, "prompt")}]
        )
    if how.system and (not messages or messages[0]["role"] != "system"):
        messages = [{"role": "system", "content": how.system}, *messages]
    if not messages:
        raise _Unfit("no prompt")
    return messages


def _waiting(row: Mapping[str, Any], how: _How) -> list[Message]:
    """What a row asks, up to where it waits for an answer; its thinking written as asked for."""
    messages = [_with_thinking(message, how) for message in _asking(row, how)]
    prompt = messages[:-1] if messages[-1]["role"] == "assistant" else messages
    if wrong := problem(prompt):
        raise _Unfit(wrong)
    return prompt


def _answer(row: Mapping[str, Any], how: _How) -> Message:
    _require_whole(row, how)
    completion = row["completion"]
    if isinstance(completion, list):
        turns = plain(completion)
        if len(turns) != 1:
            raise _Unfit("the completion is more than one turn")
        return _with_thinking(turns[0], how)
    return _with_thinking(_spoken(_filled(completion, "completion"), row.get("thinking")), how)


def _side(row: Mapping[str, Any], name: str, how: _How) -> list[Message]:
    value = row.get(name)
    if isinstance(value, list):
        return [_with_thinking(turn, how) for turn in plain(value)]
    return [_with_thinking(_spoken(_filled(value, name), row.get(f"{name}_thinking")), how)]


def _spoken(text: str, thinking: Any) -> Message:
    message: Message = {"role": "assistant", "content": text}
    return message | ({"reasoning_content": thinking} if isinstance(thinking, str) else {})


def _with_thinking(message: Message, how: _How) -> Message:
    """A message with its thinking written as asked for."""
    if how.thinking == "field" or "reasoning_content" not in message:
        return message
    rest = {key: value for key, value in message.items() if key != "reasoning_content"}
    if how.thinking == "tags":
        rest["content"] = join_thinking(message["reasoning_content"], message.get("content") or "")
    return rest


def _require_whole(row: Mapping[str, Any], how: _How) -> None:
    if row.get("finish_reason") == "length" and not how.truncated:
        raise _Unfit("cut off before its end (finish_reason length)")


def _filled(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Unfit(f"no {name}")
    return value


def _require_columns(frame: pl.DataFrame, contract: Contract, how: _How) -> None:
    """Raise DataError when no row can take the shape, for want of a column."""
    there = set(frame.columns)
    lacking = []
    if not there & {"prompt", "messages"}:
        lacking.append("prompt")
    for name in contract.columns:
        made_of_messages = name in ("messages", "completion") and "messages" in there
        wanted = how.label if name == "label" and how.label else "completion" if name == "messages" else name
        if wanted not in there and wanted != "prompt" and not made_of_messages and not may_lack(wanted, frame):
            lacking.append(wanted)
    if lacking:
        lines = "; ".join(missing(name, frame.columns) for name in lacking)
        raise DataError(f"format to {contract.name}: {lines}")
