"""LiveCodeBench's private tests: base64 of zlib of a pickled text. What a pickle would run is never run."""

from __future__ import annotations

import base64
import pickletools
import zlib
from itertools import islice

from rewards.programs.kinds import Unreadable

MAX_UNZIPPED = 256 << 20  # bytes; the largest row of LiveCodeBench has some 100 MB
MOST_STEPS = 8  # of the pickle of one text; a bomb has millions
_TEXT = {"UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"}
_FRAME = {"PROTO", "FRAME", "MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT", "STOP"}


def unpacked_text(packed: str) -> str:
    """The text inside. Raises Unreadable."""
    try:
        unzip = zlib.decompressobj()
        data = unzip.decompress(base64.b64decode(packed, validate=True), MAX_UNZIPPED)
        steps = [(step.name, argument) for step, argument, _ in islice(pickletools.genops(data), MOST_STEPS)]
    except (ValueError, zlib.error) as error:
        raise Unreadable(f"the packed tests cannot be read: {error}") from None
    texts = [argument for name, argument in steps if name in _TEXT]
    if len(texts) != 1 or not {name for name, _ in steps} <= _TEXT | _FRAME:
        raise Unreadable("the packed tests are no pickled text")
    return str(texts[0])
