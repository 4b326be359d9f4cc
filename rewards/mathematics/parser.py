r"""Tokens -> tree, by recursive descent. Nothing is computed here except numbers as written.

    items     item ( , ; and or ) item ...
    item      words? relation unit?
    relation  union ( = < <= in ... ) union ...     also `a:b:c`
    union     sum ( ∪ ∩ ∖ ) sum ...
    sum       term ( + - ± ) term ...
    term      factor ( * / or nothing ) factor ...
    factor    operand with ^ ! _ ' ° behind it

Operands are in `rewards.mathematics.operands`.
"""

from __future__ import annotations

from rewards.mathematics.cursor import SEPARATORS
from rewards.mathematics.lexer import lex
from rewards.mathematics.numerals import in_base, number
from rewards.mathematics.operands import Operands, chosen
from rewards.mathematics.quantities import is_label, is_noun, is_unit, unit_of
from rewards.mathematics.tree import (
    Apply,
    Bracket,
    Items,
    Matrix,
    Name,
    Node,
    Num,
    Quantity,
    Ratio,
    Relation,
    Unreadable,
    Words,
    transposed,
)
from rewards.mathematics.vocabulary import CONDITIONS, FILLERS

_RELATIONS = frozenset({"=", "!=", "<", ">", "<=", ">=", "in"})
_UNIONS = {"∪": "union", "∩": "intersection", "∖": "minus"}
_COPULAS = frozenset({"is", "are", "equals"})
_REASONS = frozenset({"because", "since"})
_ALTERNATIVES = frozenset({"else", "otherwise"})
_OVER = frozenset({"choose", "over"})
MAX_CHAIN = 200  # terms in a sum, factors in a product
_SIGNS = frozenset({"+", "-", "±", "∓"})
_POSTFIX = frozenset({"^", "!", "°", "%", "'", "_"})
_OPERAND_OPS = frozenset({"(", "[", "{", "|", "⌊", "⌈", "\\{", "⟨", "‖"})


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


class _Parser(Operands):
    def items(self) -> Node:
        self.nest()
        found, joined = [self.item()], ""
        while self.kind == "op" and self.value in SEPARATORS:
            separator = self.value
            self.advance()
            if separator in (",", ";", "newrow") and self.is_op("and", "or"):
                separator = self.value  # "1, 2, and 3"
                self.advance()
            if separator in ("=>", "->"):  # what follows from it is the answer
                found, joined = [], ""
            if self.ends_item() or self.says_why():
                break
            found.append(self.item())
            joined = separator if separator in ("and", "or") else joined or ","
        self.depth -= 1
        if not found:
            raise Unreadable("nothing to read")
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
                if self.kind == "word" and self.value.lower() in _ALTERNATIVES:
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
            parts.append(value if power else f" {value}")
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
            if self.value in _RELATIONS:
                ops.append(self.value)
                self.advance()
                if self.is_op("≈"):
                    self.advance()
                sides.append(self.union())
            elif self.value == "≈":  # "= pi ≈ 3.14": the exact side is the answer
                self.advance()
                approximation = self.union()
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

    def sum(self) -> Node:
        self.nest()
        node = self.signed()
        for _ in range(MAX_CHAIN):
            if not (self.kind == "op" and self.value in _SIGNS):
                break
            op = self.value
            self.advance()
            right = self.term()
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
            elif self.is_op("(") and self.spaced and self.skip_remark():
                continue
            elif self.starts_operand():
                if self.kind == "num" and isinstance(node, Num):
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
        if self.kind == "op":
            if self.value == "|":
                return self.bars == 0 and not self.builder
            return self.value in _OPERAND_OPS and not (self.value == "[" and self.closes())
        if self.kind == "word":
            return len(self.value) <= 3 and self.unit_end(self.position) is None
        return self.kind in ("num", "name", "func", "env")

    def factor(self) -> Node:
        node = self.operand()
        while self.kind == "op" and self.value in _POSTFIX:
            op = self.value
            if op in ("'", "_") and not isinstance(node, Name | Words):
                break
            self.advance()
            node = self.power(node) if op == "^" else self.postfix(op, node)
        return node

    def postfix(self, op: str, node: Node) -> Node:
        """`5!`, `50%`, `30°`, `f'`, `x_1`."""
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


def combinations(base: Node, lower: Node) -> Node | None:
    """`C_n^k`, `C(n, k)` and `A_n^k` as the numbers they count, or None for any other power or call."""
    if not isinstance(base, Name):
        return None
    letter, _, below = base.name.partition("_")
    if isinstance(lower, Bracket) and base.name == "C" and (lower.left, lower.right) == ("(", ")"):
        return Apply("binom", lower.items) if len(lower.items) == 2 else None
    if letter not in ("C", "A") or not isinstance(lower, Num | Name):
        return None
    if below.isdigit() and isinstance(lower, Num) and isinstance(lower.value, int) and lower.value <= int(below) > 2:
        upper: Node = Num(int(below))
    elif below in ("n", "m"):
        upper = Name(below)
    else:
        return None
    return chosen(letter, upper, lower)


def attach_unit(node: Node, unit: str) -> Node:
    """A quantity; the unit stands with the last side of an equation."""
    if isinstance(node, Relation):
        return Relation((*node.sides[:-1], attach_unit(node.sides[-1], unit)), node.ops)
    if isinstance(node, Quantity):
        return Quantity(node.value, f"{node.unit} {unit}")
    return Quantity(node, unit.strip())


def _text_of(node: Node) -> str:
    return node.name if isinstance(node, Name) else node.text if isinstance(node, Words) else ""
