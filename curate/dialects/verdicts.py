"""Dialects in which a score or a label says which answer is better, or whether one is good (KTO)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.instructions import INPUT, with_input
from curate.dialects.preferences import apart, from_hh, pair
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
from curate.parts import Message

_TEXT_FIELDS = ("response", "answer", "completion", "text", "content")
_STEMS = ("output", "response", "answer", "completion", "text")


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
    names = ("fine-grained_score", "overall_score", "score", "rank")
    name = next((name for name in names if isinstance(completion.get(name), int | float)), None)
    if name is None:
        return None
    return -float(completion[name]) if name == "rank" else float(completion[name])


def _is_scored(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    fields = {name for row in rows for one in row["completions"] or [] for name in one or {}}
    scores = {"annotations", "fine-grained_score", "overall_score", "score", "rank"}
    return None if fields & {*_TEXT_FIELDS} and fields & scores else "its completions have no response with a score"


def _webgpt(row: Row) -> list[Row]:
    first, second = row["score_0"], row["score_1"]
    if first is None or second is None or first == second:
        raise CannotConvert("a tie")
    answers = (row["answer_0"], row["answer_1"])
    better = answers if first > second else answers[::-1]
    text = row["question"].get("full_text") if isinstance(row["question"], Mapping) else row["question"]
    return [{"prompt": filled(text, "question")} | pair(*better)]


def _pairwise(first: str, second: str) -> Dialect:
    """The dialect of two answers with a label that names the better: `output_1 output_2 label`, and so on."""
    marks = {first: 0, second: 1, f"model{'_' * (first in 'ab')}{first}": 0, f"model{'_' * (first in 'ab')}{second}": 1}

    def convert(row: Row) -> list[Row]:
        better = marks.get(str(row["label"]).strip().lower())
        if better is None:
            raise CannotConvert("a tie, or a label that names neither answer")
        answers = (row["first"], row["second"])
        prompt = with_input(filled(row["prompt"], "prompt"), row["input"])
        return [{"prompt": prompt} | pair(answers[better], answers[1 - better])]

    label = ("label", "preference", "winner", "better", "better_response_id", "chosen_index", "choice")
    return Dialect(
        f"pairwise_{first}{second}", f"two answers (output_{first}, output_{second}) and which is the better",
        {"prompt": Part(("instruction", *PROMPT.names, "input")),
         "first": Part(tuple(f"{stem}_{first}" for stem in _STEMS)),
         "second": Part(tuple(f"{stem}_{second}" for stem in _STEMS)), "label": Part(label, "any")},
        convert, may={"input": INPUT}, over=("prompts",),
    )  # fmt: skip


def _signed(row: Row) -> list[Row]:
    """Two answers and a strength: below 0 the first is the better one (HelpSteer)."""
    strength = row["strength"]
    if not strength or strength != strength:
        raise CannotConvert("a tie")
    answers = (row["first"], row["second"])
    if isinstance(row["prompt"], str):
        side = asked(filled(row["prompt"], "prompt"), row["system"])
    else:
        side = {"messages": checked(to_messages(row["prompt"] or [], system=row["system"]))}
    return [side | pair(answers[strength > 0], answers[strength < 0])]


def _shp(row: Row) -> list[Row]:
    answers = (row["first"], row["second"])
    if row["label"] not in (0, 1):
        raise CannotConvert("a label that is neither 0 nor 1")
    return [asked(filled(row["prompt"], "prompt")) | pair(*(answers if row["label"] == 1 else answers[::-1]))]


def _arena(row: Row) -> list[Row]:
    sides = [to_messages(row[name] or []) for name in ("first", "second")]
    better = {"a": 0, "model_a": 0, "b": 1, "model_b": 1}.get(str(row["winner"]).strip().lower())
    if better is None:
        raise CannotConvert("a tie, or a winner that is neither")
    return [apart(sides[better], sides[1 - better])]


def _arena_texts(row: Row) -> list[Row]:
    """The prompts of a conversation, and what each of two models said to them."""
    flags = [row["wins_first"], row["wins_second"]]
    if sorted(map(bool, flags)) != [False, True]:
        raise CannotConvert("a tie, or a winner that is neither")
    sides = [_woven(row["prompts"] or [], row[name] or []) for name in ("first", "second")]
    return [apart(*(sides if flags[0] else sides[::-1]))]


def _woven(prompts: Sequence[Any], answers: Sequence[Any]) -> list[Message]:
    """Prompts and answers in turn. Raises CannotConvert when they are not as many, or one is missing."""
    if len(prompts) != len(answers) or None in (*prompts, *answers) or not prompts:
        raise CannotConvert("not as many answers as prompts" if prompts else "no prompt")
    pairs = zip(prompts, answers, strict=True)
    turns = ((("user", asks), ("assistant", says)) for asks, says in pairs)
    return to_messages({"role": role, "content": text} for both in turns for role, text in both)


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
        "webgpt", "a question, two answers with a score each (WebGPT comparisons)",
        {"question": Part(("question",), "any"), "answer_0": Part(("answer_0",)), "answer_1": Part(("answer_1",)),
         "score_0": Part(("score_0",), "number"), "score_1": Part(("score_1",), "number")},
        _webgpt, over=("prompts",),
    ),
    Dialect(
        "pairwise_signed", "two answers and how much better the second is than the first (HelpSteer's preferences)",
        {"prompt": Part(("prompt", "context", "instruction", *PROMPT.names), "any"),
         "first": Part(("response_1", "response1")), "second": Part(("response_2", "response2")),
         "strength": Part(("preference_strength", "overall_preference"), "number")},
        _signed, may={"system": SYSTEM}, over=("prompts", "messages"),
    ),
    Dialect(
        "arena", "two conversations with two models, and the winner (Chatbot Arena)",
        {"first": Part(("conversation_a",), "turns"), "second": Part(("conversation_b",), "turns"),
         "winner": Part(("winner",), "any")},
        _arena,
    ),
    Dialect(
        "arena_texts", "prompts, the answers of two models to each, and flags of the winner (LMSYS's 55k of the arena)",
        {"prompts": Part(("prompt", "prompts"), "texts"), "first": Part(("response_a",), "texts"),
         "second": Part(("response_b",), "texts"), "wins_first": Part(("winner_model_a",), "any"),
         "wins_second": Part(("winner_model_b",), "any")},
        _arena_texts, over=("prompts",),
    ),
    Dialect(
        "shp", "a post, two replies, and 1 where the first is preferred (Stanford Human Preferences)",
        {"prompt": Part(("history", *PROMPT.names)), "first": Part(("human_ref_a",)),
         "second": Part(("human_ref_b",)), "label": Part(("labels", "label"), "number")},
        _shp, over=("prompts",),
    ),
    _pairwise("1", "2"), _pairwise("0", "1"), _pairwise("a", "b"),
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
