"""What the lock file says of a run, read with care: what is missing or odd is "unknown", never an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from curate.report.usage import engines, model_name
from curate.run import Run
from curate.text.shown import clip

UNKNOWN = "unknown"
MAX_SETTING = 600


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows came from. rows: None when the lock does not say."""

    name: str
    kind: str
    where: str
    rows: int | None
    revision: str | None
    sha256: str | None
    license: str | None


@dataclass(frozen=True, slots=True)
class Model:
    """A model a run used: the engine's name in the recipe, what it is, and its settings as short lines."""

    engine: str
    model: str
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class About:
    """The lock file as a reader wants it; pairs are (name, text)."""

    name: str
    description: str
    license: str | None
    language: tuple[str, ...]
    tags: tuple[str, ...]
    seed: str
    profile: str
    limit: str | None
    command: str
    recipe_sha256: str
    steps: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    models: tuple[Model, ...]
    sources: tuple[Source, ...]
    prompts: tuple[tuple[str, str], ...]
    rewards: tuple[tuple[str, str], ...]
    versions: tuple[tuple[str, str], ...]


def about(run: Run) -> About:
    """Read the lock. Raises DataError when the folder holds none."""
    lock = run.lock
    limit = lock.get("limit")
    return About(
        name=_text(lock.get("name")),
        description=_text(lock.get("description"), ""),
        license=_text(lock.get("license"), "") or None,
        language=_words(lock.get("language")),
        tags=_words(lock.get("tags")),
        seed=_text(lock.get("seed")),
        profile=_text(lock.get("profile")),
        limit=None if limit is None else _text(limit),
        command=_text(lock.get("command"), "curate build recipe.yaml"),
        recipe_sha256=_text(lock.get("recipe_sha256")),
        steps=tuple((_step_name(step), _settings(step, ("step", "name"))) for step in _items(lock.get("steps"))),
        models=tuple(_model(run, name, entry) for name, entry in engines(run).items()),
        sources=tuple(_source(entry) for entry in _items(lock.get("sources"))),
        prompts=_pairs(lock.get("prompts")),
        rewards=_pairs(lock.get("rewards")),
        versions=_pairs(lock.get("versions")),
    )


def _text(value: Any, default: str = UNKNOWN) -> str:
    if value is None or value == "":
        return default
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(_text(item) for item in value) if isinstance(value, list) else ()


def _items(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _pairs(value: Any) -> tuple[tuple[str, str], ...]:
    return tuple((str(name), _text(text, "")) for name, text in value.items()) if isinstance(value, Mapping) else ()


def _step_name(step: Mapping[str, Any]) -> str:
    return _text(step.get("name") or step.get("step"))


def _settings(entry: Mapping[str, Any], hidden: tuple[str, ...] = ()) -> tuple[tuple[str, str], ...]:
    empty: tuple[Any, ...] = (None, "", [], {})
    told = [
        (str(key), clip(_text(value), MAX_SETTING))
        for key, value in entry.items()
        if key not in hidden and value not in empty
    ]
    return tuple((key, f"{text}… (+{more:,})" if more else text) for key, (text, more) in told)


def _model(run: Run, name: str, entry: Mapping[str, Any]) -> Model:
    settings, identity = entry.get("settings"), entry.get("identity")
    said = {
        **(settings if isinstance(settings, Mapping) else {}),
        **(identity if isinstance(identity, Mapping) else {}),
    }
    return Model(name, model_name(run, name), _settings(said))


def _source(entry: Mapping[str, Any]) -> Source:
    rows = entry.get("rows")
    return Source(
        _text(entry.get("name")), _text(entry.get("kind")), _text(entry.get("where")),
        rows if isinstance(rows, int) else None, _text(entry.get("revision"), "") or None,
        _text(entry.get("sha256"), "") or None, _text(entry.get("license"), "") or None,
    )  # fmt: skip
