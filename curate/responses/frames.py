r"""A frame of the journal: one bundle of completions as a line of bytes, and back.

    crc32 length [[key, state, max_tokens, completion_tokens, bytes, crc32], ...] {completion} {completion} ...\n

The first crc32 covers the list and its length (both as 8 hex digits), the list carries the crc32 of each completion.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, Final, NamedTuple
from zlib import crc32

import orjson

from curate.engines.base import Completion

# The state of a completion: finished by itself, cut off by max_tokens, failed (may be asked again), refused for good.
DONE: Final = 0
CUT: Final = 1
FAILED: Final = 2
REFUSED: Final = 3

_ENTRY: Final = struct.Struct("<QIIIIB")
_FIELDS: Final = frozenset(field.name for field in fields(Completion))
_dump: Final = json.JSONEncoder(separators=(",", ":")).encode
_parse: Final = json.JSONDecoder().raw_decode
_U32: Final = (1 << 32) - 1
_CRC_END: Final = 9  # 8 hex digits and a blank
_HEAD: Final = 18  # the same twice: checksum, length of the list

Packed = bytes
"""An `Entry`, or several one after the other: 25 bytes each, so that millions of them are held."""


class Entry(NamedTuple):
    """Where a completion lies in the file, and what decides whether it serves."""

    offset: int
    length: int
    crc: int
    max_tokens: int
    completion_tokens: int
    state: int

    def serves(self, max_tokens: int) -> bool:
        """Whether this answer is also the answer under another limit: it stopped by itself, below that limit."""
        return self.state == DONE and self.completion_tokens <= max_tokens


def unpack(packed: Packed) -> Iterator[Entry]:
    """The entries, in order."""
    return map(Entry._make, _ENTRY.iter_unpack(packed))


def encode(bundle: Sequence[Completion], offset: int) -> tuple[bytes, list[tuple[str, Packed]]]:
    """The frame of a bundle, and the key and entry of each completion. offset: where the frame starts in the file."""
    parts = [_part(completion) for completion in bundle]
    heads = [
        [completion.key, _state(completion), *_limits(completion), len(part), crc32(part)]
        for completion, part in zip(bundle, parts, strict=True)
    ]
    listed = _dump(heads).encode("ascii")
    head = b"%08x %b" % (len(listed), listed)
    frame = b"".join((b"%08x " % crc32(head), head, *(b" " + part for part in parts), b"\n"))
    entries = []
    start = offset + _CRC_END + len(head) + 1
    for completion, part in zip(bundle, parts, strict=True):
        packed = _ENTRY.pack(start, len(part), crc32(part), *_limits(completion), _state(completion))
        entries.append((completion.key, packed))
        start += len(part) + 1
    return frame, entries


def read_frame(line: bytes, offset: int) -> list[tuple[str, Packed]] | None:
    """Key and packed entry of each completion of a frame; None when any byte of it is not what was written.

    offset: where the line starts in the file.
    """
    try:
        checksum, head_length = int(line[:8], 16), int(line[9:17], 16)
    except ValueError:
        return None
    at = _HEAD + head_length
    if at > len(line) or crc32(line[_CRC_END:at]) != checksum:
        return None
    found = []
    for key, state, max_tokens, completion_tokens, length, crc in _parse(line[_HEAD:at].decode("ascii"))[0]:
        start = at + 1
        at = start + length
        if line[start - 1 : start] != b" " or crc32(line[start:at]) != crc:
            return None
        found.append((key, _ENTRY.pack(offset + start, length, crc, max_tokens, completion_tokens, state)))
    return found if at == len(line) else None


def decode(part: bytes) -> Completion:
    """A completion from its bytes."""
    values = json.loads(part) if part.startswith(b" ") else _loads(part)
    if not _FIELDS.issuperset(values):  # written by a later version
        values = {name: value for name, value in values.items() if name in _FIELDS}
    return Completion(**values)


def _state(completion: Completion) -> int:
    if completion.error is not None:
        return FAILED if completion.retriable else REFUSED
    return CUT if completion.finish_reason == "length" else DONE


def _part(completion: Completion) -> bytes:
    """A completion as JSON. What the fast writer cannot hold begins with a blank, and is read as it was written.

    That is a lone surrogate, or an integer beyond 64 bits. NaN, which JSON does not have, becomes null.
    """
    try:
        return orjson.dumps(completion, default=_plain)
    except TypeError:
        values: dict[str, Any] = {name: getattr(completion, name) for name in Completion.__slots__}
        return b" " + json.dumps(values, separators=(",", ":"), default=_plain).encode("ascii")


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _limits(completion: Completion) -> tuple[int, int]:
    """`max_tokens` and `completion_tokens` as the index holds them: 0 .. 2**32 - 1."""
    return min(max(completion.max_tokens, 0), _U32), min(max(completion.completion_tokens, 0), _U32)


def _loads(part: bytes) -> Any:
    try:
        return orjson.loads(part)
    except orjson.JSONDecodeError:  # from before blanks were written: a lone surrogate, NaN
        return json.loads(part)
