r"""What an opening bracket begins: groups, points, intervals, sets, absolute values, matrices, systems."""

from __future__ import annotations

from rewards.mathematics.counting import chosen
from rewards.mathematics.numerals import number
from rewards.mathematics.systems import Systems
from rewards.mathematics.traversal import children
from rewards.mathematics.tree import Apply, Braces, Bracket, Builder, Items, Name, Node, Ratio, Relation, Unreadable


class Groups(Systems):
    """The rules for what stands in brackets; the other operands are in `rewards.mathematics.operands`."""

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
