"""Inside the sandbox: what programs written for LeetCode find there without importing it."""

from __future__ import annotations

import builtins
from typing import Any

_MODULES = (
    "bisect cmath collections copy datetime decimal fractions functools heapq io itertools json math operator random re"
    " statistics string sys time typing"
)


def usual_names() -> dict[str, Any]:
    """The names LeetCode and LiveCodeBench solutions may use without importing them.

    What `from X import *` gives for the usual modules and the modules themselves. Nothing here hides a built-in.
    """
    names: dict[str, Any] = {}
    modules = {name: __import__(name) for name in _MODULES.split()}
    for name in ("collections", "heapq", "bisect", "copy", "math", "itertools", "functools", "operator", "typing"):
        public = getattr(modules[name], "__all__", None) or [n for n in dir(modules[name]) if not n.startswith("_")]
        names |= {n: getattr(modules[name], n) for n in public if not hasattr(builtins, n)}
    return names | modules


class ListNode:
    """LeetCode's node of a linked list."""

    def __init__(self, val: object = 0, next: object = None) -> None:  # noqa: A002  LeetCode's own name
        self.val = val
        self.next = next


class TreeNode:
    """LeetCode's node of a binary tree."""

    def __init__(self, val: object = 0, left: object = None, right: object = None) -> None:
        self.val = val
        self.left = left
        self.right = right
