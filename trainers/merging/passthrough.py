"""`stack_layers`: a model out of the layers of others; with fewer layers of one model, a student to distil into."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from curate.errors import DataError, InvalidInput
from trainers.merging.checkpoint import Checkpoint
from trainers.merging.weights import NOTE, copy_settings, whole_folder
from trainers.merging.writing import SHARD_BYTES, write_tensors
from trainers.models import find

if TYPE_CHECKING:
    import torch

_LAYER: Final = re.compile(r"^(.*?\b(?:layers|h|blocks|layer)\.)(\d+)(\..+)$")
PER_LAYER: Final = ("layer_types", "mlp_layer_types", "no_rope_layers")
"""Lists of `config.json` that say something of each layer."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Layers of a model, by number from 0, in the order they are stacked; one may come twice."""

    model: str
    layers: tuple[int, ...]


def stack_layers(slices: Sequence[Slice], out: Path, *, shard_bytes: int = SHARD_BYTES) -> Path:
    """Stack layers into the folder `out`; what comes before them is the first model's, what comes after the last's.

    A teacher's every other layer is how DistilBERT's student begins (arXiv 1910.01108, section 2):
    `stack_layers([Slice(teacher, (0, 2, 4))], out)`.
    Raises InvalidInput without layers, DataError where a model lacks a layer or the models differ in size.
    """
    if not any(part.layers for part in slices):
        raise InvalidInput("merge: passthrough stacks layers, and none are given")
    checkpoints = {part.model: Checkpoint.of(find(part.model)) for part in slices}
    first, last = checkpoints[slices[0].model], checkpoints[slices[-1].model]
    plan = _plan(slices, checkpoints, first, last)
    kinds = {name: source.kinds[old] for name, (source, old) in sorted(plan.items())}

    def make(name: str) -> torch.Tensor:
        source, old = plan[name]
        return source.tensor(old)

    note = {"method": "passthrough", "slices": [asdict(part) for part in slices]}
    with whole_folder(out) as folder:
        write_tensors(folder, kinds, make, shard_bytes)
        copy_settings(first.folder, folder, _config(slices, checkpoints, first))
        (folder / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
    return out


Plan = dict[str, tuple[Checkpoint, str]]


def _plan(slices: Sequence[Slice], checkpoints: dict[str, Checkpoint], first: Checkpoint, last: Checkpoint) -> Plan:
    """New name -> where the tensor is and its name there."""
    plan: Plan = {}
    for name in first.kinds:
        if not _LAYER.match(name):
            plan[name] = (first if "embed" in name or name not in last.kinds else last, name)
    shapes = {found[3]: first.kinds[name].shape for name in first.kinds if (found := _LAYER.match(name))}
    number = 0
    for part in slices:
        source = checkpoints[part.model]
        layers = _layers(source)
        for layer in part.layers:
            if layer not in layers:
                raise DataError(f"merge: {part.model} has no layer {layer}; it has 0 to {max(layers, default=-1)}")
            for name in layers[layer]:
                found = _LAYER.match(name)
                assert found is not None  # `_layers` holds such names only
                if shapes.get(found[3], source.kinds[name].shape) != source.kinds[name].shape:
                    raise DataError(f"merge: '{name}' of {part.model} has another size than in {first.folder}")
                plan[f"{found[1]}{number}{found[3]}"] = (source, name)
            number += 1
    return plan


def _layers(checkpoint: Checkpoint) -> dict[int, list[str]]:
    layers: dict[int, list[str]] = {}
    for name in checkpoint.kinds:
        if found := _LAYER.match(name):
            layers.setdefault(int(found[2]), []).append(name)
    return layers


def _config(slices: Sequence[Slice], checkpoints: dict[str, Checkpoint], first: Checkpoint) -> dict[str, Any]:
    """How many layers there are now, and what `config.json` says of each."""
    stacked = [(checkpoints[part.model].config, layer) for part in slices for layer in part.layers]
    count = "n_layer" if "n_layer" in first.config else "num_hidden_layers"
    changes: dict[str, Any] = {count: len(stacked)}
    for key in PER_LAYER:
        if isinstance(first.config.get(key), list):
            changes[key] = [config[key][layer] for config, layer in stacked]
    if "max_window_layers" in first.config:
        changes["max_window_layers"] = min(first.config["max_window_layers"], len(stacked))
    return changes
