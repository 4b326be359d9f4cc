"""What the cards of both models share: how answers are sampled, how shares are counted, what files a card is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from curate.engines.base import Completion, Message, Request, Sampling
from curate.engines.transformers_engine import TransformersEngine

PREQUERY: Final = "<|im_start|>user\n"

Chat = tuple[Message, ...]


def user(text: str) -> Chat:
    """A chat of one question."""
    return ({"role": "user", "content": text},)


def sample(
    engine: TransformersEngine,
    chats: Sequence[Chat | None],
    *,
    samples: int = 1,
    temperature: float = 1.0,
    max_tokens: int,
) -> list[Completion]:
    """`samples` answers to each chat, in the order of the chats; one that is None is the beginning of a user's turn.

    The seed of an answer is its place, so the same model gives the same card.
    """
    sampling = Sampling(temperature=temperature, max_tokens=max_tokens)
    requests = [
        Request(
            key=f"{place:06d}",
            row=str(place // samples),
            messages=chats[place // samples] or (),
            sampling=sampling,
            seed=place,
            sample=place % samples,
            prefix=None if chats[place // samples] else PREQUERY,
        )
        for place in range(len(chats) * samples)
    ]
    done = [completion for bundle in engine.complete(requests) for completion in bundle]
    return sorted(done, key=lambda completion: completion.key)


def share(flags: Sequence[bool]) -> float:
    """How many of them hold, in [0, 1]; 0 of none."""
    return round(sum(flags) / max(len(flags), 1), 4)


def write(folder: Path, training: dict[str, Any], measured: dict[str, Any], text: str) -> None:
    """`metrics.json` and the model card `README.md`, into the folder of the model."""
    figures = json.dumps({"training": training, "held_out": measured}, indent=1) + "\n"
    (folder / "metrics.json").write_text(figures, encoding="utf-8")
    (folder / "README.md").write_text(text, encoding="utf-8")
