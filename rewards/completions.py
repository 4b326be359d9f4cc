"""Completions and prompts as trainers pass them: a text, or a list of messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewards.score import RewardError

PARTS = {"role", "content", "reasoning_content", "tool_calls", "function_call"}


def text_of(completion: Any) -> str:
    """The text of a completion: itself, or its last message; thinking kept apart by a server is put back in tags.

    >>> text_of([{"role": "assistant", "reasoning_content": "1+1", "content": "2"}])
    '<think>1+1</think>2'
    """
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Mapping):
        message: Mapping[str, Any] = completion
    elif isinstance(completion, Sequence) and completion and isinstance(completion[-1], Mapping):
        message = completion[-1]
    elif isinstance(completion, Sequence) and not completion:
        return ""
    else:
        raise RewardError(f"a completion is a string or a list of messages, not {type(completion).__name__}")
    if not message.keys() & PARTS:
        raise RewardError(
            f"a message has a role and content, not {', '.join(sorted(map(str, message)))[:60] or 'nothing'}"
        )
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    thinking = message.get("reasoning_content")
    return (f"<think>{thinking}</think>" if thinking else "") + str(content if content is not None else "")


def messages_of(completion: Any) -> list[dict[str, Any]]:
    """A completion as messages, for rewards that read tool calls or turns.

    >>> messages_of("hi")
    [{'role': 'assistant', 'content': 'hi'}]
    """
    if isinstance(completion, str):
        return [{"role": "assistant", "content": completion}]
    if isinstance(completion, Mapping):
        return [dict(completion)]
    return [dict(message) for message in completion]


def prompt_text(prompt: Any) -> str:
    """The text of a prompt: itself, or what the user said last."""
    if isinstance(prompt, str):
        return prompt
    said = [message for message in prompt if message.get("role") == "user"] or list(prompt)
    return text_of(said[-1:])


def conversation_text(prompt: Any) -> str:
    r"""The text of a prompt with all that was said before, each turn under its role; one question stands as it is.

    >>> conversation_text([{"role": "user", "content": "2+2?"}])
    '2+2?'
    >>> conversation_text([{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "5"}])
    'user: 2+2?\n\nassistant: 5'
    """
    if isinstance(prompt, str):
        return prompt
    turns = [(message.get("role", "user"), text_of([message])) for message in prompt]
    return turns[0][1] if len(turns) == 1 else "\n\n".join(f"{role}: {text}" for role, text in turns)
