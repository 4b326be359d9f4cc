"""Inside the sandbox: the pipe over which the tests of a data set ask a solution in another process."""

from __future__ import annotations

import os
import time
from typing import Any

from rewards.sandbox import frames, plain
from rewards.sandbox.errors import Ended, Unsupported, raise_again
from rewards.sandbox.passing import Sent
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
        given = Sent(self)
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
            frames.send(self.fd, request)
            deadline = time.monotonic() + self.timeout_s
            while True:
                left = deadline - time.monotonic()
                if left <= 0 or not readable(self.fd, seconds=left):
                    raise self.end(f"timed out after {self.timeout_s:g} s")
                reply = frames.receive(self.fd)
                if not isinstance(reply, dict):
                    raise self.end("the solution broke its channel")
                if "callback" not in reply:
                    return reply
                frames.send(self.fd, self.call_back(reply))
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
