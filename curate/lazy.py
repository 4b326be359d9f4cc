"""Names of a package that are loaded when they are first used, so that importing the package loads nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def loading(package: str, where: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package (PEP 562). where: each name, and the module that holds it.

    >>> loading("trees", {"sqrt": "math"})("sqrt")(9.0)
    3.0
    >>> loading("trees", {"sqrt": "math"})("root")
    Traceback (most recent call last):
    ...
    AttributeError: module 'trees' has no attribute 'root'
    """

    def load(name: str) -> Any:
        if name not in where:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return getattr(import_module(where[name]), name)

    return load
