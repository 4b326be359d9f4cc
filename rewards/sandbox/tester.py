"""Inside the sandbox: run the tests of a data set, in another process than the solution they test.

The trusted side. The tests and the results they expect live here; what they take from the solution is `Remote`.
"""

from __future__ import annotations

import ast
import builtins
import sys
import types
from collections.abc import Callable
from functools import partial as bind
from typing import Any

from rewards.sandbox import frames
from rewards.sandbox.collected import collected, count_unittest, refuse_out_of_reach
from rewards.sandbox.errors import Ended, SolutionError, Unsupported
from rewards.sandbox.link import Link
from rewards.sandbox.pytesting import Skipped, pytest_module
from rewards.sandbox.remote import is_remote, shown
from rewards.sandbox.waiting import self_pipes

TESTS = "<tests>"
REPR_LIMIT = 200


def main(fd: int, link_fd: int) -> None:
    """Be the tester of one check: read the job from `fd`, test the solution behind `link_fd`, report on `fd`.

    Job: {"helpers", "tests": [text, ...], "entry_point", "timeout_s", "partial"}. Report: {"passed", "total", "why"},
    or {"unsupported": why}.
    """
    job = frames.receive(fd)
    sys.setrecursionlimit(20_000)
    self_pipes()
    try:
        report = _Tests(job, Link(link_fd, job["timeout_s"])).run()
    except Unsupported as error:
        report = {"unsupported": str(error)}
    frames.send(fd, report)


class _Tests:
    """The tests of one job, and the count of what passed."""

    def __init__(self, job: dict[str, Any], link: Link) -> None:
        self.link = link
        self.partial = bool(job["partial"])
        self.entry_point = job["entry_point"]
        parsed = [ast.parse(test) for test in job["tests"]]
        refuse_out_of_reach(parsed)
        self.trees = [_Instrument(self.partial).visit(tree) for tree in parsed]
        self.planned = sum(_is_check(node) for tree in self.trees for node in ast.walk(tree))
        self.passed = self.executed = 0
        self.why = ""
        self.names: dict[str, Any] = {"__name__": "tests", "__check__": self.check, "__equal__": self.equal}
        self.names |= {"__failed__": self.failed, "repr": shown}
        sys.modules["pytest"] = pytest_module()
        sys.modules["solution"] = _SolutionModule(link)
        if any("unittest" in test for test in job["tests"]):
            count_unittest(self.begin, self.hold)
        if job["helpers"]:
            _execute(compile(job["helpers"], TESTS, "exec", dont_inherit=True), self.names)

    def run(self) -> dict[str, Any]:
        """Run all tests; {"passed", "total", "why"}."""
        try:
            self.bind()
            for tree in self.trees:
                self.run_one(bind(_run, tree, self.names))
                if self.why and not self.partial:
                    break
            if not self.executed:  # tests that only define functions
                for test in collected(self.names):
                    self.run_one(test)
                    if self.why and not self.partial:
                        break
        except Ended:
            pass
        if self.link.ended:
            self.note(self.link.ended)
        if self.executed and not self.why and not self.link.answered:
            raise Unsupported("the tests ask nothing of the solution")
        total = max(self.planned, self.executed) if self.why else self.executed  # some stand where none should come
        return {"passed": self.passed, "total": total, "why": self.why}

    def run_one(self, test: Callable[[], object]) -> None:
        """Run a test, and keep what is wrong with it."""
        try:
            test()
        except ImportError as error:
            raise Unsupported(f"the tests cannot be run here: {error}") from None
        except SystemExit:
            raise Unsupported("the tests end their own process") from None
        except Exception as error:  # noqa: BLE001  whatever the tests, or what they call, raise
            if isinstance(error, Skipped) or type(error).__name__ == "SkipTest":
                return
            if str(error).startswith("catching classes that do not inherit") and not hasattr(error, "theirs"):
                raise Unsupported("the tests catch an exception of a class of the solution's own") from None
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
            except NameError as error:
                if name == self.entry_point and hasattr(builtins, name):  # else the tests would find Python's own
                    raise self.link.end(str(error)) from None
                continue  # the test that uses it fails, and says so

    def begin(self) -> None:
        self.executed += 1

    def hold(self) -> None:
        self.passed += 1

    def check(self, value: Any) -> None:
        self.begin()
        if is_remote(value):
            raise TypeError(f"{value!r} is not plain data")
        if not value:
            raise AssertionError(f"got {_short(value)}")
        self.hold()

    def equal(self, got: Any, expected: Any) -> None:
        self.begin()
        if not got == expected:
            raise AssertionError(f"expected {_short(expected)}, got {_short(got)}")
        self.hold()

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
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Attribute):
        return node.func.attr.startswith("assert")  # unittest's
    return isinstance(node.func, ast.Name) and node.func.id in ("__check__", "__equal__")


_execute = exec  # the tests of a data set are code, and run here, behind the same doors as a solution


def _run(tree: ast.Module, names: dict[str, Any]) -> None:
    _execute(compile(ast.fix_missing_locations(tree), TESTS, "exec", dont_inherit=True), names)


class _SolutionModule(types.ModuleType):
    """What tests import as `solution`: names of the other process."""

    def __init__(self, link: Link) -> None:
        super().__init__("solution")
        self.__dict__["_link"] = link

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._link.ask("get", {"name": name})  # NameError: then the solution lacks what the tests import


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


def _short(value: object) -> str:
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        text = f"<{type(value).__name__}>"
    return text if len(text) <= REPR_LIMIT else f"{text[:REPR_LIMIT]}... ({len(text)} characters)"
