"""The names that columns go by, and small conversions that several dialects share."""

from __future__ import annotations

import re
from typing import Any

from curate.dialects.dialect import CannotConvert, Part, Row
from curate.messages import problem, to_messages
from curate.parts import Message
from curate.text.thinking import split_thinking

PROMPT = Part(("prompt", "question", "problem", "query", "problem_text", "user_prompt"))
OUTPUTS = (
    "completion", "response", "output", "generation", "model_output", "generated_solution", "llm_response",
    "model_response", "generated_text", "attempt",
)  # fmt: skip
COMPLETION = Part(OUTPUTS, rivals=OUTPUTS)
THINKING = Part((
    "thinking", "reasoning_content", "reasoning", "reasoning_trace", "thought", "thoughts", "thinking_trajectories",
    "complex_cot",
))  # fmt: skip
GOLD = ("answer", "final_answer", "ground_truth", "gold", "gt", "expected_answer", "reference_answer", "correct_answer")
ANSWER = Part(GOLD, "gold")
SOLUTION = Part(("solution", "rationale", "explanation"))
CHATS = ("messages", "conversations", "conversation", "chat", "dialog")
TURNS = Part(
    (*CHATS, "dialogue", "turns", "items", "contents", "trajectory", "history", "prompt", "input", "context"), "turns"
)
QUESTION = Part(("question", "prompt", "problem", "query"))
VERIFIER = Part(("verifier",))
SYSTEM = Part(("system", "system_prompt", "system_message"))
TOOLS = Part(("tools", "functions"), "any")
FINISH = Part(("finish_reason",))
LABEL = Part(("label", "kto_tag", "desirable"), "flag")

SAMPLE = {"thinking": Part(("thinking",)), "answer": ANSWER, "solution": Part(("solution",)), "finish_reason": FINISH}
"""What may stand beside a prompt and its completion."""


_RESULT = re.compile(r"\s*(?:A|Answer|Final answer):\s*(\S.*)$", re.IGNORECASE)


def text_of(value: Any) -> str | None:
    """A gold answer as text: 27.0 is "27", a list is joined by commas; None when there is none.

    >>> text_of(27.0), text_of(["1", "2"]), text_of(" x ")
    ('27', '1, 2', 'x')
    """
    if value is None or value != value:  # a NaN is none
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(filter(None, map(text_of, value))) or None
    return str(value).strip() or None


def filled(value: Any, part: str) -> str:
    """A text that must be there. Raises CannotConvert naming the part."""
    if not isinstance(value, str) or not value.strip():
        raise CannotConvert(f"the {part} is empty")
    return value


def asked(prompt: str, system: Any = None, history: Any = None) -> Row:
    """The asking side of a sample: `prompt`, or `messages` when there is more than one turn."""
    before = [turn for pair in history or [] for turn in _exchange(pair)]
    if not before and not (isinstance(system, str) and system.strip()):
        return {"prompt": prompt}
    return {"messages": to_messages([*before, {"role": "user", "content": prompt}], system=system)}


def _exchange(pair: Any) -> list[Message]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise CannotConvert("an exchange of the history is no pair of texts")
    return [{"role": "user", "content": pair[0]}, {"role": "assistant", "content": pair[1]}]


def answered(completion: Any, thinking: Any = None, finish_reason: Any = None, *, empty: bool = False) -> Row:
    """The answering side: `completion`, `thinking` where there is some, `finish_reason` "length" for a cut-off one.

    A response that has thinking and no answer, or a block that never ends, was cut off: nobody may train on it by
    accident. empty: one with neither is kept, for it counts when rates are taken. Raises CannotConvert when it is not.
    """
    text = completion if isinstance(completion, str) else ""
    closed = True
    if not (isinstance(thinking, str) and thinking.strip()):
        thinking, text, closed = split_thinking(text)
    nothing = not (thinking or "").strip() and not text.strip()
    if nothing and not empty:
        raise CannotConvert("the completion is empty")
    row: Row = {"completion": text}
    if thinking is not None:
        row["thinking"] = thinking
    if finish_reason is not None or not closed or (not text.strip() and not nothing):
        row["finish_reason"] = finish_reason or "length"
    return row


def gold(answer: Any, solution: Any = None) -> Row:
    r"""`answer` and `solution`, where there are any; a worked answer whose last line is the result holds both.

    >>> gold("2 + 2 is 4.\n#### 4")
    {'answer': '4', 'solution': '2 + 2 is 4.'}
    """
    text = text_of(answer)
    if text and "####" in text:
        before, _, after = text.rpartition("####")
        text = after.strip() or None
        solution = solution or before.strip()
    elif text and (last := _RESULT.match(text.rpartition("\n")[2])) and "\n" in text:
        solution = solution or text.rpartition("\n")[0].strip()
        text = last[1].strip()
    row: Row = {"answer": text} if text is not None else {}
    return row | ({"solution": solution} if isinstance(solution, str) and solution.strip() else {})


def checked(messages: list[Message]) -> list[Message]:
    """A conversation in which nothing is wrong. Raises CannotConvert."""
    wrong = problem(messages)
    if wrong:
        raise CannotConvert(wrong)
    return messages
