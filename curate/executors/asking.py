"""Requests answered by models on workers: an engine whose bundles are made elsewhere and stored here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

from curate.engines.base import Completion, Engine, Request, Sampling
from curate.engines.settings import ENGINES, EngineSettings
from curate.errors import CurateError
from curate.executors.base import Executor
from curate.executors.failures import raised, to_bytes

MODELS = ("transformers", "vllm")
"""Engines that hold a model in their process."""

_open: dict[tuple[str, str], Engine] = {}
"""Engines of this worker: a model is loaded once, however many parts come."""


def is_spread(executor: Executor, settings: EngineSettings) -> bool:
    """Whether the requests to this engine go to the workers."""
    return executor.settings.spread == "all" or (executor.settings.spread == "models" and settings.engine in MODELS)


@dataclass(frozen=True)
class SpreadEngine:
    """An engine whose requests the executor's workers answer; what they say is journalled here, as ever."""

    executor: Executor
    settings: EngineSettings
    identity: Mapping[str, Any]
    recipe_folder: Path
    folder: Path
    name: str

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        """A bundle for each part of `requests` requests; all are read first."""
        source, parts = iter(requests), list[bytes]()
        while part := list(islice(source, self.executor.settings.requests)):
            parts.append(request_bytes(part))
        task = AskTask(self.settings.engine, self.settings.model_dump_json(), str(self.recipe_folder.absolute()))
        for _, answered in self.executor.map(self.name, task, parts, self.folder):
            yield [Completion(**values) for values in json.loads(raised(answered))]

    def close(self) -> None:
        """The executor is closed by who opened it."""


@dataclass(frozen=True)
class AskTask:
    """Answer requests: an engine's word, its settings as JSON, and where relative files start."""

    word: str
    settings: str
    folder: str
    holds_model: ClassVar[bool] = True

    def __call__(self, part: bytes, /) -> bytes:
        """The completions as JSON, or an error a user can meet."""
        place = (self.settings, self.folder)
        try:
            if place not in _open:
                _open[place] = ENGINES[self.word].model_validate_json(self.settings).open(Path(self.folder))
            bundles = list(_open[place].complete(requests_of(part)))
        except CurateError as error:
            return to_bytes(error)
        return json.dumps([asdict(completion) for bundle in bundles for completion in bundle]).encode()


def request_bytes(requests: Iterable[Request]) -> bytes:
    """Requests as JSON."""
    return json.dumps([asdict(request) for request in requests], default=dict).encode()


def requests_of(data: bytes) -> list[Request]:
    """Requests from their JSON."""
    return [_request(values) for values in json.loads(data)]


def _request(values: dict[str, Any]) -> Request:
    sampling = Sampling(**values["sampling"] | {"stop": tuple(values["sampling"]["stop"])})
    tools = None if values["tools"] is None else tuple(values["tools"])
    return Request(**values | {"messages": tuple(values["messages"]), "sampling": sampling, "tools": tools})
