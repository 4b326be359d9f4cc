r"""LaTeX or plain text -> tokens, in one pass and without changing what was written.

A token is `(kind, value, spaced)`; spaced says whether white space came before it. Kinds:

    num    digits as written            `1\,234.5`
    name   one variable or constant     x, theta, pi
    func   a named function             sin, sqrt, frac
    word   letters that are no product  and, metres, Tuesday
    text   inside \text{...}
    op     everything else; LaTeX and plain spellings of one thing are one op
    env    \begin{...}, value is the environment's name; `endenv` likewise
    end    after the last
"""

from __future__ import annotations

import re

from rewards.mathematics.notation import PRINTED, SETS
from rewards.mathematics.respelling import respelled
from rewards.mathematics.tokens import RARE_TOKEN, TOKEN
from rewards.mathematics.tree import MAX_CHARS, MAX_DIGITS, MAX_TOKENS, Beyond, Unreadable
from rewards.mathematics.vocabulary import (
    BEYOND,
    BLACKBOARD,
    CONNECTORS,
    DROPPED,
    FUNCTIONS,
    GLUED,
    MACRO_FUNCTIONS,
    NAMES,
    ONLY_CALLED,
    OP_SPELLINGS,
    OPS,
    PLAIN_FUNCTIONS,
    PLAIN_NAMES,
    SKIPPED,
    TEXT_MACROS,
    is_product,
)

Token = tuple[str, str, bool]

_CALLED = re.compile(r"\s*(?:\\left\s*)?\(")
_INDEX = re.compile(r"\d+(?=\\[,;!: ]|[ ,])")
_NUMBER_FIRST = re.compile(r"[-+]?\d[\d.,]*\s*[A-Za-z%]")
_NUMERIC_TEXT = re.compile(r"(?:[\s\d.,/%+-]*\d[\s\d.,/%+-]*|\s*\(\s*mod\s*\d+\s*\)\s*)\Z")
_JOINED = re.compile(r"\s*([A-Za-z ]*[A-Za-z]),?\s+(and|or)\s*")  # 5\text{ adults and } 7
_RARE_SIGNS = frozenset("U'_&|")  # of what few answers have and costs the others time
_RARE = ("x10", "x 10", "0x", "0X", "0b", "0o")
_PREFIXES = {"k": "k", "M": "M", "m": "m", "G": "G", "mu": "μ"}
_OPENING = frozenset({"(", "[", "\\{"})
_CLOSING = frozenset({")", "]", "\\}"})


def lex(text: str) -> list[Token]:
    r"""The tokens of an answer, ending in one of kind `end`.

    Raises Unreadable for text beyond the limits, Beyond for macros this grammar does not know.

    >>> lex(r"\dfrac12 x")[:3]
    [('func', 'frac', False), ('num', '12', False), ('name', 'x', True)]
    """
    if len(text) > MAX_CHARS:
        raise Unreadable(f"longer than {MAX_CHARS} characters")
    rare = not text.isascii() or not _RARE_SIGNS.isdisjoint(text)
    rare = rare or ("0" in text and any(sign in text for sign in _RARE))
    if rare:
        text = respelled(text)
    tokens: list[Token] = []
    python = "*" in text  # sympy's spelling: I and E are constants
    position, spaced, depth = 0, False, 0
    match_token, length = (RARE_TOKEN if rare else TOKEN).match, len(text)
    while position < length:
        match = match_token(text, position)
        assert match is not None  # the last alternative takes any character
        kind, position = match.lastgroup, match.end()
        if kind == "space":
            spaced = True
            continue
        value = match.group()
        if kind == "int" and len(value) <= MAX_DIGITS:
            tokens.append(("num", value, spaced))
        elif kind == "char":
            depth += (value in _OPENING) - (value in _CLOSING)
            tokens.append(("op", value, spaced))
        elif kind == "op":
            depth += (value in _OPENING) - (value in _CLOSING)
            value = "newrow" if value.startswith("\\\\") else OP_SPELLINGS.get(value, value)
            if value not in DROPPED:
                tokens.append(("op", value, spaced))
        elif kind in ("int", "num"):
            position -= len(value) - _number(value, tokens, spaced=spaced, nested=depth > 0)
        elif kind == "word":
            called = text[position : position + 1] in ("(", "{", "[")
            _word(value, tokens, spaced=spaced, python=python, called=called)
        else:
            position = _macro(match.group("macro"), text, position, spaced, tokens)
        spaced = False
        if len(tokens) > MAX_TOKENS:
            raise Unreadable(f"more than {MAX_TOKENS} tokens")
    tokens.append(("end", "", False))
    return tokens


def _number(digits: str, tokens: list[Token], *, spaced: bool, nested: bool) -> int:
    r"""Append a number; give back how many of its characters it took. `\log_2 125`: an index ends before a space."""
    script = _INDEX.match(digits) if tokens and tokens[-1][1] in ("_", "^") else None
    digits = script.group() if script else digits
    if len(digits) > MAX_DIGITS:
        raise Unreadable(f"a number of more than {MAX_DIGITS} digits")
    if nested and "," in digits and "{" not in digits and "\\" not in digits:
        for index, part in enumerate(digits.split(",")):  # in brackets a comma separates: (1,234)
            tokens.extend([("op", ",", False)] * bool(index) + [("num", part, spaced)])
    else:
        tokens.append(("num", digits, spaced))
    return len(digits)


def _word(letters: str, tokens: list[Token], *, spaced: bool, python: bool, called: bool) -> None:
    if letters in SETS or (called and letters in PRINTED):
        tokens.append(("name", SETS[letters], spaced) if letters in SETS else ("func", letters, spaced))
        return
    letters = letters.replace(".", "")  # 3:45 p.m.
    if len(letters) == 1:
        tokens.append(("name", letters.lower() if python and letters in "IE" else letters, spaced))
    elif letters in PLAIN_FUNCTIONS and (called or letters not in ONLY_CALLED):
        tokens.append(("func", PLAIN_FUNCTIONS[letters], spaced))
    elif letters == "mod":
        _operator("mod", tokens, spaced=spaced)
    elif letters in PLAIN_NAMES:
        tokens.append(("name", PLAIN_NAMES[letters], spaced))
    elif letters.lower() in CONNECTORS:
        tokens.append(("op", letters.lower(), spaced))
    elif letters not in ONLY_CALLED and is_product(letters):
        tokens.extend(("name", letter, spaced and not index) for index, letter in enumerate(letters))
    else:
        tokens.append(("word", letters, spaced))


def _operator(value: str, tokens: list[Token], *, spaced: bool) -> None:
    r"""Append an operator; `mod` behind a bracket is the `\pmod` of that bracket: `3 (mod 7)`."""
    if value == "mod" and tokens and tokens[-1][1] == "(":
        tokens[-1:] = [("op", "pmod", spaced), ("op", "(", False)]
    else:
        tokens.append(("op", value, spaced))


def _macro(name: str, text: str, position: int, spaced: bool, tokens: list[Token]) -> int:
    """Append the tokens of a macro; give back where to read on."""
    if name in SKIPPED:
        return position + (name in ("left", "right") and text[position : position + 1] == ".")
    if name in ("color", "textcolor", "phantom", "vphantom", "hphantom"):
        return _argument(text, position)[1]
    if name == "not" and text[position : position + 1] == "=":
        tokens.append(("op", "!=", spaced))
        return position + 1
    if name == "Omega" and not text[position:].strip(" }$)") and _unit_prefix(tokens, spaced=spaced):
        return position
    if name in ("zeta", "Gamma") and _CALLED.match(text, position):
        tokens.append(("func", name.lower(), spaced))
        return position
    if name in OPS:
        _operator(OPS[name], tokens, spaced=spaced)
    elif name in NAMES:
        tokens.append(("name", NAMES[name], spaced))
    elif name in FUNCTIONS:
        tokens.append(("func", FUNCTIONS[name], spaced))
    elif name in MACRO_FUNCTIONS:
        tokens.append(("func", MACRO_FUNCTIONS[name], spaced))
    elif name in TEXT_MACROS or name in ("begin", "end", "mathbb", "boxed", "fbox", "dot", "ddot"):
        content, position = _argument(text, position)
        _braced(name, content, spaced, tokens)
    else:
        known = max((n for n in GLUED if name.startswith(n) and len(name) <= len(n) + 2), key=len, default="")
        if not known or name in BEYOND:
            raise Beyond(f"\\{name} is not covered")
        position = _macro(known, text, position - len(name) + len(known), spaced, tokens)  # `\lex` is `\le x`
    return position


def _unit_prefix(tokens: list[Token], *, spaced: bool) -> bool:
    r"""Whether `\Omega` stands behind a number, and so for ohms; it joins the prefix before it: `5 k\Omega`."""
    kinds = [kind for kind, _, _ in tokens[-2:]]
    if kinds[-1:] == ["num"]:
        tokens.append(("word", "Ω", spaced))
    elif kinds == ["num", tokens[-1][0]] and tokens[-1][1].strip() in _PREFIXES:
        tokens[-1] = ("word", _PREFIXES[tokens[-1][1].strip()] + "Ω", True)
    else:
        return False
    return True


def _braced(name: str, content: str, spaced: bool, tokens: list[Token]) -> None:
    """The tokens of a macro with its argument."""
    content = content.strip()
    if name in ("begin", "end"):
        tokens.append(("env" if name == "begin" else "endenv", content.rstrip("*"), spaced))
    elif name == "mathbb":
        tokens.append(("name", BLACKBOARD.get(content, content), spaced))
    elif name in ("boxed", "fbox"):
        tokens.extend(lex(content)[:-1])
    elif name in ("dot", "ddot"):
        if not content.removeprefix("\\").isalnum():
            raise Beyond(f"\\{name}{{{content}}}")
        tokens.append(("name", f"{name} {content}", spaced))
    elif content:
        _text(name, content, spaced, tokens)


def _text(name: str, content: str, spaced: bool, tokens: list[Token]) -> None:
    r"""The tokens of \text{...}: a number, a connector or a function in roman type is what it says."""
    constant = name in ("mathrm", "operatorname") and content in ("i", "e", "d")
    after_number = bool(tokens) and tokens[-1][0] == "num"
    connector = content.lower().strip(" ,;")
    if connector in CONNECTORS or connector == "mod":
        _operator(connector, tokens, spaced=spaced)
    elif after_number and (joined := _JOINED.fullmatch(content)):
        tokens.append(("text", joined[1], spaced))
        _operator(joined[2].lower(), tokens, spaced=True)
    elif content in FUNCTIONS and not (content in ONLY_CALLED and after_number):
        tokens.append(("func", FUNCTIONS[content], spaced))
    elif not content.strip("$€£¥₹₩\\ "):
        return  # a sign of currency
    elif connector in ("const.", "const", "constant") and tokens and tokens[-1][1] in ("+", "="):
        tokens.append(("name", "C", spaced))
    elif content in PRINTED and name == "operatorname":
        tokens.append(("func", content, spaced))
    elif constant or _NUMERIC_TEXT.match(content) or (not tokens and _NUMBER_FIRST.match(content)):
        tokens.extend(lex(content)[:-1])
    else:
        tokens.append(("text", content, spaced))


def _argument(text: str, position: int) -> tuple[str, int]:
    """The content of the braces at `position` and where they end; one character without braces."""
    while position < len(text) and text[position] == " ":
        position += 1
    if position >= len(text) or text[position] != "{":
        return text[position : position + 1], min(position + 1, len(text))
    depth = 0
    for end in range(position, len(text)):
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return text[position + 1 : end], end + 1
    raise Unreadable("unbalanced braces")
