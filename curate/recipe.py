"""A recipe: YAML with places -> profile and `--set` laid over it -> frozen settings, or all mistakes at once.

    name: openthoughts              # also the name of the run's folder
    engines:  {teacher: {engine: server, url: ..., model: ...}}
    steps:    [{step: load, ...}, {step: generate, engine: teacher, ...}, ...]
    profiles: {gpu: {engines: {...}, steps: {generate: {n: 16}}}}

A profile is laid over the recipe: mappings key by key; `steps:` as a mapping changes steps by their name, as a list
replaces them all; an engine of another kind drops the settings that only the first kind knows. `laptop` is the recipe
as it stands unless a profile of that name says more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import NoneType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from curate.document import Node, document_text, parse, plain_scalar
from curate.engines.settings import ENGINES, EngineSettings
from curate.errors import RecipeError, UsageError, did_you_mean
from curate.mistakes import A_NAME, NAME, validate, without_mistakes
from curate.steps import STEPS, step_class
from curate.steps.base import Step

DEFAULT_PROFILE = "laptop"
FIRST = ("load", "magpie")
"""Steps that need no rows."""

Slug = Annotated[str, StringConstraints(pattern=f"^{NAME.pattern}$")]


class Head(BaseModel):
    """The recipe's own fields, beside engines, steps and profiles."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Slug = Field(description="Names the run's folder: letters, digits, dot, dash, underscore.")
    description: str = ""
    license: str | None = Field(default=None, description="Of the data that comes out, by its SPDX or Hub name.")
    language: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class Recipe:
    """A recipe that holds together: every name it uses exists.

    text: the file as it was read. folder: where relative paths of its sources start. overrides: `--set` as given.
    """

    head: Head
    engines: dict[str, EngineSettings]
    steps: tuple[Step, ...]
    profile: str
    overrides: tuple[str, ...]
    text: str
    path: Path

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.head.name

    @property
    def folder(self) -> Path:
        """Where the recipe lies."""
        return self.path.parent

    @property
    def sha256(self) -> str:
        """Hash of the file's text."""
        return sha256(self.text.encode()).hexdigest()


def load_recipe(path: Path, profile: str = DEFAULT_PROFILE, overrides: tuple[str, ...] = ()) -> Recipe:
    """Read, overlay and check a recipe.

    overrides: `path.to.key=value` as given to `--set`; steps are named, `steps.generate.n=8`.
    Raises DataError when there is no such file, RecipeError with every mistake at once, UsageError for a profile or
    an override that cannot be.
    """
    source = str(path)
    text = document_text(path, "recipe", "; `curate init NAME` writes a recipe to start from")
    root = parse(text, source)
    if not isinstance(root.value, dict):
        raise RecipeError(source, [f"{root.place}: a recipe is a mapping with name, engines and steps"])
    profiles = root.value.get("profiles")
    base = Node({key: node for key, node in root.value.items() if key != "profiles"}, root.place)
    for over in _profile(profiles, profile):
        base = overlay(base, over)
    for override in overrides:
        base = overlay(base, _override(override, base))
    mistakes: list[str] = []
    head, engines, steps = _read(base, mistakes)
    mistakes += [one for one in _mistakes_of_profiles(root, profile) if one not in mistakes]
    if mistakes or head is None:
        raise RecipeError(source, sorted(mistakes, key=_line))
    return Recipe(head, engines, tuple(steps), profile, overrides, text, path)


def _read(base: Node, mistakes: list[str]) -> tuple[Head | None, dict[str, EngineSettings], list[Step]]:
    """The settings of a tree without profiles, as far as they are right."""
    head = _head(base, mistakes)
    engines = _engines(base.value.get("engines"), mistakes)
    steps = _steps(base.value.get("steps"), base.place, mistakes)
    if base.value.get("steps") is not None:
        declared = base.value["engines"].value if "engines" in base.value else {}
        mistakes.extend(_references(steps, frozenset(declared or ()), base.value["steps"]))
    return head, engines, [step for _, step in steps]


def _mistakes_of_profiles(root: Node, chosen: str) -> Iterator[str]:
    """What stands wrong in the lines of the profiles that were not chosen; a missing key may come by `--set`."""
    profiles = root.value.get("profiles")
    base = Node({key: node for key, node in root.value.items() if key != "profiles"}, root.place)
    for name, node in (profiles.value or {}).items() if profiles is not None else ():
        if name == chosen or not node.value:
            continue
        found: list[str] = []
        try:
            _read(overlay(base, node), found)
        except RecipeError as broken:
            found = broken.mistakes
        own = tuple(f"{place}: " for place in node.places())
        yield from (one for one in found if one.startswith(own) and not one.endswith(" is missing"))


def _line(mistake: str) -> int:
    """The line a mistake names, for sorting; those without one come last."""
    place = re.match(r"[^:]*:(\d+): ", mistake)
    return int(place.group(1)) if place else 10**9


def _profile(profiles: Node | None, wanted: str) -> Iterator[Node]:
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


def _no_profile(node: Node, why: str) -> RecipeError:
    return RecipeError(node.place.rpartition(":")[0], [f"{node.place}: {why}"])


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


def _override(text: str, base: Node) -> Node:
    """`steps.generate.n=8` as a tree to lay over the recipe."""
    path, equals, value = text.partition("=")
    parts = path.strip().split(".")
    if not equals or not all(parts):
        raise UsageError(f"--set {text}: write path.to.key=value, for example steps.generate.n=8")
    if parts[0] not in {*base.value, *Head.model_fields, "engines", "steps"}:
        known = [*Head.model_fields, "engines", "steps"]
        raise UsageError(f"--set {text}: no '{parts[0]}' in a recipe{did_you_mean(parts[0], known)}")
    place = f"--set {text}"
    is_yaml = value[:1] in ("[", "{") and value[:2] not in ("{{", "{%", "{#")  # those begin a prompt's template
    node = parse(value, place) if is_yaml else Node(plain_scalar(value), place)
    node = _replaced(node, place)
    for part in reversed(parts):
        node = Node({part: node}, place)
    return node


def _replaced(node: Node, place: str) -> Node:
    if isinstance(node.value, dict):
        return Node({key: _replaced(child, place) for key, child in node.value.items()}, place)
    if isinstance(node.value, list):
        return Node([_replaced(child, place) for child in node.value], place)
    return Node(node.value, place)


def _head(base: Node, mistakes: list[str]) -> Head | None:
    own = Node({key: node for key, node in base.value.items() if key not in ("engines", "steps")}, base.place)
    known = [*Head.model_fields, "engines", "steps", "profiles"]
    head: Head | None = validate(Head, own, mistakes, known=known)
    return head


def _engines(node: Node | None, mistakes: list[str]) -> dict[str, EngineSettings]:
    engines: dict[str, EngineSettings] = {}
    if node is None:
        return engines
    if not isinstance(node.value, dict):
        mistakes.append(f"{node.place}: engines is a mapping of names, for example teacher: {{engine: transformers}}")
        return engines
    for name, entry in node.value.items():
        if not NAME.fullmatch(name):
            mistakes.append(f"{entry.place}: engine '{name}': {A_NAME}")
        kind = _word(entry, "engine", f"engine '{name}'", ENGINES, mistakes)
        settings = validate(ENGINES[kind], entry, mistakes) if kind else None
        if settings is not None:
            engines[name] = settings
    return engines


def _steps(node: Node | None, place: str, mistakes: list[str]) -> list[tuple[int, Step]]:
    if node is None or not isinstance(node.value, list) or not node.value:
        mistakes.append(f"{node.place if node else place}: a recipe needs steps, a list that begins with - step: load")
        return []
    steps: list[tuple[int, Step]] = []
    seen: dict[str, str] = {}
    for index, entry in enumerate(node.value):
        word = _word(entry, "step", f"step {index + 1}", STEPS, mistakes)
        if word is None:
            continue
        step = validate(step_class(word), entry, mistakes) or without_mistakes(step_class(word), entry)
        if step is None:
            continue
        if step.title in seen:
            first = seen[step.title]
            mistakes.append(f"{entry.place}: a second step called '{step.title}' (first at {first}); give it a name:")
        seen.setdefault(step.title, entry.place)
        if step.kind == "source" and index:
            mistakes.append(f"{entry.place}: only the first step can be {step.step}")
        elif not index and step.step not in FIRST:
            mistakes.append(f"{entry.place}: the first step must be {' or '.join(FIRST)} (got {step.step})")
        steps.append((index, step))
    return steps


def _word(entry: Node, key: str, what: str, known: dict[str, Any], mistakes: list[str]) -> str | None:
    """The word that says which class an entry is of; None (and a mistake) when it does not."""
    if not isinstance(entry.value, dict) or key not in entry.value:
        mistakes.append(f"{entry.place}: {what} needs '{key}:', one of {', '.join(sorted(known))}")
        return None
    word = entry.value[key].value
    if not isinstance(word, str) or word not in known:
        mistakes.append(f"{entry.value[key].place}: unknown {key} '{word}'{did_you_mean(str(word), known)}")
        return None
    return word


def _references(steps: list[tuple[int, Step]], engines: frozenset[str], node: Node) -> Iterator[str]:
    """Names a step uses that do not exist: engines, rewards, prompts."""
    for index, step in steps:
        for field, word, known in step.names(engines):
            place = node.place_of((index, *field))
            kind = next(part for part in reversed(field) if isinstance(part, str))
            yield f"{place}: {step.title}: unknown {kind} '{word}'{did_you_mean(word, known)}"
