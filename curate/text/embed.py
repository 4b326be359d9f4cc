"""Texts as vectors: one small protocol, and the encoders that come with it.

| name | what it is | needs |
|---|---|---|
| `static` | ships with curate: a vector a word, averaged; tens of thousands of rows a second | numpy |
| a folder or a Hub name of sentence-transformers | a transformer: better, a thousand times slower on CPU | `[embed]` |
| a file `*.npz` | word vectors of your own (`curate.text.distil`) | numpy |
| any object with `identity` and `encode` | yours | |
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from curate.errors import DataError, StepFailed, UsageError
from curate.table import file_hash, require_file

if TYPE_CHECKING:
    import numpy as np

STATIC = "static"
BATCH_ROWS = 64
"""Rows a transformer reads at once; sentence-transformers sorts by length, so batches are even."""


@runtime_checkable
class Encoder(Protocol):
    """Texts in, one unit vector a text out. identity: what changes the vectors; part of the key of a step."""

    @property
    def identity(self) -> str:
        """Name and version of the weights, told without loading them."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 of shape (rows, dim), each row of length 1; a text with nothing to read may be all zeros."""


def encoder(name: str | Path | Encoder = STATIC, *, device: str | None = None) -> Encoder:
    """The encoder of a name; an encoder is returned as it is.

    name: `static`, a folder, or a Hub name (`sentence-transformers/all-MiniLM-L6-v2`, `minishlab/potion-base-8M`).
    device: where a transformer runs (`cpu`, `cuda:1`); sentence-transformers chooses unless given.
    Nothing is loaded before the first `encode`. Raises DataError for a folder that holds no model.
    """
    if not isinstance(name, str | Path):
        if isinstance(name, Encoder):
            return name
        raise UsageError(f"an encoder has `identity` and `encode(texts)`; {type(name).__name__} has not")
    if name == STATIC:
        from curate.text.static import shipped

        return shipped()
    path = Path(name).expanduser()
    if path.suffix == ".npz":
        from curate.text.static import StaticEncoder

        require_file(path)
        return StaticEncoder(path)
    if path.is_dir():
        return _from_folder(path, device)
    if str(name).startswith((".", "/", "~")):
        require_file(path / "modules.json")
    return SentenceEncoder(str(name), device)


class SentenceEncoder:
    """A model of sentence-transformers, loaded at the first `encode`."""

    def __init__(self, name: str, device: str | None = None, digest: str = "") -> None:
        self.name, self.device, self.digest = name, device, digest
        self._model: Any = None

    @property
    def identity(self) -> str:
        """`sentence-transformers:NAME`, with the hash of the weights where they lie here."""
        return f"sentence-transformers:{self.digest or self.name}"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode in batches; raises UsageError without the extra, StepFailed when the model cannot be had."""
        import numpy as np

        model = self._model = self._model or _load(self.name, self.device)
        vectors = model.encode(
            list(texts) or [""],
            batch_size=BATCH_ROWS,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(vectors[: len(texts)], np.float32)


def _from_folder(folder: Path, device: str | None) -> Encoder:
    """A model of sentence-transformers that lies here, named by the hash of its weights."""
    require_file(folder / "modules.json")
    weights = sorted([*folder.rglob("*.safetensors"), *folder.rglob("pytorch_model*.bin")])
    if not weights:
        raise DataError(f"{folder} holds no weights (*.safetensors, *.bin); is it the folder of a model?")
    return SentenceEncoder(str(folder), device, file_hash(weights[0])[:16])


def _load(name: str, device: str | None) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as missing:
        raise UsageError(
            "this encoder needs sentence-transformers: pip install 'curate-posttrain[embed]', or take encoder 'static'"
        ) from missing
    try:
        return SentenceTransformer(name, device=device)
    except (OSError, ValueError) as refused:
        reason = (str(refused).strip().splitlines() or ["no reason given"])[0]
        raise StepFailed(
            f"encoder '{name}' cannot be loaded: {reason}. Give a folder of sentence-transformers or model2vec, "
            "a name the Hub has, or 'static', which ships with curate"
        ) from refused
