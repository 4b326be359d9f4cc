"""OpenRLHF: a `reward_func` for `--reward.remote_url FILE`, and a server for `--reward.remote_url http://...`.

This file itself is the reward function of `math`. For another reward, three lines in a file of yours:

    from rewards.adapters.for_openrlhf import RewardFunction
    reward_func = RewardFunction("code")

Source: OpenRLHF, openrlhf/utils/agent.py and cli/serve_rm.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rewards.adapters.rows import columns_of, reward_of, value_or
from rewards.base import Reward, RewardError, Score

MAX_BODY = 64 * 2**20  # bytes of one request
_SPECIAL = r"(?:<[|\uff5c][^|\uff5c<>]{1,40}[|\uff5c]>|</?s>|<(?:eos|bos|pad|unk|end_of_turn)>|\[(?:PAD|EOS|SEP)\])"
_SPECIAL_END = re.compile(_SPECIAL + r"\Z")
_SPECIAL_START = re.compile(rf"(?:{_SPECIAL}|\s)+")
LONGEST = 44  # characters of a special token


class RewardFunction:
    """A reward as OpenRLHF calls it, with tensors; `judge` gives the same as lists.

    reward: a Reward, its name, or the import path of one. undecided: the reward of a row that cannot be judged;
    the log `undecided` tells which. A label is the gold, as in `rewards.adapters.rows.columns_of`.
    """

    def __init__(self, reward: Reward | str = "math", undecided: float = 0.0) -> None:
        self.reward = reward_of(reward)
        self.undecided = undecided

    def __call__(
        self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **_: Any
    ) -> dict[str, Any]:
        """`rewards` as declared, `scores` in 0 to 1 for dynamic filtering, `extra_logs`: tensors of shape (rows,)."""
        import torch

        answer = self.judge(queries, prompts, labels)
        logs = {name: torch.tensor(values) for name, values in answer["extra_logs"].items()}
        return {name: torch.tensor(answer[name]) for name in ("rewards", "scores")} | {"extra_logs": logs}

    def judge(self, queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any]) -> dict[str, Any]:
        """The same as plain lists: what the HTTP form answers."""
        if not len(queries) == len(prompts) == len(labels):
            raise RewardError(
                f"{len(queries)} queries, {len(prompts)} prompts, {len(labels)} labels: one each is needed"
            )
        completions = [completion_of(query, prompt) for query, prompt in zip(queries, prompts, strict=True)]
        tables = [
            {"prompt": prompt} | columns_of(self.reward, label) for prompt, label in zip(prompts, labels, strict=True)
        ]
        names = dict.fromkeys(name for table in tables for name in table)
        columns = {name: [table.get(name) for table in tables] for name in names}
        scores = self.reward.score_batch(completions, **columns)
        values = [value_or(score, self.undecided) for score in scores]
        return {
            "rewards": values,
            "scores": [self._share(score) for score in scores],
            "extra_logs": {"undecided": [float(score.value is None) for score in scores]},
        }

    def _share(self, score: Score) -> float:
        """Where in its range the reward lies; an endless range is cut to 0 to 1."""
        low, high = self.reward.range
        value = value_or(score, self.undecided)
        if high - low not in (0.0, float("inf")):
            value = (value - low) / (high - low)
        return min(max(value, 0.0), 1.0)


def completion_of(query: str, prompt: str) -> str:
    """What the model wrote: the query without its prompt, the padding before it and the special tokens at its end.

    >>> completion_of("<|user|>1+1<|assistant|>2<|im_end|>", "<|user|>1+1<|assistant|>")
    '2'
    """
    if not query.startswith(prompt) and (padding := _SPECIAL_START.match(query)):
        unpadded = query[padding.end() :]
        query = unpadded if unpadded.startswith(prompt) else query
    text = query.removeprefix(prompt)
    end = len(text)
    while True:
        while end and text[end - 1].isspace():
            end -= 1
        special = _SPECIAL_END.search(text, max(0, end - LONGEST), end)
        if special is None:
            return text[:end]
        end = special.start()


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[Any], **kwargs: Any) -> dict[str, Any]:
    """The reward function OpenRLHF finds in this file: `math`."""
    return RewardFunction("math")(queries, prompts, labels, **kwargs)


def server(reward: Reward | str, host: str = "127.0.0.1", port: int = 5000) -> ThreadingHTTPServer:
    """A server for POST /get_reward with `{"query": [...], "prompts": [...], "labels": [...]}`.

    Call `serve_forever()` on it. A request it cannot read is answered with 400 and the reason.
    """
    function = RewardFunction(reward)

    class Handler(BaseHTTPRequestHandler):
        timeout = 60

        def do_POST(self) -> None:
            if self.path.rstrip("/") != "/get_reward":
                return self._answer(404, {"error": "POST /get_reward is all there is"})
            try:
                body = json.loads(self.rfile.read(_size(self.headers.get("Content-Length"))))
                answer = function.judge(body["query"], body["prompts"], body["labels"])
            except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
                return self._answer(400, {"error": f"{type(error).__name__}: {error}"})
            return self._answer(200, answer)

        def _answer(self, status: int, answer: dict[str, Any]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the name http.server calls
            """Say nothing: a trainer asks thousands of times."""

    return ThreadingHTTPServer((host, port), Handler)


def _size(header: str | None) -> int:
    size = int(header or 0)
    if not 0 < size <= MAX_BODY:
        raise ValueError(f"a body of 1 to {MAX_BODY} bytes is wanted, got {size}")
    return size
