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
    """Values that no file of a run could hold: numbers that are none, and halves of characters."""
    if isinstance(node.value, dict | list):
        for inner in node.value.values() if isinstance(node.value, dict) else node.value:
            yield from _unfit(inner)
    elif isinstance(node.value, float) and not isfinite(node.value):
        yield f"{node.place}: a setting is a finite number (got {node.value}); leave out a limit that is none"
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
    got = "not shown: it may be a key" if loc[-1:] == ("api_key_env",) else _short(error["input"])
    if error["type"] == "extra_forbidden":
        nearest = did_you_mean(str(loc[-1]), known)
        return f"{place}: unknown key '{loc[-1]}'{nearest} (got {got})"
    if error["type"] == "missing":
        return f"{place}: key '{where}' is missing"
    message = re.sub(r"^Value error, ", "", error["msg"])
    if error["type"] in ("bool_type", "bool_parsing"):
        message = "write true or false"
    if where == "name" and error["type"] == "string_pattern_mismatch":
        message = "a name has letters, digits, dots, dashes and underscores, and begins with a letter or digit"
    return f"{place}: {where}: {message[:1].lower() + message[1:]} (got {got})"


def _short(value: Any, *, escaped: bool = False) -> str:
    text = json.dumps(value, ensure_ascii=escaped, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
