"""No completion makes a rule reward fail or hang: pieces of every syntax the rewards read, in any order."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewards
from rewards.base import signature_of

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "rewards"
ASKS_OTHERS = frozenset({"code", "sql", "judge", "reward_model"})  # a sandbox, a server, a model
PIECES = [
    r"\boxed{", "}", "{", "(", ")", "[", "]", r"\frac", r"\sqrt", "^", "_", "1", "3.5", "x", " ", "\n", "<think>",
    "</think>", "<answer>", "</answer>", "#### ", r"\text{", r"\begin{pmatrix}", r"\end{pmatrix}", "&", "\\\\", "|",
    ",", r"\pm", "%", "$", "°", "½", "\x00", "\ud800", "é", "日本", "—", "\u202e", "9" * 50, "E9999", "!", r"\infty",
    "or", "The answer is ", "B)", "km/h", ":", "=", "<", "'", '"', "```json\n", "<tool_call>", "null", "0.(3)", "²³",
    "٣", "The cat sat\n", "- a knight", "a = 1\n", "[1]", r"\sum", "e.g. ", "\t",
]  # fmt: skip
COMPLETIONS = st.lists(st.sampled_from(PIECES), max_size=25).map("".join) | st.text(max_size=60)
BADLY_SET_UP = ("error: unknown", "error: soft_punish_cache")  # rows of a golden file about options that are wrong


@pytest.mark.parametrize("name", sorted(set(rewards.REWARDS) - ASKS_OTHERS))
def test_no_completion_makes_a_reward_fail_or_hang(name: str) -> None:
    rows = [json.loads(line) for line in (GOLDEN / f"{name}.jsonl").read_text("utf-8").splitlines() if line.strip()]
    rows = [row for row in rows if "completion" in row]
    if not rows:
        rows = [{}]  # a reward of whole batches is asked about one completion

    @settings(max_examples=40, deadline=None)
    @given(st.sampled_from(rows), COMPLETIONS)
    def check(row: dict[str, object], completion: str) -> None:
        columns = {key: value for key, value in row.items() if key not in ("completion", "value", "with")}
        options = row.get("with")
        if options is None and "options" not in signature_of(rewards.REWARDS[name].use).options:
            options = columns.pop("options", None)
        options = dict(options) if isinstance(options, dict) else {}
        if name == "math":
            options["symbolic"] = False
        reward = rewards.get(name, **options)
        started = time.process_time()
        score = reward.score(completion, **columns)
        assert time.process_time() - started < 2
        assert score.why
        assert "error" not in score.evidence or score.why.startswith(BADLY_SET_UP), score.why

    check()
