"""Rules on columns: `score.math == 1 and finish_reason == "stop"`, read as a small language, never evaluated as code.

A rule is a comparison of columns, numbers, strings and lists, joined by `and`, `or`, `not`. Columns are written as they
are called, dots included; any other name goes into `column("...")`. There is `in`, `is None`, `+ - * / %`, and:
`length(x)` in characters, `words(x)`, `lower(x)`, `contains(x, "text")`, `matches(x, "regex")` (linear-time regular
expressions), `abs(x)`, `min(a, b)`, `max(a, b)`.

A rule that cannot be told for a row (a value is null) does not hold, and the reason names the null columns.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from typing import Any

import polars as pl

from curate.errors import did_you_mean

MAX_CHARACTERS = 2_000
MAX_DEPTH = 40
ASSIGNED = re.compile(r"(?<![=<>!])=(?!=)")
"""What most people write first for `==`."""


class RuleError(ValueError):
    """A rule that cannot be read: what was got, and the nearest right thing."""


@dataclass(frozen=True)
class Rule:
    """A rule, read. text: as written. columns: what it looks at, in order of appearance."""

    text: str
    columns: tuple[str, ...]
    _tree: ast.expr

    def expression(self) -> pl.Expr:
        """The rule as a polars expression over its columns: true, false, or null."""
        return _Reader(self.text).expression(self._tree)

    def broken_by_null(self) -> pl.Expr:
        """The names of the rule's columns that are null in a row, joined by commas; "" when none is."""
        names = [pl.when(pl.col(name).is_null()).then(pl.lit(name)) for name in self.columns]
        return pl.concat_str(names, separator=", ", ignore_nulls=True) if names else pl.lit("")

    def reason(self) -> pl.Expr:
        """Null where the rule holds, else why not: the rule, and which of its columns are null."""
        holds, nulls, text = self.expression(), self.broken_by_null(), pl.lit(self.text)
        because = pl.format("{} ({} is null)", text, nulls)
        return pl.when(holds).then(None).when(holds.is_null() & (nulls != "")).then(because).otherwise(text)


def read_rule(text: str) -> Rule:
    """Read a rule. Raises RuleError saying what is wrong with it.

    >>> read_rule("score.math == 1 and words(completion) < 200").columns
    ('score.math', 'completion')
    >>> read_rule("word(completion) < 3")
    Traceback (most recent call last):
    curate.rules.RuleError: unknown function 'word'; did you mean 'words'?
    """
    if len(text) > MAX_CHARACTERS:
        raise RuleError(f"a rule has at most {MAX_CHARACTERS:,} characters (got {len(text):,})")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as broken:
        what = broken.msg if isinstance(broken, SyntaxError) else str(broken)
        what += "; equal is written ==" if ASSIGNED.search(text) else ""
        raise RuleError(f"not a rule: {what}; write for example score.math == 1 and finish_reason == 'stop'") from None
    if not isinstance(
        tree, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Call | ast.Name | ast.Attribute | ast.Constant
    ):
        raise RuleError("a rule is a comparison, or comparisons joined by and, or, not")
    reader = _Reader(text)
    try:
        reader.expression(tree)
    except pl.exceptions.PolarsError as broken:
        raise RuleError(f"not a rule: {broken}") from None
    return Rule(text.strip(), tuple(dict.fromkeys(reader.columns)), tree)


def misfits(rules: Iterable[str], types: Mapping[str, pl.DataType]) -> Iterator[str]:
    """Rules that compare what cannot be compared, or are a value and no rule; only columns of `types` are looked at."""
    for rule in map(read_rule, rules):
        if not types.keys() >= set(rule.columns):
            continue
        columns = {name: types[name] for name in sorted(rule.columns)}
        try:
            pl.DataFrame(schema=columns).select(rule.reason())
        except pl.exceptions.PolarsError as broken:
            told = ", ".join(f"{name} is {kind}" for name, kind in columns.items())
            yield f"'{rule.text}' does not fit its columns ({told}): {str(broken).splitlines()[0]}"


def _length(value: pl.Expr) -> pl.Expr:
    return value.str.len_chars()


def _words(value: pl.Expr) -> pl.Expr:
    return value.str.count_matches(r"\S+")


_FUNCTIONS: dict[str, tuple[int, Callable[..., pl.Expr]]] = {
    "abs": (1, lambda value: value.abs()),
    "contains": (2, lambda value, text: value.str.contains(text, literal=True)),
    "length": (1, _length),
    "lower": (1, lambda value: value.str.to_lowercase()),
    "matches": (2, lambda value, pattern: value.str.contains(pattern, literal=False)),
    "max": (2, pl.max_horizontal),
    "min": (2, pl.min_horizontal),
    "words": (1, _words),
}
_COMPARE: dict[type[ast.cmpop], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    ast.Eq: lambda left, right: left == right,
    ast.NotEq: lambda left, right: left != right,
    ast.Lt: lambda left, right: left < right,
    ast.LtE: lambda left, right: left <= right,
    ast.Gt: lambda left, right: left > right,
    ast.GtE: lambda left, right: left >= right,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    ast.Add: lambda left, right: left + right,
    ast.Sub: lambda left, right: left - right,
    ast.Mult: lambda left, right: left * right,
    ast.Div: lambda left, right: left / right,
    ast.Mod: lambda left, right: left % right,
}


class _Reader:
    """Walks the tree of one rule; anything it does not know is a RuleError."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.columns: list[str] = []
        self.depth = 0

    def expression(self, node: ast.expr) -> pl.Expr:
        self.depth += 1
        if self.depth > MAX_DEPTH * 10:
            raise RuleError(f"a rule has at most {MAX_DEPTH * 10} parts")
        match node:
            case ast.BoolOp(op=ast.And()):
                return reduce(lambda left, right: left & right, map(self.expression, node.values))
            case ast.BoolOp():
                return reduce(lambda left, right: left | right, map(self.expression, node.values))
            case ast.UnaryOp(op=ast.Not()):
                return ~self.expression(node.operand)
            case ast.UnaryOp(op=ast.USub()):
                return -self.expression(node.operand)
            case ast.Compare():
                return self._comparison(node)
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                return _ARITHMETIC[type(node.op)](self.expression(node.left), self.expression(node.right))
            case ast.Call():
                return self._call(node)
            case ast.Constant(value=bool() | int() | float() | str() | None as value):
                return pl.lit(value)
            case ast.Name() | ast.Attribute():
                return self._column(_dotted(node))
        raise RuleError(f"'{ast.unparse(node)[:60]}' is not part of a rule")

    def _comparison(self, node: ast.Compare) -> pl.Expr:
        parts, left = [], node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            parts.append(self._compare(left, op, right))
            left = right
        return reduce(lambda one, other: one & other, parts)

    def _compare(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> pl.Expr:
        if isinstance(op, ast.In | ast.NotIn):
            found = self.expression(left).is_in(_constants(right))
            return found if isinstance(op, ast.In) else ~found
        if isinstance(op, ast.Is | ast.IsNot):
            if not (isinstance(right, ast.Constant) and right.value is None):
                raise RuleError("'is' only stands before None; write == for values")
            return self.expression(left).is_null() if isinstance(op, ast.Is) else self.expression(left).is_not_null()
        return _COMPARE[type(op)](self.expression(left), self.expression(right))

    def _call(self, node: ast.Call) -> pl.Expr:
        name = _dotted(node.func)
        if name == "column":
            return self._column(*_constants(ast.Tuple(elts=node.args)))
        if name not in _FUNCTIONS:
            raise RuleError(f"unknown function '{name}'{did_you_mean(name, [*_FUNCTIONS, 'column'])}")
        count, function = _FUNCTIONS[name]
        if len(node.args) != count or node.keywords:
            raise RuleError(f"{name} takes {count} argument{'s' * (count > 1)} (got {len(node.args)})")
        if name == "matches":
            _check_pattern(node.args[1])
        return function(*map(self.expression, node.args))

    def _column(self, name: Any = None, *_more: Any) -> pl.Expr:
        if not isinstance(name, str) or _more:
            raise RuleError('column takes the name of one column, for example column("my column")')
        self.columns.append(name)
        return pl.col(name)


def _check_pattern(node: ast.expr) -> None:
    """Refuse a regular expression that polars' linear-time engine does not read, before any row meets it."""
    try:
        pl.select(pl.lit("").str.contains(str(ast.literal_eval(node)), literal=False))
    except (ValueError, pl.exceptions.PolarsError) as broken:
        why = " ".join(str(broken).partition("This error occurred")[0].split())
        raise RuleError(f"not a regular expression: {why[:200]}") from None


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    raise RuleError(f"'{ast.unparse(node)[:60]}' is not a column")


def _constants(node: ast.expr) -> list[Any]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        with suppress(ValueError):
            return [ast.literal_eval(item) for item in node.elts]
    raise RuleError("'in' takes a list of values, for example finish_reason in ['stop', 'length']")
