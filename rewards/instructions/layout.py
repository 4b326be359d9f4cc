"""Lists, sections, titles, placeholders, fixed phrases at the start or the end: how a response is laid out."""

from __future__ import annotations

import json
import re

_HIGHLIGHT = re.compile(r"\*[^\n*]*\*")
_DOUBLE_HIGHLIGHT = re.compile(r"\*\*[^\n*]*\*\*")
_FIXED_ANSWERS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
_POSTSCRIPTS = {"P.P.S": re.compile(r"p\.\s?p\.\s?s"), "P.S.": re.compile(r"p\.\s?s\.")}


def no_comma(text: str) -> str:
    """No comma anywhere."""
    return f"{text.count(',')} commas" if "," in text else ""


def number_placeholders(text: str, *, num_placeholders: int) -> str:
    """At least so many `[...]`, each within a line."""
    number = 0
    for line in text.split("\n"):
        start = line.find("[")
        while start >= 0 and (end := line.find("]", start)) >= 0:
            number += 1
            start = line.find("[", end)
    return "" if number >= num_placeholders else f"{number} placeholders, not at least {num_placeholders}"


def number_bullet_lists(text: str, *, num_bullets: int) -> str:
    """Exactly so many lines that start with `* ` (not `**`) or `-`."""
    number = starred_lines(text) + sum(line.lstrip().startswith("-") for line in text.split("\n"))
    return "" if number == num_bullets else f"{number} bullet points, not {num_bullets}"


def starred_lines(text: str) -> int:
    """Lines that start with `* ` (not `**`)."""
    lines = [line.lstrip() for line in text.split("\n")]
    stars, at = 0, 0
    while at < len(lines):
        if lines[at].startswith("*") and lines[at][1:2] != "*":
            empty = len(lines[at]) == 1  # as in the reference, a lone star is a point together with the line below
            stars += not empty or at + 1 < len(lines)
            at += empty
        at += 1
    return stars


def constrained_response(text: str) -> str:
    """One of IFEval's three fixed answers stands in the text."""
    return "" if any(answer in text for answer in _FIXED_ANSWERS) else "none of the fixed answers"


def number_highlighted_sections(text: str, *, num_highlights: int) -> str:
    """At least so many `*highlights*`; a bold one is found twice when another stands in the same line (reference)."""
    number = sum(bool(found.strip("*").strip()) for found in _HIGHLIGHT.findall(text))
    number += sum(bool(found[2:-2].strip()) for found in _DOUBLE_HIGHLIGHT.findall(text))
    return "" if number >= num_highlights else f"{number} highlights, not at least {num_highlights}"


def multiple_sections(text: str, *, section_spliter: str, num_sections: int) -> str:
    """At least so many headings such as "Section 1"."""
    number = len(re.findall(rf"{re.escape(section_spliter)}\s?\d+", text))
    return "" if number >= num_sections else f"{number} sections, not at least {num_sections}"


def json_format(text: str) -> str:
    """The whole text is JSON, also in a code fence."""
    text = text.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        text = text.removeprefix(fence)
    try:
        json.loads(text.removesuffix("```").strip())
    except (ValueError, RecursionError) as error:
        return f"not JSON: {error}"
    return ""


def title(text: str) -> str:
    """A title in `<<double angle brackets>>`."""
    for line in text.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if start >= 0 and end - start > 2 and line[start : end + 2].lstrip("<").rstrip(">").strip():
            return ""
    return "no <<title>>"


def postscript(text: str, *, postscript_marker: str) -> str:
    """A postscript with this marker stands somewhere, in any case."""
    marker = postscript_marker.strip()
    pattern = _POSTSCRIPTS.get(marker) or re.compile(re.escape(marker.lower()))
    return "" if pattern.search(text.lower()) else f"no '{marker}'"


def two_responses(text: str) -> str:
    """Two different responses with `******` between them."""
    parts = text.split("******")
    if any(not part.strip() for part in parts[1:-1]):
        return "an empty response between two ******"
    responses = [part.strip() for part in parts if part.strip()]
    if len(responses) != 2:
        return f"{len(responses)} responses, not 2"
    return "both responses are the same" if responses[0] == responses[1] else ""


def repeat_prompt(text: str, *, prompt_to_repeat: str) -> str:
    """The text starts with the given one, in any case."""
    return "" if text.strip().lower().startswith(prompt_to_repeat.strip().lower()) else "does not repeat the prompt"


def end_checker(text: str, *, end_phrase: str) -> str:
    """The text ends with the given phrase, in any case, also inside of quotes."""
    ends = text.strip().strip('"').lower().endswith(end_phrase.strip().lower())
    return "" if ends else f"does not end with '{end_phrase.strip()}'"


def quotation(text: str) -> str:
    """The whole text stands in double quotes."""
    text = text.strip()
    return "" if len(text) > 1 and text[0] == text[-1] == '"' else "not wrapped in double quotes"
