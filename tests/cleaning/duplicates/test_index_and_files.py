"""New data against an index, and files larger than memory: the same rows leave as from a frame in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate import dedupe
from curate.cleaning.duplicates import dedupe_files
from curate.errors import DataError


@pytest.fixture
def rows(prose: Any) -> pl.DataFrame:
    """Texts, near copies, equal rows, a family and problems with other numbers, mixed."""
    texts: list[str | None] = []
    for _ in range(60):
        text = prose.text(prose.rng.randint(20, 120))
        texts += [text, prose.edited(text, 1), f" {text.upper()}"]
    frame = prose.text(50)
    texts += [f"{frame} {prose.text(3)} {frame[:100]}" for _ in range(15)]
    texts += [f"{frame[::-1]} {number} {frame[:100]}" for number in range(10)] + [None, "", ""]
    prose.rng.shuffle(texts)
    score = [prose.rng.random() for _ in texts]
    return pl.DataFrame({"id": [f"r{i}" for i in range(len(texts))], "text": texts, "score": score})


WAYS = [("exact", "first"), ("minhash", "first"), ("minhash", "highest score"), ("semantic", "highest score")]


@pytest.mark.parametrize(("by", "keep"), WAYS)
def test_files_lose_the_rows_that_a_frame_loses(rows: pl.DataFrame, by: Any, keep: str, tmp_path: Path) -> None:
    rows[:100].write_parquet(tmp_path / "a.parquet")
    rows[100:].write_ndjson(tmp_path / "b.jsonl")
    written = dedupe_files([tmp_path / "a.parquet", tmp_path / "b.jsonl"], tmp_path / "out", by=by, keep=keep)
    frame = dedupe(rows, by=by, keep=keep)
    kept = pl.concat([pl.read_parquet(tmp_path / "out" / f"{name}.parquet") for name in "ab"])
    gone = pl.concat([pl.read_parquet(tmp_path / "out" / "dropped" / f"{name}.parquet") for name in "ab"])
    assert kept.equals(frame.kept)
    assert gone.select(frame.dropped.columns).equals(frame.dropped)
    assert (written.kept, written.dropped) == (kept.height, gone.height)
    assert json.loads((tmp_path / "out" / "dedupe.json").read_text())["clusters"] == frame.notes["clusters"]


@pytest.mark.parametrize("by", ["exact", "minhash", "semantic"])
def test_new_rows_leave_for_rows_of_the_index_and_never_the_other_way_round(
    rows: pl.DataFrame, by: Any, tmp_path: Path
) -> None:
    parts = [rows[:70], rows[70:140], rows[140:]]
    results = [dedupe(part, by=by, index=tmp_path / "index") for part in parts]
    whole = dedupe(rows, by=by)
    assert [row for result in results for row in result.kept["id"]] == whole.kept["id"].to_list()
    assert [row for result in results for row in result.dropped["kept_id"]] == whole.dropped["kept_id"].to_list()
    assert results[2].notes["index_rows"] == 140
    again = dedupe(rows.with_columns(id="again-" + pl.col("id")), by=by, index=tmp_path / "index")
    assert set(again.kept["text"]) <= {None}
    assert set(again.dropped["kept_id"]) <= set(whole.kept["id"])


@pytest.mark.parametrize("by", ["minhash", "semantic"])
def test_a_run_that_was_killed_leaves_the_index_as_it_was(rows: pl.DataFrame, by: Any, tmp_path: Path) -> None:
    index = tmp_path / "index"
    dedupe(rows[:100], by=by, index=index)
    for file in index.iterdir():
        if file.name != "state.json":
            with file.open("ab") as stream:
                stream.write(b"half a row")
    result = dedupe(rows[100:], by=by, index=index)
    assert (
        result.kept["id"].to_list()
        == dedupe(rows, by=by).kept.filter(pl.col("id").is_in(rows["id"][100:].implode()))["id"].to_list()
    )


def test_an_index_is_held_only_against_what_is_compared_alike(rows: pl.DataFrame, tmp_path: Path) -> None:
    dedupe(rows, by="minhash", index=tmp_path / "index")
    with pytest.raises(DataError, match="was made with by 'minhash', not 'exact'"):
        dedupe(rows, by="exact", index=tmp_path / "index")
    with pytest.raises(DataError, match="was made with columns"):
        dedupe(rows, "id", by="minhash", index=tmp_path / "index")
    dedupe(rows, by="semantic", index=tmp_path / "meant")
    (tmp_path / "other.npz").write_bytes((files("curate.text") / "words.npz").read_bytes() + b" ")
    with pytest.raises(DataError, match="was made with encoder 'static:"):
        dedupe(rows, by="semantic", encoder=tmp_path / "other.npz", index=tmp_path / "meant")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all my work")
    with pytest.raises(DataError, match="holds other files"):
        dedupe(rows, index=tmp_path / "mine")
    (tmp_path / "index" / "texts").write_bytes(b"")
    with pytest.raises(DataError, match="texts is damaged"):
        dedupe(rows, by="minhash", index=tmp_path / "index")


def test_files_that_cannot_be_read_say_so_and_leave_nothing_half_written(rows: pl.DataFrame, tmp_path: Path) -> None:
    rows.write_parquet(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(DataError, match=r"b.parquet cannot be read"):
        dedupe_files([tmp_path / "a.parquet", tmp_path / "b.parquet"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
    with pytest.raises(DataError, match="no column 'txt' to compare; did you mean 'text'"):
        dedupe_files(tmp_path / "a.parquet", tmp_path / "out", "txt")
    with pytest.raises(DataError, match=r"c.parquet is missing"):
        dedupe_files(tmp_path / "c.parquet", tmp_path / "out")


LARGE = """
import resource, sys
import numpy as np, polars as pl
from pathlib import Path
from curate.cleaning.duplicates import dedupe, dedupe_files
folder, limit = Path(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
written = dedupe_files(sorted(folder.glob("in-*.parquet")), folder / "out", by="minhash", work=folder)
print(written.kept, written.dropped)
dedupe(pl.read_parquet(folder / "in-*.parquet"), by="minhash")
"""


@pytest.mark.slow
def test_files_larger_than_memory_are_deduped_where_a_frame_does_not_fit(tmp_path: Path) -> None:
    rng = __import__("numpy").random.default_rng(0)
    letters = rng.integers(97, 123, 400_000, dtype="uint8").tobytes().decode()
    words = [letters[i : i + 5] for i in range(0, 400_000, 5)]
    for part in range(6):
        texts = [" ".join(words[i] for i in rng.integers(0, 80_000, 16_000)) for _ in range(1_000)]
        texts[1:11] = [text + " and more" for text in texts[20:30]]
        pl.DataFrame({"id": [f"{part}-{i}" for i in range(1_000)], "text": texts}).write_parquet(
            tmp_path / f"in-{part}.parquet", row_group_size=100
        )
    command = [sys.executable, "-c", LARGE, str(tmp_path), str(700 << 20)]
    env = __import__("os").environ | {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.stdout.split() == ["5940", "60"], done.stderr
    assert done.returncode != 0, "the text fits in memory, so this test shows nothing"
