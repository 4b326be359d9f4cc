"""A place in a list of tokens, and what every rule of the grammar needs to know about it."""

from __future__ import annotations

from rewards.mathematics.lexer import Token
from rewards.mathematics.numerals import number
from rewards.mathematics.tree import MAX_DEPTH, Num, Unreadable
from rewards.mathematics.vocabulary import CONDITIONS

RELATIONS = frozenset({"=", "!=", "<", ">", "<=", ">=", "in"})
SEPARATORS = frozenset({",", ";", "and", "or", "newrow", "=>", "->"})
_CLOSERS = frozenset({")", "]", "}", "\\}", "⟩", "⌋", "⌉"})
_AFTER_NUMBER = frozenset({",", ")", "]", "}", "\\}", "&"})
_BEHIND_INTERVAL = frozenset({"∪", "∩", "∖", ",", ";", "and", "or", ")", "\\}", "}"})
_NO_CONDITION = frozenset({")", "(", "or", "±"})
_MAX_UNIT_TOKENS = 24
_UNIT_KINDS = frozenset({"word", "text", "name", "num"})
_UNIT_OPS = frozenset({"^", "*", "/", "{", "}", "-", "°", "%"})


class Cursor:
    """The token in hand (`kind`, `value`, `spaced`), how deep it is nested, and which bars are open."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.depth = 0
        self.bars = 0  # open |...|
        self.related: bool | None = None  # whether there is a relation anywhere
        self.builder = False  # inside {... | ...}: a bar or colon ends the element
        self.go_to(0)

    def advance(self) -> None:
        """Take the next token in hand."""
        self.position += 1
        try:
            self.kind, self.value, self.spaced = self.tokens[self.position]
        except IndexError:
            raise Unreadable("the answer ends too early") from None

    def go_to(self, position: int) -> None:
        """Take the token at a position in hand."""
        if position >= len(self.tokens):
            raise Unreadable("the answer ends too early")
        self.position = position
        self.kind, self.value, self.spaced = self.tokens[position]

    def peek(self, ahead: int = 1) -> Token:
        """A token further on."""
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def lone_number(self) -> Num | None:
        """A plain number that is a whole item or group, without the way through all rules; None for anything else."""
        if self.kind == "num":
            kind, value, _ = self.tokens[self.position + 1]
            if kind == "end" or (kind == "op" and value in _AFTER_NUMBER):
                node = number(self.value)
                self.advance()
                return node
        return None

    def is_op(self, *values: str) -> bool:
        """Whether the token in hand is one of these operators."""
        return self.kind == "op" and self.value in values

    def expect(self, value: str) -> None:
        """Step over an operator that must stand here."""
        if not self.is_op(value):
            raise Unreadable(f"expected '{value}', got '{self.value}'")
        self.advance()

    def nest(self) -> None:
        """Count a level of nesting. Raises Unreadable beyond MAX_DEPTH."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable(f"nested deeper than {MAX_DEPTH}")

    def ends_item(self) -> bool:
        """Whether the answer being read ends before the token in hand."""
        return self.kind in ("end", "endenv") or (
            (self.kind == "op" and (self.value in SEPARATORS or self.value in _CLOSERS or self.value == "&"))
            or (self.builder and self.is_op("|", ":"))
            or (self.is_op("[") and self.closes())
        )

    def closes(self) -> bool:
        """Whether the `[` in hand ends an interval, as in `[3, 7[`."""
        kind, value, _ = self.peek()
        return kind == "end" or (kind == "op" and value in _BEHIND_INTERVAL)

    def unit_end(self, start: int) -> int | None:
        """Where the words behind a number end, or None when what is there is no unit."""
        for position in range(start, start + _MAX_UNIT_TOKENS):
            kind, value, _ = self.tokens[min(position, len(self.tokens) - 1)]
            if kind == "end" or (kind == "op" and (value in SEPARATORS or value in (")", "]", "\\}", "&"))):
                return position
            if kind not in _UNIT_KINDS and not (kind == "op" and value in _UNIT_OPS):
                return None
        return None

    def skip_group(self) -> bool:
        """Step over a bracket with all that is in it."""
        depth = 0
        for position in range(self.position, len(self.tokens)):
            kind, value, _ = self.tokens[position]
            depth += (kind == "op" and value == "(") - (kind == "op" and value == ")")
            if not depth:
                self.go_to(position + 1)
                return True
        return False

    def skip_condition(self) -> bool:
        r"""Step over `(k \in \mathbb{Z})`: a bracket with a relation in it is a remark, unless it names a choice."""
        if self.related is None:
            self.related = any(kind == "op" and value in RELATIONS for kind, value, _ in self.tokens)
        if not self.related:
            return False
        relation = False
        for position in range(self.position + 1, len(self.tokens)):
            kind, value, _ = self.tokens[position]
            if kind == "op" and value in _NO_CONDITION:
                if value == ")" and relation:
                    self.go_to(position + 1)
                return value == ")" and relation
            relation = relation or (kind == "op" and value in RELATIONS)
        return False

    def skip_remark(self) -> bool:
        """Step over `(the positive root)`."""
        kind, value, _ = self.peek()
        if kind in ("word", "text") and value.split()[0].lower() in CONDITIONS:
            return self.skip_group()
        words = False
        for position in range(self.position + 1, min(self.position + _MAX_UNIT_TOKENS, len(self.tokens))):
            kind, value, _ = self.tokens[position]
            if kind == "op" and value == ")":
                if words:
                    self.go_to(position + 1)
                return words
            if kind not in _UNIT_KINDS:
                return False
            words = words or kind in ("word", "text")
        return False
