"""The settings of `curate merge`: a YAML file, or the command's own words.

method: ties                    # linear slerp task_arithmetic ties dare_linear dare_ties passthrough greedy_soup ...
models:
  - {model: runs/rft, weight: 0.5, density: 0.5}
  - {model: runs/grpo, weight: 0.5, density: 0.5}
base: house
out: runs/merged

A file of mergekit's is read as well (`from_mergekit.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from curate.document import Node, document_text, parse
from curate.errors import InvalidInput, RecipeError, did_you_mean
from curate.mistakes import validate
from trainers.merging.from_mergekit import is_mergekit, translated
from trainers.merging.weights import METHODS, Ingredient
from trainers.settings import named

OTHERS = ("passthrough", "greedy_soup", "adapter", "combine_adapters")
Evaluate = Callable[[Path], float]


class Part(BaseModel):
    """A model that goes in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    weight: float = 1.0
    density: float = Field(default=1.0, gt=0, le=1, description="Share of its change that stays.")
    layers: str | None = Field(default=None, description="Of passthrough: 0-3,5.")


class MergeConfig(BaseModel):
    """A merge, whole."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str = "linear"
    models: tuple[Part, ...] = Field(min_length=1)
    out: str
    base: str | None = Field(default=None, description="What the models were trained from.")
    t: float = Field(default=0.5, ge=0, le=1, description="Of slerp.")
    scale: float = Field(default=1.0, description="Of the summed change.")
    normalize: bool | None = None
    seed: int = Field(default=0, ge=0)
    dtype: Literal["F32", "F16", "BF16"] | None = None
    combination: str = Field(default="linear", description="Of combine_adapters, as PEFT names it.")

    @field_validator("models", mode="before")
    @classmethod
    def _names_are_enough(cls, value: Any) -> Any:
        return named(value, "model")

    @field_validator("method")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in (*METHODS, *OTHERS):
            raise ValueError(f"unknown method '{value}'{did_you_mean(value, [*METHODS, *OTHERS])}")
        return value


def read_merge(path: Path, out: Path | None = None) -> MergeConfig:
    """Read a YAML file. out: the folder, in place of the file's. Raises RecipeError with every mistake at once."""
    root = parse(document_text(path, "config"), str(path))
    mistakes: list[str] = []
    if is_mergekit(root):
        if out is None:
            mistakes.append(f"{path}: mergekit's files do not say where to: give --out, the folder of the merged model")
        root = translated(root, mistakes, str(out or "."))
    elif out is not None and isinstance(root.value, dict):
        root = Node({**root.value, "out": Node(str(out), "--out")}, root.place)
    config: MergeConfig | None = validate(MergeConfig, root, mistakes)
    if mistakes or config is None:
        raise RecipeError(str(path), mistakes)
    return config


def run_merge(config: MergeConfig, evaluate: Evaluate | None = None) -> Path:
    """Merge as a config says, into its `out`. evaluate: what a greedy soup is judged by.

    Raises InvalidInput for settings that do not go together, DataError for models that do not.
    """
    from trainers.arguments import quieten
    from trainers.merging import combine_adapters, greedy_soup, merge, merge_adapter, stack_layers
    from trainers.merging.passthrough import Slice
    from trainers.models import find

    out, names = Path(config.out), [part.model for part in config.models]
    if config.method == "passthrough":
        return stack_layers([Slice(part.model, _layers(part)) for part in config.models], out)
    for part in config.models:
        _check_whole(part, config.method)
    if config.method == "greedy_soup":
        if evaluate is None:
            raise InvalidInput("merge: a greedy soup is judged on problems; give --data (and --reward)")
        return greedy_soup(names, out, evaluate).folder
    if config.method == "adapter":
        if len(names) != 1:
            raise InvalidInput(f"merge: adapter folds one adapter into its base, {len(names)} are given")
        quieten()
        return merge_adapter(find(names[0]), out, base=config.base)
    if config.method == "combine_adapters":
        weights = [part.weight for part in config.models]
        quieten()
        pruned = min(part.density for part in config.models)
        return combine_adapters(
            [find(name) for name in names], out, weights=weights, combination=config.combination,
            density=pruned if pruned < 1 else None, base=config.base,
        )  # fmt: skip
    return merge(
        [Ingredient(part.model, part.weight, part.density) for part in config.models], out, config.method,
        base=config.base, t=config.t, scale=config.scale, normalize=config.normalize, seed=config.seed,
        dtype=config.dtype,
    )  # fmt: skip


def _check_whole(part: Part, method: str) -> None:
    """Raise InvalidInput where layers are named that are not all of a model's."""
    if part.layers is None:
        return
    from trainers.models import find

    count = json.loads((find(part.model) / "config.json").read_text(encoding="utf-8")).get("num_hidden_layers")
    if _layers(part) != tuple(range(count or 0)):
        raise InvalidInput(f"merge: {method} takes whole models; {part.model} has {count} layers, not {part.layers}")


def _layers(part: Part) -> tuple[int, ...]:
    """`0-3,5` as numbers; both ends count. Raises InvalidInput for anything else."""
    numbers: list[int] = []
    for piece in (part.layers or "").split(","):
        first, dash, last = piece.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()) or len(first + last) > 8:
            raise InvalidInput(f"merge: layers of {part.model} are {part.layers!r}; write them as 0-3,5")
        numbers += range(int(first), int(last or first) + 1)
    return tuple(numbers)
