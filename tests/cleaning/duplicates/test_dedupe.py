"""`dedupe` on frames: what leaves, what stays, and that each row is accounted for."""

from __future__ import annotations

import random
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate import dedupe
from curate.errors import DataError, UsageError

WORDS = [a + b + c for a in "bcdfghklmnprst" for b in "aeiou" for c in "lmnrst"]


def prose(rng: random.Random, words: int) -> list[str]:
    return rng.choices(WORDS, k=words)


def edited(rng: random.Random, words: list[str], edits: int) -> list[str]:
    words = list(words)
    for _ in range(edits):
        place = rng.randrange(len(words))
        match rng.randrange(3):
            case 0:
                words[place] = rng.choice(WORDS)
            case 1:
                words.insert(place, rng.choice(WORDS))
            case _:
                del words[place]
    return words


def jaccard(one: str, two: str, n: int = 5) -> float:
    a, b = ({tuple(words[i : i + n]) for i in range(len(words) - n + 1)} for words in (one.split(), two.split()))
    return len(a & b) / len(a | b)


def frame(texts: list[Any]) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"r{i}" for i in range(len(texts))], "text": texts}, schema_overrides={"text": pl.String}
    )


@pytest.fixture(scope="module")
def planted() -> pl.DataFrame:
    """400 texts and an edited copy of each, shuffled."""
    rng = random.Random(1)
    texts = []
    for _ in range(400):
        words = prose(rng, rng.randint(30, 200))
        texts += [" ".join(words), " ".join(edited(rng, words, rng.randint(1, 1 + len(words) // 30)))]
    rng.shuffle(texts)
    return frame(texts)


@given(
    texts=st.lists(st.none() | st.text(alphabet="ab \n3", max_size=6), max_size=14),
    by=st.sampled_from(["exact", "minhash", "semantic"]),
)
def test_each_row_is_in_one_place_and_every_dropped_row_names_one_that_stays(texts: list[Any], by: Any) -> None:
    table = frame(texts)
    result = dedupe(table, by=by)
    assert sorted([*result.kept["id"], *result.dropped["id"]]) == sorted(table["id"])
    assert set(result.dropped["kept_id"]) <= set(result.kept["id"])
    assert result.kept["id"].to_list() == [row for row in table["id"] if row in set(result.kept["id"])]
    assert dedupe(result.kept, by=by).dropped.height == 0


def test_near_copies_leave_exactly_as_their_true_similarity_says(planted: pl.DataFrame) -> None:
    texts = dict(planted.select("id", "text").iter_rows())
    result = dedupe(planted, by="minhash", threshold=0.8)
    for row, kept, told in result.dropped.select("id", "kept_id", "similarity").iter_rows():
        assert jaccard(texts[row], texts[kept]) == pytest.approx(told)
        assert told >= 0.8
    stay = result.kept["text"].to_list()
    holders: dict[str, set[int]] = {}
    for row, text in enumerate(stay):
        words = text.split()
        for place in range(len(words) - 4):
            holders.setdefault(" ".join(words[place : place + 5]), set()).add(row)
    near = {(a, b) for rows in holders.values() for a in rows for b in rows if a < b}
    assert len(near) > 50
    assert not [pair for pair in near if jaccard(stay[pair[0]], stay[pair[1]]) >= 0.8]


def test_the_threshold_moves_without_a_second_search(planted: pl.DataFrame) -> None:
    result = dedupe(planted, by="minhash", threshold=0.7)
    for threshold in (0.75, 0.9, 1.0):
        moved, searched = result.at(threshold), dedupe(planted, by="minhash", threshold=threshold)
        # the lower search met more pairs
        assert set(searched.dropped["id"]) <= set(moved.dropped["id"])
        assert moved.dropped.height <= searched.dropped.height + 3
        assert moved.dropped["similarity"].min() >= threshold
        assert moved.threshold == threshold
    with pytest.raises(UsageError, match=r"from 0.60 to 1"):
        result.at(0.5)
    with pytest.raises(UsageError, match="no threshold"):
        dedupe(planted).at(0.9)


def test_the_border_shows_the_pairs_nearest_to_the_threshold_with_their_texts(planted: pl.DataFrame) -> None:
    result = dedupe(planted, by="minhash", threshold=0.8)
    border = result.border(6)
    distance = (border["similarity"] - 0.8).abs().max()
    farther = result.pairs.filter(pl.col("similarity") < 1)["similarity"]
    assert border.height == 6
    assert ((farther - 0.8).abs() < distance).sum() <= 6
    for one, two, told in border.select("text", "other_text", "similarity").iter_rows():
        assert jaccard(one, two) == pytest.approx(told)


def test_clusters_name_every_row_that_left_beside_the_one_that_stays(planted: pl.DataFrame) -> None:
    result = dedupe(planted, by="minhash")
    clusters = result.clusters
    assert set(clusters.filter(~pl.col("kept"))["id"]) == set(result.dropped["id"])
    assert clusters.group_by("cluster").agg(pl.col("kept").sum())["kept"].to_list() == [1] * result.notes["clusters"]


@pytest.mark.parametrize(
    ("keep", "stays"),
    [("first", "a"), ("longest", "c"), ("shortest", "b"), ("highest score", "b"), ("lowest score", "c"),
     (["human", "gpt"], "b")],
)  # fmt: skip
def test_the_keep_rule_decides_which_row_stays(keep: Any, stays: str) -> None:
    rows = pl.DataFrame(
        {
            "id": ["a", "b", "c", "d"],
            "text": ["one  two", "one two", " one two \n", "other"],
            "score": [None, 2.0, 1.0, 0.0],
            "source": ["gpt", "human", None, "x"],
        }
    )
    result = dedupe(rows, keep=keep)
    assert result.kept["id"].to_list() == sorted([stays, "d"])
    assert set(result.dropped["kept_id"]) == {stays}


def test_a_chain_does_not_carry_rows_away() -> None:
    """Each text is like the next, and unlike the one after: only what is like a row that stays may leave."""
    rng = random.Random(2)
    words = prose(rng, 100)
    texts = []
    for step in range(12):
        texts.append(" ".join(words))
        words = [*words[: step * 8], *prose(rng, 2), *words[step * 8 + 2 :]]
    result = dedupe(frame(texts), by="minhash", threshold=0.8)
    by_id = dict(frame(texts).iter_rows())
    assert result.dropped.height >= 3
    assert result.kept.height >= 3
    assert all(
        jaccard(by_id[row], by_id[kept]) >= 0.8 for row, kept in result.dropped.select("id", "kept_id").iter_rows()
    )


def test_conversations_and_several_columns_are_compared_whole() -> None:
    turns = [
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": answer}] for answer in ("Yo", "yo ", "Go")
    ]
    rows = pl.DataFrame({"id": list("abc"), "messages": turns, "prompt": ["p", "P", "p"]})
    assert dedupe(rows, "messages").dropped["reason"].to_list() == ["same messages as a"]
    assert dedupe(rows, ["prompt", "messages"]).kept["id"].to_list() == ["a", "c"]
    swapped = rows.with_columns(
        messages=pl.Series([[{"role": role, "content": "Hi"}] for role in ("user", "assistant", "user")])
    )
    assert dedupe(swapped, "messages").kept["id"].to_list() == ["a", "b"]


def test_a_result_says_how_its_rows_left(planted: pl.DataFrame) -> None:
    result = dedupe(pl.concat([planted, planted.with_columns(id="again-" + pl.col("id"))]), by="minhash")
    first, clusters, ways, *_ = str(result).splitlines()
    assert first == f"{result.kept.height:,} kept, {result.dropped.height:,} dropped"
    assert clusters.startswith(f"  {result.notes['clusters']:,} clusters, the largest of")
    assert "by equal text" in ways
    assert first in result._repr_html_()


def test_rows_without_an_id_get_one() -> None:
    result = dedupe(pl.DataFrame({"text": ["a", "a", "b"]}))
    assert result.kept.columns == ["text", "id"]
    assert result.dropped["reason"].to_list() == [f"same text as {result.kept['id'][0]}"]


def test_what_cannot_be_done_says_so_once() -> None:
    table = frame(["a"])
    with pytest.raises(DataError, match="no column 'txt' to compare; did you mean 'text'"):
        dedupe(table, "txt")
    with pytest.raises(UsageError, match="by 'minhsh' is no way to compare; did you mean 'minhash'"):
        dedupe(table, by="minhsh")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="threshold 80 is no similarity"):
        dedupe(table, by="minhash", threshold=80)
    with pytest.raises(UsageError, match="keep 'longst' is no rule; did you mean 'longest'"):
        dedupe(table, keep="longst")
    with pytest.raises(DataError, match="no column 'scor' to decide by"):
        dedupe(table, keep="highest scor")
    with pytest.raises(DataError, match="holds String, which has no highest"):
        dedupe(table, keep="highest text")
