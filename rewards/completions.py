"""Completions and prompts as trainers pass them: a text, or a list of messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rewards.score import RewardError

OTHERS = {"tool", "function", "user", "system", "developer", "environment"}  # who is not the model
PARTS = {"role", "content", "reasoning_content", "tool_calls", "function_call"}


def text_of(completion: Any) -> str:
    """The text of a completion: itself, or the last message of the model; thinking kept apart is put back in tags.

    What tools, users and environments said after it is not the model's: an answer that only a tool printed is none.

    >>> text_of([{"role": "assistant", "reasoning_content": "1+1", "content": "2"}])
    '<think>1+1</think>2'
    """
    if isinstance(completion, str):
        return completion
    if isinstance(completion, Mapping):
        message: Mapping[str, Any] = completion
    elif isinstance(completion, Sequence) and completion and isinstance(completion[-1], Mapping):
        message = next((one for one in reversed(completion) if one.get("role") not in OTHERS), {"content": ""})
    elif isinstance(completion, Sequence) and not completion:
        return ""
    else:
        raise RewardError(f"a completion is a string or a list of messages, not {type(completion).__name__}")
    return message_text(message)


def message_text(message: Mapping[str, Any]) -> str:
    """The text of one message. Raises RewardError for what is none, or whose content is no text."""
    if not message.keys() & PARTS:
        raise RewardError(
            f"a message has a role and content, not {', '.join(sorted(map(str, message)))[:60] or 'nothing'}"
        )
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, Mapping))
    if not (content is None or isinstance(content, str)):
        raise RewardError(f"the content of a message is a text or a list of parts, not {type(content).__name__}")
    thinking = message.get("reasoning_content")
    return (f"<think>{thinking}</think>" if thinking else "") + (content or "")


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
    return message_text(said[-1]) if said else ""


def conversation_text(prompt: Any) -> str:
    r"""The text of a prompt with all that was said before, each turn under its role; one question stands as it is.

    >>> conversation_text([{"role": "user", "content": "2+2?"}])
    '2+2?'
    >>> conversation_text([{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "5"}])
    'user: 2+2?\n\nassistant: 5'
    """
    if isinstance(prompt, str):
        return prompt
    turns = [(message.get("role", "user"), message_text(message)) for message in prompt]
    return turns[0][1] if len(turns) == 1 else "\n\n".join(f"{role}: {text}" for role, text in turns)
