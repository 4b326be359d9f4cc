"""The server of the viewer: standard library, 127.0.0.1 only, and who asks must know the token.

Another page in the user's browser can reach 127.0.0.1 too. It does not know the token, which stands in every address;
a name that it points here (DNS rebinding) is not the Host that is expected; a form it sends has another Origin. Rows
are hostile: their text is escaped, and by its Content-Security-Policy a page runs our script alone and fetches nothing
from elsewhere.
"""

from __future__ import annotations

import hmac
import secrets
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qs, urlsplit

from curate.errors import CurateError, DataError, UsageError
from curate.report.life import life
from curate.rules import RuleError
from curate.run import Run
from curate.viewer import pages, preferences
from curate.viewer.comparing import next_pair, pair
from curate.viewer.listing import listed, open_table, page, reasons

HOST = "127.0.0.1"
MAX_BODY, MAX_FIELDS = 64 * 1024, 40
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
ASSETS = {
    "style.css": ("curate.report", "text/css"),
    "view.css": ("curate.viewer", "text/css"),
    "view.js": ("curate.viewer", "text/javascript"),
}
Fields = dict[str, list[str]]


class Viewer(ThreadingHTTPServer):
    """Serves one run. port 0: a free one. who: the name under which preferences are recorded."""

    daemon_threads = True

    def __init__(self, run: Run, *, port: int = 0, who: str) -> None:
        if not listed(run):  # a folder that is no run has been told as well
            raise DataError(f"no step of {run.folder} is done yet; `curate show` says how far it is")
        self.folder, self.who, self.token = run.folder, who, secrets.token_urlsafe(24)
        try:
            super().__init__((HOST, port), Handler)
        except OSError as refused:
            raise UsageError(f"--port {port}: {refused.strerror}; without --port a free one is taken") from None

    @property
    def run(self) -> Run:
        """The run as it is now: a build may go on in it."""
        return Run(self.folder)

    @property
    def url(self) -> str:
        """Where the page is, token and all."""
        return f"http://{HOST}:{self.server_port}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no error; anything else is told on stderr."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Viewer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """Pages, the style and the script."""
        self._answer({"": _rows, "rows": _rows, "row": _row, "compare": _compare, "next": _next})

    def do_POST(self) -> None:
        """A preference."""
        self._answer({"prefer": _prefer})

    def _answer(self, known: dict[str, Callable[[Viewer, Fields], str]]) -> None:
        address = urlsplit(self.path)
        token, _, name = address.path.removeprefix("/").partition("/")
        if refused := self._refused(token):
            self._send(refused.value, refused.phrase, "text/plain")
        elif self.command == "GET" and name in ASSETS:
            package, kind = ASSETS[name]
            self._send(200, (files(package) / "templates" / name).read_text(encoding="utf-8"), kind)
        elif name not in known:
            self._send(404, "Not Found", "text/plain")
        else:
            fields: Fields = {}
            try:
                fields = self._fields(address.query)
                text = known[name](self.server, fields)
            except (CurateError, RuleError) as mistake:
                run, table = self.server.run, _one(fields, "table")
                self._send(400, pages.message(run, "That does not work", str(mistake), table))
                return
            if self.command == "POST":
                self._send(303, "", location=text)
            else:
                self._send(200, text)

    def _refused(self, token: str) -> HTTPStatus | None:
        """Why nobody is answered: another name for this machine, another page's form, no token."""
        here = {f"{name}:{self.server.server_port}" for name in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host") not in here:
            return HTTPStatus.MISDIRECTED_REQUEST
        if origin is not None and origin.removeprefix("http://") not in here:
            return HTTPStatus.FORBIDDEN
        if not hmac.compare_digest(token.encode(), self.server.token.encode()):
            return HTTPStatus.FORBIDDEN
        return None

    def _fields(self, query: str) -> Fields:
        if self.command == "POST":
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > MAX_BODY:
                self.close_connection = True
                raise UsageError(f"a form has at most {MAX_BODY:,} bytes")
            query = self.rfile.read(int(length)).decode("utf-8", "replace")
        try:
            return parse_qs(query, max_num_fields=MAX_FIELDS)
        except ValueError as wrong:
            raise UsageError(f"the address cannot be read: {wrong}") from None

    def _send(self, status: int, text: str, kind: str = "text/html", *, location: str = "") -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        if status >= 400:  # a body that was not read would be taken for the next request
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """No versions."""
        return "curate"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the standard library's signature
        """Nothing: addresses hold the token."""


def _one(fields: Fields, name: str) -> str:
    return fields.get(name, [""])[0]


def _table(viewer: Viewer, fields: Fields) -> str:
    if named := _one(fields, "table"):
        return named
    known = listed(viewer.run).values()
    return next((one.name for one in known if one.step == "data"), [one.name for one in known][-1])


def _rows(viewer: Viewer, fields: Fields) -> str:
    table, start = _table(viewer, fields), _one(fields, "start")
    rule, text = _one(fields, "rule").strip(), _one(fields, "text")
    found = open_table(viewer.run, table)
    shown = page(found, int(start) if start.isdecimal() and len(start) < 15 else 0, rule, text)
    return pages.rows(viewer.run, table, shown, rule=rule, text=text, reasons=reasons(found))


def _row(viewer: Viewer, fields: Fields) -> str:
    return pages.row(viewer.run, _table(viewer, fields), life(viewer.run, _one(fields, "id")))


def _compare(viewer: Viewer, fields: Fields) -> str:
    rows = fields.get("id", [])
    if len(rows) != 2 or rows[0] == rows[1]:
        raise UsageError(f"two rows are compared (got {len(set(rows))}); mark two with their boxes, or with x")
    table = _table(viewer, fields)
    a, b = pair(open_table(viewer.run, table), *rows)
    return pages.compare(viewer.run, table, a, b, who=viewer.who, following=bool(_one(fields, "following")))


def _next(viewer: Viewer, fields: Fields) -> str:
    table, after = _table(viewer, fields), _one(fields, "after")
    found = open_table(viewer.run, table)
    mine = [one for one in preferences.read(viewer.run) if one["who"] == viewer.who]
    ids = next_pair(found, {name for one in mine for name in (one["a"], one["b"])}, after)
    if ids is None:
        where = "From here on" if after else "In the whole table"
        text = f"{where} no prompt has two different answers of which {viewer.who} judged none ({len(mine):,} judged)."
        return pages.message(viewer.run, "No pair is left", text, table)
    return pages.compare(viewer.run, table, *pair(found, *ids), who=viewer.who, following=True)


def _prefer(viewer: Viewer, fields: Fields) -> str:
    """Record it; the address to go to then."""
    table, key, rows = _table(viewer, fields), _one(fields, "key"), fields.get("id", [])
    if len(rows) != 2 or not key or len(key) > 100:
        raise UsageError("this form is not whole; open the two rows again")
    a, b = pair(open_table(viewer.run, table), *rows)
    preferences.record(
        viewer.run, key, table, a, b, better=_one(fields, "better"), who=viewer.who, note=_one(fields, "note")
    )
    if _one(fields, "following"):
        return pages.link("next", table=table, after=a.id)
    return pages.link("compare", table=table, id=rows)
