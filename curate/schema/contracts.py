"""What each kind of trainer takes, and what keeps a table from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Literal

from curate.errors import DataError, did_you_mean

if TYPE_CHECKING:
    import polars as pl

Name = Literal["sft", "prompt-completion", "preference", "verifiable", "kto"]


@dataclass(frozen=True)
class Contract:
    """Columns a trainer takes. columns: name -> `messages`, `said` (text or messages), `text` or `flag`."""

    name: str
    about: str
    columns: Mapping[str, str]
    trainer: str
    optional: Mapping[str, str] = field(default_factory=lambda: {"tools": "text"})


CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (
        Contract("sft", "whole conversations", {"messages": "messages"}, "SFTTrainer"),
        Contract(
            "prompt-completion", "a prompt and what to answer", {"prompt": "said", "completion": "said"}, "SFTTrainer"
        ),
        Contract(
            "preference",
            "a prompt, the better and the worse answer",
            {"prompt": "said", "chosen": "said", "rejected": "said"},
            "DPOTrainer, RewardTrainer",
        ),
        Contract(
            "verifiable",
            "a prompt and the truth to judge answers by",
            {"prompt": "said", "answer": "text"},
            "GRPOTrainer, RLOOTrainer",
            {"verifier": "text", "tools": "text"},
        ),
        Contract(
            "kto",
            "a prompt, an answer, and whether it is good",
            {"prompt": "said", "completion": "said", "label": "flag"},
            "KTOTrainer",
        ),
    )
}

_OTHER_NAMES = {
    "messages": ("conversations", "conversation", "chat"),
    "prompt": ("question", "problem", "instruction", "query", "input"),
    "completion": ("response", "output", "generation", "answer"),
    "chosen": ("better", "preferred"),
    "rejected": ("worse", "dispreferred"),
    "answer": ("final_answer", "ground_truth", "gold", "solution"),
    "label": ("kto_tag", "desirable"),
}


def check(frame: pl.DataFrame, contract: str) -> list[str]:
    """What keeps a table from a trainer: one line a problem, naming the column, what it has, and what to do.

    >>> import polars as pl
    >>> check(pl.DataFrame({"question": ["1+1?"], "answer": ["2"]}), "verifiable")
    ["'prompt' is missing (there is: question, answer). Rename it: columns: {prompt: question}"]
    """
    wanted = contract_of(contract)
    lacking = [name for name in wanted.columns if name not in frame.columns and not may_lack(name, frame)]
    problems = [missing(name, frame.columns) for name in lacking]
    for name, kind in {**wanted.columns, **wanted.optional}.items():
        if name in frame.columns and (wrong := _wrong_type(frame[name], kind)):
            problems.append(f"'{name}' {wrong}")
        elif name in wanted.columns and name in frame.columns and (nulls := _nulls(frame, name)):
            problems.append(f"'{name}' is null in {nulls:,} of {frame.height:,} rows; drop those rows")
    return problems


def contract_of(name: str) -> Contract:
    """The contract of this name. Raises DataError."""
    if name not in CONTRACTS:
        raise DataError(f"unknown contract '{name}'{did_you_mean(name, CONTRACTS)}")
    return CONTRACTS[name]


def _nulls(frame: pl.DataFrame, name: str) -> int:
    return _unanswered(frame) if name == "answer" else frame[name].null_count()


def may_lack(name: str, frame: pl.DataFrame) -> bool:
    """Whether a table can do without a column: `answer`, where every row's verifier judges by others."""
    return name == "answer" and "verifier" in frame.columns and not _unanswered(frame)


@cache
def reads_answer(verifier: str | None) -> bool:
    """False for a reward that judges by other columns: tests, a schema, numbers."""
    import rewards

    return verifier not in rewards.names() or "answer" in rewards.get(str(verifier)).columns


def _unanswered(frame: pl.DataFrame) -> int:
    """Rows that lack an answer which their verifier reads."""
    lacking = frame.filter(frame["answer"].is_null()) if "answer" in frame.columns else frame
    verifiers = lacking["verifier"].to_list() if "verifier" in frame.columns else [None] * lacking.height
    return sum(map(reads_answer, verifiers))


def missing(name: str, columns: list[str]) -> str:
    """That a column is missing, what there is, and how to name what was meant."""
    other = next((known for known in _OTHER_NAMES.get(name, ()) if known in columns), None)
    told = f"'{name}' is missing (there is: {', '.join(columns[:30])})"
    if other:
        return f"{told}. Rename it: columns: {{{name}: {other}}}"
    return told + did_you_mean(name, columns).split(" (known")[0]


def _wrong_type(column: pl.Series, kind: str) -> str | None:
    import polars as pl

    dtype = column.dtype
    fields = (
        {one.name for one in dtype.inner.fields}
        if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.Struct)
        else set()
    )
    turns = {"role", "content"} <= fields
    fits = {
        "messages": turns,
        "said": turns or dtype == pl.String,
        "text": dtype == pl.String,
        "flag": dtype == pl.Boolean,
    }
    if fits[kind]:
        return None
    wanted = {
        "messages": "a list of messages with role and content",
        "said": "text or a list of messages with role and content",
        "text": "text",
        "flag": "true or false",
    }[kind]
    if {"from", "value"} <= fields:
        return "has turns with from and value where role and content are expected; load it with dialect: messages"
    return f"holds {dtype}, not {wanted}"
