"""Bottleneck adapters: a small network with a skip connection behind a sublayer; nothing else is trained.

Houlsby et al. 2019 (arXiv 1902.00751): behind attention and behind the feed-forward of every layer. Pfeiffer et al.
2020 (arXiv 2005.00247): behind the feed-forward only, which does nearly as well with half the parameters. PEFT has
neither.

They are not linear, so they cannot be folded into the weights: `load` and `curate evaluate` read such a model.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from curate.errors import DataError, UsageError

CONFIG: Final = "bottleneck_config.json"
WEIGHTS: Final = "bottleneck.safetensors"
NAME: Final = "bottleneck"
BEHIND: Final = {
    "houlsby": ("self_attn", "attn", "attention", "mlp", "feed_forward"),
    "pfeiffer": ("mlp", "feed_forward"),
}


@dataclass(frozen=True, slots=True)
class BottleneckConfig:
    """kind: houlsby or pfeiffer. size: numbers in the middle; a sixteenth of the hidden size unless given."""

    kind: str = "pfeiffer"
    size: int | None = None
    base: str = ""


class Bottleneck(nn.Module):
    """x + up(gelu(down(x))), which is x itself at first: `up` starts at zero."""

    def __init__(self, hidden: int, size: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(hidden, size), nn.Linear(size, hidden)
        nn.init.normal_(self.down.weight, std=0.02)
        nn.init.zeros_(self.down.bias)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (..., hidden) in and out."""
        out: torch.Tensor = x + self.up(nn.functional.gelu(self.down(x)))
        return out


def attach(model: Any, config: BottleneckConfig) -> list[str]:
    """Put an adapter behind each sublayer and freeze everything else; the names of the sublayers.

    Raises UsageError for an unknown kind, or a model whose sublayers cannot be told.
    """
    if config.kind not in BEHIND:
        raise UsageError(f"peft: a bottleneck is houlsby or pfeiffer, not '{config.kind}'")
    hidden = model.config.get_text_config().hidden_size
    size = config.size or max(1, hidden // 16)
    found = [name for name, _ in model.named_modules() if _is_sublayer(name, BEHIND[config.kind])]
    if not found:
        raise UsageError(f"peft: {type(model).__name__} has no sublayers called {', '.join(BEHIND[config.kind])}")
    model.requires_grad_(False)
    for name in found:
        module = model.get_submodule(name)
        adapter = Bottleneck(hidden, size).to(device=model.device, dtype=model.dtype)
        module.add_module(NAME, adapter)
        module.register_forward_hook(_hook(adapter))
    return found


def _is_sublayer(name: str, endings: tuple[str, ...]) -> bool:
    parts = name.split(".")
    return len(parts) > 2 and parts[-2].isdigit() and parts[-1] in endings


def _hook(adapter: Bottleneck) -> Any:
    """Attention gives a tuple whose first is the hidden state; a feed-forward the state itself."""

    def through(_module: Any, _inputs: Any, output: Any) -> Any:
        return (adapter(output[0]), *output[1:]) if isinstance(output, tuple) else adapter(output)

    return through


def save(model: Any, config: BottleneckConfig, folder: Path) -> None:
    """The adapters alone, and what they belong to."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: weight.detach().cpu().contiguous() for name, weight in _own(model)}
    save_file(weights, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(asdict(config), indent=2) + "\n", encoding="utf-8")


def _own(model: Any) -> list[tuple[str, Any]]:
    return [(name, weight) for name, weight in model.named_parameters() if f".{NAME}." in name]


def read_config(folder: Path) -> BottleneckConfig:
    """Raises DataError where the folder holds no bottleneck adapters."""
    path = folder / CONFIG
    if not path.is_file():
        raise DataError(f"{folder} holds no {CONFIG}; is it the folder of bottleneck adapters?")
    return BottleneckConfig(**json.loads(path.read_text(encoding="utf-8")))


def put_on(model: Any, folder: Path) -> Any:
    """The base with the adapters of a folder. Raises DataError where they do not fit."""
    from safetensors.torch import load_file

    attach(model, read_config(folder))
    weights = load_file(folder / WEIGHTS)
    wanted = {name for name, _ in _own(model)}
    if wanted != weights.keys():
        raise DataError(f"{folder}: the adapters are of another model ({len(wanted ^ weights.keys())} names differ)")
    model.load_state_dict(weights, strict=False)
    return model


def load(folder: Path) -> Any:
    """The base and its adapters, ready to be asked."""
    from transformers import AutoModelForCausalLM

    from trainers.models import find

    return put_on(AutoModelForCausalLM.from_pretrained(find(read_config(folder).base)), folder)
