"""The engine of a base with an adapter on it: what `curate train` leaves when it trains with `peft:`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from curate.engines.local_model import LocalModel, fingerprint, load_model
from curate.engines.transformers_engine import TransformersEngine
from curate.errors import UsageError
from curate.table import file_hash
from trainers.models import ADAPTERS, base_of


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter and no model."""
    return any((folder / name).is_file() for name in ADAPTERS)


class AdaptedEngine(TransformersEngine):
    """Answers of a local base with the adapter of a folder.

    PEFT adapters are merged in memory, bottleneck adapters put on. Raises UsageError for prompts and prefixes, which
    only PEFT's own `generate` can use.
    """

    def __init__(self, adapter: Path, **settings: Any) -> None:
        self.adapter = adapter
        self._check()
        super().__init__(str(base_of(adapter)), **settings)

    def _check(self) -> None:
        """Raise UsageError for an adapter that cannot answer here."""
        if not (self.adapter / "adapter_config.json").is_file():
            return
        from peft import PeftConfig

        config = PeftConfig.from_pretrained(str(self.adapter))
        if config.is_prompt_learning:
            kind = str(config.peft_type.value).lower()
            raise UsageError(f"{self.adapter}: {kind} puts tokens before the prompt, which only PEFT's generate can do")

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The base's, and a hash of the adapter."""
        weights = sorted(self.adapter.glob("*.safetensors"))
        return {
            "model": self.adapter.name,
            **fingerprint(self.model, None),
            "adapter": [file_hash(path) for path in weights],
            "dtype": self.dtype,
        }

    @property
    def _local(self) -> LocalModel:
        """The base, loaded and changed at its first use."""
        if self._loaded is None:
            made = load_model(Path(self.model), self.dtype, self.device, self._max_model_len)
            self._loaded = replace(made, model=self._changed(made.model))
        return self._loaded

    def _changed(self, model: Any) -> Any:
        if (self.adapter / "bottleneck_config.json").is_file():
            from trainers.tuning.bottleneck import put_on

            return put_on(model, self.adapter)
        from peft import PeftModel

        return PeftModel.from_pretrained(model, str(self.adapter)).merge_and_unload()
