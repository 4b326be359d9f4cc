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
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from curate.document import Node, document_text, parse
from curate.engines.settings import ENGINES, EngineSettings
from curate.errors import RecipeError, did_you_mean
from curate.mistakes import A_NAME, NAME, validate, without_mistakes
from curate.overlay import DEFAULT_PROFILE, chosen, overlay, override_tree
from curate.step import Step
from curate.steps import STEPS, step_class

TO_START = "; `curate init NAME` writes a recipe to start from"
OTHERS = {"rounds": "curate loop", "method": "curate train"}
"""What tells the other files that ship beside recipes, and what reads them."""
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


WORDS = (*Head.model_fields, "engines", "steps")
"""What may stand at the top of a recipe, beside its profiles."""


@dataclass(frozen=True)
class Recipe:
    """A recipe that holds together: every name it uses exists.

    text: the file as it was read. folder: where relative paths of its sources start. overrides: `--set` as given.
    tree: what was read, with its places.
    """

    head: Head
    engines: dict[str, EngineSettings]
    steps: tuple[Step, ...]
    profile: str
    overrides: tuple[str, ...]
    text: str
    path: Path
    tree: Node | None = None

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.head.name

    @property
    def folder(self) -> Path:
        """Where the recipe lies."""
        return self.path.parent

    def place_of(self, step: int, field: tuple[str | int, ...]) -> str:
        """Where a field of a step stands: `recipes/x.yaml:12`, or the nearest part of it that the file has."""
        return self.tree.place_of(("steps", step, *field)) if self.tree else str(self.path)

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
    text = document_text(path, "recipe", TO_START)
    root = parse(text, source, TO_START)
    if not isinstance(root.value, dict):
        raise RecipeError(source, [f"{root.place}: a recipe is a mapping with name, engines and steps"])
    for key, verb in OTHERS.items():
        if key in root.value and "steps" not in root.value:
            raise RecipeError(source, [f"{root.place}: no recipe, it has '{key}' and no steps: `{verb}` reads it"])
    profiles = root.value.get("profiles")
    base = Node({key: node for key, node in root.value.items() if key != "profiles"}, root.place)
    for over in chosen(profiles, profile):
        base = overlay(base, over)
    for override in overrides:
        base = overlay(base, override_tree(override, {*base.value, *WORDS}))
    mistakes: list[str] = []
    head, engines, steps = _read(base, mistakes)
    mistakes += [one for one in _mistakes_of_profiles(root, profile) if one not in mistakes]
    if mistakes or head is None:
        raise RecipeError(source, sorted(mistakes, key=_line))
    return Recipe(head, engines, tuple(steps), profile, overrides, text, path, base)


def _read(base: Node, mistakes: list[str]) -> tuple[Head | None, dict[str, EngineSettings], list[Step]]:
    """The settings of a tree without profiles, as far as they are right."""
    head = _head(base, mistakes)
    engines = _engines(base.value.get("engines"), mistakes)
    steps = _steps(base.value.get("steps"), base.place, mistakes)
    if base.value.get("steps") is not None:
        declared = base.value["engines"].value if "engines" in base.value else None
        names = frozenset(declared if isinstance(declared, dict) else ())
        mistakes.extend(_references(steps, names, base.value["steps"]))
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


def _head(base: Node, mistakes: list[str]) -> Head | None:
    own = Node({key: node for key, node in base.value.items() if key not in ("engines", "steps")}, base.place)
    known = [*WORDS, "profiles"]
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
        only = next(iter(entry.value)) if isinstance(entry.value, dict) and len(entry.value) == 1 else entry.value
        if only in [*known]:  # as other tools write it: the word, and its settings below
            mistakes.append(f"{entry.place}: {what} is written {{{key}: {only}, ...}}, its settings beside that")
        else:
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
