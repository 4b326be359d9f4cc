"""The engines of a recipe: which of them the steps ask, what they lack before they are asked, and opening them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate.engines.base import Engine
from curate.executors.asking import SpreadEngine, is_spread
from curate.executors.base import Executor
from curate.recipe import Recipe
from curate.step import Step


def asked_engines(recipe: Recipe, steps: Iterable[Step]) -> list[str]:
    """The engines that these steps ask, in the order of the recipe."""
    asked = {name for step in steps for name in step.asks}
    return [name for name in recipe.engines if name in asked]


def lacking(recipe: Recipe, engines: Iterable[str]) -> str:
    """What these engines lack before they can be asked (an API key), in one line; "" when it is nothing."""
    names: dict[str, list[str]] = {}
    for engine in engines:
        if lack := recipe.engines[engine].lacks():
            names.setdefault(lack, []).append(engine)
    told = [f"engine{'s' * (len(these) > 1)} {', '.join(these)}: {lack}" for lack, these in names.items()]
    return "; ".join(told)


@dataclass
class Engines:
    """Opens each engine once, on first use; a model is loaded when it is first asked, here or on an executor's workers.

    shards: where the executor may keep its files.
    """

    recipe: Recipe
    executor: Executor | None = None
    shards: Path = Path()
    opened: dict[str, Engine] = field(default_factory=dict)

    def get(self, name: str) -> Engine:
        """The engine of this name, opened."""
        if name not in self.opened:
            self.opened[name] = self.recipe.engines[name].open(self.recipe.folder)
        engine = self.opened[name]
        if self.executor is None or not self.is_spread(name):
            return engine
        settings = self.recipe.engines[name]
        return SpreadEngine(self.executor, settings, engine.identity, self.recipe.folder, self.shards, name)

    def is_spread(self, name: str) -> bool:
        """Whether the executor's workers ask it, not this process."""
        return self.executor is not None and is_spread(self.executor, self.recipe.engines[name])

    def identity(self, name: str) -> Mapping[str, Any]:
        """What about it changes an answer."""
        return self.get(name).identity

    def close(self) -> None:
        """Close what was opened."""
        for engine in self.opened.values():
            engine.close()
