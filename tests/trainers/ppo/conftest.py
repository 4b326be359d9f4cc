"""A model that knows nothing, and a task it can learn in seconds: `say 3` is to be answered by `3`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

WORDS = ["[PAD]", "[END]", "say", *map(str, range(8))]


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a Llama of 2 layers with random weights and 11 words, without a chat template."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("blank")
    words = Tokenizer(WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[PAD]"))
    words.pre_tokenizer = WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", eos_token="[END]").save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(WORDS), hidden_size=48, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=32, pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Rows of `prompt` and `answer`."""
    path = tmp_path_factory.mktemp("digits") / "digits.parquet"
    pl.DataFrame(
        {"prompt": [f"say {n}" for n in range(8)] * 8, "answer": [str(n) for n in range(8)] * 8}
    ).write_parquet(path)
    return str(path)


@pytest.fixture
def says(blank: str, digits: str, tmp_path: Path) -> Any:
    """Settings of PPO on this task."""

    def make(trl: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        short = {"max_steps": 4, "learning_rate": 3e-3, "logging_steps": 1, "max_completion_length": 2}
        return {
            "method": "ppo", "model": blank, "data": digits, "out": str(tmp_path / "ppo"), "format": "text",
            "batch": 32, "trl": short | (trl or {}),
        } | changes  # fmt: skip

    return make
