"""What an engine is: requests in, one `Completion` per request out, as they finish.

An engine never raises for one bad row: the error is a value on that row's `Completion`, and the build goes on.
It raises `EngineDown` only when no request can succeed (server gone, key refused, model missing).

A *bundle* is the list of completions that finished together. It is stored as one durable unit before anything reads
it, so that a killed build resumes at a bundle border: an engine that computes in batches (transformers) yields one
bundle a batch and forms its batches from the requests in a fixed order, which makes a resumed build form the same
batches again. A server yields bundles of whatever has arrived.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

KEY_VERSION = 1
_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode

Message = Mapping[str, Any]
"""One chat message: `role`, `content`, and what else the model's chat template reads (`tool_calls`, `name`, ...)."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn. `None` leaves a setting to the engine's default, and is part of the key as such.

    temperature: 0 is greedy. max_tokens: most tokens of the completion (thinking included), at least 1.
    """

    temperature: float = 1.0
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    max_tokens: int = 1024
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    key: names the answer (see `request_key`). row: the id of the row it is for. sample: 0 .. n-1.
    seed: a 31-bit integer, different for each row and sample.
    prefix: a text to go on from as it is, instead of messages: no chat template, and the names of special tokens in it
    mean these tokens.
    """

    key: str
    row: str
    messages: tuple[Message, ...]
    sampling: Sampling
    seed: int
    sample: int = 0
    response_format: Mapping[str, Any] | None = None
    tools: tuple[Mapping[str, Any], ...] | None = None
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer, or the reason why there is none. Exactly one of `text` and `error` is None.

    text: what the model wrote, thinking tags included, as it came. reasoning: thinking the server kept apart, or None.
    finish_reason: `stop`, `length`, `tool_calls`, `content_filter`; "" with an error.
    prompt_tokens, completion_tokens: as counted by the engine; 0 when unknown.
    error: where, what and what to do. retriable: whether asking again may help (a later build asks again).
    """

    key: str
    text: str | None
    finish_reason: str = "stop"
    reasoning: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    max_tokens: int = 0
    error: str | None = None
    retriable: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


class Engine(Protocol):
    """A model that answers. Opened by `curate.engines.open_engine` from the recipe's `engines:` entry."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What about this engine changes an answer: model, revision or weights hash, adapter, chat template hash.

        Not its address, key, timeouts or concurrency.
        """

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        """Yield bundles as they finish; every request is answered exactly once, in any order.

        `requests` may be a lazy iterator: an engine that can stream draws only as many as it has in flight.
        Raises EngineDown when no request can succeed.
        """

    def close(self) -> None:
        """Free the model or the connections; safe to call twice."""


class Keys:
    """Names the answers of one engine under one sampling: the fixed parts of `request_key` are written once."""

    def __init__(
        self,
        identity: Mapping[str, Any],
        sampling: Sampling,
        response_format: Mapping[str, Any] | None = None,
        tools: Iterable[Mapping[str, Any]] | None = None,
    ) -> None:
        drawn = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "top_k": sampling.top_k,
            "min_p": sampling.min_p,
            "stop": list(sampling.stop),
        }
        said = None if tools is None else [dict(tool) for tool in tools]
        # the names in the order of the alphabet, as a canonical writer sorts them
        self._engine = f'{{"engine":{_canonical(dict(identity))},"messages":'
        self._format = f'"response_format":{_canonical(response_format)},"sample":'
        self._sampling = f',"sampling":{_canonical(drawn)},"seed":'
        self._tools = f',"tools":{_canonical(said)},"v":{KEY_VERSION}}}'

    def of(self, messages: Iterable[Message], draws: Iterable[tuple[int, int]], prefix: str | None = None) -> list[str]:
        """The keys of several answers to `messages`, or to a bare `prefix`; each draw is (seed, sample)."""
        asked = _canonical([dict(message) for message in messages])
        bare = "" if prefix is None else f'"prefix":{_canonical(prefix)},'
        begun = sha256(f"{self._engine}{asked},{bare}{self._format}".encode("utf-8", "surrogatepass"))
        keys = []
        for seed, sample in draws:
            hashed = begun.copy()
            hashed.update(f"{sample}{self._sampling}{seed}{self._tools}".encode("utf-8", "surrogatepass"))
            keys.append(hashed.hexdigest()[:40])
        return keys


def request_key(
    identity: Mapping[str, Any],
    messages: Iterable[Message],
    sampling: Sampling,
    seed: int,
    sample: int,
    response_format: Mapping[str, Any] | None = None,
    tools: Iterable[Mapping[str, Any]] | None = None,
    prefix: str | None = None,
) -> str:
    """The name of an answer: sha256 over the canonical JSON of everything that changes it, and nothing else.

    `max_tokens` is left out on purpose: a completion that stopped by itself is the same under any larger limit, so
    raising the limit asks again only for the rows that were cut off (`curate.responses` compares the limits).
    """
    return Keys(identity, sampling, response_format, tools).of(messages, [(seed, sample)], prefix)[0]
