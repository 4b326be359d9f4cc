"""Models of the Hub: from the cache, else asked for once before the files are, which its client tries for minutes."""

from __future__ import annotations

from typing import Any, Protocol

PATIENCE_S = 10


class Load(Protocol):
    """`from_pretrained` and its like."""

    def __call__(self, name: str, *, local_files_only: bool = False) -> Any:
        """The model of this name. Raises OSError or ValueError."""


def from_hub(name: str, load: Load) -> Any:
    """What `load` makes of a name. Raises OSError when it is not in the cache and the Hub does not give it."""
    from huggingface_hub import HfApi

    try:
        return load(name, local_files_only=True)
    except (OSError, ValueError):
        pass
    try:
        HfApi().model_info(name, timeout=PATIENCE_S)
    except Exception as refused:  # the Hub's client has a dozen kinds
        raise OSError(f"it is not in the cache, and the Hub does not give it ({refused})") from refused
    return load(name)
