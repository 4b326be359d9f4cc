"""The weights of a model folder, read one tensor at a time; nothing is loaded that is not asked for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError

if TYPE_CHECKING:
    import torch

INDEX, SINGLE = "model.safetensors.index.json", "model.safetensors"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a tensor is without its values. dtype: as safetensors names it (F32, BF16, ...)."""

    dtype: str
    shape: tuple[int, ...]


@dataclass
class Checkpoint:
    """A model folder with safetensors, in one file or in shards.

    where: tensor name -> file. Raises DataError where the folder holds no safetensors; pickled weights (`.bin`) are not
    read, since loading them runs code.
    """

    folder: Path
    where: Mapping[str, Path]
    _open: dict[Path, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, folder: Path) -> Checkpoint:
        """Open a folder."""
        index, single = folder / INDEX, folder / SINGLE
        if index.is_file():
            try:
                table = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
            except (ValueError, KeyError) as broken:
                raise DataError(f"{index}: not an index of safetensors ({broken!r})") from None
            # A file name alone: an index cannot point outside its folder.
            return cls(folder, {name: folder / Path(file).name for name, file in table.items()})
        if single.is_file():
            with _opened(single) as file:
                return cls(folder, dict.fromkeys(file.keys(), single))
        if (folder / "adapter_config.json").is_file():
            raise DataError(f"{folder} holds an adapter, not a model; merge it into its base first: merge_adapter(...)")
        if any(folder.glob("*.bin")):
            raise DataError(f"{folder} holds pickled weights (.bin); save it as safetensors first")
        raise DataError(f"{folder} holds no {SINGLE}; is it the folder of a model?")

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Type and shape of every tensor, read from the headers alone."""
        return {name: self._kind(name) for name in self.where}

    def _kind(self, name: str) -> Kind:
        part = self._file(name).get_slice(name)
        return Kind(str(part.get_dtype()), tuple(part.get_shape()))

    @cached_property
    def config(self) -> dict[str, Any]:
        """`config.json`, or nothing."""
        path = self.folder / "config.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}

    def tensor(self, name: str) -> torch.Tensor:
        """One tensor, on the CPU, in its own type."""
        return self._file(name).get_tensor(name)  # type: ignore[no-any-return]

    def _file(self, name: str) -> Any:
        path = self.where[name]
        if path not in self._open:
            if not path.is_file():
                raise DataError(f"{path} is missing; {INDEX} names it for '{name}'")
            self._open[path] = _opened(path)
        return self._open[path]


def _opened(path: Path) -> Any:
    from safetensors import SafetensorError, safe_open

    try:
        return safe_open(path, framework="pt")
    except SafetensorError as broken:
        raise DataError(f"{path} is no whole file of safetensors: {broken}") from broken
