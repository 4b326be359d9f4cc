"""Inside the sandbox: what the tests of a data set hold of a solution, whose objects live in another process.

Every name the tests take from the solution is a `Remote`, whose calls travel to the solution's process as plain data
and whose results come back as plain data, built anew. An object that is not plain data stays over there: it can be
held, called, iterated, asked for attributes and joined to another one by an operator, but a comparison with it fails,
and so does an assert that rests on it alone. Whether two objects of a class that the tests know are equal, only the
solution could say: such tests judge nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NoReturn

from rewards.sandbox.errors import Unsupported

if TYPE_CHECKING:
    from typing_extensions import TypeIs


class Remote:
    """An object in the solution's process."""

    def __init__(self, link: Any, target: dict[str, Any], kind: str) -> None:
        for name, value in {"_link": link, "_target": target, "_kind": kind}.items():
            object.__setattr__(self, name, value)

    def _ask(self, operation: str, *arguments: Any, **named: Any) -> Any:
        link = object.__getattribute__(self, "_link")
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
        if other is None or other is self:
            return other is self
        if not is_remote(other):
            raise self._not_plain()
        self._refuse_to_compare(other)
        return False

    def _refuse_to_compare(self, other: object) -> None:
        """Raise Unsupported for P(1) == P(1), where P is a class the tests know."""
        kind, link = object.__getattribute__(self, "_kind"), object.__getattribute__(self, "_link")
        if is_remote(other) and kind == object.__getattribute__(other, "_kind") and kind in link.names:
            raise Unsupported(f"the tests compare two objects of the solution's own class {kind}")

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: object) -> bool:
        self._refuse_to_compare(other)
        raise self._not_plain()

    __gt__ = __le__ = __ge__ = __lt__
    __hash__ = None  # type: ignore[assignment]

    def _not_plain(self) -> TypeError:
        return TypeError(f"an object of class {object.__getattribute__(self, '_kind')} is not plain data")


def _between(name: str) -> Callable[[Remote, object], Any]:
    """An operator between two objects of the solution, which gives a third; a plain value would rest on them alone."""

    def operation(self: Remote, other: object) -> Any:
        if not is_remote(other):
            return NotImplemented
        value = self._ask("operator", name, other)
        if not is_remote(value):
            raise self._not_plain()
        return value

    return operation


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"):
    setattr(Remote, f"__{_name}__", _between(_name))


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


def shown(value: object) -> str:
    """What tests mean by repr(): of an object of the solution's, what it says over there."""
    return str(value._only(str, "repr")) if is_remote(value) else repr(value)  # noqa: SLF001
