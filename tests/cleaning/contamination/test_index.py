"""The index of benchmarks: built once, the same when it is read back, never taken for another."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate import decontaminate
from curate.cleaning.contamination import PROFILES, building, grams
from curate.cleaning.contamination.building import LEAST, build_index, open_index
from curate.cleaning.contamination.grams import open_grams
from curate.cleaning.contamination.index import Index, Postings
from curate.cleaning.contamination.items import read_items
from curate.cleaning.contamination.search import find_pairs

TEXTS = [f"How many of the {n} apples does Ann keep when she gives {n % 7} of them to her {name}?" for n, name in
         enumerate(["uncle", "sister", "oldest friend", "teacher"] * 20)]  # fmt: skip


@pytest.fixture(autouse=True)
def _every_index_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for kept in (building, grams):
        monkeypatch.setattr(kept, "KEEP_FROM", 1)


def same(one: Index, other: Index) -> bool:
    def arrays(index: Index) -> list[Any]:
        values = [getattr(index, field.name) for field in fields(Index) if field.name != "items"]
        return [
            array
            for value in values
            for array in ([getattr(value, f.name) for f in fields(value)] if isinstance(value, Postings) else [value])
        ]

    return one.items.equals(other.items) and all(map(np.array_equal, arrays(one), arrays(other)))


def items(*texts: str, name: str = "exam") -> pl.DataFrame:
    return read_items({name: list(texts)})


def test_what_is_read_back_is_what_was_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = open_index(items(*TEXTS), tmp_path)
    monkeypatch.setattr(building, "build_index", lambda items: pytest.fail("it was built again"))
    assert same(open_index(items(*TEXTS), tmp_path), built)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_changed_benchmark_has_another_index(tmp_path: Path) -> None:
    for some in (items(*TEXTS), items(*TEXTS[1:]), items(*TEXTS, name="quiz"), items(*TEXTS[:-1], TEXTS[-1] + "!")):
        open_index(some, tmp_path)
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not whole", None])
def test_a_damaged_file_is_built_again(tmp_path: Path, damage: bytes | None) -> None:
    built = open_index(items(*TEXTS), tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-40] if damage is None else damage)
    assert same(open_index(items(*TEXTS), tmp_path), built)
    assert same(open_index(items(*TEXTS), tmp_path), built)


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert same(open_index(items(*TEXTS), tmp_path / "file" / "below"), build_index(items(*TEXTS)))


def test_items_that_differ_in_numbers_share_a_family() -> None:
    index = build_index(items(*TEXTS))
    assert index.items["entry"].n_unique() == 80
    assert index.items["family"].n_unique() == 4


def test_every_item_leads_to_itself() -> None:
    index = build_index(items(*TEXTS, "Why?", "7 + 5", "Name it", "Define entropy", "Ωραίο 3"))
    pairs = find_pairs(index.items["text"], index)
    found = {(row["piece"], row["family"]) for row in pairs.iter_rows(named=True)}
    assert found >= set(enumerate(index.items["family"]))


def test_common_windows_do_not_hide_an_item_that_has_no_other() -> None:
    many = [f"What is the smallest positive integer that is divisible by {a} but not by {b}?" for a, b in
            [("two", "three"), *((f"{x}{y}teen", x) for x in "abcdefg" for y in "hijkl")]]  # fmt: skip
    index = build_index(items(*many))
    assert (np.bincount(index.windows.texts, minlength=len(many)) >= LEAST).all()


@pytest.mark.parametrize("profile", ["open-r1", "tulu3", "gpt3"])
def test_the_ngrams_of_a_published_recipe_are_kept_too(
    profile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = pl.DataFrame({"prompt": [f"Please: {text} And why?" for text in [*TEXTS, "Nothing of it."]]})

    def found() -> pl.DataFrame:
        return decontaminate(rows, against={"exam": TEXTS}, profile=profile, cache=tmp_path).hits

    built = found()
    assert built["row"].n_unique() == len(TEXTS)
    with monkeypatch.context() as once:
        once.setattr(grams, "_made", lambda items, profile: pytest.fail("they were made again"))
        assert found().equals(built)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-40])
    assert found().equals(built)
    open_grams(items(*TEXTS, name="quiz"), PROFILES[profile], tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
