"""A chat server that misbehaves as it is told: `python misbehaving.py [PORT]` prints its port and serves.

What to do is the last user message, a JSON object: `{"do": ["429", "cut", "ok"], "id": 7}` answers the first request
with this message by 429, the second by half a body, and all later ones well. `GET /seen` tells what was asked.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections import Counter
from email.utils import formatdate
from time import time
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

seen: Counter[str] = Counter()
load: Counter[str] = Counter()
"""Requests inside, now and at most, since the last `/forget`: one that never ends counts for its own test alone."""


def completion(content: object, **changes: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": content} | changes.pop("message", {})
    choice = {"index": 0, "message": message, "finish_reason": changes.pop("finish_reason", "stop")}
    usage = {"prompt_tokens": 5, "completion_tokens": 7}
    return {"model": "served", "system_fingerprint": "fp", "choices": [choice], "usage": usage} | changes


def error(status: int, message: str, headers: dict[str, str] | None = None, **more: str) -> Response:
    return JSONResponse({"error": {"message": message} | more}, status, headers)


class Lie(Response):
    """Says it is longer than it is, or closes the connection without a word."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.body == b"":
            scope["connection"].abort()
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        scope["connection"].close()


async def drip(content: bytes, pause_s: float) -> Any:
    for byte in content:
        yield bytes([byte])
        await asyncio.sleep(pause_s)


async def behave(what: str, asked: dict[str, Any], key: str) -> Response:  # noqa: C901 - a table
    good = completion(f"answer to {asked['messages'][-1]['content']}")
    match what:
        case "ok":
            return JSONResponse(good)
        case "slow":
            await asyncio.sleep(0.05)
            return JSONResponse(good)
        case "429":
            return error(429, "slow down", {"Retry-After": "0.1"})
        case "429-now":
            return error(429, "slow down")
        case "429-date":
            return error(429, "slow down", {"Retry-After": formatdate(time() + 1, usegmt=True)})
        case "429-hours":
            return error(429, "come back later", {"Retry-After": "7200"})
        case "429-quota":
            return error(429, "You exceeded your current quota", code="insufficient_quota")
        case "html":
            return Response("<html><body>502 Bad Gateway</body></html>", 200, media_type="text/html")
        case "cut":
            return Lie(json.dumps(good)[:50])
        case "closed":
            return Lie(b"")
        case "no-choices":
            return JSONResponse({"choices": [], "error": {"message": "upstream is gone"}})
        case "no-object":
            return JSONResponse(["no", "object"])
        case "empty":
            return Response(b"", 200)
        case "500-empty":
            return Response(b"", 500)
        case "deep":
            return Response(b"[" * 100_000, 200)
        case "text-plain":
            return PlainTextResponse(json.dumps(good))
        case "utf8":
            return Response(json.dumps(good).encode().replace(b"answer", b"\xff\xfe"))
        case "surrogate":
            return Response(json.dumps(completion("half \ud83d of one")))
        case "drip":
            return StreamingResponse(drip(json.dumps(good).encode(), 0.1))
        case "never":
            await asyncio.sleep(600)
        case "huge":
            return Response(json.dumps(completion("x" * 3_000_000)))
        case "die":
            os._exit(1)
        case "redirect":
            return Response(status_code=307, headers={"Location": f"http://elsewhere.invalid/?key={key}"})
        case "tell-key":
            return JSONResponse(completion(f"your key is {key}", model=key))
        case "answer":
            return JSONResponse(asked["answer"])
    return error(int(what), f"no: {what}, with key {key}")


async def chat(request: Request) -> Response:
    mine = load
    asked = await request.json()
    order = json.loads(asked["messages"][-1]["content"])
    name = json.dumps(order)
    turn = seen[name]
    seen[name] += 1
    mine["now"] += 1
    mine["most"] = max(mine["most"], mine["now"])
    try:
        what = order["do"][min(turn, len(order["do"]) - 1)]
        return await behave(what, asked | order, request.headers.get("authorization", "").removeprefix("Bearer "))
    finally:
        mine["now"] -= 1


async def bare(request: Request) -> Response:
    """The completions endpoint as vLLM answers it; told what to do by the prompt."""
    asked = await request.json()
    what = json.loads(asked["prompt"])["do"]
    seen[asked["prompt"]] += 1
    if what.isdigit():
        return error(int(what), "only chats here")
    choice = {"index": 0, "text": json.dumps(asked), "logprobs": None, "stop_reason": None}
    choice["finish_reason"] = "stop" if what == "stop" else "length"
    choice |= {"no-text": {"text": None}}.get(what, {})
    usage = {"prompt_tokens": 3, "total_tokens": 5, "completion_tokens": 2, "prompt_tokens_details": None}
    return JSONResponse(
        {"id": "cmpl-1", "object": "text_completion", "model": "served", "choices": [choice], "usage": usage}
    )


async def tell(request: Request) -> Response:
    return JSONResponse({"seen": seen, "most_inside": load["most"]})


async def forget(request: Request) -> Response:
    global load  # noqa: PLW0603 - the counter of one process
    load = Counter()
    seen.clear()
    return Response()


class Misbehaving(Starlette):
    """Keeps the connection at hand, for those who want to close it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["connection"] = getattr(getattr(send, "__self__", None), "transport", None)
        await super().__call__(scope, receive, send)


ROUTES = [
    Route("/v1/chat/completions", chat, methods=["POST"]),
    Route("/v1/completions", bare, methods=["POST"]),
    Route("/seen", tell),
    Route("/forget", forget, methods=["POST"]),
]


if __name__ == "__main__":
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    listener.listen(512)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(Misbehaving(routes=ROUTES), log_level="critical", timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])
