"""Any server that speaks the OpenAI chat protocol: vLLM, SGLang, llama.cpp, a provider.

What becomes of a request:

    200 with an answer           the answer
    400, 413, 422, ...           an error value on that row, for good: the same request would be refused again
    429, 5xx, 408, 409, 425,     asked again, `retries` times, with exponential backoff and jitter or when Retry-After
    deadline, closed, cut off,   says; then an error value on that row, which a later build asks again. A 429 while
    no chat completion           other rows are answered costs no retry: the limit is everyone's
    401, 402, 404, a redirect    EngineDown: no request can succeed. A 403 too, unless others succeed (moderation)
    refused, no such host        no row's fault: one request at a time knocks until the server is back, or for
                                 `start_within_s` (never seen) or `down_after_s` (seen before): EngineDown

The first request goes alone until an answer of any kind came, or two seconds passed: a wrong key or path costs one
request. The connections live in an event loop in a thread of its own: it goes on while the caller works, and is there
for a caller who has a running loop already (a notebook).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, TypeVar

from curate.engines import chat
from curate.engines.address import chat_address
from curate.engines.api_keys import key_from, require_name
from curate.engines.asking import Asker, Patience
from curate.engines.base import Completion, Request
from curate.engines.limiter import Gate
from curate.engines.transport import Transport
from curate.engines.usage import Usage
from curate.engines.workers import Workers
from curate.errors import EngineDown

T = TypeVar("T")

GRACE_S: Final = 10.0  # for answers under way when the engine goes down: they are paid


class ServerEngine:
    """Asks `base_url` (with or without /chat/completions at its end) for answers of `model`.

    revision: what the server serves, where you know it. extra_body: more fields of the request. Both are part of the
    identity. api_key_env: name of the environment variable with the key.
    concurrency: most requests in flight; fewer when the server says so (`curate.engines.limiter`).
    timeout_s: hard deadline of one attempt. retries: attempts after the first. backoff_s: wait before the second.
    max_tokens_field: `max_completion_tokens` for OpenAI's reasoning models. send_seed: False where it is refused.

    Raises InvalidInput for a wrong address, and `complete` EngineDown when the key's variable is not set.
    """

    def __init__(
        self,
        base_url: str,
        model: str,
        *,
        revision: str | None = None,
        api_key_env: str | None = None,
        concurrency: int = 64,
        timeout_s: float = 600.0,
        retries: int = 5,
        backoff_s: float = 1.0,
        start_within_s: float = 5.0,
        down_after_s: float = 120.0,
        extra_body: Mapping[str, Any] | None = None,
        max_response_bytes: int = 64_000_000,
        max_tokens_field: str = "max_tokens",
        send_seed: bool = True,
    ) -> None:
        self.usage = Usage()
        self._address = chat_address(base_url)
        self._api_key_env = api_key_env
        self._model = model
        self._revision = revision
        self._concurrency = concurrency
        self._timeout_s = timeout_s
        self._patience = Patience(retries, backoff_s, start_within_s, down_after_s)
        self._extra_body = dict(extra_body or {})
        self._max_response_bytes = max_response_bytes
        self._max_tokens_field = max_tokens_field
        self._send_seed = send_seed
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._transport: Transport | None = None
        require_name(api_key_env)

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model, and what is added to every request; nothing of the address."""
        return {"model": self._model, "revision": self._revision, "extra_body": self._extra_body}

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        """Yield what has finished, every 50 ms or so; draws at most 2 x `concurrency` requests ahead of the answers."""
        run = self._in_loop(self._begin())
        source = iter(requests)
        unanswered, more = 0, True
        try:
            while run.down is None:
                room = 2 * self._concurrency - unanswered if more else 0
                new = list(islice(source, room))
                more = more and len(new) == room
                unanswered += len(new)
                if not unanswered:
                    return
                bundle = self._in_loop(run.exchange(new, more=more))
                unanswered -= len(bundle)
                for completion in bundle:
                    self.usage.add(completion)
                if bundle:
                    yield bundle
            raise run.down
        finally:
            self._in_loop(run.stop())

    def close(self) -> None:
        """Close the connections; safe to call twice."""
        if self._loop is None or self._thread is None:
            return
        if self._transport is not None:
            self._in_loop(self._transport.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._loop = self._thread = self._transport = None

    def _in_loop(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the engine's own loop, which starts with the first one, and wait for it."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._loop.run_forever, name="curate-server", daemon=True)
            self._thread.start()
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _begin(self) -> _Run:
        if self._transport is None:
            key = key_from(self._api_key_env)
            self._transport = Transport(
                self._address, key, timeout_s=self._timeout_s, max_bytes=self._max_response_bytes
            )
        gate = Gate(self._concurrency)
        asker = Asker(
            self._transport,
            gate,
            write=self._write,
            where=f"server {self._transport.shown_address}, model {self._model}",
            patience=self._patience,
            usage=self.usage,
        )
        return _Run(gate, Workers(asker.answer, self._concurrency))

    def _write(self, request: Request) -> bytes:
        return chat.body(request, self._model, self._max_tokens_field, self._extra_body, send_seed=self._send_seed)


class _Run:
    """One call of `complete`: its gate and its workers."""

    def __init__(self, gate: Gate, workers: Workers) -> None:
        self._gate = gate
        self._workers = workers

    @property
    def down(self) -> EngineDown | None:
        return self._workers.down

    async def exchange(self, new: Sequence[Request], *, more: bool) -> list[Completion]:
        """Hand in new requests, get what has finished; when the engine goes down, all that can still be had."""
        finished = await self._workers.exchange(new, more=more)
        if self._workers.down is not None:
            await self._gate.empty(GRACE_S)
            finished += self._workers.take()
        return finished

    async def stop(self) -> None:
        await self._workers.stop()
