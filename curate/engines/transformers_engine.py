"""A model run in this process by transformers: always there with the extra `[train]`, and the embedded default.

`model.generate` is not used: it draws a whole batch from one random stream, runs until the longest row is done, and
copies its cache at every token. Here

    prompts are sorted by length, longest first, and cut into batches in that order
    every row draws from a stream of its own, made from its request's seed
    a row that is done leaves the batch, so a long tail costs no more than its own rows
    the cache grows in place

What is guaranteed. The same requests make the same batches, and a batch gives the same completions on the same
machine, libraries and thread count. A bundle is a whole batch, so a build that resumes with the unanswered requests
forms the remaining batches as the first run would have. A row in *another* batch draws the same random numbers, but its
logits differ in the last bits (the shape of a matrix product decides how it is summed), which now and then changes a
token, and all after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from curate.engines.base import Completion, Request
from curate.engines.decode import Row, decode
from curate.engines.local_model import LocalModel, find_model, fingerprint, load_model, own_dtype, require_torch
from curate.engines.usage import Usage
from curate.errors import EngineDown
from curate.shipped import MODELS

TINY: Final = 50_000_000  # parameters below which one thread is fastest (20 times, measured on two busy cores)
TAIL: Final = 8  # tokens that are looked at for a stop string, beyond its bytes


class TransformersEngine:
    """Chat completions by a causal language model, in batches.

    model: a folder, a Hub model id, or one that ships with this package (`house`, `house-writer`).
    revision: of a Hub model.
    dtype: `auto` is float32 for a model that ships and on a CPU, else the checkpoint's own.
    batch_size: rows decoded together.
    max_model_len: tokens of prompt and completion together; None is what the model was made for.
    threads: of torch; None leaves them as they are, but takes one for models under 50 million parameters.
    device: None is `cuda` where there is one, else `cpu`.
    A sampling setting that is None is off. Code that comes with a model is never run.
    Raises EngineDown when the model cannot be found or loaded, at the first use of `identity` or `complete`.
    """

    def __init__(
        self,
        model: str = "house",
        *,
        revision: str | None = None,
        dtype: str = "auto",
        batch_size: int = 64,
        max_model_len: int | None = None,
        threads: int | None = None,
        device: str | None = None,
    ) -> None:
        self.model = model
        self.revision = revision
        self.batch_size = batch_size
        self.usage = Usage()
        self._dtype = dtype
        self._max_model_len = max_model_len
        self._threads = threads
        self._device = device
        self._loaded: LocalModel | None = None

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Model, commit or hash of its weights, hash of tokenizer and template, dtype; no tensor is read."""
        return {
            "model": self.model if self._is_named else Path(self.model).name,
            **fingerprint(self.model, self.revision),
            "dtype": self.dtype,
            "max_model_len": self._max_model_len,
        }

    def complete(self, requests: Iterable[Request]) -> Iterator[list[Completion]]:
        """One bundle a batch. All requests are read first, since their lengths decide the batches."""
        asked, refused = self._encoded(requests)
        if refused:
            yield self._counted(refused)
        asked.sort(key=lambda pair: (-len(pair[1].prompt), pair[0].key))
        for start in range(0, len(asked), self.batch_size):
            batch = asked[start : start + self.batch_size]
            with self._thread_count():
                bundle = self._answer(batch)
            yield self._counted(bundle)

    def close(self) -> None:
        """Free the model."""
        self._loaded = None

    @cached_property
    def device(self) -> str:
        """Where the model runs."""
        if self._device is not None:
            return self._device
        require_torch()
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    @cached_property
    def dtype(self) -> str:
        """What the model computes in, by torch's name."""
        if self._dtype != "auto":
            return self._dtype
        if self.model in MODELS or self.device == "cpu":
            return "float32"
        return own_dtype(self._folder)

    @property
    def _is_named(self) -> bool:
        return self.model in MODELS or not Path(self.model).expanduser().is_dir()

    @cached_property
    def _folder(self) -> Path:
        return find_model(self.model, self.revision)

    @property
    def _local(self) -> LocalModel:
        """The model, loaded at its first use."""
        if self._loaded is None:
            self._loaded = load_model(self._folder, self.dtype, self.device, self._max_model_len)
        return self._loaded

    @contextmanager
    def _thread_count(self) -> Iterator[None]:
        """Torch's threads while a batch is computed, and put back after it."""
        import torch

        before = torch.get_num_threads()
        wanted = self._threads or (1 if self._local.parameters < TINY else before)
        torch.set_num_threads(wanted)
        try:
            yield
        finally:
            torch.set_num_threads(before)

    def _encoded(self, requests: Iterable[Request]) -> tuple[list[tuple[Request, Row]], list[Completion]]:
        """Requests as token ids, and those that cannot be asked as errors. Samples of a row are encoded once."""
        asked: list[tuple[Request, Row]] = []
        refused: list[Completion] = []
        last: tuple[Any, Any, str | None] | None = None
        prompt: list[int] = []
        for request in requests:
            try:
                if last != (request.messages, request.tools, request.prefix):
                    prompt = self._prompt(request)
                    last = request.messages, request.tools, request.prefix
                asked.append((request, self._row(request, prompt)))
            except EngineDown:
                raise
            except Exception as error:  # noqa: BLE001  a template or tokenizer may raise anything; it is this row's error
                refused.append(failed(request, f"the prompt cannot be made: {error}"))
        return asked, refused

    def _prompt(self, request: Request) -> list[int]:
        if request.prefix is not None:
            return self._local.encode_text(request.prefix)
        return self._local.encode(request.messages, request.tools)

    def _row(self, request: Request, prompt: list[int]) -> Row:
        """Raises ValueError for what this engine cannot answer."""
        room = self._local.context - len(prompt)
        if room < 1:
            raise ValueError(
                f"it has {len(prompt)} tokens and the model's context is {self._local.context}; shorten or drop the row"
            )
        if request.response_format is not None:
            raise ValueError("response_format needs the engine vllm or server")
        return Row(prompt, min(request.sampling.max_tokens, room), request.sampling, request.seed)

    def _answer(self, batch: Sequence[tuple[Request, Row]]) -> list[Completion]:
        """Decode a batch. Where that fails (memory, mostly) its halves are tried, down to the row that fails alone."""
        local = self._local
        try:
            decode(local.model, [row for _, row in batch], local.ends, local.pad, self._says_stop)
        except Exception as error:  # noqa: BLE001  one bad row, or a batch too large, is data and not the end
            message = f"{type(error).__name__}: {error}"
        else:
            return [self._completion(request, row) for request, row in batch]
        if local.device == "cuda":
            import torch

            torch.cuda.empty_cache()
        if len(batch) == 1:
            return [failed(batch[0][0], message, retriable=True)]
        fresh = [(request, Row(row.prompt, row.limit, row.sampling, row.seed)) for request, row in batch]
        middle = len(fresh) // 2
        return self._answer(fresh[:middle]) + self._answer(fresh[middle:])

    def _says_stop(self, row: Row) -> bool:
        """Whether the end of what a row wrote holds one of its stop strings, or is one that is a special token."""
        stops = row.sampling.stop
        if not stops:
            return False
        if any(self._local.special.get(stop) == row.written[-1] for stop in stops):
            return True
        longest = max(len(stop.encode("utf-8", "surrogatepass")) for stop in stops)
        tail = self._local.decode(row.written[-(longest + TAIL) :])
        return any(stop in tail for stop in stops)

    def _completion(self, request: Request, row: Row) -> Completion:
        if row.finish == "nan":
            return failed(request, f"the model's logits are not numbers in {self.dtype}; try dtype: float32")
        text = self._local.decode(row.written)
        cuts = [place for stop in row.sampling.stop if (place := text.find(stop)) >= 0]
        return Completion(
            key=request.key,
            text=text[: min(cuts)] if cuts else text,
            finish_reason=row.finish,
            prompt_tokens=len(row.prompt),
            completion_tokens=len(row.written),
            max_tokens=request.sampling.max_tokens,
        )

    def _counted(self, bundle: list[Completion]) -> list[Completion]:
        for completion in bundle:
            self.usage.add(completion)
        return bundle


def failed(request: Request, reason: str, *, retriable: bool = False) -> Completion:
    """The error value of one request."""
    return Completion(
        key=request.key,
        text=None,
        finish_reason="",
        max_tokens=request.sampling.max_tokens,
        error=f"transformers: row {request.row}, sample {request.sample}: {reason}",
        retriable=retriable,
    )
