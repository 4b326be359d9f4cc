"""Replies after which no request of this build can succeed, and what to do about each."""

from __future__ import annotations

from typing import Final

from curate.engines import chat
from curate.engines.base import Request
from curate.engines.transport import Reply

LONGEST_WAIT_S: Final = 300.0
TOO_MUCH: Final = frozenset({429, 503, 529})
NO_MONEY: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
ADVICE: Final = {
    401: "The key is refused, or none was sent: set a valid one in the variable that the engine's api_key_env names.",
    402: "The account has no credit left.",
    403: "The key may not use this model.",
    404: "No such model, or no such path: for most servers the url ends with /v1, and url/models lists the models.",
    405: "This address takes no chat requests: for most servers the url ends with /v1.",
}
NOT_BARE: Final = frozenset({404, 405, 501})
ONLY_CHAT: Final = (
    "The step sends the bare beginning of a user turn, to url/completions, and this server (or this model on it) takes "
    "only chats. Serve the model with vLLM, SGLang or llama.cpp, or run it here (engine: vllm or transformers)."
)


def hopeless(reply: Reply, wait_s: float | None, request: Request) -> str | None:
    """Why no request can succeed after this reply, and what to do; None when others may."""
    if request.prefix is not None and reply.status in NOT_BARE:
        return ONLY_CHAT
    if 300 <= reply.status < 400:
        return f"It leads to {reply.location}: give that as the url, if it is yours."
    if reply.status == 429 and chat.error_code(reply.content) in NO_MONEY:
        return ADVICE[402]
    if reply.status in TOO_MUCH and wait_s is not None and wait_s > LONGEST_WAIT_S:
        return f"It asks to wait {wait_s:,.0f} s."
    return ADVICE.get(reply.status)
