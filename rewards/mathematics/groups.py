r"""What an opening bracket begins: groups, points, intervals, sets, absolute values, matrices, systems."""

from __future__ import annotations

from rewards.mathematics.cursor import RELATIONS
from rewards.mathematics.functions import Functions
from rewards.mathematics.numerals import number
from rewards.mathematics.rows import determinant
from rewards.mathematics.tree import (
    OTHERWISE,
    Apply,
    Beyond,
    Braces,
    Bracket,
    Builder,
    Cases,
    Items,
    Matrix,
    Name,
    Node,
    Ratio,
    Relation,
    Unreadable,
    Words,
    children,
)
from rewards.mathematics.vocabulary import ALTERNATIVES, CONDITIONS

_MATRICES = frozenset({"matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array", "vmatrix"})
_SYSTEMS = frozenset({"cases", "dcases", "aligned", "align", "split", "gathered", "gather"})


class Groups(Functions):
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
            if self.kind == "name" and self.value in ("C", "P") and upper.isdigit() and self.peek()[1] in ("_", "^"):
                letter = self.value
                self.advance()
                self.advance()
                lower = self.subscript()
                if lower.isdigit():
                    return chosen(letter, number(upper), number(lower))
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

    def matrix(self) -> Node:
        r"""Rows between `\begin` and `\end`."""
        name = self.value
        if name in _SYSTEMS:
            return self.cases()
        if name not in _MATRICES:
            raise Beyond(f"environment '{name}'")
        self.advance()
        if name == "array" and self.is_op("{"):
            self.subscript()
        self.nest()
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while self.kind != "endenv":
            if self.kind == "end":
                raise Unreadable("an environment is not closed")
            row.append(self.inside(self.sum))
            if self.is_op("&"):
                self.advance()
            elif self.is_op("newrow"):
                self.advance()
                rows.append(tuple(row))
                row = []
        self.advance()
        self.depth -= 1
        if row:
            rows.append(tuple(row))
        if not rows or len({len(r) for r in rows}) != 1:
            raise Unreadable("rows of different length")
        matrix = Matrix(tuple(rows))
        return determinant(matrix) if name == "vmatrix" else matrix

    def cases(self) -> Node:
        r"""What stands between `\begin{cases}` and `\end{cases}`: a system of equations, or a function by cases."""
        self.advance()
        by_cases = self.drop_alignment()
        inner = self.by_cases() if by_cases else self.inside(self.items)
        if self.kind != "endenv":
            raise Beyond("a system that goes on")
        self.advance()
        return inner

    def drop_alignment(self) -> bool:
        """Remove each `&` before a relation, as in `x &= 3`; whether there are others, before conditions."""
        end = next((n for n in range(self.position, len(self.tokens)) if self.tokens[n][0] == "endenv"), self.position)
        inside = self.tokens[self.position : end]
        kept = [
            token
            for token, after in zip(inside, [*inside[1:], ("end", "", False)], strict=True)
            if not (token[:2] == ("op", "&") and after[0] == "op" and after[1] in RELATIONS)
        ]
        self.tokens[self.position : end] = kept
        self.go_to(self.position)
        return any(token[:2] == ("op", "&") for token in kept)

    def by_cases(self) -> Cases:
        """Rows of a value, `&` and its condition."""
        values, conditions = [], []
        while self.kind != "endenv":
            values.append(self.inside(self.sum))
            if self.is_op(",", ";"):
                self.advance()
            self.expect("&")
            conditions.append(self.condition())
            if self.is_op("newrow"):
                self.advance()
        return Cases(tuple(values), tuple(conditions))

    def condition(self) -> Node:
        r"""`x < 0`, `\text{if } 0 \le x < 1`, `\text{otherwise}`."""
        while self.kind in ("word", "text") and self.value.lower().strip(" ,:") in CONDITIONS:
            self.advance()
        if self.kind in ("word", "text") and self.value.lower().strip(" .,") in ALTERNATIVES:
            self.advance()
            return Words(OTHERWISE)
        start = self.position
        parts, joined = [self.inside(self.relation)], ""
        if self.kind in ("word", "text"):
            return self.words_from(start)
        while self.is_op("and", "or", ","):
            joined = self.value if self.value in ("and", "or") else joined or "or"
            self.advance()
            if self.is_op("newrow") or self.kind == "endenv":
                break
            parts.append(self.inside(self.relation))
        if self.is_op("."):
            self.advance()
        return parts[0] if len(parts) == 1 else Items(tuple(parts), joined)

    def words_from(self, start: int) -> Words:
        """A condition in words, to the end of its row."""
        self.go_to(start)
        said = []
        while not (self.is_op("newrow") or self.kind in ("end", "endenv")):
            said += [word for word in self.value.split() if word not in ("is", "are", ",", ".")]
            self.advance()
        return Words(" ".join(said))

    def subscript(self) -> str:
        """The characters of a subscript."""
        if not self.is_op("{"):
            value = self.value
            self.advance()
            return value
        self.advance()
        parts = []
        depth = 1
        while True:
            if self.kind == "end":
                raise Unreadable("unbalanced braces")
            depth += self.is_op("{") - self.is_op("}")
            if not depth:
                break
            parts.append(self.value)
            self.advance()
        self.advance()
        return "".join(parts)


def chosen(letter: str, upper: Node, lower: Node) -> Node:
    """How many ways: `C` without, `P` or `A` with regard to order."""
    if letter == "C":
        return Apply("binom", (upper, lower))
    rest = Apply("+", (upper, Apply("neg", (lower,))))
    return Apply("/", (Apply("!", (upper,)), Apply("!", (rest,))))


def assigned(parts: tuple[Node, ...]) -> Node | None:
    """`{x: 1, y: 2}`, as programs print it, as equations; None where a part is no name with its value."""
    if not all(isinstance(part, Ratio) and len(part.items) == 2 and isinstance(part.items[0], Name) for part in parts):
        return None
    given = tuple(Relation(children(part), ("=",)) for part in parts)
    return Items(given, "and") if len(given) > 1 else given[0]
