"""A deterministic engine that knows nothing: every answer follows from the request's key alone.

For tests, dry runs and benchmarks of everything around the model. It can fail, cut answers off, be slow and answer
out of order, always the same way for the same key, so that a build killed at any point has one right result.
A token is a word.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final

from curate.engines.base import Completion, Request
from curate.engines.content import content_text, last_user_text
from curate.engines.usage import Usage

WORDS: Final = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu")


class FakeEngine:
    r"""Answers at once, or after `latency_s`, without a model.

    text: `echo` answers with the last user message, `boxed` with some thinking and a random integer in \boxed{},
        `lorem` with words; anything else is the answer itself.
    tokens: words of a `lorem` answer.
    error_rate: share of requests that fail, every time, with a retriable error.
    length_rate: share of answers that want `long_tokens` words, and are cut off below that.
    latency_s: how long a bundle takes; `batch` requests make a bundle. shuffle: answers leave in a mixed order.
    log: every request asked is appended to this file (`{"key", "row", "sample"}` a line), so that a test can count
        over several processes what was bought.
    """

    def __init__(
        self,
        *,
        text: str = "echo",
        tokens: int = 32,
        error_rate: float = 0.0,
        length_rate: float = 0.0,
        long_tokens: int = 8192,
        latency_s: float = 0.0,
        batch: int = 16,
        shuffle: bool = False,
        log: Path | None = None,
    ) -> None:
        self.text = text
        self.tokens = tokens
        self.error_rate = error_rate
        self.length_rate = length_rate
        self.long_tokens = long_tokens
        self.latency_s = latency_s
        self.batch = batch
        self.shuffle = shuffle
        self.log = log
        self.usage = Usage()

    @property
    def identity(self) -> Mapping[str, Any]:
        """What the answers depend on besides the request."""
        return {
            "model": "fake",
            "text": self.text,
            "tokens": self.tokens,
            "error_rate": self.error_rate,
            "length_rate": self.length_rate,
            "long_tokens": self.long_tokens,
        }

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        """Answer `batch` requests at a time."""
        source = iter(requests)
        while asked := list(islice(source, self.batch)):
            self._note(asked)
            if self.latency_s:
                time.sleep(self.latency_s)
            bundle = [self._answer(request) for request in asked]
            if self.shuffle:
                bundle.sort(key=lambda completion: _draw(completion.key, "order"))
            for completion in bundle:
                self.usage.add(completion)
            yield bundle

    def close(self) -> None:
        """Nothing to free."""

    def _note(self, asked: list[Request]) -> None:
        if self.log is not None:
            lines = [
                json.dumps({"key": request.key, "row": request.row, "sample": request.sample}) for request in asked
            ]
            with self.log.open("a", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")

    def _answer(self, request: Request) -> Completion:
        limit = request.sampling.max_tokens
        if _draw(request.key, "error") < self.error_rate:
            return Completion(
                key=request.key,
                text=None,
                finish_reason="",
                max_tokens=limit,
                error=f"fake: row {request.row}, sample {request.sample} fails on purpose (error_rate)",
                retriable=True,
            )
        text = self._text(request)
        words = text.split()
        is_cut = len(words) > limit
        return Completion(
            key=request.key,
            text=" ".join(words[:limit]) if is_cut else text,
            finish_reason="length" if is_cut else "stop",
            prompt_tokens=len((request.prefix or "").split())
            + sum(len(content_text(message).split()) for message in request.messages),
            completion_tokens=limit if is_cut else len(words),
            max_tokens=limit,
        )

    def _text(self, request: Request) -> str:
        """What is answered when no limit cuts it off."""
        random = Random(_draw(request.key, "text"))  # noqa: S311 - no secret
        if _draw(request.key, "length") < self.length_rate:
            return " ".join(random.choices(WORDS, k=self.long_tokens))
        if self.text == "echo":
            return request.prefix or last_user_text(request.messages)
        if self.text == "boxed":
            first, second = random.randrange(100), random.randrange(100)
            return f"<think>\n{first} and {second} make {first + second}.\n</think>\n\\boxed{{{first + second}}}"
        if self.text == "lorem":
            return " ".join(random.choices(WORDS, k=self.tokens))
        return self.text


def _draw(key: str, what: str) -> float:
    """A number in [0, 1) that depends on the key and on what it is for."""
    digest = sha256(f"{what}:{key}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)
