"""JSON schema validation, run in a worker that can be killed: a schema may hold any regular expression.

jsonschema is imported on first use. Nothing is ever fetched: a `$ref` outside of the schema cannot be resolved.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from rewards.base import RewardError
from rewards.formats import FORMATS

TIMEOUT_S = 2.0
MAX_PROBLEMS = 5
TYPES = {  # names of Python types, as tool lists of BFCL, xLAM and others write them
    "dict": "object", "str": "string", "int": "integer", "float": "number", "double": "number", "long": "integer",
    "bool": "boolean", "list": "array", "tuple": "array", "set": "array", "none": "null",
}  # fmt: skip
JSON_TYPES = frozenset(("object", "string", "integer", "number", "boolean", "array", "null"))
MAX_DEPTH = 32


def validate(instances: list[tuple[Any, Any]], *, formats: bool = True) -> list[list[str]]:
    """What is wrong with each (schema, value), in a worker with a deadline.

    formats: check `format` (date, email, ...) too; tool lists use it loosely, as the specification allows.

    Raises rewards.pool.CallFailed: TimedOut, or a schema that is none.

    >>> validate([({"type": "integer"}, "x")])
    [["the document: 'x' is not of type 'integer'"]]
    """
    from rewards.pool import call

    found: list[list[str]] = call("rewards.schemas:problems", (instances, formats), timeout_s=TIMEOUT_S)
    return found


def problems(instances: list[tuple[Any, Any]], formats: bool = True) -> list[list[str]]:
    """The problems of each (schema, value), at most MAX_PROBLEMS of each. Raises RewardError for a bad schema."""
    return [_problems(schema, value, formats) for schema, value in instances]


def plain_schema(schema: Any, depth: int = 0) -> Any:
    """A tool's parameter schema with the JSON names of types; unknown type names hold anything.

    >>> plain_schema({"type": "dict", "properties": {"n": {"type": "int, optional"}}})
    {'type': 'object', 'properties': {'n': {'type': 'integer'}}}
    """
    if depth > MAX_DEPTH:
        raise RewardError(f"a schema nested deeper than {MAX_DEPTH}")
    if isinstance(schema, list):
        return [plain_schema(part, depth + 1) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    plain = {key: plain_schema(value, depth + 1) for key, value in schema.items() if key not in ("default", "enum")}
    plain |= {key: schema[key] for key in ("default", "enum") if key in schema}
    kind = plain.get("type")
    if isinstance(kind, str):
        word = kind.split(",")[0].split("[")[0].strip().lower()
        word = TYPES.get(word, word)
        plain["type"] = word
        if word not in JSON_TYPES:
            del plain["type"]
    if plain.get("required") is True or plain.get("required") is False:  # xLAM marks the property itself
        del plain["required"]
    return plain


def _problems(schema: Any, value: Any, formats: bool) -> list[str]:
    try:
        from jsonschema import FormatChecker
        from jsonschema.exceptions import SchemaError
        from jsonschema.validators import Draft202012Validator, validator_for
        from referencing import Registry
        from referencing.exceptions import Unresolvable
    except ImportError as error:
        raise RewardError("this reward needs jsonschema: pip install jsonschema") from error

    kind = validator_for(schema, default=Draft202012Validator)
    try:
        kind.check_schema(schema)
        checker = FormatChecker()
        for name, check in FORMATS.items():
            checker.checks(name)(check)
        validator = kind(schema, registry=Registry(), format_checker=checker if formats else None)
        wrong = list(islice(validator.iter_errors(value), MAX_PROBLEMS))
    except SchemaError as error:
        raise RewardError(f"the schema is not valid: {error.message[:120]}") from None
    except Unresolvable as error:
        raise RewardError(f"the schema refers to what it does not hold: {str(error)[:120]}") from None
    except RecursionError:
        raise RewardError("the schema refers to itself without end") from None
    return [f"{_place(problem)}: {problem.message[:120]}" for problem in wrong]


def _place(problem: Any) -> str:
    return "/".join(str(part) for part in problem.absolute_path) or "the document"
