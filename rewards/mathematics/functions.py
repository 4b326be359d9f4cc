r"""Functions with their arguments: `\\frac`, `\\sqrt`, `sin^2 x`, `log_2 8`, `\\sum_{k=1}^{10} k`, `Interval(0, 1)`."""

from __future__ import annotations

from collections.abc import Callable

from rewards.mathematics.cursor import Cursor
from rewards.mathematics.notation import PRINTED, determinant, printed
from rewards.mathematics.numerals import number
from rewards.mathematics.series import holds_series, series
from rewards.mathematics.traversal import names_in
from rewards.mathematics.tree import Apply, Beyond, Bracket, Items, Matrix, Name, Node, Num, Relation

_INVERTIBLE = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh"})


_OPENING, _CLOSING = frozenset({"(", "[", "{", "\\{"}), frozenset({")", "]", "}", "\\}"})


class Functions(Cursor):
    """The rules for functions; the other operands are in `rewards.mathematics.operands`."""

    def operand(self) -> Node:
        """One number, name, group, set, matrix, function or run of words."""
        raise NotImplementedError

    def items(self) -> Node:
        """Several answers side by side, or one."""
        raise NotImplementedError

    def relation(self) -> Node:
        """Sides with = < <= and the like between them."""
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

    def inside(self, rule: Callable[[], Node]) -> Node:
        """Parse with a fresh memory of open bars."""
        bars, builder = self.bars, self.builder
        self.bars, self.builder = 0, False
        node = rule()
        self.bars, self.builder = bars, builder
        return node

    def function(self) -> Node:
        """A function and its arguments."""
        name = self.value
        self.advance()
        if name in ("frac", "binom"):
            top, bottom = self.argument(), self.argument()
            if isinstance(top, Name) and top.name == "d" and isinstance(bottom, Apply) and "d" in names_in(bottom):
                raise Beyond("a derivative")
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
        if name == "int":
            return self.integral()
        if name == "lim":
            return self.limit()
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
        r"""`\sum_{k=1}^{n} k^2` and `\prod`; Beyond where the limits stand in another way."""
        start, end = self.limits(name)
        if not isinstance(start, Relation) or start.ops != ("=",) or not isinstance(start.sides[0], Name):
            raise Beyond(f"\\{name} without a start")
        index, term = start.sides[0].name, self.term()
        if any(part.endswith(f"_{index}") for part in names_in(term)):
            raise Beyond(f"\\{name} over a sequence")
        return series("+" if name == "sum" else "*", index, start.sides[1], end, term)

    def integral(self) -> Node:
        r"""`\int_0^1 x^2\,dx`, `\int_0^1 \frac{dx}{x}`; Beyond without limits or with several variables."""
        low, high = self.limits("int")
        start, depth = self.position, 0
        for place in range(start, len(self.tokens) - 1):
            kind, value, _ = self.tokens[place]
            depth += (kind == "op" and value in _OPENING) - (kind == "op" and value in _CLOSING)
            name = self.tokens[place + 1]
            if (kind, value, name[0]) == ("name", "d", "name"):
                break
            if (kind, value) == ("func", "int"):
                raise Beyond("an integral of an integral")
        else:
            raise Beyond("\\int without a differential")
        alone = place == start or self.tokens[place - 1][1] == "{"
        self.tokens[place : place + 2] = [("num", "1", False)] * alone + [("op", "dx", False)] * (not depth)
        self.go_to(start)
        term = self.term() if depth else self.sum()
        if not depth:
            self.expect("dx")
        return series("int", name[1], low, high, term)

    def limit(self) -> Node:
        r"""`\lim_{x \to 0^+} \frac{\sin x}{x}`; Beyond where it says in another way what goes where."""
        self.expect("_")
        self.expect("{")
        name = self.value
        if self.kind != "name" or self.peek()[1] != "->":
            raise Beyond("\\lim of something else than a variable")
        self.go_to(self.position + 2)
        place, side = self.sum_to_side()
        self.expect("}")
        term = self.term()
        if holds_series(term):
            raise Beyond("a limit of a series")
        return series("lim", name, place, Num(side), term)

    def sum_to_side(self) -> tuple[Node, int]:
        """Where a limit is taken, and from which side: 1 from above, -1 from below, 0 from both."""
        for end in range(self.position, len(self.tokens)):
            before, value = self.tokens[end - 1][1], self.tokens[end][1]
            if before == "^" and value in ("+", "-"):
                del self.tokens[end - 1 : end + 1]
                self.go_to(self.position)
                return self.sum(), 1 if value == "+" else -1
            if value == "}" and before != "+" and before != "-":
                break
        return self.sum(), 0

    def limits(self, name: str) -> tuple[Node, Node]:
        """What stands below and above a series. Raises Beyond unless both do."""
        limits: dict[str, Node] = {}
        while self.is_op("_", "^"):
            place = self.value
            self.advance()
            limits[place] = self.operand()
        if len(limits) < 2:
            raise Beyond(f"\\{name} without a start or an end")
        return limits["_"], limits["^"]

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


def _is_minus_one(node: Node) -> bool:
    if isinstance(node, Num):
        return node.value == -1
    return isinstance(node, Apply) and node.op == "neg" and isinstance(node.args[0], Num) and node.args[0].value == 1
