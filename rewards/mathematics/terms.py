r"""Sums, products and powers of operands.

sum       term ( + - ± ) term ...
term      factor ( * / or nothing ) factor ...
factor    operand with ^ ! _ ' ° behind it
"""

from __future__ import annotations

from rewards.mathematics.notation import combinations, transposed
from rewards.mathematics.numerals import in_base, number
from rewards.mathematics.operands import Operands
from rewards.mathematics.quantities import is_unit
from rewards.mathematics.traversal import is_function
from rewards.mathematics.tree import (
    FUNCTION_NAMES,
    GREEK_FUNCTIONS,
    SETS,
    Apply,
    Bracket,
    Matrix,
    Name,
    Node,
    Num,
    Quantity,
    Relation,
    Unreadable,
    Words,
)

_OVER = frozenset({"choose", "over"})
MAX_CHAIN = 200  # terms in a sum, factors in a product
_SIGNS = frozenset({"+", "-", "±", "∓"})
_POSTFIX = frozenset({"^", "!", "°", "%", "'", "_"})
_OPERAND_OPS = frozenset({"(", "[", "{", "|", "⌊", "⌈", "\\{", "⟨", "‖"})


class Terms(Operands):
    """The rules for arithmetic; what stands around it in an answer is in `rewards.mathematics.parser`."""

    def sum(self) -> Node:
        """Terms with + and - between them."""
        self.nest()
        node = self.signed()
        for _ in range(MAX_CHAIN):
            if not (self.kind == "op" and self.value in _SIGNS):
                break
            op = self.value
            self.advance()
            right = self.term()
            if op == "-" and isinstance(node, Name) and node.name in SETS:
                node = Apply("minus", (node, right))
            else:
                node = Apply("+", (node, Apply("neg", (right,)))) if op == "-" else Apply(op, (node, right))
        else:
            raise Unreadable(f"more than {MAX_CHAIN} terms")
        if self.kind == "op" and self.value in _OVER:  # {10 \choose 4}
            op = "binom" if self.value == "choose" else "/"
            self.advance()
            node = Apply(op, (node, self.sum()))
        self.depth -= 1
        return node

    def signed(self) -> Node:
        """A term with signs before it."""
        if self.kind == "op" and self.value in _SIGNS:
            op = self.value
            self.advance()
            self.nest()
            node = self.signed()
            self.depth -= 1
            if op == "-":
                return Num(-node.value, node.places) if isinstance(node, Num) else Apply("neg", (node,))
            return node if op == "+" else Apply(op, (Num(0), node))
        return self.term()

    def term(self) -> Node:
        """Factors with *, / or nothing between them."""
        node = self.factor()
        for _ in range(MAX_CHAIN):
            if self.kind == "op" and self.value in "*/":
                op = self.value
                self.advance()
                node = Apply(op, (node, self.signed_factor()))
            elif self.is_op("(") and (
                (self.spaced and self.skip_remark()) or (not isinstance(node, Name) and self.skip_condition())
            ):
                continue
            elif self.kind == "name" and self.value == "mu" and self.peek()[0] in ("text", "word"):
                return node  # 5 \mu\text{m}
            elif self.starts_operand():
                if self.kind == "num" and isinstance(node, Num) and (self.value, self.peek()[1]) != ("10", "^"):
                    raise Unreadable("two numbers side by side")
                if self.kind == "name" and self.spaced and is_unit(self.value) and self.is_tail_unit():
                    return node
                called = isinstance(node, Name) and self.is_op("(") and not self.spaced
                factor = self.factor()
                if called and isinstance(node, Name) and isinstance(factor, Num) and factor.value == 0:
                    node = Name(f"{node.name}(0)")  # a value at the start, and no product with 0
                    continue
                node = (called and combinations(node, factor)) or Apply("call" if called else "*", (node, factor))
            else:
                return node
        raise Unreadable(f"more than {MAX_CHAIN} factors")

    def is_tail_unit(self) -> bool:
        """Whether the rest of the item holds words, so that a lone letter before them is no variable ("5 m per s")."""
        end = self.unit_end(self.position)
        return end is not None and any(kind in ("word", "text") for kind, _, _ in self.tokens[self.position : end])

    def signed_factor(self) -> Node:
        """A factor that may have a sign: `2 / -3`."""
        if self.kind == "op" and self.value in "+-":
            negative = self.value == "-"
            self.advance()
            self.nest()
            node = self.signed_factor()
            self.depth -= 1
            return Apply("neg", (node,)) if negative else node
        return self.factor()

    def starts_operand(self) -> bool:
        """Whether the token in hand can begin an operand."""
        if self.kind == "op":
            if self.value == "|":
                return self.bars == 0 and not self.builder
            return self.value in _OPERAND_OPS and not (self.value == "[" and self.closes())
        if self.kind == "word":
            return len(self.value) <= 3 and self.unit_end(self.position) is None
        return self.kind in ("num", "name", "func", "env")

    def factor(self) -> Node:
        """An operand with what is behind it."""
        node = self.operand()
        while self.kind == "op":
            op = self.value
            if op == "(" and isinstance(node, Name) and self.calls(node.name):
                inner = self.operand()
                for name in reversed(node.name.split("∘")):  # (f∘g)(x) is f(g(x))
                    inner = Apply("call", (Name(name), inner))
                node = inner
                continue
            if op not in _POSTFIX:
                break
            if op in ("'", "_") and not isinstance(node, Name | Words):
                break
            self.advance()
            node = self.power(node) if op == "^" else self.postfix(op, node)
        return node

    def calls(self, name: str) -> bool:
        """Whether the bracket in hand holds what a function of this name is applied to: f(a + b), but not g(a + b)."""
        inner, (_, behind, _) = self.peek(), self.peek(2)
        if inner[1] == "0" or (self.spaced and name not in GREEK_FUNCTIONS):
            return False
        nested = behind == "(" and inner[0] == "name" and is_function(inner[1])
        lone = (inner[0] in ("name", "num") and behind == ")") or nested
        return is_function(name, sure=not lone)

    def postfix(self, op: str, node: Node) -> Node:
        """`5!`, `50%`, `30°`, `f'`, `x_1`."""
        if op == "°" and isinstance(node, Name) and self.kind == "name" and node.name in FUNCTION_NAMES:
            inner = self.value
            self.advance()
            return Name(f"{node.name}∘{inner}")
        if op == "°":
            return self.degree(node)
        if op == "_":
            below = self.subscript()
            return Name(f"{node.name}_{below}") if isinstance(node, Name) else in_base(_text_of(node), below)
        if op == "'":
            return Name(f"{_text_of(node)}'")
        return Apply("percent" if op == "%" else op, (node,))

    def power(self, base: Node) -> Node:
        """What ^ makes of a base: a power, a degree sign or a prime."""
        mark = self.peek()[1] if self.is_op("{") else self.value
        if isinstance(base, Name) and base.name == "Reals" and mark in ("+", "-"):
            self.subscript()
            ends = (Num(0), Name("infinity"))
            return Bracket("(", ends if mark == "+" else (Apply("neg", (ends[1],)), ends[0]), ")")
        if mark not in ("°", "'"):
            exponent = self.exponent()
            if isinstance(exponent, Name) and exponent.name == "T" and isinstance(base, Bracket | Matrix):
                return transposed(base)
            return combinations(base, exponent) or Apply("^", (base, exponent))
        if self.is_op("{"):
            self.advance()
            self.advance()
            self.expect("}")
        else:
            self.advance()
        if mark == "°":
            return self.degree(base)
        return Name(f"{_text_of(base)}'") if isinstance(base, Name) else Apply("prime", (base,))

    def degree(self, node: Node) -> Node:
        """A degree sign, or a temperature where C or F stands behind it."""
        if self.kind in ("name", "text") and self.value in ("C", "F", "K") and not self.starts_more():
            unit = "°" + self.value
            self.advance()
            return attach_unit(node, unit)
        for part in (60, 3600):  # 22°30', 22°30'15''
            marks = 1 if part == 60 else 2
            if self.kind != "num" or any(self.peek(ahead)[1] != "'" for ahead in range(1, marks + 1)):
                break
            node = Apply("+", (node, Apply("/", (number(self.value), Num(part)))))
            self.go_to(self.position + 1 + marks)
        return Apply("degree", (node,))

    def starts_more(self) -> bool:
        """Whether something is multiplied behind the token in hand."""
        return self.peek()[0] in ("num", "name", "func")

    def exponent(self) -> Node:
        """What stands behind ^ or _."""
        if self.kind == "op" and self.value in "+-":
            negative = self.value == "-"
            self.advance()
            node = self.exponent_operand()
            return Apply("neg", (node,)) if negative else node
        return self.exponent_operand()

    def exponent_operand(self) -> Node:
        """An operand with its own exponent: powers associate to the right."""
        self.nest()
        node = self.operand()
        if self.is_op("^"):  # right associative
            self.advance()
            node = Apply("^", (node, self.exponent()))
        self.depth -= 1
        return node


def attach_unit(node: Node, unit: str) -> Node:
    """A quantity; the unit stands with the last side of an equation."""
    if isinstance(node, Relation):
        return Relation((*node.sides[:-1], attach_unit(node.sides[-1], unit)), node.ops)
    if isinstance(node, Quantity):
        return Quantity(node.value, f"{node.unit} {unit}")
    return Quantity(node, unit.strip())


def _text_of(node: Node) -> str:
    return node.name if isinstance(node, Name) else node.text if isinstance(node, Words) else ""
