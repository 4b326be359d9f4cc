"""Encoders: unit vectors, one a text; near texts lie near; what cannot be loaded says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.errors import DataError, UsageError
from curate.text.embed import Encoder, encoder


class Lengths:
    """An encoder of one's own: it knows a text by its length."""

    identity = "lengths"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return np.array([[np.cos(len(text)), np.sin(len(text))] for text in texts], np.float32)


@given(texts=st.lists(st.text(max_size=30), max_size=8))
def test_a_vector_is_of_length_one_or_zero_and_does_not_depend_on_its_neighbours(texts: list[str]) -> None:
    static = encoder()
    vectors = static.encode(texts)
    assert (vectors.shape, vectors.dtype) == ((len(texts), 96), np.float32)
    assert np.isin(np.linalg.norm(vectors, axis=1).round(4), [0, 1]).all()
    for text, vector in zip(texts, vectors, strict=True):
        assert np.allclose(static.encode([text])[0], vector, atol=1e-5)


def test_near_texts_lie_near_also_in_words_it_never_saw() -> None:
    texts = [
        "A small dog runs in the park.", "The little dog is running in a park", "Stock prices fell on Monday",
        "Մեծ քաղաքի փողոցները դատարկ էին", "Փողոցները դատարկ էին մեծ քաղաքի", "Երեխան կարդում է գիրքը",
    ]  # fmt: skip
    near = encoder("static").encode(texts)
    near = near @ near.T
    assert near[0, 1] > 0.8 > 0.5 > near[0, 2]
    assert near[3, 4] > 0.99 > 0.5 > near[3, 5]


def test_a_text_of_ten_megabytes_is_read_like_any_other() -> None:
    piece = "the cat sat on the mat and thought about zyxw "
    long, short = encoder().encode([piece * 200_000, piece])
    assert np.allclose(long, short, atol=1e-3)


def test_ones_own_encoder_is_taken_as_it_is() -> None:
    mine = Lengths()
    assert isinstance(mine, Encoder)
    assert encoder(mine) is mine


def test_what_is_no_encoder_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`identity` and `encode"):
        encoder(3)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="nope"):
        encoder("./nope")
    with pytest.raises(DataError, match="has no 'modules"):
        encoder(tmp_path)
    (tmp_path / "words.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(DataError, match="not a file of word vectors"):
        encoder(tmp_path / "words.npz").encode(["a"])


def test_minilm_reads_meaning(minilm: Path) -> None:
    model = encoder(minilm)
    texts = ["How do I boil an egg?", "What is the way to cook eggs in hot water?", "Prove that 7 is prime."]
    near = model.encode(texts)
    near = near @ near.T
    assert near[0, 1] > 0.7 > 0.3 > near[0, 2]
    assert model.identity == encoder(str(minilm)).identity
    assert model.encode([]).shape == (0, 384)


def test_a_model_with_other_settings_is_another_model(tmp_path: Path) -> None:
    for name in ("model.safetensors", "modules.json", "1_Pooling/config.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    before = encoder(tmp_path).identity
    (tmp_path / "README.md").write_text("A model.")
    assert encoder(tmp_path).identity == before
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode": "max"}')
    assert encoder(tmp_path).identity != before
