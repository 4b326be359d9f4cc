"""Inside the sandbox: what the tests of a data set hold of a solution, whose objects live in another process.

Every name the tests take from the solution is a `Remote`, whose calls travel to the solution's process as plain data
and whose results come back as plain data, built anew. An object that is not plain data stays over there: it can be
held, called, iterated and asked for attributes, but a comparison with it fails, and so does an assert that rests on it
alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, NoReturn

from rewards.sandbox import plain
from rewards.sandbox.errors import Ended, Unsupported, raise_again
from rewards.sandbox.waiting import readable

if TYPE_CHECKING:
    from typing_extensions import TypeIs


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
            raise_again(*map(str, reply["error"]), base=str(reply.get("base", "")))
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

    def __enter__(self) -> Any:
        return self._ask("getattr", "__enter__")()

    def __exit__(self, *raised: object) -> None:
        """Close it; what the tests raise inside is theirs, and goes on."""
        self._ask("getattr", "__exit__")(None, None, None)

    def __instancecheck__(self, value: object) -> bool:
        return is_remote(value) and self._only(bool, "isinstance", value) is True

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
        if not is_remote(iterator):
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
        if other is None or is_remote(other):
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


class RemoteCoroutine(Remote):
    """What an async function of the solution gave; awaiting it runs it to its end over there."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # asyncio keeps what it runs in sets

    def __await__(self) -> Generator[None, None, Any]:
        yield from ()
        return self._ask("await")

    def send(self, _: None) -> NoReturn:
        """As a coroutine that ends at once, with what it gave over there."""
        raise StopIteration(self._ask("await"))

    def __next__(self) -> NoReturn:
        self.send(None)

    def throw(self, error: BaseException) -> NoReturn:
        """What is thrown in comes back out."""
        raise error

    def close(self) -> None:
        """Nothing is left to close."""


def is_remote(value: object) -> TypeIs[Remote]:
    """Whether a value is an object of the solution's; by its type, which the solution has no say in."""
    return issubclass(type(value), Remote)


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
