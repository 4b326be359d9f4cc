"""The recipe's `engines:` entries: what can be set, and how each is opened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from curate.engines.address import chat_address
from curate.engines.api_keys import KEY_NAME, key_from
from curate.errors import EngineDown, InvalidInput

if TYPE_CHECKING:
    from curate.engines.base import Engine


class Price(BaseModel):
    """What a million tokens cost, in US dollars."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Dollars for so many tokens.

        >>> Price(prompt=1, completion=4).cost(1_000_000, 500_000)
        3.0
        """
        return (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6


class EngineSettings(BaseModel):
    """What all engines share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Settings that change how answers are fetched but never what they say; they stay out of every key.
    transport: ClassVar[frozenset[str]] = frozenset({"price"})

    engine: str
    price: Price | None = Field(default=None, description="US dollars per million tokens, for the cost account.")

    def open(self, folder: Path) -> Engine:
        """Make the engine. `folder` is where the recipe lies: relative files start there."""
        raise NotImplementedError

    def lacks(self) -> str:
        """What is missing in this environment before it can be asked; "" when it is nothing."""
        return ""

    def says(self) -> Mapping[str, Any]:
        """The settings that can change an answer; with the engine's own identity they name a step's result."""
        return {key: value for key, value in self.model_dump(mode="json").items() if key not in self.transport}


class TransformersSettings(EngineSettings):
    """A model run here by transformers; `house` and `house-writer` ship with this package."""

    transport = EngineSettings.transport | {"batch_size", "threads", "device"}

    engine: Literal["transformers"]
    model: str = Field(default="house", description="`house`, `house-writer`, a local folder, or a Hub model.")
    revision: str | None = Field(default=None, description="Commit of a Hub model; needed for one.")
    dtype: str = "auto"
    batch_size: int = Field(default=64, ge=1)
    max_model_len: int | None = Field(default=None, ge=1, description="Tokens of prompt and completion together.")
    threads: int | None = Field(default=None, ge=1)
    device: str | None = None

    def open(self, folder: Path) -> Engine:
        """Load the model (seconds to minutes)."""
        from curate.engines.transformers_engine import TransformersEngine

        return TransformersEngine(
            model=local_or_name(self.model, folder),
            revision=self.revision,
            dtype=self.dtype,
            batch_size=self.batch_size,
            max_model_len=self.max_model_len,
            threads=self.threads,
            device=self.device,
        )


class VllmSettings(EngineSettings):
    """A model run in this process by vLLM, with continuous batching."""

    transport = EngineSettings.transport | {"max_in_flight", "tensor_parallel_size", "gpu_memory_utilization"}

    engine: Literal["vllm"]
    model: str
    revision: str | None = None
    dtype: str = "auto"
    max_model_len: int | None = Field(default=None, ge=1)
    tensor_parallel_size: int = Field(default=1, ge=1)
    gpu_memory_utilization: float | None = Field(default=None, gt=0, le=1)
    max_in_flight: int = Field(default=512, ge=1, description="Requests inside vLLM at a time.")
    options: dict[str, Any] = Field(default_factory=dict, description="Handed on to vLLM's LLM as they are.")

    @field_validator("options")
    @classmethod
    def _of_vllm_alone(cls, value: dict[str, Any]) -> dict[str, Any]:
        ours = sorted(value.keys() & cls.model_fields.keys())
        if ours:
            raise ValueError(f"{ours[0]} is a setting of its own, beside options")
        return value

    def open(self, folder: Path) -> Engine:
        """Load the model (seconds to minutes)."""
        from curate.engines.vllm_engine import VllmEngine

        options = dict(self.options)
        if self.gpu_memory_utilization is not None:
            options["gpu_memory_utilization"] = self.gpu_memory_utilization
        return VllmEngine(
            model=local_or_name(self.model, folder),
            revision=self.revision,
            dtype=self.dtype,
            max_model_len=self.max_model_len,
            max_in_flight=self.max_in_flight,
            tensor_parallel_size=self.tensor_parallel_size,
            **options,
        )


class ServerSettings(EngineSettings):
    """Any server that speaks the OpenAI chat protocol: vLLM, SGLang, llama.cpp, a provider."""

    transport = EngineSettings.transport | {
        "url", "api_key_env", "concurrency", "timeout_s", "retries", "down_after_s", "max_tokens_field",
    }  # fmt: skip

    engine: Literal["server"]
    url: str = Field(description="Up to and with /v1.")
    model: str
    revision: str | None = Field(default=None, description="What the server serves, when you know it; part of the key.")
    api_key_env: str | None = Field(
        default=None,
        pattern=f"^{KEY_NAME}$",
        description="Name of the environment variable that holds the key, in upper case.",
    )
    concurrency: int = Field(default=64, ge=1, description="Most requests in flight; adapts below it.")
    timeout_s: float = Field(default=600, gt=0, description="Hard deadline of one request, retries apart.")
    retries: int = Field(default=5, ge=0)
    down_after_s: float = Field(default=120, gt=0, description="Wait this long for a server that went away.")
    extra_body: dict[str, Any] = Field(default_factory=dict, description="More fields of the request, as they are.")
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = Field(
        default="max_tokens", description="OpenAI's reasoning models want max_completion_tokens."
    )
    send_seed: bool = Field(default=True, description="False for servers that refuse a seed.")

    @field_validator("url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        try:
            chat_address(value)
        except InvalidInput as wrong:
            raise ValueError(str(wrong)) from None
        return value

    def lacks(self) -> str:
        """The API key, when its variable is not set."""
        try:
            key_from(self.api_key_env)
        except EngineDown as error:
            return str(error)
        return ""

    def open(self, folder: Path) -> Engine:
        """Make the client; nothing is sent yet."""
        from curate.engines.server import ServerEngine

        return ServerEngine(
            base_url=self.url,
            model=self.model,
            revision=self.revision,
            api_key_env=self.api_key_env,
            concurrency=self.concurrency,
            timeout_s=self.timeout_s,
            retries=self.retries,
            down_after_s=self.down_after_s,
            extra_body=self.extra_body,
            max_tokens_field=self.max_tokens_field,
            send_seed=self.send_seed,
        )


class ReplaySettings(EngineSettings):
    """Recorded responses from a file, keyed by prompt: the k-th recorded answer of a prompt serves sample k."""

    engine: Literal["replay"]
    file: str
    prompt: str = Field(default="prompt", description="Column that holds the prompt.")
    completion: str = Field(default="completion", description="Column that holds the answer.")
    thinking: str | None = None
    finish_reason: str | None = None
    model: str = "recorded"

    def open(self, folder: Path) -> Engine:
        """Read the file."""
        from curate.engines.replay import ReplayEngine

        return ReplayEngine(
            folder / Path(self.file).expanduser(),
            prompt=self.prompt,
            completion=self.completion,
            thinking=self.thinking,
            finish_reason=self.finish_reason,
            model=self.model,
        )


class FakeSettings(EngineSettings):
    """Deterministic stand-in answers, for tests and dry runs; it knows nothing. See `curate.engines.fake`."""

    transport = EngineSettings.transport | {"latency_s", "batch", "shuffle", "log"}

    engine: Literal["fake"]
    text: str = Field(default="echo", description="`echo`, `boxed`, `lorem`, or the answer itself.")
    tokens: int = Field(default=32, ge=1, description="Words of a lorem answer.")
    error_rate: float = Field(default=0, ge=0, le=1)
    length_rate: float = Field(default=0, ge=0, le=1)
    latency_s: float = Field(default=0, ge=0)
    batch: int = Field(default=16, ge=1)
    shuffle: bool = False
    log: str | None = Field(default=None, description="Every request asked is noted in this file.")

    def open(self, folder: Path) -> Engine:
        """Make the engine."""
        from curate.engines.fake import FakeEngine

        return FakeEngine(
            text=self.text,
            tokens=self.tokens,
            error_rate=self.error_rate,
            length_rate=self.length_rate,
            latency_s=self.latency_s,
            batch=self.batch,
            shuffle=self.shuffle,
            log=folder / self.log if self.log else None,
        )


ENGINES: dict[str, type[EngineSettings]] = {
    "transformers": TransformersSettings,
    "vllm": VllmSettings,
    "server": ServerSettings,
    "replay": ReplaySettings,
    "fake": FakeSettings,
}


def local_or_name(model: str, folder: Path) -> str:
    """A local folder (relative ones start at the recipe) as a path; any other word as it is."""
    path = folder / Path(model).expanduser()
    looks_local = model.startswith((".", "/", "~"))
    return str(path) if looks_local or (path.is_dir() and (path / "config.json").is_file()) else model
