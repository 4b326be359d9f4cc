"""One POST to one address: a hard deadline, a bounded body, and a key that never gets out.

A deadline stands round the whole exchange, from connecting to the last byte: the timeouts of HTTP clients start anew
with each byte, and a server that sends one a second keeps them waiting for ever.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from curate.engines.address import completions_address
from curate.errors import EngineDown

CONNECT_S: Final = 10.0
SHORTEST_SECRET: Final = 6


class Unreachable(Exception):
    """Nobody listens at the address (refused, no such host, no route): it is the fault of no request."""


class Broken(Exception):
    """The exchange began and did not end well: too slow, too large, lost (no answer at all) or cut (half of one)."""

    def __init__(self, kind: Literal["slow", "large", "lost", "cut"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. retry_after, location: the headers of these names."""

    status: int
    content: bytes
    retry_after: str | None = None
    location: str | None = None


class Transport:
    """Posts JSON to the chat endpoint at `url`, or beside it. Made and used inside one event loop; `close` it there.

    key: sent as a bearer token, and struck out of everything that comes back.
    """

    def __init__(self, url: str, key: str | None, *, timeout_s: float, max_bytes: int) -> None:
        self._url = url
        self._chat, self._bare = URL(url), URL(completions_address(url))  # parsed once
        self._secret = key if key and len(key) >= SHORTEST_SECRET else None
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._proxy = proxy_for(url)
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity", "User-Agent": "curate"}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=headers | ({"Authorization": f"Bearer {key}"} if key else {}),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
        )

    @property
    def shown_address(self) -> str:
        """The address for messages: no query, which may hold a secret."""
        parts = urlsplit(self._url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}".removesuffix("/chat/completions")

    async def post(self, content: bytes, *, bare: bool = False) -> Reply:
        """Send `content` and read the whole answer; bare: to the completions endpoint.

        Raises Unreachable, Broken, or EngineDown when TLS fails.

        The errors of aiohttp hold the request's headers in their repr: only our own words leave this method.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._exchange(content, self._bare if bare else self._chat)
        except (aiohttp.ClientConnectorSSLError, aiohttp.ClientConnectorCertificateError) as error:
            reason = self._strike(str(error.os_error if hasattr(error, "os_error") else error.certificate_error))
            raise EngineDown(f"{self.shown_address}: no secure connection ({reason})") from None
        except aiohttp.ConnectionTimeoutError:
            raise Unreachable(f"no connection within {CONNECT_S:g} s") from None
        except aiohttp.ClientConnectorError as error:
            raise Unreachable(self._strike(error.os_error.strerror or str(error.os_error))) from None
        except TimeoutError:
            raise Broken("slow", f"no whole answer within {self._timeout_s:g} s") from None
        except aiohttp.ClientPayloadError:
            raise Broken("cut", "the answer was cut off") from None
        except (aiohttp.ClientConnectionError, OSError):
            raise Broken("lost", "the connection was closed without an answer") from None
        except aiohttp.ClientError as error:
            raise Broken("cut", f"the answer is no valid HTTP ({type(error).__name__})") from None

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _exchange(self, content: bytes, target: URL) -> Reply:
        async with self._session.post(target, data=content, allow_redirects=False, proxy=self._proxy) as response:
            body = await self._body(response)
            return Reply(
                response.status,
                body,
                response.headers.get("Retry-After"),
                self._strike(response.headers.get("Location") or "") or None,
            )

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        chunks = []
        size = 0
        while chunk := await response.content.readany():
            size += len(chunk)
            if size > self._max_bytes:
                raise Broken("large", f"the answer is larger than {self._max_bytes / 1e6:g} MB")
            chunks.append(chunk)
        body = b"".join(chunks)
        secret = (self._secret or "").encode()
        return body.replace(secret, b"[key]") if secret and secret in body else body

    def _strike(self, text: str) -> str:
        return text.replace(self._secret, "[key]") if self._secret else text


def proxy_for(url: str) -> str | None:
    """The proxy that http_proxy, https_proxy and no_proxy name for this address; never one for this machine itself."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in ("localhost", "::1") or host.startswith("127.") or proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)
