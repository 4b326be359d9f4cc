"""Dialects in which a score or a label says which answer is better, or whether one is good (KTO)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.preferences import from_hh, pair
from curate.dialects.words import (
    COMPLETION,
    FINISH,
    LABEL,
    PROMPT,
    SYSTEM,
    THINKING,
    TURNS,
    answered,
    asked,
    checked,
    filled,
)  # fmt: skip
from curate.messages import to_messages

_TEXT_FIELDS = ("response", "answer", "completion", "text", "content")


def _scored(row: Row) -> list[Row]:
    """The best against the worst of several completions with a score, or with a rank, of which 1 is the best."""
    given = [one for one in row["completions"] or [] if isinstance(one, Mapping)]
    scored = [(score, _answer(one)) for one in given if (score := _score(one)) is not None]
    if len(scored) < 2:
        raise CannotConvert("fewer than two completions have a score")
    best, worst = max(scored, key=lambda one: one[0]), min(scored, key=lambda one: one[0])
    if best[0] == worst[0]:
        raise CannotConvert("all completions have the same score")
    scores = {} if "rank" in given[0] else {"chosen_score": best[0], "rejected_score": worst[0]}
    return [_asks(filled(row["prompt"], "prompt")) | pair(best[1], worst[1]) | scores]


def _answer(completion: Mapping[str, Any]) -> Any:
    return next((completion[name] for name in _TEXT_FIELDS if completion.get(name) is not None), None)


def _asks(prompt: str) -> Row:
    """A prompt, which may be a transcript that ends where the assistant is to speak (Nectar)."""
    if not prompt.lstrip().startswith("Human:"):
        return asked(prompt)
    turns = from_hh(f"\n\n{prompt.strip()}".removesuffix("\n\nAssistant:"))
    return {"prompt": turns[0]["content"]} if len(turns) == 1 else {"messages": checked(turns)}


def _score(completion: Mapping[str, Any]) -> float | None:
    """The mean of the aspects' ratings, else the overall score: that one has confused 1 with 10 (UltraFeedback#8)."""
    aspects = completion.get("annotations")
    ratings = [
        float(rating)
        for aspect in (aspects.values() if isinstance(aspects, Mapping) else [])
        if isinstance(aspect, Mapping) and re.fullmatch(r"\d{1,2}(\.\d{1,3})?", rating := str(aspect.get("Rating")))
    ]
    if ratings:
        return fmean(ratings)
    names = ("fine-grained_score", "overall_score", "score", "pm_score", "rank")
    name = next((name for name in names if isinstance(completion.get(name), int | float)), None)
    if name is None:
        return None
    return -float(completion[name]) if name == "rank" else float(completion[name])


def _is_scored(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    fields = {name for row in rows for one in row["completions"] or [] if isinstance(one, Mapping) for name in one}
    scores = {"annotations", "fine-grained_score", "overall_score", "score", "pm_score", "rank"}
    return None if fields & {*_TEXT_FIELDS} and fields & scores else "its completions have no response with a score"


def _kto(row: Row) -> list[Row]:
    if row["label"] is None:
        raise CannotConvert("the label is empty")
    side = asked(filled(row["prompt"], "prompt"), row["system"])
    return [side | answered(row["completion"], row["thinking"]) | {"label": row["label"]}]


def _kto_messages(row: Row) -> list[Row]:
    messages = checked(to_messages(row["messages"] or [], system=row["system"]))
    if row["label"] is not None and row["completion"] and messages[-1]["role"] != "assistant":
        said = answered(row["completion"], row["thinking"], row["finish_reason"])
        return [{"messages": messages} | said | {"label": row["label"]}]
    if row["label"] is None or messages[-1]["role"] != "assistant" or len(messages) < 2:
        raise CannotConvert("the label is empty" if row["label"] is None else "the last turn is not an answer")
    last = messages[-1]
    side = {"messages": messages[:-1]} | answered(last["content"], last.get("reasoning_content"), row["finish_reason"])
    return [side | {"label": row["label"]}]


DIALECTS = (
    Dialect(
        "ultrafeedback", "an instruction with several scored completions: the best against the worst",
        {"prompt": Part(("instruction", *PROMPT.names)),
         "completions": Part(("completions", "answers", "responses"), "objects")},
        _scored, looks=_is_scored, over=("prompts",),
    ),
    Dialect(
        "kto_messages", "a conversation with a verdict on its last answer",
        {"messages": TURNS, "label": LABEL}, _kto_messages,
        may={"completion": COMPLETION, "thinking": THINKING, "finish_reason": FINISH, "system": SYSTEM},
        over=("messages", "awaiting"),
    ),
    Dialect(
        "kto", "a prompt, its completion and a verdict",
        {"prompt": PROMPT, "completion": COMPLETION, "label": LABEL},
        _kto, may={"thinking": THINKING, "system": SYSTEM}, over=("prompt_completion", "recorded", "graded"),
    ),
)  # fmt: skip
