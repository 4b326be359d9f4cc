"""Find the program in a completion.

The caller only cuts text here, in linear time; parsing it is left to the sandbox, where a parser of hostile text
belongs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rewards.extract import strip_thinking

PYTHON = frozenset({"python", "python3", "py", "python2", "pycon", "ipython"})
_FENCE = re.compile(r"([ ]*)(`{3,}|~{3,})([ \t]*)([\w+#.-]*)")
_LEFT, _RIGHT = ("<answer>", "[BEGIN]", "<code>"), ("</answer>", "[DONE]", "</code>")
_CODE = re.compile(
    r"(?:async[ ]+def|def|class|import|from[ ]+\S+[ ]+import|if|for|while|with|try|except|finally|else|elif|return|del"
    r"|global|raise|assert|pass|break|continue|print)\b|[#@)\]}\"']"
    r"|[\w.\[\], ]{1,200}(?:[-+*/%&|^]|//|\*\*)?=|[\w.]{1,200}\("
)


def blocks(text: str) -> Iterator[tuple[str, str]]:
    r"""Fenced code blocks in order, as (language, code). A last block that is not closed runs to the end.

    A fence may be indented, as in an item of a list; its lines lose as much. Words behind a closing fence are none of
    the code.

    >>> list(blocks("So:\n```python\nx = 1\n```\nDone."))
    [('python', 'x = 1\n')]
    """
    fence = language = ""
    indent = 0
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        match = _FENCE.match(line)
        if not fence:
            if match:
                indent, fence, language, lines = len(match[1]), match[2], match[4].lower(), []
        elif match and match[2].startswith(fence) and len(match[1]) <= indent + 3 and (match[3] or not match[4]):
            yield language, "".join(lines)
            fence = ""
        else:
            lines.append(line[min(indent, len(line) - len(line.lstrip(" "))) :])
    if fence:
        yield language, "".join(lines)


def defines(code: str, name: str) -> bool:
    """Whether code seems to define a function, class or variable of this name at its top level."""
    pattern = rf"^(?:(?:async[ ]+)?def|class)[ ]+{re.escape(name)}\b|^{re.escape(name)}[ ]*="
    return bool(name) and re.search(pattern, code, re.MULTILINE) is not None


def extract(completion: str, name: str = "") -> tuple[str, bool]:
    """The code of a completion, and whether it stood in a fence.

    The last fenced Python block (else the last without a language), the last of those that define `name` if any does;
    without a fence the text itself, inside its last <answer>, <code> or [BEGIN] mark if it has one. Thinking is left
    out.
    """
    text = strip_thinking(completion).removeprefix("\ufeff")
    found = list(blocks(text))
    if found:
        python = [code for language, code in found if language in PYTHON]
        plain = [code for language, code in found if not language]
        chosen = python or plain or [code for _, code in found]
        defining = [code for code in chosen if defines(code, name)]
        return (defining or chosen)[-1], True
    for left, right in zip(_LEFT, _RIGHT, strict=True):
        _, mark, inner = text.rpartition(left)
        if mark:
            return inner.partition(right)[0], False
    return text, False


def programs(completion: str, prompt: str, name: str) -> tuple[str, ...]:
    """The programs a completion may stand for, best first; the sandbox runs the first that compiles.

    prompt: code the completion continues (HumanEval), or nothing. A completion that defines `name` follows the prompt's
    own stub (its imports and helpers are needed), or stands alone if the prompt breaks off; one that does not is the
    body of the stub, whose indentation may have been lost. Without a fence, prose may stand before and after the code.
    """
    code, fenced = extract(completion, name)
    texts = (code,) if fenced else _without_prose(code)
    return tuple(dict.fromkeys(program for text in texts for program in _placed(text, prompt, name, fenced=fenced)))


def _placed(code: str, prompt: str, name: str, *, fenced: bool) -> tuple[str, ...]:
    if not prompt:
        return (code, _dedent(code)) if code[:1].isspace() else (code,)
    if defines(code, name):
        return prompt.rstrip() + "\n\n\n" + code, code
    body = "".join(f"    {line}" for line in code.splitlines(keepends=True))
    first = prompt + "    " + code.lstrip()
    return (
        (prompt + "\n" + code, prompt + "\n" + body, first) if fenced else (prompt + code, first, prompt + "\n" + body)
    )


def _without_prose(text: str) -> tuple[str, ...]:
    r"""A text, the same from its first line that looks like code, and up to the first after it that does not.

    >>> _without_prose("It adds:\n\nx = 1\n\nDone.\n")[-1]
    'x = 1\n\n'
    """
    lines = text.splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if line.strip() and _like_code(line)), 0)
    prose = (number for number in range(start, len(lines)) if not _like_code(lines[number]))
    end = next(prose, len(lines))
    return tuple(dict.fromkeys((text, "".join(lines[start:]), "".join(lines[start:end]))))


def _like_code(line: str) -> bool:
    return line[:1].isspace() or _CODE.match(line) is not None


def _dedent(code: str) -> str:
    from textwrap import dedent

    return dedent(code.strip("\n"))
