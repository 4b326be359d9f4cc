"""Safetensors written one tensor at a time: the header needs types and shapes alone, so no second tensor is in memory.

Format: https://huggingface.co/docs/safetensors (eight bytes of length, a JSON header padded with spaces, the bytes).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from trainers.merging.checkpoint import INDEX, SINGLE, Kind

if TYPE_CHECKING:
    import torch

BYTES: Final = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
TORCH: Final = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool",
}  # fmt: skip
SHARD_BYTES: Final = 4 * 2**30


def write_tensors(
    folder: Path, kinds: Mapping[str, Kind], make: Callable[[str], torch.Tensor], shard_bytes: int = SHARD_BYTES
) -> None:
    """Write `make(name)` for every name, in order, as one file or as shards with their index.

    kinds: what each tensor will be. shard_bytes: most bytes of a file; a larger tensor has a file of its own.
    """
    shards = list(_shards(kinds, shard_bytes))
    if len(shards) == 1:
        _write(folder / SINGLE, shards[0], kinds, make)
        return
    where: dict[str, str] = {}
    for number, names in enumerate(shards, 1):
        file = f"model-{number:05d}-of-{len(shards):05d}.safetensors"
        _write(folder / file, names, kinds, make)
        where |= dict.fromkeys(names, file)
    total = sum(_size(kind) for kind in kinds.values())
    index = {"metadata": {"total_size": total}, "weight_map": where}
    (folder / INDEX).write_text(json.dumps(index, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _shards(kinds: Mapping[str, Kind], limit: int) -> Iterator[list[str]]:
    names: list[str] = []
    size = 0
    for name, kind in kinds.items():
        if names and size + _size(kind) > limit:
            yield names
            names, size = [], 0
        names.append(name)
        size += _size(kind)
    yield names


def _write(path: Path, names: list[str], kinds: Mapping[str, Kind], make: Callable[[str], torch.Tensor]) -> None:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    start = 0
    for name in names:
        kind = kinds[name]
        header[name] = {"dtype": kind.dtype, "shape": kind.shape, "data_offsets": [start, start + _size(kind)]}
        start += _size(kind)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for name in names:
            file.write(_bytes(make(name), kinds[name]))


def _bytes(tensor: torch.Tensor, kind: Kind) -> memoryview:
    import torch

    typed = tensor.to(getattr(torch, TORCH[kind.dtype])).contiguous().reshape(-1)
    if tuple(tensor.shape) != kind.shape:
        raise ValueError(f"a tensor of shape {tuple(tensor.shape)} where {kind.shape} was declared")
    return typed.view(torch.uint8).numpy().data


def _size(kind: Kind) -> int:
    count = 1
    for length in kind.shape:
        count *= length
    return count * BYTES[kind.dtype]
