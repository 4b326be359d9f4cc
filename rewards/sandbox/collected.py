"""Inside the sandbox: tests that stand in functions and classes, as pytest and unittest would collect them.

Tests that reach into their own process (mocks, captured output, files), where the solution is not, judge nothing.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

from rewards.sandbox.errors import Unsupported
from rewards.sandbox.remote import is_remote

_OUT_OF_REACH = {"mock", "capsys", "capfd", "caplog", "monkeypatch", "mocker", "redirect_stdout", "redirect_stderr"}
_FILES = {"open", "tempfile"}
_STREAMS = {"sys.stdin", "sys.stdout", "sys.stderr"}


def refuse_out_of_reach(trees: list[ast.Module]) -> None:
    """Raise Unsupported for tests that patch or watch the process they run in."""
    for node in (node for tree in trees for node in ast.walk(tree)):
        words: list[str] = []
        if isinstance(node, (ast.Name, ast.arg)):
            words = [node.id if isinstance(node, ast.Name) else node.arg]
            words = [word for word in words if word not in _FILES or isinstance(getattr(node, "ctx", None), ast.Load)]
        elif isinstance(node, ast.Attribute):
            words = [node.attr, ast.unparse(node)] if isinstance(node.ctx, ast.Store) else [node.attr]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            modules = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
            words = [word for module in modules if (word := module.rpartition(".")[2]) in ("mock", "tempfile")]
        found = [word for word in words if word in _OUT_OF_REACH | _STREAMS | _FILES]
        if found:
            raise Unsupported(f"the tests use {found[0]}, which does not reach another process")


def count_unittest(executed: Callable[[], None], passed: Callable[[], None]) -> None:
    """Let each assertion of unittest tell that it begins and that it holds; none rests on an object of the solution."""
    import unittest

    inside: list[bool] = []

    def counted(name: str, method: Any) -> Any:
        def assertion(self: Any, *arguments: Any, **named: Any) -> Any:
            if inside:
                return method(self, *arguments, **named)
            if arguments and is_remote(arguments[0]):
                if name in ("assertTrue", "assertFalse"):
                    raise TypeError(f"{arguments[0]!r} is not plain data")
                if name.startswith("assertRaises"):
                    raise Unsupported("the tests expect an exception of a class of the solution's own")
            executed()
            inside.append(True)
            try:
                result = method(self, *arguments, **named)
            finally:
                inside.pop()
            passed()
            return result

        return assertion

    for name, method in list(vars(unittest.TestCase).items()):
        if name.startswith("assert") and inspect.isfunction(method):
            setattr(unittest.TestCase, name, counted(name, method))


def collected(names: dict[str, Any]) -> Iterator[Callable[[], object]]:
    """The tests among the names of a test module, in order, each ready to be run."""
    functions = {name: value for name, value in names.items() if isinstance(value, types.FunctionType)}
    fixtures = {name: function for name, function in functions.items() if hasattr(function, "is_fixture")}
    for name, value in list(names.items()):
        if (
            isinstance(value, type)
            and "unittest" in sys.modules
            and issubclass(value, sys.modules["unittest"].TestCase)
        ):
            yield from _of_case(value)
        elif isinstance(value, type) and name.startswith("Test"):
            yield from _of_class(value, fixtures)
        elif name in functions and name.startswith("test"):
            yield from _of_function(value, fixtures)


def _of_case(case: Any) -> Iterator[Callable[[], object]]:
    import unittest

    methods = unittest.TestLoader().getTestCaseNames(case)
    if methods:
        yield case.setUpClass
    for method in methods:
        yield case(method).debug


def _of_class(kind: Any, fixtures: dict[str, Any]) -> Iterator[Callable[[], object]]:
    for name in vars(kind):
        if name.startswith("test"):
            own = kind()
            setups = [getattr(own, setup) for setup in ("setup_class", "setup_method") if hasattr(own, setup)]
            for test in _of_function(getattr(own, name), fixtures):
                yield from setups
                yield test


def _of_function(function: Any, fixtures: dict[str, Any]) -> Iterator[Callable[[], object]]:
    if getattr(function, "is_skipped", False):
        return
    for case in itertools.product(*getattr(function, "parameters", [])):
        given = {name: value for part in case for name, value in part.items()}
        yield lambda given=given: _run(function, given, fixtures)  # type: ignore[misc]


def _run(function: Any, given: dict[str, Any], fixtures: dict[str, Any]) -> None:
    wanted = list(inspect.signature(function).parameters)
    for name in wanted:
        if name not in given:
            given = {**given, name: _made(name, fixtures)}
    result = function(**{name: given[name] for name in wanted})
    if inspect.iscoroutine(result):
        import asyncio

        asyncio.run(result)


def _made(name: str, fixtures: dict[str, Any]) -> Any:
    if name not in fixtures:
        raise Unsupported(f"the tests use the fixture {name}")
    made = fixtures[name](*(_made(inner, fixtures) for inner in inspect.signature(fixtures[name]).parameters))
    return next(made) if inspect.isgenerator(made) else made
