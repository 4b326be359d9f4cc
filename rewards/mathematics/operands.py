r"""The operands of an expression: numbers, names, groups, sets, matrices, functions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from rewards.mathematics.cursor import Cursor
from rewards.mathematics.numerals import in_base, number
from rewards.mathematics.printed import PRINTED, printed
from rewards.mathematics.quantities import MAGNITUDES
from rewards.mathematics.tree import (
    Apply,
    Beyond,
    Braces,
    Bracket,
    Builder,
    Items,
    Matrix,
    Name,
    Node,
    Num,
    Ratio,
    Relation,
    Unreadable,
    Words,
    children,
    determinant,
    with_value,
)

_INVERTIBLE = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh"})
MAX_SERIES = 200  # terms of a sum or product
_MATRICES = frozenset({"matrix", "pmatrix", "bmatrix", "Bmatrix", "smallmatrix", "array", "vmatrix"})


class Operands(Cursor):
    """The rules for operands; those around them are in `rewards.mathematics.parser`."""

    def items(self) -> Node:
        """Several answers side by side, or one."""
        raise NotImplementedError

    def sum(self) -> Node:
        """Terms with + and - between them."""
        raise NotImplementedError

    def term(self) -> Node:
        """Factors with *, / or nothing between them."""
        raise NotImplementedError

    def factor(self) -> Node:
        """An operand with what is behind it."""
        raise NotImplementedError

    def exponent(self) -> Node:
        """What stands behind ^ or _."""
        raise NotImplementedError

    def starts_operand(self) -> bool:
        """Whether the token in hand can begin an operand."""
        raise NotImplementedError

    def operand(self) -> Node:
        """One number, name, group, set, matrix, function or run of words."""
        kind, value = self.kind, self.value
        if kind == "num":
            return self.numeral()
        if kind == "name":
            self.advance()
            return Braces(()) if value == "EmptySet" else Name(value)
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
            if len(value) > 3:
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

    def inside(self, rule: Callable[[], Node]) -> Node:
        """Parse with a fresh memory of open bars."""
        bars, builder = self.bars, self.builder
        self.bars, self.builder = 0, False
        node = rule()
        self.bars, self.builder = bars, builder
        return node

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
        parts = inner.items if isinstance(inner, Items) else (inner,)
        if all(isinstance(part, Ratio) and len(part.items) == 2 and isinstance(part.items[0], Name) for part in parts):
            given = tuple(Relation(children(part), ("=",)) for part in parts)  # {x: 1, y: 2}, as programs print it
            return Items(given, "and") if len(given) > 1 else given[0]
        return Braces(parts) if isinstance(inner, Items) else inner

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
        if name == "cases":
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
        r"""The equations of a system between `\begin{cases}` and `\end{cases}`; Beyond for a function by cases."""
        self.advance()
        inner = self.inside(self.items)
        if self.kind != "endenv":
            raise Beyond("a function by cases")
        self.advance()
        return inner

    def function(self) -> Node:
        """A function and its arguments."""
        name = self.value
        self.advance()
        if name in ("frac", "binom"):
            top, bottom = self.argument(), self.argument()
            return Apply("/" if name == "frac" else "binom", (top, bottom))
        if name == "sqrt":
            degree: Node | None = None
            if self.is_op("["):
                self.advance()
                degree = self.sum()
                self.expect("]")
            inner = self.argument(digits=False)
            return Apply("root", (inner, degree or Num(2)))
        if name == "cbrt":
            return Apply("root", (self.argument(digits=False), Num(3)))
        if name == "overline":
            return Apply("overline", (self.argument(digits=False),))
        if name in ("sum", "prod"):
            return self.series(name)
        if name in PRINTED:
            return self.printed(name)
        if name == "cis" and not self.is_op("^", "_"):
            angle = self.function_argument()
            return Apply("+", (Apply("cos", (angle,)), Apply("*", (Name("i"), Apply("sin", (angle,))))))
        return self.named_function(name)

    def printed(self, name: str) -> Node:
        """`Interval(0, 1)` and the like, whose bracket is in hand."""
        self.expect("(")
        if self.is_op(")"):
            self.advance()
            return printed(name, ())
        inner = self.inside(self.items)
        self.expect(")")
        return printed(name, inner.items if isinstance(inner, Items) else (inner,))

    def series(self, name: str) -> Node:
        r"""`\sum_{k=1}^{10} k^2` and `\prod` with few terms, term by term; Beyond for any other."""
        limits: dict[str, Node] = {}
        while self.is_op("_", "^"):
            place = self.value
            self.advance()
            limits[place] = self.operand()
        start, end = limits.get("_"), limits.get("^")
        if not (isinstance(start, Relation) and start.ops == ("=",) and isinstance(start.sides[0], Name)):
            raise Beyond(f"\\{name} without a start")
        first, last = _whole(start.sides[1]), _whole(end)
        if first is None or last is None:
            raise Beyond(f"\\{name} without end or by a variable")
        if last - first >= MAX_SERIES:
            raise Unreadable(f"\\{name} of {last - first + 1} terms, more than {MAX_SERIES}")
        index, term = start.sides[0].name, self.term()
        terms = [with_value(term, index, Num(value)) for value in range(first, last + 1)]
        return _joined("+" if name == "sum" else "*", terms) if terms else Num(int(name == "prod"))

    def named_function(self, name: str) -> Node:
        """`sin^2 x`, `log_2 8`, `max(1, 2)`."""
        exponent: Node | None = None
        base: Node | None = None
        while self.is_op("^", "_"):
            power = self.value == "^"
            self.advance()
            argument = self.exponent()
            if power:
                exponent = argument
            else:
                base = argument
        inner = self.function_argument()
        if name == "det" and isinstance(inner, Matrix) and exponent is None:
            return determinant(inner)
        args = inner.items if isinstance(inner, Bracket) else (inner,)
        if name == "log" and base is not None:
            args = (args[0], base)
        if exponent is not None and name in _INVERTIBLE and _is_minus_one(exponent):
            return Apply("arc" + name, args)
        node = Apply(name, args)
        return node if exponent is None else Apply("^", (node, exponent))

    def function_argument(self) -> Node:
        """What a function without brackets applies to: `2x` in `sin 2x cos x`."""
        if self.is_op("(", "{", "[", "|") or self.kind == "env":
            return self.operand()
        if self.kind == "op" and self.value == "-":
            self.advance()
            return Apply("neg", (self.function_argument(),))
        node = self.factor()
        while self.kind in ("name", "num") or (self.kind == "func" and self.value in ("frac", "sqrt")):
            node = Apply("*", (node, self.factor()))
        if self.is_op("/") and self.peek()[0] in ("num", "name"):
            self.advance()
            node = Apply("/", (node, self.factor()))
        return node

    def argument(self, *, digits: bool = True) -> Node:
        r"""The argument of \frac or \sqrt: a group, or one digit (`\frac12`), or one operand."""
        if digits and self.kind == "num" and self.value.isdigit() and len(self.value) > 1:
            first, rest = self.value[0], self.value[1:]
            self.tokens[self.position] = ("num", rest, False)
            self.kind, self.value, self.spaced = self.tokens[self.position]
            return Num(int(first))
        if self.kind == "num":
            node = number(self.value)
            self.advance()
            return node
        return self.operand()

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


def _whole(limit: Node | None) -> int | None:
    """The whole number of a limit: `10` or `10^6`."""
    if isinstance(limit, Apply) and limit.op == "neg":
        value = _whole(limit.args[0])
        return None if value is None else -value
    if isinstance(limit, Apply) and limit.op == "^":
        base, exponent = (_whole(arg) for arg in limit.args)
        small = base is not None and exponent is not None and 0 <= exponent < 100 and abs(base) <= 100
        return base**exponent if small and base is not None and exponent is not None else None
    return limit.value if isinstance(limit, Num) and isinstance(limit.value, int) else None


def _joined(op: str, terms: list[Node]) -> Node:
    """The terms under one operation, halved so that the tree stays shallow."""
    if len(terms) == 1:
        return terms[0]
    middle = len(terms) // 2
    return Apply(op, (_joined(op, terms[:middle]), _joined(op, terms[middle:])))


def _is_minus_one(node: Node) -> bool:
    if isinstance(node, Num):
        return node.value == -1
    return isinstance(node, Apply) and node.op == "neg" and isinstance(node.args[0], Num) and node.args[0].value == 1
