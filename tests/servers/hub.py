"""A stand-in for the Hub, for tests: git-like repositories in memory, over plain HTTP on loopback.

    python tests/servers/hub.py        prints its address, serves until killed; GET /_state shows what it holds

Speaks what huggingface_hub and `datasets` ask for: repos/create, preupload, LFS (basic), commit, branch, revision,
tree, paths-info, resolve with ETag and Range. Tokens: `writer` may write, `reader` may not, any other is refused (401).
An owner called `failing` answers 500 to everything, one called `garbage` no JSON.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

REPOS: dict[
    str, dict[str, Any]
] = {}  # name -> {"private", "branches": {name: commit}, "commits": {sha: {path: bytes}}}
BLOBS: dict[str, bytes] = {}
LOG: list[str] = []
REPO = r"(?P<repo>[^/]+/[^/]+)"
API = rf"/api/(?:datasets|models)/{REPO}"


class Refused(Exception):
    def __init__(self, status: int, code: str, text: str) -> None:
        self.status, self.code, self.text = status, code, text


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def answer(self) -> None:
        split = urlsplit(self.path)
        self.query, path = parse_qs(split.query), unquote(split.path)
        self.content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        LOG.append(f"{self.command} {path}")
        try:
            for methods, pattern, action in ROUTES:
                found = re.fullmatch(pattern, path)
                if found and self.command in methods.split():
                    owner = (found.groupdict().get("repo") or "").split("/")[0]
                    {"failing": failing, "garbage": garbage}.get(owner, action)(self, **found.groupdict())
                    return
            self.send(404, {"error": f"no route for {self.command} {path}"})
        except Refused as refused:
            headers = {"X-Error-Code": refused.code} if refused.code else {}
            self.send(refused.status, {"error": refused.text}, **{**headers, "X-Error-Message": refused.text})

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - the names http.server calls

    def send(self, status: int, body: Any, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def json(self) -> Any:
        return json.loads(self.content or b"{}")

    def may(self, *, write: bool) -> None:
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token not in ("writer", "reader") and (token or write):
            raise Refused(401, "", f"Invalid credentials: Bearer {token}")
        if write and token != "writer":
            raise Refused(403, "", "You need write access")

    def repo(self, name: str, *, write: bool = False) -> dict[str, Any]:
        self.may(write=write)
        if name not in REPOS:
            raise Refused(404, "RepoNotFound", "Repository not found")
        return REPOS[name]

    def files(self, name: str, revision: str) -> tuple[str, dict[str, bytes]]:
        repo = self.repo(name)
        sha = repo["branches"].get(revision, revision)
        if sha not in repo["commits"]:
            raise Refused(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return sha, repo["commits"][sha]


def failing(http: Handler, **_: str) -> None:
    raise Refused(500, "", "out of order, Bearer writer")


def garbage(http: Handler, **_: str) -> None:
    http.send(200, b"<html>not a hub</html>")


def create(http: Handler) -> None:
    asked = http.json()
    name = f"{asked.get('organization') or 'me'}/{asked['name']}"
    http.may(write=True)
    if name in REPOS:
        raise Refused(409, "", "You already created this dataset repo")
    REPOS[name] = {"private": asked.get("visibility") == "private", "branches": {}, "commits": {}}
    add_commit(REPOS[name], "main", {".gitattributes": b""})
    kind = "datasets/" if asked.get("type") == "dataset" else ""
    http.send(200, {"url": f"http://{http.headers['Host']}/{kind}{name}"})


def add_commit(repo: dict[str, Any], branch: str, files: dict[str, bytes]) -> str:
    text = repr(
        [len(repo["commits"]), *sorted((path, hashlib.sha256(data).hexdigest()) for path, data in files.items())]
    )
    sha = hashlib.sha1(text.encode()).hexdigest()
    repo["commits"][sha], repo["branches"][branch] = files, sha
    return sha


def info(http: Handler, repo: str, rev: str = "main") -> None:
    sha, files = http.files(repo, rev)
    siblings = [{"rfilename": path} for path in sorted(files)]
    answer = {
        "_id": repo,
        "id": repo,
        "sha": sha,
        "private": REPOS[repo]["private"],
        "tags": [],
        "downloads": 0,
        "likes": 0,
    }
    http.send(200, {**answer, "siblings": siblings, "gated": False, "disabled": False})


def entry(path: str, data: bytes) -> dict[str, Any]:
    sha = hashlib.sha256(data).hexdigest()
    lfs = {"lfs": {"oid": sha, "size": len(data), "pointerSize": 130}} if path.endswith(".parquet") else {}
    return {"type": "file", "path": path, "size": len(data), "oid": sha[:40], **lfs}


def tree(http: Handler, repo: str, rev: str, under: str = "") -> None:
    _, files = http.files(repo, rev)
    prefix = f"{under.strip('/')}/" if under.strip("/") else ""
    deep = http.query.get("recursive", ["false"])[0].lower() in ("true", "1")
    inside = {path: data for path, data in files.items() if path.startswith(prefix)}
    if prefix and not inside:
        raise Refused(404, "EntryNotFound", f"{under} does not exist")
    folders = sorted({prefix + path[len(prefix) :].split("/")[0] for path in inside if "/" in path[len(prefix) :]})
    found = [{"type": "directory", "path": path, "size": 0, "oid": "0" * 40} for path in folders]
    found += [entry(path, data) for path, data in sorted(inside.items()) if deep or "/" not in path[len(prefix) :]]
    http.send(200, found)


def paths_info(http: Handler, repo: str, rev: str) -> None:
    _, files = http.files(repo, rev)
    asked = parse_qs(http.content.decode()).get("paths") or http.json().get("paths", [])
    found = [entry(path, files[path]) for path in asked if path in files]
    folders = [path for path in asked if path not in files and any(name.startswith(f"{path}/") for name in files)]
    http.send(200, found + [{"type": "directory", "path": path, "size": 0, "oid": "0" * 40} for path in folders])


def preupload(http: Handler, repo: str, rev: str) -> None:
    http.repo(repo, write=True)
    modes = [("lfs" if file["path"].endswith(".parquet") else "regular", file["path"]) for file in http.json()["files"]]
    http.send(200, {"files": [{"path": path, "uploadMode": mode, "shouldIgnore": False} for mode, path in modes]})


def lfs_batch(http: Handler, repo: str) -> None:
    http.repo(repo, write=True)
    base = f"http://{http.headers['Host']}/lfs/"
    wanted = http.json()["objects"]
    objects = [
        {**one, "actions": {"upload": {"href": base + one["oid"]}}} if one["oid"] not in BLOBS else one
        for one in wanted
    ]
    http.send(200, {"transfer": "basic", "objects": objects})


def lfs_put(http: Handler, oid: str) -> None:
    if hashlib.sha256(http.content).hexdigest() != oid:
        raise Refused(400, "", "the content is not what its name says")
    BLOBS[oid] = http.content
    http.send(200, {})


def commit(http: Handler, repo: str, rev: str) -> None:
    there = http.repo(repo, write=True)
    lines = [json.loads(line) for line in http.content.splitlines()]
    head = next(line["value"] for line in lines if line["key"] == "header")
    if head.get("parentCommit") not in (None, there["branches"].get(rev)):
        raise Refused(412, "", "A commit has happened since")
    files = dict(http.files(repo, rev)[1])
    for line in lines:
        value = line["value"]
        if line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif line["key"] == "lfsFile":
            files[value["path"]] = BLOBS[value["oid"]]
        elif line["key"] == "deletedFile":
            del files[value["path"]]
    sha = add_commit(there, rev, files)
    http.send(
        200,
        {"success": True, "commitOid": sha, "commitUrl": f"http://{http.headers['Host']}/datasets/{repo}/commit/{sha}"},
    )


def branch(http: Handler, repo: str, rev: str) -> None:
    there = http.repo(repo, write=True)
    there["branches"][rev] = there["branches"]["main"]
    http.send(200, {})


def resolve(http: Handler, repo: str, rev: str, path: str) -> None:
    sha, files = http.files(repo, rev)
    if path not in files:
        raise Refused(404, "EntryNotFound", f"{path} does not exist")
    data, headers = files[path], {"X-Repo-Commit": sha, "Accept-Ranges": "bytes"}
    headers["ETag"] = f'"{hashlib.sha256(data).hexdigest()}"'
    part = re.fullmatch(r"bytes=(\d*)-(\d*)", http.headers.get("Range") or "")
    if not part:
        http.send(200, data, **headers)
        return
    start, end = (
        (int(part[1]), min(int(part[2] or len(data) - 1), len(data) - 1))
        if part[1]
        else (len(data) - int(part[2]), len(data) - 1)
    )
    http.send(206, data[start : end + 1], **headers, Content_Range=f"bytes {start}-{end}/{len(data)}")


def state(http: Handler) -> None:
    repos = {
        name: {"private": repo["private"], "commits": len(repo["commits"]), "branches": {
            branch: {path: len(data) if path.endswith((".parquet", ".safetensors")) else data.decode("utf-8", "replace")
                     for path, data in repo["commits"][sha].items()} for branch, sha in repo["branches"].items()}}
        for name, repo in REPOS.items()
    }  # fmt: skip
    http.send(200, {"repos": repos, "log": LOG})


ROUTES: list[tuple[str, str, Any]] = [
    ("GET", "/_state", state),
    ("POST", "/api/repos/create", create),
    ("POST", "/api/validate-yaml", lambda http: http.send(200, {"errors": [], "warnings": []})),
    ("GET", API, info),
    ("GET", rf"{API}/revision/(?P<rev>.+)", info),
    (
        "GET",
        rf"{API}/tree/(?P<rev>[^/]+)(?P<under>/.*)?",
        lambda http, repo, rev, under: tree(http, repo, rev, under or ""),
    ),
    ("POST", rf"{API}/paths-info/(?P<rev>.+)", paths_info),
    ("POST", rf"{API}/preupload/(?P<rev>.+)", preupload),
    ("POST", rf"{API}/commit/(?P<rev>.+)", commit),
    ("POST", rf"{API}/branch/(?P<rev>.+)", branch),
    ("POST", rf"/(?:datasets/)?{REPO}\.git/info/lfs/objects/batch", lfs_batch),
    ("PUT", r"/lfs/(?P<oid>[0-9a-f]{64})", lfs_put),
    ("GET HEAD", rf"/datasets/{REPO}/resolve/(?P<rev>[^/]+)/(?P<path>.+)", resolve),
]

if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()
