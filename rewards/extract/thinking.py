"""What a completion only thinks, and what it says."""

from __future__ import annotations

THINKING_TAGS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[THINK]", "[/THINK]"),
)


def strip_thinking(text: str) -> str:
    """What comes after the thinking; nothing when the thinking never ends.

    >>> strip_thinking("<think>5?</think> It is 6.")
    ' It is 6.'
    >>> strip_thinking("<think>5")
    ''
    """
    if "<" not in text and "[" not in text:  # one character is found ten times faster than a word
        return text
    if "hink" not in text and "HINK" not in text and "thought" not in text:
        return text
    for opening, closing in THINKING_TAGS:
        end = text.rfind(closing)
        if end >= 0:
            text = text[end + len(closing) :]
        elif opening in text:
            return ""
    return text
