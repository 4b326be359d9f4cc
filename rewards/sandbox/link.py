"""Inside the sandbox: the pipe over which the tests of a data set ask a solution in another process."""

from __future__ import annotations

import os
import time
from typing import Any

from rewards.sandbox import plain
from rewards.sandbox.errors import Ended, Unsupported, raise_again
from rewards.sandbox.remote import Remote, RemoteCoroutine, is_remote
from rewards.sandbox.waiting import readable


class Link:
    """The pipe to the solution's process."""

    def __init__(self, fd: int, timeout_s: float) -> None:
        self.fd = fd
        self.timeout_s = timeout_s
        self.remotes: dict[int, Remote] = {}
        self.callbacks: list[Any] = []
        self.names: set[str] = set()  # of the solution's objects that the tests know by name
        self.classes: set[str] = set()  # of the tests, whose objects may go over by value
        self.answered = False
        self.ended = ""

    def ask(self, operation: str, target: dict[str, Any], *arguments: Any, **named: Any) -> Any:
        """Do one thing over there and return its value, or raise what it raised."""
        given = _Given(self)
        request = {
            "id": os.urandom(8).hex(),
            "do": operation,
            "on": target,
            "args": plain.encode(list(arguments), given.export),
            "kwargs": plain.encode(named, given.export),
            "objects": given.states(),
            "refs": True,
            "watch": any(type(argument) in (list, dict, set, bytearray) for argument in arguments),
        }
        reply = self.exchange(request)
        if reply.get("id") != request["id"] or ("stop" in reply and operation != "next"):
            raise self.end("the solution broke its channel")
        given.update(reply.get("objects", []))
        if "args" in reply:
            _update(arguments, plain.decode(reply["args"], given.resolve))
        if "stop" in reply:
            raise StopIteration
        if "error" in reply:
            raise_again(*map(str, reply["error"]), base=str(reply.get("base", "")))
        value = plain.decode(reply.get("value"), given.resolve)
        self.answered = True
        if operation == "get" and is_remote(value):
            self.names.add(str(target["name"]))
        return value

    def exchange(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send a request and wait for its reply, calling functions of the tests in between if asked to."""
        if self.ended:  # the tests may have swallowed the first one
            raise Ended(self.ended)
        try:
            plain.send(self.fd, request)
            deadline = time.monotonic() + self.timeout_s
            while True:
                left = deadline - time.monotonic()
                if left <= 0 or not readable(self.fd, seconds=left):
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
        if is_remote(value):
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
            remote = RemoteCoroutine if kind == "coroutine" else Remote
            self.remotes[number] = remote(self, {"ref": number}, kind)
        return self.remotes[number]


class _Given:
    """Objects of the tests' own classes that go to the solution with one request: by value, however they hang together.

    The solution has a class of the same name (ListNode, which both take from the prompt), or the class only holds
    attributes (MBPP's Node); what the solution changes in such an object is carried over, as far as the object had
    these attributes.
    """

    def __init__(self, link: Link) -> None:
        self.link = link
        self.objects: list[Any] = []
        self.places: dict[int, int] = {}

    def export(self, value: object) -> plain.Tree:
        kind = type(value)
        if is_remote(value) or callable(value) or kind.__module__ != "tests" or kind.__new__ is not object.__new__:
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
