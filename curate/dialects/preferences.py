"""Dialects with a better and a worse answer, and KTO's single ones with a verdict."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from curate.dialects.dialect import CannotConvert, Dialect, Part, Row
from curate.dialects.instructions import INPUT, INSTRUCTION, with_input
from curate.dialects.words import (
    COMPLETION,
    FINISH,
    LABEL,
    PROMPT,
    SYSTEM,
    THINKING,
    TOOLS,
    TURNS,
    answered,
    asked,
    checked,
    filled,
)  # fmt: skip
from curate.messages import Message, to_messages
from curate.text.thinking import split_thinking
from curate.widen import to_json

CHOSEN, REJECTED = Part(("chosen",), "any"), Part(("rejected",), "any")
_SPEAKER = re.compile(r"\n\n(Human|Assistant):[ ]?")
_SFT = (
    "messages",
    "alpaca",
    "prompt_completion",
    "prompt_completion_turns",
    "recorded",
    "question_answer",
    "question_text",
    "prompts",
)
_STEMS = ("output", "response", "answer", "completion", "text")


def pair(chosen: Any, rejected: Any) -> Row:
    """`chosen` and `rejected`, their thinking apart. Raises CannotConvert when one is empty or both are the same."""
    made: Row = {}
    for name, value in (("chosen", chosen), ("rejected", rejected)):
        thinking, text, _ = split_thinking(filled(value, f"{name} answer"))
        made[name] = filled(text, f"{name} answer")
        if thinking:
            made[f"{name}_thinking"] = thinking
    if made["chosen"].strip() == made["rejected"].strip():
        raise CannotConvert("chosen and rejected are the same")
    return made


def apart(better: list[Message], worse: list[Message]) -> Row:
    """Two conversations that part at their last turn, as what they share and the two answers."""
    shared = 0
    while shared < min(len(better), len(worse)) and better[shared] == worse[shared]:
        shared += 1
    if shared == len(better) == len(worse):
        raise CannotConvert("chosen and rejected are the same")
    rest = (better[shared:], worse[shared:])
    if any(len(turns) != 1 or turns[0]["role"] != "assistant" for turns in rest):
        raise CannotConvert("chosen and rejected part before their last turn")
    (wanted,), (unwanted,) = rest
    made: Row = {"messages": checked(better[:shared])} | pair(wanted["content"], unwanted["content"])
    for name, turn in (("chosen", wanted), ("rejected", unwanted)):
        if "reasoning_content" in turn:
            made[f"{name}_thinking"] = turn["reasoning_content"]
    return made


def from_hh(text: Any) -> list[Message]:
    r"""A transcript of `\n\nHuman: ... \n\nAssistant: ...` turns as messages. Raises CannotConvert when it is none."""
    before, *parts = _SPEAKER.split(filled(text, "transcript"))
    if before.strip() or not parts:
        raise CannotConvert("a transcript that does not begin with Human: or Assistant:")
    roles = ("user" if speaker == "Human" else "assistant" for speaker in parts[::2])
    return [{"role": role, "content": said.strip()} for role, said in zip(roles, parts[1::2], strict=True)]


def _hh(row: Row) -> list[Row]:
    return [apart(from_hh(row["chosen"]), from_hh(row["rejected"]))]


def _implicit(row: Row) -> list[Row]:
    return [apart(to_messages(row["chosen"] or []), to_messages(row["rejected"] or []))]


def _prompted(row: Row) -> list[Row]:
    """A prompt (text or turns), and answers: texts, single turns, or whole conversations that begin with the prompt."""
    better, worse = row["chosen"], row["rejected"]
    prompt, system = row["prompt"], row["system"]
    if _is_conversation(better) and _is_conversation(worse):
        made = apart(to_messages(better, system=system), to_messages(worse, system=system))
    elif prompt is None or isinstance(prompt, str):
        made = asked(filled(prompt, "prompt"), system) | pair(_said(better), _said(worse))
    else:
        context = checked(to_messages(prompt or [], system=system))
        made = {"messages": context} | pair(_said(better), _said(worse))
    if row.get("tools"):
        made["tools"] = row["tools"] if isinstance(row["tools"], str) else to_json(row["tools"])
    return [made]


def _alpaca_pair(row: Row) -> list[Row]:
    prompt = with_input(filled(row["instruction"], "instruction"), row["input"])
    return [asked(prompt, row["system"]) | pair(_said(row["chosen"]), _said(row["rejected"]))]


def _is_conversation(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1


def _said(value: Any) -> Any:
    """The text of an answer: text itself, one turn, or a list of one turn; its thinking in tags."""
    turns = [value] if isinstance(value, Mapping) else value
    if not isinstance(turns, list):
        return value
    messages = to_messages(turns)
    if len(messages) != 1:
        raise CannotConvert("an answer is more than one turn")
    reasoning = messages[0].get("reasoning_content")
    content = messages[0]["content"]
    return f"<think>{reasoning}</think>{content}" if reasoning else content


def _scored(row: Row) -> list[Row]:
    """The best against the worst of several scored completions."""
    given = [one for one in row["completions"] or [] if isinstance(one, Mapping)]
    scored = [(score, one.get("response")) for one in given if (score := _score(one)) is not None]
    if len(scored) < 2:
        raise CannotConvert("fewer than two completions have a score")
    best, worst = max(scored, key=lambda one: one[0]), min(scored, key=lambda one: one[0])
    if best[0] == worst[0]:
        raise CannotConvert("all completions have the same score")
    scores = {"chosen_score": best[0], "rejected_score": worst[0]}
    return [asked(filled(row["prompt"], "prompt")) | pair(best[1], worst[1]) | scores]


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
    given = completion.get("fine-grained_score", completion.get("overall_score", completion.get("score")))
    return float(given) if isinstance(given, int | float) else None


def _is_scored(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    fields = {name for row in rows for one in row["completions"] or [] for name in one or {}}
    scores = {"annotations", "fine-grained_score", "overall_score", "score"}
    return None if "response" in fields and fields & scores else "its completions have no response with a score"


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


def _is_hh(_columns: Mapping[str, str], rows: Sequence[Row]) -> str | None:
    texts = [str(row["chosen"]) for row in rows]
    marked = sum(bool(_SPEAKER.match(text if text.startswith("\n") else "\n\n" + text)) for text in texts)
    return None if texts and marked * 2 > len(texts) else "its texts do not begin with Human: or Assistant:"


_PAIR = {"chosen": CHOSEN, "rejected": REJECTED}

DIALECTS = (
    Dialect(
        "ultrafeedback", "an instruction with several scored completions: the best against the worst",
        {"prompt": Part(("instruction", *PROMPT.names)), "completions": Part(("completions",), "objects")},
        _scored, looks=_is_scored, over=("prompts",),
    ),
    Dialect(
        "webgpt", "a question, two answers with a score each (WebGPT comparisons)",
        {"question": Part(("question",), "any"), "answer_0": Part(("answer_0",)), "answer_1": Part(("answer_1",)),
         "score_0": Part(("score_0",), "number"), "score_1": Part(("score_1",), "number")},
        _webgpt, over=("prompts",),
    ),
    _pairwise("1", "2"), _pairwise("0", "1"), _pairwise("a", "b"),
    Dialect(
        "alpaca_pair", "instruction, input, chosen, rejected",
        {"instruction": INSTRUCTION, **_PAIR}, _alpaca_pair, may={"input": INPUT, "system": SYSTEM}, over=_SFT,
    ),
    Dialect(
        "conversation_pair", "a conversation that waits for an answer, and two answers (LLaMA-Factory)",
        {"prompt": TURNS, **_PAIR}, _prompted, may={"system": SYSTEM, "tools": TOOLS}, over=_SFT,
    ),
    Dialect(
        "prompt_pair", "a prompt with chosen and rejected: texts, turns or conversations (UltraFeedback binarised)",
        {"prompt": Part(PROMPT.names, "any"), **_PAIR}, _prompted, may={"system": SYSTEM, "tools": TOOLS},
        over=(*_SFT, "conversation_pair"),
    ),
    Dialect(
        "hh", "two transcripts of Human: and Assistant: that part at the last turn (HH-RLHF)",
        {"chosen": Part(("chosen",)), "rejected": Part(("rejected",))}, _hh, looks=_is_hh,
    ),
    Dialect(
        "conversations_apart", "two conversations that part at the last turn",
        {"chosen": Part(("chosen",), "turns"), "rejected": Part(("rejected",), "turns")}, _implicit, over=_SFT,
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
