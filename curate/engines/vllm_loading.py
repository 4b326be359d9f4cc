"""A model in vLLM, in this process.

Set in the environment before vLLM is imported, unless you have set it:

    VLLM_ENABLE_V1_MULTIPROCESSING=0  the engine lives in this process: a process killed by -9 leaves no orphan that
                                      keeps the GPU (vllm-project/vllm#55510)
    VLLM_CPU_KVCACHE_SPACE            an eighth of the memory in GB, 1 to 16; vLLM's own default is nearly all of it
    VLLM_NO_USAGE_STATS=1             nothing is reported to anybody
    VLLM_LOGGING_LEVEL=ERROR
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

from curate.errors import EngineDown

TINY: Final = 50_000_000  # parameters below which one thread is fastest on a CPU, busy cores above all
# Compiling takes a minute on a CPU and gains nothing. A prompt that is computed in pieces ends vLLM 0.32 there, once a
# request in it has a seed ("CPU Generator does not use offset": `GPUModelRunner._bookkeeping_sync` turns a generator
# back that cannot be turned).
ON_CPU: Final = {"enforce_eager": True, "enable_chunked_prefill": False}


def load(folder: Path, name: str, **settings: Any) -> Any:
    """The `vllm.LLM` of a folder; the settings are its own. name: of the model, as it was asked for.

    Raises EngineDown when vLLM is not installed or the model cannot be loaded.
    """
    _set_environment()
    try:
        import vllm
    except ImportError as error:
        raise EngineDown(f"vllm: it is not installed ({error}). pip install 'curate-posttrain[vllm]'") from error
    settings = {"disable_log_stats": True} | ({} if _has_gpu() else ON_CPU) | settings
    try:
        loaded = vllm.LLM(str(folder), **settings)
    except Exception as error:  # vLLM has no error of its own: memory, settings and weights fail in their own ways
        raise EngineDown(f"vllm: {name} could not be loaded: {error}") from error
    _use_one_thread(folder)
    return loaded


def _set_environment() -> None:
    """Settings vLLM reads when it is imported; what is set already stays."""
    memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    for name, value in {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_CPU_KVCACHE_SPACE": str(int(min(max(memory_gb / 8, 1), 16))),
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": "ERROR",
    }.items():
        os.environ.setdefault(name, value)


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _use_one_thread(folder: Path) -> None:
    """For a tiny model on a CPU, unless the environment says how many."""
    import torch

    bytes_of_weights = sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    if not _has_gpu() and "OMP_NUM_THREADS" not in os.environ and bytes_of_weights < 2 * TINY:
        torch.set_num_threads(1)
