"""What is wrong with the values of a document, as lines to act on: place, what is wrong, nearest word, what was got."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from math import isfinite
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from curate.document import Node
from curate.errors import did_you_mean

Loc = tuple[str | int, ...]

SURROGATE = re.compile("[\ud800-\udfff]")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
A_NAME = "a name has letters, digits, dots, dashes and underscores, and begins with a letter or digit"
"""Names of recipes, profiles and engines: they name folders too."""
_SECRET_KEY = re.compile(r"(?i)api_?key|secret|passw|credential|(^|_)token$")
_SECRET = re.compile(r"\b(sk-|hf_|gh[pousr]_|xox[a-z]-|AKIA|eyJ)[A-Za-z0-9_./+-]{6,}|(?<=//)[^/@\s\"]+(?=@)")
_WRITE = {
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "int_parsing": "write a whole number",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "dict_type": "write a mapping, {key: value}",
}
"""What to do about the commonest of pydantic's errors, whose own words are those of Python's types."""


def validate(model: type[Any], node: Node, mistakes: list[str], known: list[str] | None = None) -> Any:
    """`model` from `node`, or None and its mistakes.

    Validated as strict JSON: a number is not a string, the word `no` is not a truth value.
    """
    unfit = list(_unfit(node))
    if unfit:
        mistakes.extend(unfit)
        return None
    try:
        return model.model_validate_json(json.dumps(node.plain()), strict=True)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
    for error in errors:
        loc = error["loc"]
        if error["type"] == "too_short" and any(other["loc"][: len(loc)] == loc != other["loc"] for other in errors):
            continue  # pydantic counts only the items that are right; those that are wrong have a line of their own
        mistakes.append(_mistake(error, node, known if known and len(loc) == 1 else _fields_at(model, loc[:-1])))
    return None


def _unfit(node: Node) -> Iterator[str]:
    """Values that no file of a run could hold: numbers that are none or too large, and halves of characters."""
    if isinstance(node.value, dict | list):
        for inner in node.value.values() if isinstance(node.value, dict) else node.value:
            yield from _unfit(inner)
    elif isinstance(node.value, float) and not isfinite(node.value):
        yield f"{node.place}: a setting is a finite number (got {node.value}); leave out a limit that is none"
    elif isinstance(node.value, int) and not -(2**63) <= node.value < 2**63:
        yield f"{node.place}: a whole number of more than 64 bits (got {node.value:,})"
    elif isinstance(node.value, str) and not node.value.isascii() and SURROGATE.search(node.value):
        yield f"{node.place}: a text with half a character, a lone surrogate (got {_short(node.value, escaped=True)})"


def _fields_at(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that may stand at `loc` inside a model; none where that is no model."""
    for part in loc:
        if isinstance(part, int):
            continue
        if part not in model.model_fields:
            return []
        inside = _model_in(model.model_fields[part].annotation)
        if inside is None:
            return []
        model = inside
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that an annotation names: itself, or inside `X | None`, `tuple[X, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def without_mistakes(model: type[Any], node: Node) -> Any:
    """`model` from the right keys of a wrong `node`, or None: so that the names it uses are checked as well."""
    if any(_unfit(node)):
        return None
    try:
        return model.model_validate_json(json.dumps(node.plain()), strict=True)
    except ValidationError as invalid:
        wrong = {error["loc"][0] for error in invalid.errors(include_url=False) if error["loc"]}
    right = Node({key: value for key, value in node.value.items() if key not in wrong}, node.place)
    return validate(model, right, []) if wrong else None


def _mistake(error: Any, node: Node, known: list[str]) -> str:
    loc: Loc = tuple(part for part in error["loc"])
    place, where = node.place_of(loc), ".".join(str(part) for part in loc)
    is_secret = isinstance(error["input"], str) and loc and _SECRET_KEY.search(str(loc[-1]))
    got = "not shown: it may be a key" if is_secret else _short(error["input"])
    if error["type"] == "extra_forbidden":
        nearest = did_you_mean(str(loc[-1]), known)
        return f"{place}: unknown key '{loc[-1]}'{nearest} (got {got})"
    if error["type"] == "missing":
        return f"{place}: key '{where}' is missing"
    if error["type"] == "literal_error" and isinstance(error["input"], str):
        words = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        return f"{place}: unknown {loc[-1]} '{error['input']}'{did_you_mean(error['input'], words)}"
    if not loc:  # of the whole entry, which says by itself what is wrong of it
        return f"{place}: {_wrong(error, where)}"
    return f"{place}: {where}: {_wrong(error, where)} (got {got})"


def _wrong(error: Any, where: str) -> str:
    kind, given = error["type"], error["input"]
    if kind in _WRITE:
        return _WRITE[kind]
    if kind == "string_type":
        return f"write text, in quotes: {_short(str(given))}" if isinstance(given, int | float) else "write text"
    if kind in ("tuple_type", "list_type"):
        return f"write a list: [{given}]" if isinstance(given, str) and len(given) < 40 else "write a list"
    if kind == "too_short":
        return f"give at least {error['ctx']['min_length']}"
    if where == "name" and kind == "string_pattern_mismatch":
        return A_NAME if "." in error["ctx"]["pattern"] else A_NAME.replace(" dots,", "")
    if where == "api_key_env" and kind == "string_pattern_mismatch":
        return "give the name of an environment variable, in upper case, as OPENAI_API_KEY"
    message = re.sub(r"^Value error, ", "", error["msg"])
    return message[:1].lower() + message[1:]


def _short(value: Any, *, escaped: bool = False) -> str:
    text = _SECRET.sub("[not shown]", json.dumps(value, ensure_ascii=escaped, default=str))
    return text if len(text) <= 80 else text[:77] + "..."
