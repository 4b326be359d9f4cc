r"""The operands of an expression: numbers, names, words, and what functions and brackets begin."""

from __future__ import annotations

from fractions import Fraction

from rewards.mathematics.notation import chosen
from rewards.mathematics.numerals import in_base, number
from rewards.mathematics.quantities import MAGNITUDES
from rewards.mathematics.systems import Systems
from rewards.mathematics.traversal import children
from rewards.mathematics.tree import (
    Apply,
    Braces,
    Bracket,
    Builder,
    Items,
    Name,
    Node,
    Num,
    Ratio,
    Relation,
    Unreadable,
    Words,
)
from rewards.mathematics.vocabulary import ONLY_CALLED


class Operands(Systems):
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

    def group(self) -> Node:
        """What an opening bracket begins."""
        left = self.value
        if left == "{":
            return self.braces()
        if left == "\\{":
            return self.set()
        if left in ("|", "‖"):
            return self.absolute(left)
        if left in ("⌊", "⌈"):
            self.advance()
            inner = self.inside(self.sum)
            self.expect("⌋" if left == "⌊" else "⌉")
            return Apply("floor" if left == "⌊" else "ceil", (inner,))
        if left in ("⟨", "<"):
            return self.angle()
        if left in ("(", "[", "]"):
            return self.bracket(left)
        if left in ("^", "_"):
            return self.prescript()
        raise Unreadable(f"unexpected '{left}'")

    def bracket(self, left: str) -> Node:
        """`(x)` groups; with commas inside it is a point, vector or interval."""
        self.advance()
        inner = self.inside(self.items)
        if not self.is_op(")", "]", "["):
            raise Unreadable(f"'{left}' is not closed")
        right = self.value
        self.advance()
        if isinstance(inner, Items) and inner.joined == ",":
            return Bracket(left, inner.items, right)
        if (left, right) in (("(", ")"), ("[", "]")):
            return inner
        raise Unreadable("an interval needs two ends")

    def braces(self) -> Node:
        """`{...}` groups; with commas inside it is a set in plain text."""
        self.advance()
        if self.is_op("}"):
            self.advance()
            return self.prescript()
        inner = self.inside(self.items)
        if self.is_op("|", ":"):
            raise Unreadable("a set written with plain braces")
        self.expect("}")
        if isinstance(inner, Ratio) or (isinstance(inner, Items) and isinstance(inner.items[0], Ratio)):
            given = assigned(inner.items if isinstance(inner, Items) else (inner,))
            if given is not None:
                return given
        return Braces(inner.items) if isinstance(inner, Items) else inner

    def prescript(self) -> Node:
        """`{}_{10}C_3`, `^{10}P_3`: the token before the upper number is in hand."""
        if self.is_op("_", "^"):
            self.advance()
            upper = self.subscript()
            if self.kind == "name" and self.value in ("C", "P") and self.peek()[1] in ("_", "^"):
                letter = self.value
                self.advance()
                self.advance()
                lower = self.subscript()
                if all(script.isdigit() or len(script) == 1 for script in (upper, lower)):
                    return chosen(letter, *(number(s) if s.isdigit() else Name(s) for s in (upper, lower)))
        raise Unreadable("empty braces")

    def set(self) -> Node:
        r"""`\{...\}`: listed elements, or an element and its condition."""
        self.advance()
        if self.is_op("\\}"):
            self.advance()
            return Braces(())
        bars, builder = self.bars, self.builder
        self.bars, self.builder = 0, True
        inner = self.items()
        self.builder = False
        if self.is_op("|", ":"):
            self.advance()
            inner = Builder(inner, self.items())
        elif isinstance(inner, Items):
            inner = Braces(inner.items)
        else:
            inner = Braces((inner,))
        self.bars, self.builder = bars, builder
        self.expect("\\}")
        return inner

    def absolute(self, bar: str) -> Node:
        """`|x|`."""
        self.advance()
        self.nest()
        builder, self.builder = self.builder, False
        self.bars += 1
        inner = self.sum()
        self.bars -= 1
        self.builder = builder
        self.depth -= 1
        self.expect(bar)
        return Apply("abs", (inner,))

    def angle(self) -> Node:
        """`<1, 2>`."""
        closing = "⟩" if self.value == "⟨" else ">"
        self.advance()
        items = [self.sum()]
        while self.is_op(","):
            self.advance()
            items.append(self.sum())
        self.expect(closing)
        return Bracket("<", tuple(items), ">")


def assigned(parts: tuple[Node, ...]) -> Node | None:
    """`{x: 1, y: 2}`, as programs print it, as equations; None where a part is no name with its value."""
    if not all(isinstance(part, Ratio) and len(part.items) == 2 and isinstance(part.items[0], Name) for part in parts):
        return None
    given = tuple(Relation(children(part), ("=",)) for part in parts)
    return Items(given, "and") if len(given) > 1 else given[0]
