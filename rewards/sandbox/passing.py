"""Inside the sandbox: objects of the tests' own classes (LeetCode's lists and trees) that go over by value.

`Sent` is the tests' side of one request, `Received` the solution's. Objects hang together as they may: each is called
by its place in the request, and comes with its class and attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rewards.sandbox import plain
from rewards.sandbox.remote import is_remote


class Sent:
    """Objects of the tests' own classes that go to the solution with one request: by value, however they hang together.

    The solution has a class of the same name (ListNode, which both take from the prompt), or the class only holds
    attributes (MBPP's Node); what the solution changes in such an object is carried over, as far as the object had
    these attributes.
    """

    def __init__(self, link: Any) -> None:
        self.link = link
        self.objects: list[Any] = []
        self.places: dict[int, int] = {}

    def export(self, value: object) -> plain.Tree:
        """The tree of what is no plain data: a place in the request, or what the link makes of it."""
        kind = type(value)
        ours = kind.__module__ == "tests" and kind.__new__ is object.__new__ and hasattr(value, "__dict__")
        if is_remote(value) or callable(value) or not ours:
            return self.link.export(value)
        if kind.__name__ not in self.link.classes:
            try:
                self.link.ask("get", {"name": kind.__name__})
            except NameError:
                if _behaves(kind):
                    return self.link.export(value)
            self.link.classes.add(kind.__name__)
        place = self.places.setdefault(id(value), len(self.objects))
        if place == len(self.objects):
            self.objects.append(value)
        return {"ref": {"object": place}}

    def states(self) -> list[plain.Tree]:
        """Class and attributes of all objects; those that hang on others come along."""
        return [[type(one).__name__, plain.encode(vars(one), self.export)] for one in self.objects]  # grows meanwhile

    def resolve(self, body: plain.Tree) -> object:
        """The tests' own object at a place; anything else is the link's."""
        if type(body) is dict:
            return self._object(body.get("object"))
        return self.link.resolve(body)

    def update(self, changed: plain.Tree) -> None:
        """Carry over what the solution did to the objects."""
        for place, state in changed if type(changed) is list else ():
            own, after = vars(self._object(place)), plain.decode(state, self.resolve)
            own.update({name: value for name, value in dict(after).items() if name in own})

    def _object(self, place: Any) -> Any:
        if type(place) is not int or not 0 <= place < len(self.objects):
            raise plain.NotPlain("not a reference")
        return self.objects[place]


def _behaves(kind: type) -> bool:
    """Whether a class of the tests has methods that a solution may call, or that Python may."""
    return kind.__bases__ != (object,) or any(
        callable(value) or hasattr(value, "__get__")
        for name, value in vars(kind).items()
        if name not in ("__init__", "__repr__", "__str__", "__dict__", "__weakref__")
    )


class Received:
    """Objects of the tests that come with a request, made anew of the solution's classes of the same names, if any."""

    def __init__(self, server: Any, states: Sequence[Any]) -> None:
        self.server = server
        self.states = [state for _, state in states]
        kinds = {kind: server.names.get(kind) or type(kind, (), {}) for kind, _ in states}
        self.objects: list[Any] = [object.__new__(kinds[kind]) for kind, _ in states]
        self.places = {id(one): place for place, one in enumerate(self.objects)}
        self.attributes = [plain.decode(state, self.resolve) for state in self.states]
        for one, attributes in zip(self.objects, self.attributes, strict=True):
            for name, value in attributes.items():
                object.__setattr__(one, name, value)

    def resolve(self, body: plain.Tree) -> object:
        """The object made for a place; anything else is the server's."""
        if isinstance(body, dict) and "object" in body:
            return self.objects[body["object"]]
        return self.server.resolve(body)

    def export(self, value: object) -> plain.Tree:
        """The place of an object that came with the request, or a reference to one of the solution's."""
        place = self.places.get(id(value))
        return self.server.export(value) if place is None else {"ref": {"object": place}}

    def changed(self) -> list[tuple[int, plain.Tree]]:
        """Place and attributes of those that are no longer as they came."""
        now = (
            {name: getattr(one, name, None) for name in came}
            for one, came in zip(self.objects, self.attributes, strict=True)
        )
        after = [plain.encode(attributes, self.export) for attributes in now]
        return [(place, new) for place, (old, new) in enumerate(zip(self.states, after, strict=True)) if old != new]
