"""A training's YAML, read into its settings (`trainers.settings`), or all mistakes at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from curate.document import Node, document_text, parse, plain_scalar
from curate.errors import RecipeError, UsageError, did_you_mean
from curate.mistakes import validate
from curate.overlay import overlay
from trainers import bounds
from trainers.aliases import OURS, translate
from trainers.arguments import field_types, fitting, listed
from trainers.methods import METHODS
from trainers.settings import TrainConfig


def load_config(path: Path, overrides: tuple[str, ...] = ()) -> tuple[TrainConfig, list[str]]:
    """Read and check a config file; with it, one line for each old name that was translated.

    overrides: `path.to.key=value` as given to `--set`.
    Raises DataError when there is no such file, RecipeError with every mistake at once.
    """
    return read_config(parse(document_text(path, "config"), str(path)), str(path), overrides)


def make_config(settings: Mapping[str, Any]) -> tuple[TrainConfig, list[str]]:
    """The same from a mapping."""
    return read_config(_placed(dict(settings), "config"), "config")


def read_config(root: Node, source: str, overrides: tuple[str, ...] = ()) -> tuple[TrainConfig, list[str]]:
    """The same from a tree of places."""
    if not isinstance(root.value, dict):
        raise RecipeError(source, [f"{root.place}: a config is a mapping with method, model, data and out"])
    if "steps" in root.value and "method" not in root.value:
        raise RecipeError(
            source,
            [f"{root.place}: this is a recipe of data; `curate build` it, and train on its run, data: runs/NAME"],
        )
    for override in overrides:
        root = overlay(root, override_tree(override))
    mistakes: list[str] = []
    said: list[str] = []
    root = _old_names(root, said, mistakes)
    method = root.value["method"].value if "method" in root.value else None
    if method is not None and (not isinstance(method, str) or method not in METHODS):
        place = root.value["method"].place
        word = root.value["method"].plain()
        mistakes.append(f"{place}: unknown method '{word}'{did_you_mean(str(word), METHODS)}")
        method = None
    root = _trl(root, method, said, mistakes)
    root = _misplaced(root, method, mistakes)
    config = validate(TrainConfig, root, mistakes)
    mistakes += reward_mistakes(root)
    if method is not None:
        mistakes += _unread(root, method)
    if mistakes or config is None:
        raise RecipeError(source, sorted(mistakes, key=_line))
    return config, said


def _line(mistake: str) -> int:
    """The line a mistake names, for sorting; those without one come last."""
    place = re.match(r"[^:]*:(\d+): ", mistake)
    return int(place.group(1)) if place else 10**9


def _placed(value: Any, place: str) -> Node:
    """A tree of plain values, all at one place."""
    if isinstance(value, Mapping):
        return Node({str(key): _placed(inner, place) for key, inner in value.items()}, place)
    if isinstance(value, (list, tuple)):
        return Node([_placed(inner, place) for inner in value], place)
    return Node(str(value) if isinstance(value, Path) else value, place)


def override_tree(text: str, example: str = "trl.learning_rate=1e-5") -> Node:
    """`trl.learning_rate=1e-5` as a tree to lay over the config."""
    path, equals, value = text.partition("=")
    parts = path.strip().split(".")
    if not equals or not all(parts):
        raise UsageError(f"--set {text}: write key=value, for example {example}")
    place = f"--set {text}"
    inside = parse(value, place).plain() if value[:1] in ("[", "{") else plain_scalar(value)
    node = _placed(inside, place)
    for part in reversed(parts):
        node = Node({part: node}, place)
    return node


def _old_names(root: Node, said: list[str], mistakes: list[str]) -> Node:
    """Top-level keys of other trainers' configs, under our names."""
    made = {key: node for key, node in root.value.items() if key not in OURS}
    for key, node in root.value.items():
        if key not in OURS:
            continue
        block, _, name = OURS[key].rpartition(".")
        inside = made.get(block, Node({}, node.place)) if block else Node(made, node.place)
        if not isinstance(inside.value, dict):
            continue  # what `trl:` holds is a mistake of its own
        if name in inside.value:
            mistakes.append(f"{node.place}: {key} is another word for {OURS[key]}, which is given too; keep one")
            continue
        said.append(f"{node.place}: translated {key} -> {OURS[key]}")
        if block:
            made[block] = Node({**inside.value, name: node}, inside.place)
        else:
            made[name] = node
    return Node(made, root.place)


def _trl(root: Node, method: str | None, said: list[str], mistakes: list[str]) -> Node:
    """The `trl:` block in today's names, each name and value checked against the class that will take it."""
    block = root.value.get("trl")
    if method is None or block is None or not isinstance(block.value, dict):
        return root
    types = field_types(METHODS[method].config)
    made, lines, wrong = translate(block.value, frozenset(types))
    said += lines
    mistakes += wrong
    made = {key: listed(types.get(key), node) for key, node in made.items()}
    for key, node in made.items():
        if key not in types:
            mistakes.append(f"{node.place}: trl.{key}: {method} has no such argument{did_you_mean(key, types)}")
            continue
        try:
            fit = fitting(types[key], node.plain())
            made[key] = Node(fit, node.place) if isinstance(node.value, str) else node
            beyond = bounds.outside(method, key, fit)
            if beyond is not None:
                mistakes.append(f"{node.place}: trl.{key}: {beyond}")
        except ValueError as wrong:
            mistakes.append(f"{node.place}: trl.{key}: {wrong}")
    return Node({**root.value, "trl": Node(made, block.place)}, root.place)


def _misplaced(root: Node, method: str | None, mistakes: list[str]) -> Node:
    """Take out top-level keys that belong into the block, each a mistake that says so."""
    types = field_types(METHODS[method].config) if method else {}
    ours = TrainConfig.model_fields
    lost = [key for key in root.value if key not in ours and key in types]
    for key in lost:
        node = root.value[key]
        mistakes.append(f"{node.place}: '{key}' is an argument of the trainer: write it under trl:")
    return Node({key: node for key, node in root.value.items() if key not in lost}, root.place)


def reward_mistakes(root: Node) -> list[str]:
    """Rewards that do not exist, or have no such option."""
    import rewards

    node = root.value.get("rewards")
    if node is None or not isinstance(node.value, list):
        return []
    mistakes = []
    for item in node.value:
        named = item.value.get("reward") if isinstance(item.value, dict) else item
        if named is None or not isinstance(named.value, str) or named.value == "verifier":
            continue
        try:
            options = item.plain().get("options") or {} if isinstance(item.value, dict) else {}
            rewards.get(named.value, **options)
        except rewards.UnknownRewardError:
            near = did_you_mean(named.value, [*rewards.names(), "verifier"])
            mistakes.append(f"{named.place}: no reward is called '{named.value}'{near}")
        except rewards.RewardError as error:
            mistakes.append(f"{named.place}: {error}")
    return mistakes


def _unread(root: Node, method: str) -> list[str]:
    """Our own fields that this method does not read; each would be ignored in silence."""
    some = {field for other in METHODS.values() for field in other.reads}
    stop = root.value.get("stop")
    on = stop.value.get("on") if stop is not None and isinstance(stop.value, dict) else None
    judged = on is not None and str(on.value).startswith("pass@")
    return [
        f"{root.value[field].place}: {method} reads no {field}"
        for field in sorted(some - METHODS[method].reads)
        if field in root.value
        and root.value[field].plain() not in (None, False, [])
        and not (field == "rewards" and judged)
    ]
