"""Inside the sandbox: what tests import as `pytest`.

raises, approx, fixture, parametrize, skip and fail; whatever else it is asked for judges nothing (Unsupported).
"""

from __future__ import annotations

import math
import re
import types
from typing import Any, Self

from rewards.sandbox.errors import SolutionError, Unsupported
from rewards.sandbox.remote import is_remote


class Skipped(Exception):
    """A test that skips itself."""


def pytest_module() -> types.ModuleType:
    """What tests import as `pytest`."""
    module = types.ModuleType("pytest")
    module.__dict__.update(raises=_Raises, approx=_Approx, fixture=_fixture, mark=_Marks(), param=_param)
    module.__dict__.update(skip=_skip, fail=_fail, main=lambda *_: 0)
    module.__dict__["__getattr__"] = _unknown
    return module


def _unknown(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise Unsupported(f"the tests use pytest.{name}")


class _Raises:
    def __init__(self, expected: Any, function: Any = None, *arguments: Any, match: str = "", **named: Any) -> None:
        self.expected, self.match = expected, match
        self.value: BaseException | None = None
        if function is not None:
            with self:
                function(*arguments, **named)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        if error is None:
            raise AssertionError("no exception was raised")
        kinds = self.expected if isinstance(self.expected, tuple) else (self.expected,)
        own = [kind for kind in kinds if is_remote(kind)]  # a class of the solution's is known by its name
        named = isinstance(error, SolutionError) and str(error).partition(":")[0] in [kind.__name__ for kind in own]
        if not named and not isinstance(error, tuple(kind for kind in kinds if not is_remote(kind))):
            return False
        self.value = error
        if self.match and not re.search(self.match, str(error)):
            raise AssertionError(f"the message of the exception does not match {self.match!r}")
        return True


class _Approx:
    def __init__(self, expected: Any, rel: float | None = None, abs: float | None = None) -> None:  # noqa: A002
        self.expected, self.rel, self.abs = expected, rel, abs

    def __repr__(self) -> str:
        return f"about {self.expected!r}"

    def __eq__(self, other: object) -> bool:
        return self.near(other, self.expected)

    __hash__ = None  # type: ignore[assignment]

    def near(self, got: Any, expected: Any) -> bool:
        if is_remote(got):
            raise TypeError(f"{got!r} is not plain data")
        if isinstance(expected, dict):
            return (
                isinstance(got, dict)
                and got.keys() == expected.keys()
                and all(self.near(got[key], expected[key]) for key in expected)
            )
        if isinstance(expected, (list, tuple)):
            return isinstance(got, (list, tuple)) and len(got) == len(expected) and all(map(self.near, got, expected))
        if isinstance(expected, bool) or not isinstance(expected, (int, float)) or not isinstance(got, (int, float)):
            return bool(got == expected)
        rel = self.rel if self.rel is not None else 1e-6 if self.abs is None else 0.0
        return math.isclose(got, expected, rel_tol=0.0, abs_tol=max(rel * abs(expected), self.abs or 1e-12))


class _Marks:
    def __getattr__(self, name: str) -> Any:
        if name == "parametrize":
            return _parametrize
        if name in ("skip", "skipif", "xfail"):
            return _skipped
        return lambda *given, **_: given[0] if given and callable(given[0]) else lambda function: function


def _parametrize(names: Any, values: Any, **_: Any) -> Any:
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    rows = [value if len(names) > 1 or type(value) is _Param else (value,) for value in values]
    cases = [dict(zip(names, row, strict=True)) for row in rows]

    def mark(function: Any) -> Any:
        function.parameters = [*getattr(function, "parameters", []), cases]
        return function

    return mark


class _Param(tuple[Any, ...]):
    """The values of pytest.param."""


def _param(*values: Any, **_: Any) -> _Param:
    return _Param(values)


def _skipped(*given: Any, **_: Any) -> Any:
    def mark(function: Any) -> Any:
        function.is_skipped = True
        return function

    return mark(given[0]) if given and callable(given[0]) else mark


def _fixture(function: Any = None, **_: Any) -> Any:
    def mark(function: Any) -> Any:
        function.is_fixture = True
        return function

    return mark(function) if callable(function) else mark


def _skip(*_: Any, **__: Any) -> None:
    raise Skipped


def _fail(reason: str = "", **_: Any) -> None:
    raise AssertionError(reason or "the test fails itself")
