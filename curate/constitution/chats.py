"""The chats in which a critique and a revision are asked: the row's own chat goes on.

The paper writes them as one text for a base model; an aligned model is asked turn by turn, so that nothing in an answer
can pass for a request. A round starts from the answer so far: critiques of earlier rounds are not shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from curate.constitution.principles import Example, Principle
from curate.engines.base import Message

Chat = tuple[Message, ...]


def critique_chat(question: Chat, answer: str, principle: Principle, examples: Sequence[Example] = ()) -> Chat:
    """The question, the answer, and the request for a critique.

    question: the row's messages; a system message at its head stays there, before the examples.
    """
    head = question[:1] if question and question[0].get("role") == "system" else ()
    shown = tuple(turn for example in examples for turn in _example(example))
    return (*head, *shown, *question[len(head) :], _said(answer), _asked(principle.asks_critique))


def revision_chat(asked: Chat, critique: str, principle: Principle) -> Chat:
    """The chat in which the critique was asked, the critique, and the request for a new answer."""
    return (*asked, _said(critique), _asked(principle.asks_revision))


def _example(example: Example) -> Chat:
    principle = Principle(principle=example.principle)
    asked = critique_chat((_asked(example.prompt),), example.completion, principle)
    return (*revision_chat(asked, example.critique, principle), _said(example.revision))


def _asked(text: str) -> Message:
    return {"role": "user", "content": text}


def _said(text: str) -> Message:
    return {"role": "assistant", "content": text}
