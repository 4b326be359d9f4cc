"""Dialects of two answers side by side, and a label, a score or a flag that says which is the better."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.instructions import INPUT, with_input
from curate.dialects.preferences import apart, pair
from curate.dialects.words import PROMPT, SYSTEM, asked, checked, filled
from curate.messages import to_messages
from curate.parts import Message

_STEMS = ("output", "response", "answer", "completion", "text")


def _webgpt(row: Row) -> list[Row]:
    first, second = row["score_0"], row["score_1"]
    if first is None or second is None or first == second:
        raise CannotConvert("a tie")
    answers = (row["answer_0"], row["answer_1"])
    better = answers if first > second else answers[::-1]
    text = row["question"].get("full_text") if isinstance(row["question"], Mapping) else row["question"]
    return [{"prompt": filled(text, "question")} | pair(*better)]


def _summaries(row: Row) -> list[Row]:
    """Two summaries of a post, and the number of the better one."""
    told, choice = [one.get("text") for one in row["summaries"] or [] if one], row["choice"]
    if len(told) != 2 or choice not in (0, 1):
        raise CannotConvert("no choice between two summaries")
    about = row["info"] or {}
    post = filled(about.get("post") or about.get("article"), "post")
    return [{"prompt": post} | pair(told[int(choice)], told[1 - int(choice)])]


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


DIALECTS = (
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
        "summaries", "a post, two summaries of it, and the better one's number (OpenAI's summarize_from_feedback)",
        {"info": Part(("info",), "object"), "summaries": Part(("summaries",), "objects"),
         "choice": Part(("choice",), "number")},
        _summaries,
    ),
    Dialect(
        "shp", "a post, two replies, and 1 where the first is preferred (Stanford Human Preferences)",
        {"prompt": Part(("history", *PROMPT.names)), "first": Part(("human_ref_a",)),
         "second": Part(("human_ref_b",)), "label": Part(("labels", "label"), "number")},
        _shp, over=("prompts",),
    ),
    _pairwise("1", "2"), _pairwise("0", "1"), _pairwise("a", "b"),
)  # fmt: skip
