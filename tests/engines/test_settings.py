"""What a recipe can say of an engine."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from curate.engines.settings import VllmSettings


@pytest.mark.parametrize("word", ["dtype", "model", "tensor_parallel_size", "gpu_memory_utilization"])
def test_an_option_of_vllm_that_has_a_setting_of_its_own_is_refused(word: str) -> None:
    """Both would be handed on, and VllmEngine takes one."""
    with pytest.raises(ValidationError, match=f"{word} is a setting of its own, beside options"):
        VllmSettings(engine="vllm", model="m", options={word: 1, "enforce_eager": True})
    assert VllmSettings(engine="vllm", model="m", options={"enforce_eager": True}).options == {"enforce_eager": True}
