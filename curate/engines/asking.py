"""One request, asked until there is an answer or a reason why there is none.

Retries are tenacity's (its waits and stops can look at the failure, so Retry-After needs no loop of our own); what
counts as a failure of the row, and when nobody's request can succeed, is decided here. See `curate.engines.server`
for the table.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import tenacity

from curate.engines import chat
from curate.engines.base import Completion, Request
from curate.engines.limiter import Gate
from curate.engines.refusals import LONGEST_WAIT_S, TOO_MUCH, hopeless
from curate.engines.transport import Broken, Reply, Transport, Unreachable
from curate.engines.usage import Usage
from curate.errors import EngineDown

PROBE_S: Final = 2.0  # a request that is alone that long has found a server that works on it
KNOCK_S: Final = (0.1, 5.0)  # shortest and longest time between two knocks at a server that is away
BACKOFF_MAX_S: Final = 30.0
GIVEN_UP_IN_A_ROW: Final = 100
FORBIDDEN_IN_A_ROW: Final = 10
SHOWN: Final = 300  # characters of a server's own words in an error

AGAIN: Final = frozenset({408, 409, 425, 429})
RESUME: Final = "Run the same command again: what was answered is kept."


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try. retries: attempts after the first. backoff_s: before the second attempt; doubles from there.

    start_within_s, down_after_s: for a server that was never there, and one that went away.
    """

    retries: int = 5
    backoff_s: float = 1.0
    start_within_s: float = 5.0
    down_after_s: float = 120.0


class Again(Exception):
    """This attempt failed and another may not. wait_s: when the server says; None leaves it to the backoff."""

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


@dataclass(slots=True)
class _Asked:
    """A request on its way.

    failures: attempts that count against it. successes: of all rows, when it was last refused with a 429.
    first: how the first attempt failed, until tenacity was told.
    """

    request: Request
    content: bytes
    started: float
    attempts: int = 0
    failures: int = 0
    successes: int = 0
    first: Again | None = None


class Asker:
    """Answers requests through one transport and one gate; shared by all requests of a run.

    write: makes the bytes to send. where: the server, in error messages. usage: counts retries.
    """

    def __init__(
        self,
        transport: Transport,
        gate: Gate,
        *,
        write: Callable[[Request], bytes],
        where: str,
        patience: Patience,
        usage: Usage,
    ) -> None:
        self._transport = transport
        self._gate = gate
        self._write = write
        self._where = where
        self._patience = patience
        self._usage = usage
        self._was_there = False
        self._away_since: float | None = None
        self._given_up = 0
        self._forbidden = 0
        self._retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(Again), stop=self._is_spent, wait=self._pause_s, reraise=True
        )

    async def answer(self, request: Request) -> Completion:
        """The answer, or an error value. Raises EngineDown when no request can succeed."""
        try:
            asked = _Asked(request, self._write(request), time.monotonic())
        except Exception as error:  # noqa: BLE001 - the boundary of a request, as below
            return _failed(request, f"the request cannot be sent: {error}", retriable=False)
        try:
            try:
                return await self._attempt(asked)
            except Again as error:
                asked.first = error  # only a request that needs tenacity pays for it: a tenth of its time
                return await self._retrying(self._retry, asked)
        except Again as error:
            return self._give_up(asked, str(error))
        except EngineDown:
            raise
        except Exception as error:  # noqa: BLE001 - the boundary of a request: one bad row is an error value on that row
            return _failed(request, f"{type(error).__name__}: {error}", retriable=True)

    async def _retry(self, asked: _Asked) -> Completion:
        """An attempt, as tenacity counts them: the first one has been made, and failed."""
        if asked.first is not None:
            first, asked.first = asked.first, None
            raise first
        return await self._attempt(asked)

    async def _attempt(self, asked: _Asked) -> Completion:
        entered = await self._gate.enter()
        asked.attempts += 1
        self._usage.retries += asked.attempts > 1
        opens = asyncio.get_running_loop().call_later(PROBE_S, self._gate.open) if self._gate.is_alone else None
        try:
            return self._judge(asked, await self._post(asked), entered)
        except Unreachable as error:
            raise self._knocked(error) from None
        except Broken as error:
            if error.kind == "large":
                return _failed(asked.request, str(error), retriable=False)
            if error.kind == "slow":
                self._gate.too_much(entered)
            if error.kind == "lost":  # perhaps the server just died, and of this request
                self._gate.close()
            asked.failures += 1
            raise Again(str(error)) from None
        finally:
            if opens is not None:
                opens.cancel()
            self._gate.leave()

    async def _post(self, asked: _Asked) -> Reply:
        return await self._transport.post(asked.content, bare=asked.request.prefix is not None)

    def _judge(self, asked: _Asked, reply: Reply, entered: float) -> Completion:
        """What a reply means for the row, or for all."""
        self._was_there = True
        self._away_since = None
        status = reply.status
        if 200 <= status < 300:
            self._gate.open()
            return self._read(asked, reply.content)
        said = f"HTTP {status}: {_shown(chat.error_text(reply.content))}".removesuffix(": ")
        wait_s = chat.retry_after_s(reply.retry_after, now=time.time())
        is_forbidden_here = status == 403 and self._gate.successes > 0 and self._forbidden < FORBIDDEN_IN_A_ROW
        advice = None if is_forbidden_here else hopeless(reply, wait_s, asked.request)
        if advice is not None:
            raise self._down(f"{said}\n{advice}")
        self._gate.open()
        if status in AGAIN or status >= 500:
            if status in TOO_MUCH:
                self._gate.too_much(entered)
                if wait_s:
                    self._gate.pause(wait_s)
            others_succeed = self._gate.successes > asked.successes
            asked.successes = self._gate.successes
            asked.failures += not (status == 429 and others_succeed)
            raise Again(said, wait_s=wait_s)
        self._forbidden += is_forbidden_here
        return _failed(asked.request, said, retriable=is_forbidden_here)

    def _read(self, asked: _Asked, content: bytes) -> Completion:
        noted = {"attempts": asked.attempts, "latency_s": round(time.monotonic() - asked.started, 3)}
        try:
            completion = chat.read(asked.request, content, noted)
        except chat.Garbage as error:
            asked.failures += 1
            told = [str(error), content.decode("utf-8", "replace")]
            raise Again(": ".join(_shown(part) for part in told if part)) from None
        self._gate.succeeded()
        self._given_up = self._forbidden = 0
        return completion

    def _knocked(self, error: Unreachable) -> Exception:
        """Nobody is there: knock again after a while, one request at a time; or give up."""
        now = time.monotonic()
        self._away_since = self._away_since or now
        away_s = now - self._away_since
        patience_s = self._patience.down_after_s if self._was_there else self._patience.start_within_s
        if away_s >= patience_s:
            since = f"went away {away_s:.0f} s ago" if self._was_there else f"did not answer for {away_s:.0f} s"
            return self._down(f"the server {since} ({error}). Start it, or mend the url.")
        shortest, longest = KNOCK_S
        self._gate.close()
        self._gate.pause(min(max(away_s / 2, shortest), longest, patience_s - away_s))
        return Again(str(error), wait_s=0.0)

    def _give_up(self, asked: _Asked, message: str) -> Completion:
        self._given_up += 1
        if self._given_up >= GIVEN_UP_IN_A_ROW:
            raise self._down(
                f"the last {GIVEN_UP_IN_A_ROW} requests all failed, this one {asked.attempts} times: {message}\n"
                "Look at the server's log."
            )
        return _failed(asked.request, f"{message} (tried {asked.attempts} times)", retriable=True)

    def _down(self, message: str) -> EngineDown:
        """The end for all: nobody is sent any more."""
        self._gate.shut()
        return EngineDown(f"{self._where}: {message} {RESUME}")

    def _is_spent(self, state: tenacity.RetryCallState) -> bool:
        asked: _Asked = state.args[0]
        return asked.failures > self._patience.retries

    def _pause_s(self, state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome is not None else None
        if isinstance(error, Again) and error.wait_s is not None:
            return min(error.wait_s, LONGEST_WAIT_S)
        exponential = self._patience.backoff_s * 2.0 ** min(state.attempt_number - 1, 20)
        return min(exponential, BACKOFF_MAX_S) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _failed(request: Request, message: str, *, retriable: bool) -> Completion:
    limit = request.sampling.max_tokens
    return Completion(request.key, None, finish_reason="", max_tokens=limit, error=message, retriable=retriable)


def _shown(text: str) -> str:
    """A server's words on one line, cut, and without control characters."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[: 4 * SHOWN]).split())
    return f"{line[:SHOWN]}..." if len(line) > SHOWN else line
