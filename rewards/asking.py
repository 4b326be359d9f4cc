"""How `rewards.judge` asks its model: an OpenAI-compatible server, an engine, or a function. Standard library only."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from http.client import HTTPException
from types import SimpleNamespace
from typing import Any, Protocol, Self
from urllib.parse import urlsplit

from rewards.base import OptionError

MAX_ANSWER = 4 * 2**20  # bytes of one HTTP answer
TOP = 20  # alternatives asked for at each token: the most that OpenAI and vLLM give


class Spoken(str):
    """A text with its tokens: for each, itself and the log-probabilities of what could have stood there."""

    tokens: list[tuple[str, dict[str, float]]]

    def __new__(cls, text: str, tokens: list[tuple[str, dict[str, float]]]) -> Self:
        """A text with its tokens."""
        made = super().__new__(cls, text)
        made.tokens = tokens
        return made


Answer = str | Exception
Asker = Callable[[Sequence[str]], list[Answer]]
"""Prompts in; for each, in order, the model's text or the error that kept it from answering."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: it would carry the key to another host."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""


class Engine(Protocol):
    """What is used of a curate engine: requests in, bundles of completions out, in any order."""

    def complete(self, requests: Iterable[Any], /) -> Iterable[list[Any]]:
        """Answer every request once; each completion has `key`, `text` and `error`."""


def check_asked(url: str, model: str, engine: Engine | None, *, logprobs: bool) -> None:
    """Raises OptionError when no judge is named, or two are, or one that cannot be asked."""
    if (engine is None) == (not url):
        raise OptionError("judge: give either url= (and model=) of an OpenAI-compatible server, or engine=")
    if engine is not None and logprobs:
        raise OptionError("judge: log-probabilities come from a server: give url= and model= in place of engine=")
    if engine is None and urlsplit(url).scheme not in ("http", "https"):
        raise OptionError(f"judge: url is {url!r}; give http://HOST:PORT/v1 or https://HOST/v1")
    if engine is None and not model:
        raise OptionError("judge: the server needs model=, the name it serves the model under")


def asker(
    url: str,
    model: str,
    engine: Engine | None,
    *,
    key_variable: str,
    timeout_s: float,
    concurrency: int,
    tokens: int,
    logprobs: bool = False,
) -> Asker:
    """The way to the judge that was named. logprobs: answers are Spoken. Raises as `check_asked`."""
    check_asked(url, model, engine, logprobs=logprobs)
    if engine is not None:
        return lambda prompts: _ask_engine(engine, prompts, tokens)
    key = os.environ.get(key_variable, "")

    def ask(prompt: str) -> Answer:
        try:
            return _post(url, model, key, prompt, timeout_s, tokens, logprobs=logprobs)
        except urllib.error.HTTPError as error:
            with error:  # it holds the connection
                return ValueError(f"{url} answers {error.code} {error.reason}")
        except (OSError, ValueError, LookupError, TypeError, HTTPException) as error:
            return error

    def ask_all(prompts: Sequence[str]) -> list[Answer]:
        with ThreadPoolExecutor(max_workers=max(1, min(concurrency, len(prompts)))) as pool:
            return list(pool.map(ask, prompts))

    return ask_all


def _post(url: str, model: str, key: str, prompt: str, timeout_s: float, tokens: int, *, logprobs: bool) -> str:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": prompt}],
        "temperature": 0,
        "max_tokens": tokens,
    }
    if logprobs:
        body |= {"logprobs": True, "top_logprobs": TOP}
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    address = url.rstrip("/") + "/chat/completions"
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)  # noqa: S310  http(s): checked above
    end = time.monotonic() + timeout_s
    late = TimeoutError(f"no whole answer within {timeout_s:g} s")
    try:
        with _within(timeout_s) as handlers:
            opener = urllib.request.build_opener(_NoRedirect, *handlers)
            with opener.open(request, timeout=timeout_s) as answer:
                read = answer.read(MAX_ANSWER + 1)
    except (OSError, HTTPException) as error:
        raise late if time.monotonic() >= end else error from None
    if time.monotonic() >= end:  # what was cut reads as a short answer
        raise late
    if len(read) > MAX_ANSWER:
        raise ValueError(f"the judge's answer is larger than {MAX_ANSWER} bytes")
    choice = json.loads(read)["choices"][0]
    if choice.get("finish_reason") == "length":
        raise ValueError(f"the judge's answer was cut off at {tokens} tokens; raise max_tokens")
    text = str(choice["message"]["content"] or "")
    if not logprobs:
        return text
    said = (choice.get("logprobs") or {}).get("content") or []
    return Spoken(text, [(one["token"], {t["token"]: t["logprob"] for t in one["top_logprobs"]}) for one in said])


@contextlib.contextmanager
def _within(timeout_s: float) -> Iterator[list[urllib.request.BaseHandler]]:
    """Handlers whose connections are cut after `timeout_s` in all: a socket's own timeout starts anew at every byte."""
    timers: list[threading.Timer] = []

    def cut_later(connection: http.client.HTTPConnection) -> None:
        timer = threading.Timer(timeout_s, _cut, [connection.sock])
        timer.daemon = True
        timer.start()
        timers.append(timer)

    class Plain(http.client.HTTPConnection):
        def connect(self) -> None:
            super().connect()
            cut_later(self)

    class Secure(http.client.HTTPSConnection):
        def connect(self) -> None:
            super().connect()
            cut_later(self)

    class PlainHandler(urllib.request.HTTPHandler):
        def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Plain, request)

    class SecureHandler(urllib.request.HTTPSHandler):
        def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(Secure, request)

    try:
        yield [PlainHandler(), SecureHandler()]
    finally:
        for timer in timers:
            timer.cancel()


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # of the connection below TLS, which is in use elsewhere


def _ask_engine(engine: Engine, prompts: Sequence[str], tokens: int) -> list[Answer]:
    """Requests have the fields of curate's Request; the key is the content's hash and the row's number."""
    sampling = SimpleNamespace(temperature=0.0, top_p=None, top_k=None, min_p=None, max_tokens=tokens, stop=())
    keys = [
        sha256(f"{row}:{prompt}".encode("utf-8", "surrogatepass")).hexdigest() for row, prompt in enumerate(prompts)
    ]
    requests = [
        SimpleNamespace(
            key=key,
            row=str(row),
            messages=({"role": "user", "content": prompt},),
            sampling=sampling,
            seed=0,
            sample=0,
            response_format=None,
            tools=None,
            prefix=None,
        )
        for row, (key, prompt) in enumerate(zip(keys, prompts, strict=True))
    ]
    answers: dict[str, Answer] = {}
    for bundle in engine.complete(requests):
        for done in bundle:
            answers[done.key] = done.text if done.text is not None else ValueError(done.error or "no answer")
    return [answers.get(key, ValueError("the engine gave no answer")) for key in keys]
