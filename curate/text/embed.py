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
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from curate.errors import DataError, StepFailed, UsageError
from curate.table import file_hash, require_file
from curate.text.from_hub import from_hub

if TYPE_CHECKING:
    import numpy as np

STATIC = "static"
SPECIAL_TOKENS = 2
"""Tokens that a model puts around a text."""
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
    """A model of sentence-transformers, loaded at the first `encode`.

    A text longer than the model reads is the mean of its parts: two texts that begin alike do not mean the same.
    """

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
        parts = [_parts(text, model) for text in texts] or [[""]]
        made = model.encode(
            [part for each in parts for part in each],
            batch_size=BATCH_ROWS,
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        begins = np.cumsum([0, *(len(each) for each in parts[:-1])])
        vectors = np.add.reduceat(np.asarray(made, np.float32), begins)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return (vectors / np.where(lengths > 0, lengths, 1))[: len(texts)]


def _parts(text: str, model: Any) -> list[str]:
    """The text in parts that the model reads whole, cut between its tokens."""
    room: int | None = getattr(model, "max_seq_length", None)
    tokenizer: Any = getattr(model, "tokenizer", None)
    if not isinstance(room, int) or not getattr(tokenizer, "is_fast", False) or len(text) <= room - SPECIAL_TOKENS:
        return [text]
    told = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    begins = [begin for begin, _ in told["offset_mapping"]][:: room - SPECIAL_TOKENS]
    return [text[low:high] for low, high in pairwise([*begins, len(text)])] or [text]


def _from_folder(folder: Path, device: str | None) -> Encoder:
    """A model of sentence-transformers that lies here, named by the hash of its weights, settings and vocabulary."""
    require_file(folder / "modules.json")
    weights = [*folder.rglob("*.safetensors"), *folder.rglob("pytorch_model*.bin")]
    if not weights:
        raise DataError(f"{folder} holds no weights (*.safetensors, *.bin); is it the folder of a model?")
    others = [path for ending in ("json", "txt", "model") for path in folder.rglob(f"*.{ending}")]
    hashes = [f"{path.relative_to(folder)} {file_hash(path)}" for path in sorted([*weights, *others])]
    return SentenceEncoder(str(folder), device, sha256("\n".join(hashes).encode()).hexdigest()[:16])


def _load(name: str, device: str | None) -> Any:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as missing:
        raise UsageError(
            "this encoder needs sentence-transformers: pip install 'curate-posttrain[embed]', or take encoder 'static'"
        ) from missing
    try:
        if Path(name).exists():
            return SentenceTransformer(name, device=device)
        return from_hub(name, partial(SentenceTransformer, device=device))
    except (OSError, ValueError) as refused:
        reason = (str(refused).strip().splitlines() or ["no reason given"])[0]
        raise StepFailed(
            f"encoder '{name}' cannot be loaded: {reason}. Give a folder of sentence-transformers or model2vec, "
            "a name the Hub has, or 'static', which ships with curate"
        ) from refused
