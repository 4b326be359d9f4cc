"""Inside the sandbox: run the tests of a data set, in another process than the solution they test.

The trusted side. The tests and the results they expect live here; every name the tests take from the solution is a
`Remote`, whose calls travel to the solution's process as plain data and whose results come back as plain data, built
anew. An object that is not plain data stays over there: it can be held, called, iterated and asked for attributes, but
a comparison with it fails, and so does an assert that rests on it alone.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import os
import select
import sys
import time
from typing import Any, NoReturn

from rewards.sandbox import plain

TESTS = "<tests>"
REPR_LIMIT = 200


_SPECIAL = (StopIteration, StopAsyncIteration, AssertionError, ImportError)


class SolutionError(Exception):
    """The solution raised something the tests cannot name."""


class Ended(BaseException):
    """No more can be asked: the solution hangs, died or broke the channel. `why` is for a person."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Unsupported(BaseException):
    """The tests do what this sandbox cannot carry, so that they judge nothing."""


class Link:
    """The pipe to the solution's process."""

    def __init__(self, fd: int, timeout_s: float) -> None:
        self.fd = fd
        self.timeout_s = timeout_s
        self.remotes: dict[int, Remote] = {}
        self.callbacks: list[Any] = []
        self.ended = ""

    def ask(self, operation: str, target: dict[str, Any], *arguments: Any, **named: Any) -> Any:
        """Do one thing over there and return its value, or raise what it raised."""
        request = {
            "id": os.urandom(8).hex(),
            "do": operation,
            "on": target,
            "args": plain.encode(list(arguments), self.export),
            "kwargs": plain.encode(named, self.export),
            "refs": True,
            "watch": any(type(argument) in (list, dict, set, bytearray) for argument in arguments),
        }
        reply = self.exchange(request)
        if reply.get("id") != request["id"] or ("stop" in reply and operation != "next"):
            raise self.end("the solution broke its channel")
        if "args" in reply:
            _update(arguments, plain.decode(reply["args"], self.resolve))
        if "stop" in reply:
            raise StopIteration
        if "error" in reply:
            _raise(*map(str, reply["error"]))
        return plain.decode(reply.get("value"), self.resolve)

    def exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its reply, calling functions of the tests in between if asked to."""
        if self.ended:  # the tests may have swallowed the first one
            raise Ended(self.ended)
        try:
            plain.send(self.fd, request)
            deadline = time.monotonic() + self.timeout_s
            while True:
                left = deadline - time.monotonic()
                if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                    raise self.end(f"timed out after {self.timeout_s:g} s")
                reply = plain.receive(self.fd)
                if not isinstance(reply, dict):
                    raise self.end("the solution broke its channel")
                if "callback" not in reply:
                    return reply
                plain.send(self.fd, self.call_back(reply))
        except (EOFError, OSError):
            raise self.end("the solution's process ended") from None
        except plain.NotPlain as error:
            raise self.end(f"the solution broke its channel: {error}") from None

    def end(self, why: str) -> Ended:
        """What to raise when nothing more can be asked; the first reason stays."""
        self.ended = self.ended or why
        return Ended(why)

    def call_back(self, message: dict[str, Any]) -> dict[str, Any]:
        """Call a function of the tests that the solution was given."""
        try:
            function = self.callbacks[message["callback"]]
            arguments = plain.decode(message["args"], self.resolve)
            return {"value": plain.encode(function(*arguments), self.export)}
        except Exception as error:  # noqa: BLE001  whatever the tests, or what they call, raise
            return {"error": f"{type(error).__name__}: {error}"[:300]}

    def export(self, value: object) -> plain.Tree:
        """The tree of what is no plain data: a solution's object, or a function of the tests."""
        if type(value) is Remote:
            return object.__getattribute__(value, "_target")
        if callable(value) and not isinstance(value, type):
            self.callbacks.append(value)
            return {"ref": {"callback": len(self.callbacks) - 1}}
        raise Unsupported(f"the tests pass an object of class {type(value).__name__} to the solution")

    def resolve(self, body: plain.Tree) -> object:
        """The Remote of a reference; the same for the same object, so that `is` holds."""
        number, kind = body
        if type(number) is not int or type(kind) is not str:
            raise plain.NotPlain("not a reference")
        if number not in self.remotes:
            self.remotes[number] = Remote(self, {"ref": number}, kind)
        return self.remotes[number]


class Remote:
    """An object in the solution's process."""

    def __init__(self, link: Link, target: dict[str, Any], kind: str) -> None:
        for name, value in {"_link": link, "_target": target, "_kind": kind}.items():
            object.__setattr__(self, name, value)

    def _ask(self, operation: str, *arguments: Any, **named: Any) -> Any:
        link: Link = object.__getattribute__(self, "_link")
        return link.ask(operation, object.__getattribute__(self, "_target"), *arguments, **named)

    def _only(self, kind: type, operation: str, *arguments: Any) -> Any:
        value = self._ask(operation, *arguments)
        if type(value) is not kind:
            raise TypeError(f"{operation}() of the solution's object gave no {kind.__name__}")
        return value

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call it over there."""
        return self._ask("call", *arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return self._ask("getattr", name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._ask("setattr", name, value)

    def __getitem__(self, key: Any) -> Any:
        return self._ask("getitem", key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._ask("setitem", key, value)

    def __delitem__(self, key: Any) -> None:
        self._ask("delitem", key)

    def __iter__(self) -> Remote:
        iterator = self._ask("iter")
        if type(iterator) is not Remote:
            raise TypeError("the solution's object is not iterable")
        return iterator

    def __next__(self) -> Any:
        return self._ask("next")

    def __len__(self) -> int:
        return int(self._only(int, "len"))

    def __bool__(self) -> bool:
        return bool(self._only(bool, "bool"))

    def __contains__(self, item: Any) -> bool:
        """By iterating: to ask would tell the solution what is expected, and an object may find everything."""
        return any(own == item for own in self)

    def __str__(self) -> str:
        return str(self._only(str, "str"))

    def __repr__(self) -> str:
        return f"<object of class {object.__getattribute__(self, '_kind')}>"

    def __int__(self) -> int:
        return int(self._only(int, "int"))

    def __float__(self) -> float:
        return float(self._only(float, "float"))

    def __eq__(self, other: object) -> bool:
        if other is None or type(other) is Remote:
            return other is self
        raise self._not_plain()

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: object) -> bool:
        raise self._not_plain()

    __gt__ = __le__ = __ge__ = __lt__
    __hash__ = None  # type: ignore[assignment]

    def _not_plain(self) -> TypeError:
        return TypeError(f"an object of class {object.__getattribute__(self, '_kind')} is not plain data")


def main(fd: int, link_fd: int) -> None:
    """Be the tester of one check: read the job from `fd`, test the solution behind `link_fd`, report on `fd`.

    Job: {"helpers", "tests": [text, ...], "entry_point", "timeout_s", "partial"}. Report: {"passed", "total", "why"},
    or {"unsupported": why}.
    """
    job = plain.receive(fd)
    sys.setrecursionlimit(20_000)
    try:
        report = _Tests(job, Link(link_fd, job["timeout_s"])).run()
    except Unsupported as error:
        report = {"unsupported": str(error)}
    plain.send(fd, report)


class _Tests:
    """The tests of one job, and the count of what passed."""

    def __init__(self, job: dict[str, Any], link: Link) -> None:
        self.link = link
        self.partial = bool(job["partial"])
        self.entry_point = job["entry_point"]
        self.trees = [_Instrument(self.partial).visit(ast.parse(test)) for test in job["tests"]]
        self.planned = sum(_is_check(node) for tree in self.trees for node in ast.walk(tree))
        self.passed = self.executed = 0
        self.why = ""
        self.names: dict[str, Any] = {"__name__": "tests", "__check__": self.check, "__equal__": self.equal}
        self.names["__failed__"] = self.failed
        if job["helpers"]:
            _execute(compile(job["helpers"], TESTS, "exec", dont_inherit=True), self.names)

    def run(self) -> dict[str, Any]:
        """Run all tests; {"passed", "total", "why"}."""
        try:
            self.bind()
            for tree in self.trees:
                self.run_one(tree)
                if self.why and not self.partial:
                    break
        except Ended:
            pass
        if self.link.ended:
            self.note(self.link.ended)
        total = max(self.planned, self.executed) if self.why else self.executed  # some stand where none should come
        return {"passed": self.passed, "total": total, "why": self.why}

    def run_one(self, tree: ast.Module) -> None:
        try:
            _execute(compile(ast.fix_missing_locations(tree), TESTS, "exec", dont_inherit=True), self.names)
        except ImportError as error:
            raise Unsupported(f"the tests cannot be run here: {error}") from None
        except SystemExit:
            raise Unsupported("the tests end their own process") from None
        except Exception as error:  # noqa: BLE001  whatever the tests, or what they call, raise
            self.failed(error)

    def bind(self) -> None:
        """Give the tests what they take from elsewhere: modules of the standard library, or names of the solution."""
        self.names.pop(self.entry_point, None)  # the helpers hold its stub
        wanted = _free_names(self.trees) - vars(builtins).keys() | {self.entry_point}
        for name in sorted(wanted - self.names.keys() - {""}):
            if name != self.entry_point and name in sys.stdlib_module_names:
                self.names[name] = __import__(name)
                continue
            try:
                self.names[name] = self.link.ask("get", {"name": name})
            except NameError:
                continue  # the test that uses it fails, and says so

    def check(self, value: Any) -> None:
        self.executed += 1
        if type(value) is Remote:
            raise TypeError(f"{value!r} is not plain data")
        if not value:
            raise AssertionError(f"got {_short(value)}")
        self.passed += 1

    def equal(self, got: Any, expected: Any) -> None:
        self.executed += 1
        if not got == expected:
            raise AssertionError(f"expected {_short(expected)}, got {_short(got)}")
        self.passed += 1

    def failed(self, error: BaseException) -> None:
        message = str(error)
        if isinstance(error, (AssertionError, SolutionError)) and message:
            self.note(message)
        else:
            self.note(f"{type(error).__name__}: {message}" if message else type(error).__name__)

    def note(self, why: str) -> None:
        if not self.why:
            number, total = self.passed + 1, max(self.planned, self.executed, 1)
            self.why = f"test {min(number, total)} of {total}: {why}"


class _Instrument(ast.NodeTransformer):
    """Count the asserts: `assert a == b` becomes __equal__(a, b), any other `assert a` __check__(a).

    partial: each stands in its own try, so that one that fails does not end the rest.
    """

    def __init__(self, partial: bool) -> None:
        self.partial = partial

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            call = _call("__equal__", [test.left, test.comparators[0]])
        elif isinstance(test, ast.Constant):
            call = _call("bool", [test]) if test.value else _call("__check__", [test])  # `assert True` tests nothing
        else:
            call = _call("__check__", [test])
        statement: ast.stmt = ast.copy_location(ast.Expr(call), node)
        if self.partial:
            name = "__error__"
            note = ast.Expr(_call("__failed__", [ast.Name(name, ast.Load())]))
            handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), name, [note])
            statement = ast.copy_location(ast.Try([statement], [handler], [], []), node)
        return statement


def _call(function: str, arguments: list[ast.expr]) -> ast.Call:
    return ast.Call(ast.Name(function, ast.Load()), arguments, [])


def _is_check(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("__check__", "__equal__")


_execute = exec  # the tests of a data set are code, and run here, behind the same doors as a solution


def _free_names(trees: list[ast.Module]) -> set[str]:
    used: set[str] = set()
    own: set[str] = set()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else own).add(node.id)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            own.add(node.name)
        elif isinstance(node, ast.alias):
            own.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            own.add(node.name)
    return used - own


def _update(arguments: tuple[Any, ...], after: Any) -> None:
    """Carry what the solution did to its arguments over to the lists, dicts and sets of the tests."""
    if type(after) is not list or len(after) != len(arguments):
        return
    for argument, new in zip(arguments, after, strict=True):
        if type(argument) is not type(new):
            continue
        if type(argument) in (list, bytearray):
            argument[:] = new
        elif type(argument) in (dict, set):
            argument.clear()
            argument.update(new)


def _raise(kind: str, message: str) -> NoReturn:
    """Raise what the solution raised: by its own class for an ordinary built-in exception, else SolutionError.

    Not StopIteration, which would end a loop of the tests early; not ImportError, which says that the tests cannot be
    run; not what is no Exception.
    """
    known = getattr(builtins, kind, None)
    if isinstance(known, type) and issubclass(known, Exception) and not issubclass(known, _SPECIAL):
        error: Exception | None = None
        with contextlib.suppress(TypeError):  # UnicodeDecodeError wants more than a message
            error = known(message)
        if error is not None:
            raise error
    raise SolutionError(f"{kind}: {message}" if kind != "NotPlain" else message)


def _short(value: object) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        text = f"<{type(value).__name__}>"
    return text if len(text) <= REPR_LIMIT else f"{text[:REPR_LIMIT]}... ({len(text)} characters)"
