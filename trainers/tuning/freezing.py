"""Parts of a model frozen and freed by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from curate.errors import UsageError, did_you_mean

_LAYER: Final = re.compile(r"\b(layers|h|blocks|layer)\.(-?\d+)\b")


def freeze(model: Any, patterns: Sequence[str]) -> None:
    """Go through `patterns` in order: each freezes the parameters it matches, one with `!` frees them again.

    A pattern is a glob over the parts of a parameter's name: `layers.-1` is everything in the last layer, `*norm*`
    every norm, `lm_head` the head, also where it is tied to the embedding (which is then what is freed).
    Raises UsageError for a pattern that matches nothing.
    """
    names = aliases(model)
    last = _layers(names)
    for pattern in patterns:
        free, wanted = pattern.startswith("!"), _counted(pattern.removeprefix("!"), last)
        matched = [name for name in names if _matches(name, wanted)]
        if not matched:
            parts = sorted({part for name in names for part in name.split(".") if not part.isdigit()})
            raise UsageError(f"freeze: '{pattern}' matches no parameter{did_you_mean(wanted.split('.')[-1], parts)}")
        for name in matched:
            names[name].requires_grad_(free)


def aliases(model: Any) -> dict[str, Any]:
    """Name -> parameter; a head that is tied to the embedding also by its own name."""
    names = dict(model.named_parameters())
    head = model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None
    weight = getattr(head, "weight", None)
    if weight is not None and not any(weight is other for name, other in names.items() if "head" in name):
        names["lm_head.weight"] = weight
    return names


def _matches(name: str, pattern: str) -> bool:
    """Whether a glob matches the whole name, or whole parts of it that stand together."""
    return any(fnmatchcase(name, form) for form in (pattern, f"*.{pattern}", f"{pattern}.*", f"*.{pattern}.*"))


def _layers(names: dict[str, Any]) -> dict[str, int]:
    """How many layers there are, by the word the model has for them."""
    counts: dict[str, int] = {}
    for name in names:
        for word, number in _LAYER.findall(name):
            counts[word] = max(counts.get(word, 0), int(number) + 1)
    return counts


def _counted(pattern: str, layers: dict[str, int]) -> str:
    """Numbers below zero count from the end, as in Python."""

    def replaced(found: re.Match[str]) -> str:
        number = int(found[2])
        return f"{found[1]}.{number + layers.get(found[1], 0) if number < 0 else number}"

    return _LAYER.sub(replaced, pattern)
