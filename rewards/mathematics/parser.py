r"""Tokens -> tree, by recursive descent. Nothing is computed here except numbers as written.

    items     item ( , ; and or ) item ...
    item      words? relation unit?
    relation  union ( = < <= in ... ) union ...     also `a:b:c`
    union     sum ( ∪ ∩ ∖ ) sum ...

Sums and what they are made of are in `terms`, `operands`, `groups` and `functions`.
"""

from __future__ import annotations

from rewards.mathematics.cursor import RELATIONS, SEPARATORS
from rewards.mathematics.lexer import lex
from rewards.mathematics.quantities import unit_of
from rewards.mathematics.remarks import is_label, is_noun
from rewards.mathematics.terms import Terms, attach_unit
from rewards.mathematics.tree import Apply, Items, Name, Node, Num, Ratio, Relation, Unreadable, Words
from rewards.mathematics.vocabulary import ALTERNATIVES, CONDITIONS, FILLERS

_UNIONS = {"∪": "union", "∩": "intersection", "∖": "minus"}
_COPULAS = frozenset({"is", "are", "equals"})
_REASONS = frozenset({"because", "since"})


def parse(text: str) -> Node:
    r"""The tree of an answer. Raises Unreadable.

    >>> parse(r"\frac{x}{2}").op
    '/'
    """
    parser = _Parser(lex(text))
    tree = parser.items()
    if parser.kind != "end":
        raise Unreadable(f"stray '{parser.value}'")
    return tree


class _Parser(Terms):
    """The rules for whole answers."""

    def items(self) -> Node:
        self.nest()
        found, joined = [self.item()], ""
        while self.kind == "op" and self.value in SEPARATORS:
            separator = self.value
            self.advance()
            if separator in (",", ";", "newrow") and self.is_op("and", "or", "newrow"):
                separator = self.value  # "1, 2, and 3"
                self.advance()
            if separator == "->" and isinstance(found[-1], Num):
                raise Unreadable("an arrow between numbers")
            if separator in ("=>", "->"):  # what follows from it is the answer
                found, joined = [], ""
            if self.ends_item() or self.says_why():
                break
            found.append(self.item())
            joined = separator if separator in ("and", "or") else joined or ","
        self.depth -= 1
        if not found:
            raise Unreadable("nothing to read")
        first = found[0]
        if isinstance(first, Relation) and first.ops == ("!=",):  # x != 1, 2
            found = [
                item if isinstance(item, Relation) else Relation((first.sides[0], item), ("!=",)) for item in found
            ]
        return found[0] if len(found) == 1 else Items(tuple(found), joined)

    def says_why(self) -> bool:
        """Step over "because 4 times 7 is 28", to the end of the list."""
        if self.kind not in ("word", "text") or self.value.split()[0].lower() not in _REASONS:
            return False
        while self.kind not in ("end", "endenv") and not self.is_op(")", "]", "}", "\\}"):
            self.advance()
        return True

    def item(self) -> Node:
        """One answer, with the words before and the unit behind it."""
        plain = self.lone_number() or self.leading_words()
        if plain is not None:
            return plain
        if self.is_op("=", "≈"):
            self.advance()
        node = self.relation()
        if not self.ends_item():
            node = self.with_unit(node)
        return node

    def leading_words(self) -> Words | None:
        """Words alone are the answer; before a number they are filler or a label."""
        start = self.position
        while self.kind in ("word", "text"):
            self.advance()
        if self.position == start:
            return None
        said = [value for _, value, _ in self.tokens[start : self.position]]
        if self.ends_item():
            return Words(" ".join(said))
        if self.is_op("=", ":", "_"):
            self.go_to(start)
            return None
        short = self.tokens[start][0] == "word" and len(said) == 1 and len(said[0]) <= 3
        if short and said[0].lower() not in FILLERS:
            self.go_to(start)  # "mg + 2": a product that happens to spell a unit
            return None
        words = [word for phrase in said for word in phrase.lower().strip(" :.,").split()]
        if all(word in FILLERS for word in words) or (words[-1] in _COPULAS and is_label(words[:-1])):
            return None
        while not self.ends_item():
            said.append(self.value)
            self.advance()
        return Words(" ".join(said))

    def with_unit(self, node: Node) -> Node:
        """What stands behind a number: a condition, a modulus or a unit."""
        if (self.kind == "word" and self.value.lower() in CONDITIONS) or (
            self.kind == "text" and self.value.split()[0].lower() in CONDITIONS
        ):
            while not self.ends_item():  # "x + 1 for x > 0": the condition is a remark
                if self.kind == "word" and self.value.lower() in ALTERNATIVES:
                    raise Unreadable(f"'{self.value}' in a condition")
                self.advance()
            return node
        if self.is_op("pmod", "mod"):
            return self.modulus(node)
        end = self.unit_end(self.position)
        if end is None:
            raise Unreadable(f"stray '{self.value}'")
        unit = self.written(self.position, end)
        if unit_of(unit) is None and not is_noun(unit):
            raise Unreadable(f"'{unit}' behind a number")
        self.go_to(end)
        return attach_unit(node, unit)

    def written(self, start: int, end: int) -> str:
        """The tokens of a unit with the spaces that matter: `cm2` is a square, `ft 2 in` is not."""
        parts = []
        for position in range(start, end):
            kind, value, spaced = self.tokens[position]
            power = (
                kind == "num" and not spaced and position > start and self.tokens[position - 1][0] in ("word", "name")
            )
            glued = power or (position > start and self.tokens[position - 1][1] == "mu")
            parts.append(("" if glued else " ") + ("μ" if value == "mu" else value))
        return "".join(parts).strip()

    def modulus(self, node: Node) -> Node:
        """`3 (mod 5)`."""
        plain = self.value == "mod"
        self.advance()
        modulus = self.factor() if plain or self.is_op("{", "(") else self.sum()
        if isinstance(node, Relation):  # x = 3 (mod 7)
            return Relation((*node.sides[:-1], Apply("mod", (node.sides[-1], modulus))), node.ops)
        return Apply("mod", (node, modulus))

    def relation(self) -> Node:
        """Sides with = < <= and the like between them."""
        sides, ops = [self.union()], []
        while self.kind == "op":
            if self.value in RELATIONS:
                ops.append(self.value)
                self.advance()
                if self.is_op("≈"):
                    self.advance()
                sides.append(self.union())
            elif self.value == "≈":  # "= pi ≈ 3.14": the exact side is the answer
                self.advance()
                approximation = self.union()
                if _is_other_number(sides[-1], approximation):
                    raise Unreadable("a whole number that is about another")
                if len(sides) == 1 and not ops and isinstance(sides[0], Name):
                    sides.append(approximation)
                    ops.append("=")
            elif self.value == ":" and not self.builder and not ops:
                return self.ratio(sides[0])
            elif self.value == ":" and not self.builder and ops == ["="]:
                sides[-1] = self.ratio(sides[-1])
            else:
                break
        if not ops and self.says_to():
            return self.ratio(sides[0])
        return Relation(tuple(sides), tuple(ops)) if ops else sides[0]

    def says_to(self) -> bool:
        """Whether the `to` of `2 to 3` is in hand."""
        return self.kind in ("word", "text") and self.value.lower() == "to" and self.peek()[0] == "num"

    def ratio(self, first: Node) -> Node:
        """`1:2:3` and `1 to 2 to 3`."""
        parts = [first]
        while self.is_op(":") or self.says_to():
            self.advance()
            parts.append(self.union())
        if isinstance(first, Words):
            return parts[-1]  # "Answer: 5"
        return Ratio(tuple(parts))

    def union(self) -> Node:
        """Sums with set operators between them."""
        node = self.sum()
        while self.kind == "op" and self.value in _UNIONS:
            op = _UNIONS[self.value]
            self.advance()
            node = Apply(op, (node, self.sum()))
        return node


def _is_other_number(exact: Node, approximation: Node) -> bool:
    """Whether two numbers differ though the first is whole: 24 is not about 25."""
    if not (isinstance(exact, Num) and isinstance(approximation, Num)):
        return False
    return exact.places < 0 and exact.value.denominator == 1 and exact.value != approximation.value
