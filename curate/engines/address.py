"""The addresses of a server that speaks the OpenAI protocol, told without importing what speaks to it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from curate.errors import InvalidInput


def chat_address(base_url: str) -> str:
    """The address of the chat endpoint below `base_url`. A query stays. Raises InvalidInput for what is no such URL.

    >>> chat_address("http://localhost:8000/v1/")
    'http://localhost:8000/v1/chat/completions'
    """
    try:
        parts = urlsplit(base_url.strip())
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        is_good = False
    if not is_good:
        shown = re.sub(r"//[^/]*@", "//...@", base_url)
        raise InvalidInput(f"'{shown}' is no address of a server; give http://host:port/v1 or https://host/v1")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput(f"the url of {parts.hostname} holds a user name or password; name a variable in api_key_env")
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/chat/completions", parts.query, ""))


def completions_address(chat: str) -> str:
    """The endpoint that takes a bare text, beside the one for chats.

    >>> completions_address("http://localhost:8000/v1/chat/completions?v=1")
    'http://localhost:8000/v1/completions?v=1'
    """
    parts = urlsplit(chat)
    return urlunsplit(parts._replace(path=f"{parts.path.removesuffix('/chat/completions')}/completions"))
