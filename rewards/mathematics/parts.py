r"""Answers to a question of several parts: `(a) 3 (b) 5`, `(i) x = 1; (ii) x = 2`.

>>> parts_of("(a) 3, (b) 5"), parts_of(r"\text{(i) } 12 \text{ (ii) } 20"), parts_of("(a) (b + c)")
(('3', '5'), ('12', '20'), ())
"""

from __future__ import annotations

import re

from rewards.mathematics.wording import unmarked

_LABEL = re.compile(r"(?:\bpart\s?)?\((?P<label>[a-h]|i{1,3}|iv|vi?|[1-8])\)[\s:.=~]*", re.IGNORECASE)
_BETWEEN = "\\,;. \n$~"
_SERIES = [labels.split() for labels in ("a b c d e f g h", "i ii iii iv v vi", "1 2 3 4 5 6 7 8")]
_MAX_CHARS = 1_000


def parts_of(text: str) -> tuple[str, ...]:
    """What stands behind each label, in their order; () where there are no labels one after another."""
    if "(" not in text or len(text) > _MAX_CHARS:
        return ()
    plain = unmarked(text).strip(_BETWEEN)
    found = list(_LABEL.finditer(plain))
    labels = [label["label"].lower() for label in found]
    if len(found) < 2 or found[0].start() or not any(labels == known[: len(labels)] for known in _SERIES):
        return ()
    ends = [label.start() for label in found[1:]] + [len(plain)]
    said = tuple(plain[label.end() : end].strip(_BETWEEN) for label, end in zip(found, ends, strict=True))
    return tuple(part.removesuffix(" and").strip(_BETWEEN) for part in said) if all(said) else ()
