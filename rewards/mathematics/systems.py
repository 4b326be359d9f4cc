r"""What stands between `\\begin` and `\\end`: matrices, systems of equations, functions by cases."""

from __future__ import annotations

from rewards.mathematics.cursor import RELATIONS
from rewards.mathematics.functions import Functions
from rewards.mathematics.notation import determinant
from rewards.mathematics.tree import OTHERWISE, Beyond, Cases, Items, Matrix, Node, Unreadable, Words
from rewards.mathematics.vocabulary import ALTERNATIVES, CONDITIONS

_MATRICES = frozenset({"matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array", "vmatrix"})
_SYSTEMS = frozenset({"cases", "dcases", "aligned", "align", "split", "gathered", "gather"})


class Systems(Functions):
    """The rules for environments; brackets are in `rewards.mathematics.groups`."""

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
