"""Make a file of word vectors (see `curate.text.static`) from a transformer of sentence-transformers.

    python -m curate.text.distil FOLDER_OR_NAME words.npz

Reads each whole word of the model's vocabulary alone, between the marks of begin and end, and averages the model's last
layer; about a minute of one core for 23,000 words. Needs the extra [embed].
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from curate.table import replacing
from curate.text.shingles import words
from curate.text.static import MOST_DIMS

DIMS = 96
"""More tell meanings apart better, at one byte a word each: of the five nearest by MiniLM among 3,000 instructions, 64,
96 and 128 find .315, .337 and .350; word pieces, as in model2vec, .367 at 128."""
COMMON = 3e-5
"""A word with this share of a text weighs half (Arora et al. take 1e-3 to 1e-4; smaller agreed better with MiniLM)."""
BATCH = 512


def distil(name: str, path: Path, dims: int = DIMS) -> int:
    """Write the vectors of the words of a model's vocabulary; returns how many."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(name, device="cpu")
    vocabulary = model.tokenizer.convert_ids_to_tokens(range(len(model.tokenizer)))
    special = set(model.tokenizer.all_special_tokens)
    read = words(pl.Series(vocabulary))
    whole = [not token.startswith(("##", "[unused")) and token not in special for token in vocabulary]
    chosen = np.flatnonzero((read.counts == 1) & np.array(whole))
    hashes, first = np.unique(read.flat[read.starts[chosen]], return_index=True)
    chosen = chosen[first]
    alone = _read_alone(model, chosen)
    centred = alone - alone.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][: min(dims, MOST_DIMS)]
    vectors = centred @ axes.T * _weights(chosen, len(vocabulary))[:, None]
    rare = float(np.median(np.linalg.norm(vectors[chosen > np.median(chosen)], axis=1)))
    scale = 127 / np.quantile(np.abs(vectors), 0.9999)
    small = np.clip(np.rint(vectors * scale), -127, 127).astype(np.int8)
    with replacing(path) as draft, draft.open("wb") as stream:
        np.savez_compressed(stream, hashes=hashes, vectors=small, rare=np.float32(rare * scale))
    return len(hashes)


def _weights(ranks: NDArray[np.int64], size: int) -> NDArray[np.float64]:
    """Frequent words weigh less. ranks: a vocabulary is sorted by frequency, so a word's share follows Zipf's law."""
    share = 1 / (ranks + 1) / np.log(size)
    return np.asarray(COMMON / (COMMON + share))


def _read_alone(model: Any, tokens: NDArray[np.int64]) -> NDArray[np.float32]:
    import torch

    begin, end = model.tokenizer.cls_token_id, model.tokenizer.sep_token_id
    means = []
    with torch.inference_mode():
        for low in range(0, len(tokens), BATCH):
            part = torch.from_numpy(tokens[low : low + BATCH])
            ids = torch.stack([torch.full_like(part, begin), part, torch.full_like(part, end)], dim=1)
            layer = model[0].auto_model(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
            means.append(layer.mean(dim=1).float().numpy())
    return np.concatenate(means)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("model")
    arguments.add_argument("path", type=Path)
    given = arguments.parse_args()
    distil(given.model, given.path)
