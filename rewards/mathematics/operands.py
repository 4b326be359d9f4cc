r"""The operands of an expression: numbers, names, words, and what functions and brackets begin."""

from __future__ import annotations

from fractions import Fraction

from rewards.mathematics.counting import chosen
from rewards.mathematics.groups import Groups
from rewards.mathematics.numerals import in_base, number
from rewards.mathematics.quantities import MAGNITUDES
from rewards.mathematics.tree import Apply, Braces, Name, Node, Num, Unreadable, Words
from rewards.mathematics.vocabulary import ONLY_CALLED


class Operands(Groups):
    """The rules for operands; those around them are in `rewards.mathematics.terms`."""

    def operand(self) -> Node:
        """One number, name, group, set, matrix, function or run of words."""
        kind, value = self.kind, self.value
        if kind == "num":
            return self.numeral()
        if kind == "name":
            self.advance()
            return Braces(()) if value == "EmptySet" else Name(value)
        if kind == "func" and value in ONLY_CALLED and self.peek()[1] == "=":  # max = 5
            self.advance()
            return Words(value)
        if kind == "func":
            self.nest()
            node = self.function()
            self.depth -= 1
            return node
        if kind == "env":
            return self.matrix()
        if kind == "text":
            self.advance()
            return Words(value)
        if kind == "word":
            self.advance()
            if len(value) > 3 or value in ONLY_CALLED:
                return Words(value)
            product: Node = Name(value[0])
            for letter in value[1:]:  # a product that happens to spell a unit
                product = Apply("*", (product, Name(letter)))
            return product
        if kind == "op":
            return self.group()
        raise Unreadable("an operand is missing")

    def numeral(self) -> Node:
        """A number with its base or magnitude: `101_2`, `3 million`, `3 1/2`."""
        written = self.value
        self.advance()
        if self.is_op("_"):
            self.advance()
            return in_base(written, self.subscript())
        node = number(written)
        if self.kind == "name" and self.value in ("C", "P") and not self.spaced and self.counts():
            letter, (_, lower, _) = self.value, self.peek()
            self.go_to(self.position + 2)
            return chosen(letter, node, number(lower))
        if self.kind == "word" and self.value.lower() in MAGNITUDES:
            node = Num(node.value * MAGNITUDES[self.value.lower()])
            self.advance()
        elif self.kind == "text" and self.value.lower().split()[0] in MAGNITUDES:
            node = Num(node.value * MAGNITUDES[self.value.lower().split()[0]])
            rest = self.value.split(None, 1)[1:]
            if rest:
                self.tokens[self.position] = ("text", rest[0], True)
            else:
                self.advance()
        elif node.places < 0:
            return self.mixed(node)
        return node

    def counts(self) -> bool:
        """Whether `5C2` is in hand at its letter."""
        kind, value, spaced = self.peek()
        return kind == "num" and value.isdigit() and not spaced and self.peek(2)[1] not in ("^", "_")

    def mixed(self, whole: Num) -> Node:
        r"""`3 1/2` and `3\frac{1}{2}` are three and a half."""
        start = self.position
        part: Node = whole
        if self.kind == "num" and self.spaced and self.peek()[1] == "/" and self.peek(2)[0] == "num":
            part = Apply("/", (number(self.value), number(self.peek(2)[1])))
            self.go_to(start + 3)
        elif self.kind == "func" and self.value == "frac":
            part = self.function()
        else:
            return whole
        if isinstance(part, Apply) and (not self.is_op("^") or "°" in (self.peek()[1], self.peek(2)[1])):
            top, bottom = (arg.value if isinstance(arg, Num) and arg.places < 0 else 0 for arg in part.args)
            if isinstance(top, int) and isinstance(bottom, int) and 0 < top < bottom:
                return Num(whole.value + Fraction(top, bottom))
        self.go_to(start)
        return whole
