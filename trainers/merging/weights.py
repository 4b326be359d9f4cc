"""`merge`: several model folders in, one out; what cannot be merged is said before anything is written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from curate.errors import DataError, InvalidInput, did_you_mean
from trainers.merging import formulas
from trainers.merging.checkpoint import Checkpoint, Kind
from trainers.merging.writing import SHARD_BYTES, TORCH, write_tensors
from trainers.models import find
from trainers.permissions import as_usual

if TYPE_CHECKING:
    import torch

METHODS: Final = ("linear", "slerp", "task_arithmetic", "ties", "dare_linear", "dare_ties")
WITH_BASE: Final = frozenset(METHODS) - {"linear", "slerp"}
COPIED: Final = (
    "config.json", "generation_config.json", "tokenizer*", "vocab*", "merges*", "special_tokens_map.json",
    "added_tokens.json", "chat_template*", "*.model",
)  # fmt: skip
NOTE: Final = "merge.json"
"""Beside the weights: what they were made of."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A model that goes in. weight: of it or of its change. density: share of its change that stays, in (0, 1]."""

    model: str
    weight: float = 1.0
    density: float = 1.0


def merge(
    models: Sequence[str | Path | Ingredient],
    out: Path,
    method: str = "linear",
    *,
    base: str | Path | None = None,
    t: float = 0.5,
    scale: float = 1.0,
    normalize: bool | None = None,
    seed: int = 0,
    dtype: str | None = None,
    shard_bytes: int = SHARD_BYTES,
) -> Path:
    """Merge `models` into the folder `out`, tensor by tensor; it appears whole or not at all.

    models: folders, Hub names or `house`; an `Ingredient` gives a weight and a density. base: what they were all
    trained from; the methods that add changes need it. Config and tokenizer are its, else the first model's.
    t: of slerp, 0 is the first model. scale: of the summed change. normalize: divide by the weights; by default linear
    and ties do, the others do not. seed: of dare, which draws another mask for each tensor and model.
    dtype: F32, F16 or BF16; that of the base unless given.
    Peak memory is about (models + 3) float32 copies of the largest tensor.
    Raises InvalidInput for settings that cannot be, DataError for models that do not fit together.
    """
    ingredients = [one if isinstance(one, Ingredient) else Ingredient(str(one)) for one in models]
    _check_settings(ingredients, method, base, dtype)
    checkpoints = [Checkpoint.of(find(one.model)) for one in ingredients]
    start = Checkpoint.of(find(str(base))) if base is not None else None
    first = start or checkpoints[0]
    check_alike([first, *checkpoints])
    mixed = _mixer(method, ingredients, t=t, scale=scale, normalize=normalize, seed=seed)

    def make(name: str) -> torch.Tensor:
        tensors = [checkpoint.tensor(name) for checkpoint in checkpoints]
        if not tensors[0].is_floating_point():
            return first.tensor(name)
        return mixed(name, start.tensor(name) if start else None, tensors)

    kinds = {name: _typed(kind, dtype) for name, kind in sorted(first.kinds.items())}
    note = {
        "method": method,
        "models": [asdict(one) for one in ingredients],
        "base": None if base is None else str(base),
        "t": t,
        "scale": scale,
        "normalize": normalize,
        "seed": seed,
    }
    with whole_folder(out) as folder:
        write_tensors(folder, kinds, make, shard_bytes)
        copy_settings(first.folder, folder, {"dtype": TORCH[dtype]} if dtype else {})
        (folder / NOTE).write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
    return out


def _check_settings(ingredients: list[Ingredient], method: str, base: str | Path | None, dtype: str | None) -> None:
    if method not in METHODS:
        raise InvalidInput(f"merge: unknown method '{method}'{did_you_mean(method, [*METHODS, 'passthrough'])}")
    if not ingredients:
        raise InvalidInput("merge: no models are given")
    if method == "slerp" and len(ingredients) != 2:
        raise InvalidInput(f"merge: slerp goes between two models, {len(ingredients)} are given; for more use linear")
    if method in WITH_BASE and base is None:
        raise InvalidInput(f"merge: {method} adds up what each model changed; give the base they were trained from")
    if dtype is not None and dtype not in ("F32", "F16", "BF16"):
        raise InvalidInput(f"merge: unknown dtype '{dtype}' (known: F32, F16, BF16)")
    for one in ingredients:
        if not 0 < one.density <= 1:
            raise InvalidInput(f"merge: density of {one.model} is {one.density}; it lies in (0, 1]")
    if method == "linear" and sum(one.weight for one in ingredients) == 0:
        raise InvalidInput("merge: the weights sum to 0; linear divides by them (normalize: false adds instead)")


Mixer = Callable[[str, "torch.Tensor | None", "list[torch.Tensor]"], "torch.Tensor"]


def _mixer(
    method: str, ingredients: list[Ingredient], *, t: float, scale: float, normalize: bool | None, seed: int
) -> Mixer:
    weights = [one.weight for one in ingredients]
    densities = [one.density for one in ingredients]

    def mix(name: str, base: torch.Tensor | None, tensors: list[torch.Tensor]) -> torch.Tensor:
        if method == "linear":
            return formulas.linear(tensors, weights, normalize=normalize is not False)
        if method == "slerp":
            return formulas.slerp(tensors[0], tensors[1], t)
        assert base is not None  # `_check_settings` has asked for one
        if method == "task_arithmetic":
            return formulas.task_arithmetic(base, tensors, weights, scale=scale)
        if method == "ties":
            return formulas.ties(base, tensors, weights, densities, scale=scale, normalize=normalize is not False)
        draw = partial(formulas.dare, generator=_generator(seed, name), elect_sign=method == "dare_ties")
        return draw(base, tensors, weights, densities, scale=scale, normalize=normalize is True)

    return mix


def _generator(seed: int, name: str) -> torch.Generator:
    """Its own for each tensor: the same masks whatever the order of the tensors."""
    from hashlib import sha256

    import torch

    return torch.Generator().manual_seed(int.from_bytes(sha256(f"{seed}:{name}".encode()).digest()[:7]))


def _typed(kind: Kind, dtype: str | None) -> Kind:
    return replace(kind, dtype=dtype) if dtype and kind.dtype in ("F64", "F32", "F16", "BF16") else kind


def check_alike(checkpoints: Sequence[Checkpoint]) -> None:
    """Raise DataError where two models do not have the same tensors, naming the first that differs."""
    first = checkpoints[0]
    for other in checkpoints[1:]:
        only = sorted(first.kinds.keys() ^ other.kinds.keys())
        if only:
            holder = first if only[0] in first.kinds else other
            raise DataError(
                f"merge: {first.folder} and {other.folder} are not of one shape: '{only[0]}' is only in {holder.folder}"
                f" ({len(only)} tensors differ); models must share their architecture"
            )
        for name, kind in first.kinds.items():
            if kind.shape != other.kinds[name].shape:
                raise DataError(
                    f"merge: '{name}' is {list(kind.shape)} in {first.folder} and {list(other.kinds[name].shape)} in "
                    f"{other.folder}; models must share their sizes and vocabulary"
                )


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A folder that takes its name only when all is written. Raises DataError where the name is taken."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out} is there already; give another folder, or remove it")
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        yield part
        as_usual(part)
        if out.is_dir():
            out.rmdir()
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def copy_settings(source: Path, target: Path, changes: Mapping[str, Any]) -> None:
    """Config, tokenizer and template of `source`; `changes` are laid over `config.json`."""
    for pattern in COPIED:
        for path in source.glob(pattern):
            if path.is_file():
                shutil.copyfile(path, target / path.name)
    config = target / "config.json"
    if changes and config.is_file():
        settings = json.loads(config.read_text(encoding="utf-8")) | dict(changes)
        config.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
