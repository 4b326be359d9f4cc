"""What is laid over a document: a profile of it, and `--set` of the command line; see `curate.recipe` for the rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from types import NoneType

from curate.document import Node, parse, plain_scalar
from curate.engines.settings import ENGINES, EngineSettings
from curate.errors import RecipeError, UsageError, did_you_mean
from curate.mistakes import A_NAME, NAME

DEFAULT_PROFILE = "laptop"


def overlay(base: Node, over: Node) -> Node:
    """`over` laid over `base`: mappings key by key, anything else replaced; see the module for `steps`."""
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    merged = dict(base.value)
    for key, node in over.value.items():
        if key == "steps" and isinstance(node.value, dict) and key in merged:
            merged[key] = _overlay_steps(merged[key], node)
        elif key == "engines" and isinstance(node.value, dict) and key in merged:
            merged[key] = _overlay_engines(merged[key], node)
        else:
            merged[key] = overlay(merged[key], node) if key in merged else node
    return Node(merged, base.place)


def chosen(profiles: Node | None, wanted: str) -> Iterator[Node]:
    """The profile called `wanted`, where it says anything. Raises UsageError when there is none of that name."""
    if profiles is None or profiles.value is None:
        known = {}
    elif isinstance(profiles.value, dict):
        known = profiles.value
    else:
        raise _no_profile(profiles, "profiles is a mapping of names, for example gpu: {steps: {generate: {n: 16}}}")
    for name, node in known.items():
        if not isinstance(node.value, dict | NoneType):
            raise _no_profile(node, f"profile '{name}' is a mapping of what changes, for example {{seed: 1}}")
        if not NAME.fullmatch(name):
            raise _no_profile(node, f"profile '{name}': {A_NAME}")
    if wanted in known:
        yield from [known[wanted]] if known[wanted].value else []
    elif wanted != DEFAULT_PROFILE:
        raise UsageError(f"no profile '{wanted}'{did_you_mean(wanted, {*known, DEFAULT_PROFILE})}")


def override_tree(text: str, known: Collection[str]) -> Node:
    """`steps.generate.n=8` as a tree to lay over a document whose top holds the words `known`."""
    path, equals, value = text.partition("=")
    parts = path.strip().split(".")
    if not equals or not all(parts):
        raise UsageError(f"--set {text}: write path.to.key=value, for example steps.generate.n=8")
    if parts[0] not in known:
        raise UsageError(f"--set {text}: no '{parts[0]}' in a recipe{did_you_mean(parts[0], known)}")
    place = f"--set {text}"
    is_yaml = value[:1] in ("[", "{") and value[:2] not in ("{{", "{%", "{#")  # those begin a prompt's template
    node = parse(value, place) if is_yaml else Node(plain_scalar(value), place)
    node = _replaced(node, place)
    for part in reversed(parts):
        node = Node({part: node}, place)
    return node


def _overlay_steps(base: Node, over: Node) -> Node:
    items = list(base.value) if isinstance(base.value, list) else []
    places = {_label(item): index for index, item in enumerate(items)}
    for name, node in over.value.items():
        if name not in places:
            raise RecipeError(
                node.place.rsplit(":", 1)[0], [f"{node.place}: no step '{name}' to change{did_you_mean(name, places)}"]
            )
        items[places[name]] = overlay(items[places[name]], node)
    return Node(items, base.place)


def _overlay_engines(base: Node, over: Node) -> Node:
    """Engine by engine; where `over` names another kind, what only the old kind knows goes with it."""
    if not isinstance(base.value, dict):
        return over
    left = dict(base.value)
    for name, node in over.value.items():
        old, new = _kind(left.get(name)), _kind(node)
        if old and new and old is not new:
            gone = old.model_fields.keys() - new.model_fields.keys()
            left[name] = Node({key: part for key, part in left[name].value.items() if key not in gone}, node.place)
    return overlay(Node(left, base.place), over)


def _kind(engine: Node | None) -> type[EngineSettings] | None:
    """The settings' class of an engine's entry; None when it names none that exists."""
    word = engine.value.get("engine") if engine is not None and isinstance(engine.value, dict) else None
    return ENGINES.get(word.value) if word is not None and isinstance(word.value, str) else None


def _label(step: Node) -> str:
    if not isinstance(step.value, dict):
        return ""
    for key in ("name", "step"):
        if key in step.value and step.value[key].value:
            return str(step.value[key].value)
    return ""


def _no_profile(node: Node, why: str) -> RecipeError:
    return RecipeError(node.place.rpartition(":")[0], [f"{node.place}: {why}"])


def _replaced(node: Node, place: str) -> Node:
    if isinstance(node.value, dict):
        return Node({key: _replaced(child, place) for key, child in node.value.items()}, place)
    if isinstance(node.value, list):
        return Node([_replaced(child, place) for child in node.value], place)
    return Node(node.value, place)
