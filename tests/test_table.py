"""Tables on disk and by name."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import DataError, StepFailed
from curate.table import (
    canonical_rows,
    content_hash,
    file_hash,
    read_parquet,
    replacing,
    row_ids,
    slug,
    write_parquet,
    write_text_atomic,
)

text = st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=8)
scalars = st.none() | text
rows = st.lists(
    st.fixed_dictionaries(
        {
            "a": scalars,
            "n": st.none() | st.integers(-(2**63), 2**63 - 1),
            "m": st.lists(st.fixed_dictionaries({"role": scalars, "content": scalars}), max_size=2),
        }
    ),
    min_size=1,
    max_size=5,
)
SCHEMA = {"a": pl.String, "n": pl.Int64, "m": pl.List(pl.Struct({"role": pl.String, "content": pl.String}))}


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


@settings(deadline=None)
@given(rows)
def test_the_canonical_row_is_its_json_without_nulls(rows: list[dict[str, Any]]) -> None:
    expected = [
        json.dumps(_without_nulls(row), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        for row in rows
    ]
    assert list(canonical_rows(pl.DataFrame(rows, schema=SCHEMA))) == expected


@settings(deadline=None)
@given(rows)
def test_ids_do_not_depend_on_column_order_or_on_columns_without_values(rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    other = frame.select("m", "a", "n").with_columns(pl.lit(None).alias("empty"))
    assert row_ids(frame, "s").to_list() == row_ids(other, "s").to_list()


@settings(deadline=None)
@given(rows, rows)
def test_a_rows_id_does_not_depend_on_the_other_rows(rows: list[dict[str, Any]], more: list[dict[str, Any]]) -> None:
    alone = row_ids(pl.DataFrame(rows, schema=SCHEMA), "s").to_list()
    assert row_ids(pl.DataFrame(rows + more, schema=SCHEMA), "s").to_list()[: len(rows)] == alone


def test_equal_rows_are_numbered_in_order() -> None:
    frame = pl.DataFrame({"a": ["x", "y", "x", "x"]})
    first, other, second, third = row_ids(frame, "s")
    assert (second, third) == (f"{first}-2", f"{first}-3")
    assert other != first
    assert first == "s-" + sha256(b'{"a":"x"}').hexdigest()[:12]


def test_a_first_float_or_a_new_field_elsewhere_changes_no_id() -> None:
    ints = row_ids(pl.DataFrame({"a": [1, 2], "m": [{"k": 1}, {"k": 2}]}), "s")
    floats = row_ids(
        pl.DataFrame({"a": [1, 2, 0.5], "m": [{"k": 1}, {"k": 2}, {"k": 1, "new": "x"}]}, strict=False), "s"
    )
    assert floats[:2].to_list() == ints.to_list()


def test_every_type_of_value_has_a_stable_name() -> None:
    frame = pl.DataFrame(
        {
            "nan": [float("nan")],
            "inf": [float("-inf")],
            "zero": [-0.0],
            "big": pl.Series([2**100], dtype=pl.Int128),
            "flag": [True],
            "day": [date(2024, 2, 29)],
            "at": [datetime(2024, 2, 29, 12, tzinfo=UTC)],
            "long": [timedelta(days=2)],
            "raw": [b"\x00\xff"],
            "money": [Decimal("1.50")],
            "kind": pl.Series(["a"], dtype=pl.Categorical),
            "none": [None],
            "list": [[1, None, 2]],
            "vector": pl.Series([[1.0, 2.0]], dtype=pl.Array(pl.Float64, 2)),
        }
    )
    expected = (
        '{"at":"2024-02-29T12:00:00+00:00","big":"1267650600228229401496703205376","day":"2024-02-29","flag":true,'
        '"inf":"-inf","kind":"a","list":[1,null,2],"long":"2 days, 0:00:00","money":"1.5","nan":"nan","raw":"00ff",'
        '"vector":[1,2],"zero":0}'
    )
    assert list(canonical_rows(frame)) == [expected.encode()]


def test_a_column_of_python_objects_is_refused_by_name_of_its_type() -> None:
    with pytest.raises(DataError, match="object objects"):
        row_ids(pl.DataFrame({"a": pl.Series([object()], dtype=pl.Object)}), "s")


def test_a_table_without_columns_or_rows_has_ids_too() -> None:
    assert row_ids(pl.DataFrame({"a": []}), "s").to_list() == []
    assert row_ids(pl.DataFrame(), "s").to_list() == []


@settings(deadline=None)
@given(st.text(max_size=30))
def test_a_slug_is_safe_in_file_names(name: str) -> None:
    made = slug(name)
    assert made
    assert made.isascii()
    assert set("/\\ \x00") & set(made) == set()
    assert not made.startswith(".")


@settings(deadline=None)
@given(rows)
def test_the_content_hash_sees_order_type_and_value(rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    assert content_hash(frame) == content_hash(pl.concat([frame[:1], frame[1:]], rechunk=False))
    assert content_hash(frame) != content_hash(frame.with_columns(pl.lit("x").alias("more")))
    assert content_hash(frame) != content_hash(frame.with_columns(pl.col("n").cast(pl.Int128)))


def test_names_and_hashes_are_the_same_in_another_process() -> None:
    program = (
        "import polars as pl; from curate.table import *;"
        "f = pl.DataFrame({'a': ['x', None], 'm': [{'b': 1.5}, {'b': None}]});"
        "print(row_ids(f, 's').to_list(), content_hash(f))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=rows)
def test_a_written_table_reads_back(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    frame = pl.DataFrame(rows, schema=SCHEMA)
    write_parquet(frame, tmp_path / "a.parquet")
    assert read_parquet(tmp_path / "a.parquet").equals(frame)


def test_equal_tables_give_equal_bytes_however_they_are_chunked(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [f"text {i}" for i in range(120_000)], "m": [[{"role": "user"}]] * 120_000})
    write_parquet(frame, tmp_path / "a.parquet")
    write_parquet(pl.concat([frame[:7], frame[7:]], rechunk=False), tmp_path / "b.parquet")
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert file_hash(tmp_path / "a.parquet") == sha256((tmp_path / "a.parquet").read_bytes()).hexdigest()


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write_parquet(pl.DataFrame({"a": [1]}), path)
    with pytest.raises(DataError, match="cannot hold this table"):
        write_parquet(pl.DataFrame({"a": [{}]}), path)
    assert read_parquet(path)["a"].to_list() == [1]
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.parquet"]


def test_a_full_disk_is_said_aloud_and_leaves_the_old_file(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk: both end a write with an OSError."""
    path = tmp_path / "a.txt"
    write_text_atomic(path, "old")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limit[1]))
    try:
        with pytest.raises(StepFailed, match="Free some space"):
            write_text_atomic(path, "x" * 100_000)
        with pytest.raises(StepFailed, match="Free some space"):
            write_parquet(pl.DataFrame({"a": os.urandom(100_000).hex(" ").split()}), tmp_path / "a.parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.txt"]


def test_a_disk_that_fills_at_any_byte_of_a_table_is_a_full_disk(tmp_path: Path) -> None:
    """Of the last page, which holds the schema, polars says `transport error` and not what the disk said."""
    frame = pl.DataFrame({name: range(40) for name in "abcdef"})
    write_parquet(frame, tmp_path / "whole.parquet")
    size = (tmp_path / "whole.parquet").stat().st_size
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        for room in range(1, size, size // 60):
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, limit[1]))
            with pytest.raises(StepFailed, match="Free some space"):
                write_parquet(frame, tmp_path / "a.parquet")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handler)
    assert [entry.name for entry in tmp_path.iterdir()] == ["whole.parquet"]


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    frame = pl.DataFrame({"a": [1]})
    for path, why in (
        (tmp_path / "file" / "a.parquet", "(Not a directory|File exists)"),
        (tmp_path / ("x" * 300), "File name too long"),
        (Path("/proc/a.parquet"), "No such file|not permitted|Permission denied"),
    ):
        for write in (lambda path: write_text_atomic(path, "x"), lambda path: write_parquet(frame, path)):
            with pytest.raises((StepFailed, FileNotFoundError), match=why):
                write(path)


def test_a_killed_writer_leaves_the_old_file_and_the_next_one_clears_up(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_atomic(path, "old")
    program = (
        "import os, signal, sys; from pathlib import Path; from curate.table import replacing\n"
        "with replacing(Path(sys.argv[1])) as draft:\n"
        "    draft.write_text('half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, path])
    assert path.read_text() == "old"
    write_text_atomic(path, "new")
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"a.txt": "new"}


def test_an_interrupt_inside_a_write_leaves_no_draft(tmp_path: Path) -> None:
    def interrupted() -> None:
        with replacing(tmp_path / "a.txt") as draft:
            draft.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "text"])
def test_a_damaged_parquet_file_is_one_clear_error(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.parquet"
    write_parquet(pl.DataFrame({"a": [f"{i}" for i in range(1000)]}), path)
    whole = path.read_bytes()
    middle = len(whole) - 40
    made = {
        "cut": whole[: len(whole) // 2],
        "flip": whole[:middle] + bytes(byte ^ 255 for byte in whole[middle : middle + 20]) + whole[middle + 20 :],
        "empty": b"",
        "text": b"a,b\n1,2\n",
    }[damage]
    path.write_bytes(made)
    with pytest.raises(DataError, match=r"a\.parquet is not a whole parquet file"):
        read_parquet(path)


def test_a_missing_file_names_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "train.parquet").touch()
    with pytest.raises(DataError, match=r"has no 'trian\.parquet'; did you mean 'train\.parquet'"):
        read_parquet(tmp_path / "trian.parquet")
    with pytest.raises(DataError, match=r"has no 'dta'"):
        read_parquet(tmp_path / "dta" / "train.parquet")
    with pytest.raises(DataError, match="is a folder"):
        read_parquet(tmp_path)
