"""A stand-in for a model that writes lists, rewrites prompts and answers, over plain HTTP on loopback.

What it writes follows from the messages and the seed alone, so that builds can be compared. `refused` is the share of
requests that get status 500, always the same ones. Every request is noted in `log`, a file.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

WORDS = [f"{first}{last}" for first in ("ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo") for last in "nrstlm"]


def written(messages: list[dict[str, str]], seed: int) -> str:
    asked = messages[-1]["content"]
    draw = random.Random(sha256(f"{seed}:{asked}".encode()).hexdigest())
    said = " ".join(draw.choices(WORDS, k=12))
    if numbers := re.search(r"numbered from (\d+) to (\d+)", asked):
        first, last = map(int, numbers.groups())
        shown = re.findall(r"^\d+\. (.*)$", asked, re.MULTILINE)
        tasks = [" ".join(draw.choices(WORDS, k=draw.randint(3, 14))) for _ in range(first, last + 1)]
        tasks[0] = draw.choice([tasks[0], *shown])
        return "\n".join(f"{number}. {task}" for number, task in enumerate(tasks, first))
    if prompt := re.search(r"<<<prompt>>>\n(.*)\n<<<end>>>$", asked, re.DOTALL):
        forms = [f"{prompt[1]} {said}", prompt[1], f"New prompt: {prompt[1]} {said}", f"{said} {prompt[1]}"]
        return draw.choice(forms)
    if asked.startswith("Has the following task"):
        return draw.choice(["Yes", "no.", "**No**, it is open."])
    if "Example 1\nInput:" in asked or "Example 1\nOutput:" in asked:
        names = re.findall(r"^(Input|Output):", asked, re.MULTILINE)
        parts = [f"{name}: {' '.join(draw.choices(WORDS, k=4))}" for name in names * 3]
        return "\n".join(parts[: draw.randint(4, 6)])
    if asked.endswith("Answer with one word: same or different.") or "<<<second>>>" in asked:
        return draw.choice(["Same", "different", "different."])
    return draw.choice([said, said, "Sorry, I cannot.", "..."])


@contextmanager
def serving(log: Path, refused: float = 0.0, latency_s: float = 0.0) -> Iterator[str]:
    """The address of a server that runs as long as the block does."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked = json.dumps([body["messages"], body.get("seed")])
            threading.Event().wait(latency_s)
            with lock, log.open("a") as file:
                file.write(asked + "\n")
            is_refused = int(sha256(asked.encode()).hexdigest()[:8], 16) / 2**32 < refused
            text = written(body["messages"], body.get("seed", 0))
            choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            usage = {"prompt_tokens": 7, "completion_tokens": len(text.split())}
            content = json.dumps({"choices": [choice], "usage": usage}).encode()
            self.send_response(500 if is_refused else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: Any) -> None:
            """A client that was killed is no error."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
