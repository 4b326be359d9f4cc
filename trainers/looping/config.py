"""A loop's YAML, read into its settings (`trainers.looping.settings`), or all mistakes at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from curate.document import Node, document_text, parse
from curate.errors import RecipeError, UsageError, did_you_mean
from curate.mistakes import validate
from curate.overlay import overlay
from curate.shipped import MODELS
from trainers.config import make_config, override_tree, reward_mistakes
from trainers.looping.settings import LoopConfig
from trainers.methods import METHODS


def load_loop(path: Path, overrides: Iterable[str] = ()) -> LoopConfig:
    """Read and check a loop's YAML; the trainings in it are checked as `curate train` checks them.

    overrides: `path.to.key=value`; a round by its name, `rounds.grpo.train.trl.max_steps=10`.
    Raises DataError without a file, RecipeError with every mistake at once.
    """
    root = parse(document_text(path, "config"), str(path))
    if not isinstance(root.value, dict):
        raise RecipeError(str(path), [f"{root.place}: a loop is a mapping with name, model, problems and rounds"])
    for override in overrides:
        root = _overridden(root, override)
    mistakes: list[str] = []
    config: LoopConfig | None = validate(LoopConfig, root, mistakes)
    unknown = reward_mistakes(root)
    if config is not None:
        mistakes += [*unknown, *_merges(config, root)]
        mistakes += _trainings(config, root, judged=not unknown)
    if mistakes or config is None:
        raise RecipeError(str(path), mistakes)
    return config


def _overridden(root: Node, override: str) -> Node:
    tree = override_tree(override, "evaluate.n=4")
    inside = tree.value.get("rounds")
    if inside is None or not isinstance(inside.value, dict):
        return overlay(root, tree)
    ((name, change),) = inside.value.items()
    rounds = root.value.get("rounds", Node([], tree.place))
    names = [one.value["name"].value for one in rounds.value if isinstance(one.value, dict) and "name" in one.value]
    if name not in names:
        raise UsageError(f"--set {override}: no round '{name}'{did_you_mean(name, names)}")
    changed = [
        overlay(one, change) if isinstance(one.value, dict) and one.value["name"].value == name else one
        for one in rounds.value
    ]
    return Node({**root.value, "rounds": Node(changed, rounds.place)}, root.place)


def _merges(config: LoopConfig, root: Node) -> list[str]:
    """Models of a merge that are neither of this loop so far nor a folder: told now, not after hours of training."""
    mistakes, before = [], ["champion", "candidate", "start", *MODELS]
    for place, one in enumerate(config.rounds):
        merge = one.merge
        named = [] if merge is None else [part.model for part in merge.models] + ([merge.base] if merge.base else [])
        for word in named:
            if word not in before and "/" not in word and not Path(word).expanduser().is_dir():
                where = root.place_of(("rounds", place, "merge"))
                mistakes.append(f"{where}: {one.name}: no earlier round is called '{word}'{did_you_mean(word, before)}")
        before.append(one.name)
    return mistakes


def _trainings(config: LoopConfig, root: Node, *, judged: bool) -> list[str]:
    """Mistakes inside `train:` and `control:`, told as `curate train` tells them. judged: by rewards that exist."""
    mistakes = []
    for place, one in enumerate(config.rounds):
        for name in ("train", "control"):
            settings = getattr(one, name)
            if not isinstance(settings, dict):
                continue
            where = root.place_of(("rounds", place, name))
            method = settings.get("method", (one.train or {}).get("method"))
            whole = {**settings, "method": method, "model": config.model, "data": "-", "out": "-"}
            if method in METHODS and "rewards" in METHODS[method].reads:
                whole.setdefault("rewards", [use.model_dump() for use in config.rewards] if judged else ["verifier"])
            try:
                make_config(whole)
            except RecipeError as wrong:
                mistakes += [f"{where}: {one.name}: {line.removeprefix('config: ')}" for line in wrong.mistakes]
    return mistakes
