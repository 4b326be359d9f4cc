"""Three tiny models: a base and two that were trained on from it (their weights moved by noise)."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    folder = tmp_path_factory.mktemp("models")
    config = Qwen3Config(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    base = Qwen3ForCausalLM(config)
    made = {"base": folder / "base"}
    base.save_pretrained(made["base"])
    for name in ("left", "right"):
        with torch.no_grad():
            for weight in base.parameters():
                weight.add_(0.02 * torch.randn_like(weight))
        made[name] = folder / name
        base.save_pretrained(made[name])
    return made
