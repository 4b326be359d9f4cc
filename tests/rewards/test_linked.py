"""Tests that hand the solution objects of classes both know, as LeetCode's lists and trees."""

# Programs stand on one line each, as a table.
# ruff: noqa: E501

from __future__ import annotations

from typing import Any

import pytest

from rewards.programs import code

PROMPT = """
from collections import deque
from typing import Optional

class ListNode:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next

def list_node(values):
    head = None
    for value in reversed(values):
        head = ListNode(value, head)
    return head

def is_same_list(one, other):
    if one is None or other is None:
        return one is other
    return one.val == other.val and is_same_list(one.next, other.next)
"""
REVERSE = """
class Solution:
    def run(self, head: Optional[ListNode]) -> Optional[ListNode]:
        before = None
        while head:
            head.next, before, head = before, head, head.next
        return before
"""
MERGE = """
class Solution:
    def run(self, lists):
        values = []
        for one in lists:
            while one:
                values.append(one.val)
                one = one.next
        first = last = ListNode()
        for value in sorted(values):
            last.next = ListNode(value)
            last = last.next
        return first.next
"""
IN_PLACE = """
class Solution:
    def run(self, head):
        while head:
            head.val *= 2
            head.next = ListNode(7, head.next)
            head = head.next.next
"""
CYCLE = """
class Solution:
    def run(self, head):
        seen = set()
        while head and id(head) not in seen:
            seen.add(id(head))
            head = head.next
        return head
"""
CASES = {
    "a list back": (REVERSE, "is_same_list(candidate(list_node([1, 2, 3])), list_node([3, 2, 1]))"),
    "a long list": (REVERSE, "is_same_list(candidate(list_node(range(900))), list_node(range(899, -1, -1)))"),
    "no list": (REVERSE, "candidate(head=list_node([])) is None and candidate(list_node([5])).val == 5"),
    "a list of lists": (
        MERGE,
        "is_same_list(candidate([list_node([2]), None, list_node([1, 3])]), list_node([1, 2, 3]))",
    ),
    "in place": (
        IN_PLACE,
        "(head := list_node([1, 2])) and candidate(head) is None and is_same_list(head, list_node([2, 7, 4, 7]))",
    ),
    "a class with slots": (
        "class ListNode:\n    __slots__ = ('val', 'next')\n    def __init__(self, val, next):\n        self.val, self.next = val, next\n"
        + IN_PLACE,
        "(head := list_node([1])) and candidate(head) is None and is_same_list(head, list_node([2, 7]))",
    ),
    "the same node": (
        CYCLE,
        "(head := list_node([1, 2])) and not setattr(head.next, 'next', head) and candidate(head) is head",
    ),
}


def _tests(condition: str) -> dict[str, Any]:
    check = f"def check(candidate):\n    assert {condition}\n"
    return {"prompt": PROMPT, "entry_point": "Solution().run", "test": check}


@pytest.mark.parametrize("case", CASES)
def test_nodes_go_to_the_solution_and_come_back(case: str) -> None:
    program, condition = CASES[case]
    score = code(program, _tests(condition))
    assert score.value == 1.0, score


LIAR = """
class ListNode:
    all = []
    def __init__(self, *_): ListNode.all.append(self)
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __getattr__(self, name): return ListNode.all[-1] if name == "next" else 0
    __hash__ = None
"""
WRONG = {
    "as it came": "class Solution:\n    def run(self, head): return head",
    "nothing": "class Solution:\n    def run(self, head): return None",
    "too long": REVERSE.replace("return before", "head = before\n        while head.next: head = head.next\n        head.next = ListNode(0)\n        return before"),
    "objects that equal all": LIAR + "class Solution:\n    def run(self, head): return ListNode()",
    "an endless list": LIAR.replace("return True", "return 1") + "class Solution:\n    def run(self, head): return ListNode()",
    "values that equal all": LIAR + "class Solution:\n    def run(self, head):\n        head.val = ListNode()\n        return head",
    "more attributes": "class Solution:\n    def run(self, head):\n        head.__dict__.update(__eq__=lambda *_: True, __class__=int)\n        return head",
    "all nodes there are": "import gc\nclass Solution:\n    def run(self, head):\n        nodes = [one for one in gc.get_objects() if type(one).__name__ == 'ListNode']\n        return nodes[0] if len(nodes) > 3 else head",
}  # fmt: skip


@pytest.mark.parametrize("program", WRONG)
def test_no_lie_about_nodes_is_paid(program: str) -> None:
    score = code(WRONG[program], _tests(CASES["a list back"][1]))
    assert score.value == 0.0, score


def test_a_class_that_only_the_tests_have_is_no_verdict() -> None:
    tests = {"test": "class Mine:\n    def go(self): pass\n\nassert run(Mine()) == 1", "entry_point": "run"}
    score = code("def run(one): return 1", tests)
    assert score.value is None
    assert "an object of class Mine" in score.why


def test_a_class_of_attributes_alone_needs_no_twin() -> None:
    """MBPP: the nodes of a tree stand in the setup."""
    setup = "class Node:\n    def __init__(self, data):\n        self.data = data\n        self.left = None\n\nroot = Node(1)\nroot.left = Node(2)"
    right = "def total(node): return node.data + total(node.left) if node else 0"
    tests = {"test_list": ["assert (total(root)) == 3"], "test_setup_code": setup}
    assert code(right, tests).value == 1.0
    assert code(right.replace("+", "-"), tests).value == 0.0


def test_a_namedtuple_keeps_its_names() -> None:
    program = "from collections import namedtuple\nP = namedtuple('P', 'x y')\ndef f(): return P(1, 2)\ndef g(p): return p.x + p.y"
    for test in ("f().x == 1", "f() == (1, 2)", "g(f()) == 3", "f()._replace(x=5) == (5, 2)"):
        assert code(program, {"asserts": [f"assert {test}"]}).value == 1.0
    liar = "class P(tuple):\n    _fields = ('x', '_equal')\n    __eq__ = lambda *_: True\n    __hash__ = None\ndef f(): return P((9, 9))"
    for test in ("f().x == 1", "f() == (1, 2)", "[f()] == [(1, 2)]"):
        assert code(liar, {"asserts": [f"assert {test}"]}).value == 0.0


POINT = "from dataclasses import dataclass\n@dataclass\nclass Point:\n    x: int\n    y: int\n"


def test_whether_two_objects_of_a_class_under_test_are_equal_only_the_solution_could_say() -> None:
    score = code(POINT, {"asserts": ["assert Point(1, 2) == Point(1, 2)"]})
    assert score.value is None
    assert "two objects of the solution's own class Point" in score.why
    order = {"asserts": ["assert sorted([Point(2, 1), Point(1, 2)])[0].x == 1"]}
    assert code(POINT.replace("dataclass\nclass", "dataclass(order=True)\nclass"), order).value is None
    assert code(POINT, {"asserts": ["assert Point(1, 2).x == 1"]}).value == 1.0
    for program in ("def f(x): return object()", "class A:\n    __eq__ = lambda *_: True\ndef f(x): return A()"):
        assert code(program, {"asserts": ["assert f(1) == f(2)"]}).value == 0.0
