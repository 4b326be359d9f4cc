"""Files as programs leave them: read as what was meant where that is certain, else one error that says what to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.dialects import detect
from curate.errors import DataError
from curate.show import file_text, show_file
from curate.sources.files import read

ROWS = [{"prompt": "1+1?", "completion": "two"}, {"prompt": "2+2?", "completion": "four"}]


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


@pytest.mark.parametrize(
    ("name", "text", "noted"),
    [
        ("jq.jsonl", "\n".join(json.dumps(row, indent=2) for row in ROWS), "one behind the other"),
        (
            "open.jsonl",
            "\n".join(json.dumps(row, indent=2).replace("{\n ", "{", 1) for row in ROWS),
            "one behind the other",
        ),
        ("line.jsonl", "".join(map(json.dumps, ROWS)), "one behind the other on one line"),
        ("line.json", " ".join(map(json.dumps, ROWS)), "one behind the other on one line"),
        ("jq.json", "".join(json.dumps(row, indent=2) for row in ROWS), "one behind the other"),
        ("comma.json", json.dumps(ROWS)[:-1] + ",\n]", "ends in a comma"),
        ("frame.json", json.dumps({name: {str(n): row[name] for n, row in enumerate(ROWS)} for name in ROWS[0]}), ""),
        (
            "split.json",
            json.dumps({"columns": [*ROWS[0]], "index": [0, 1], "data": [[*row.values()] for row in ROWS]}),
            "",
        ),
        ("mac.csv", "prompt,completion\r1+1?,two\r2+2?,four\r", ""),
        ("excel.csv", "sep=;\nprompt;completion\n1+1?;two\n2+2?;four\n", ""),
    ],
)
def test_the_rows_of_a_program_are_read(tmp_path: Path, name: str, text: str, noted: str) -> None:
    loaded = read(write(tmp_path / name, text))
    assert loaded.frame.to_dicts() == ROWS
    assert loaded.failed.height == 0
    assert noted in " ".join(loaded.notes)


@pytest.mark.parametrize("how", ["arrow", "feather", "stream", "compressed"])
def test_arrow_is_read_as_a_file_and_as_a_stream(tmp_path: Path, how: str) -> None:
    path = tmp_path / f"rows.{'feather' if how == 'feather' else 'arrow'}"
    frame = pl.DataFrame(ROWS)
    if how == "stream":
        frame.write_ipc_stream(path)
    else:
        frame.write_ipc(path, compression="zstd" if how == "compressed" else "uncompressed")
    assert read(path).frame.to_dicts() == ROWS
    assert read(path, limit=1).frame.to_dicts() == ROWS[:1]
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match=r"cannot be read as Arrow"):
        read(path)


def test_a_data_set_saved_to_disk_is_its_rows(tmp_path: Path) -> None:
    pl.DataFrame(ROWS).write_ipc_stream(tmp_path / "data-00000-of-00001.arrow")
    for name in ("state.json", "dataset_info.json"):
        write(tmp_path / name, '{"features": {"prompt": {}}, "_split": "train"}')
    assert read(tmp_path).frame.to_dicts() == ROWS


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"prompt": "a",}', "not JSON: a comma before the closing bracket"),
        ('{"prompt": "a"},', "not JSON: a comma behind the object, where a row of JSON lines has none"),
        ("{'prompt': 'a'}", "Python's notation, not JSON (json.dumps writes it)"),
        ('{"prompt": None}', "Python's notation, not JSON (json.dumps writes it)"),
    ],
)
def test_the_commonest_faults_of_json_are_named(tmp_path: Path, text: str, reason: str) -> None:
    loaded = read(write(tmp_path / "rows.jsonl", f'{text}\n{{"prompt": "b"}}\n'))
    assert loaded.frame.to_dicts() == [{"prompt": "b"}]
    assert loaded.failed["reason"][0].endswith(reason)


@pytest.mark.parametrize(
    ("name", "data", "parts"),
    [
        ("a.xlsx", b"PK\x03\x04" + bytes(60), ["an office file", "save each sheet as CSV (UTF-8)"]),
        ("a.xls", b"\xd0\xcf\x11\xe0" + bytes(60), ["an office file", "CSV"]),
        ("a.zip", b"PK\x03\x04" + bytes(60), ["a zip archive", "unpack it"]),
        ("a.db", b"SQLite format 3\0" + bytes(60), ["an SQLite database", "sqlite3 -json"]),
        ("a.csv", "question,answer\na?,b\n".encode("utf-16-le"), ["UTF-16, not UTF-8: iconv"]),
        ("a.jsonl", '{"question": "a?"}\n'.encode("utf-16-be"), ["UTF-16, not UTF-8: iconv"]),
        (
            "a.parquet",
            "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
            ["Git LFS", "git lfs pull"],
        ),
        ("a.jsonl", "\n<!DOCTYPE html><html></html>", ["a web page"]),
        ("a.feather", b"FEA1" + bytes(60), ["feather of version 1"]),
    ],
)
def test_what_is_not_read_is_named_with_what_to_do(
    tmp_path: Path, name: str, data: str | bytes, parts: list[str]
) -> None:
    with pytest.raises(DataError) as told:
        read(write(tmp_path / name, data))
    assert all(part in str(told.value) for part in [name, *parts]), told.value


def test_a_document_of_one_conversation_is_one_row(tmp_path: Path) -> None:
    chat = {"title": "Sums", "messages": [{"role": "user", "content": "1+1?"}]}
    assert read(write(tmp_path / "chat.json", json.dumps(chat))).frame.to_dicts() == [chat]


def test_quotes_that_quote_no_cell_stay_and_are_told(tmp_path: Path) -> None:
    loaded = read(write(tmp_path / "rows.tsv", 'a\tb\n"No" means?\tnein\n"two\nlines"\tx\n"x"y\tz\tz\n'))
    assert loaded.frame.to_dicts() == [{"a": '"No" means?', "b": "nein"}, {"a": "two\nlines", "b": "x"}]
    assert loaded.failed.select("line", "reason").rows() == [(5, "3 cells where the first line names 2 columns")]
    assert loaded.notes == ("quotes that quote no cell were kept as they stand, in 2 rows",)


@pytest.mark.parametrize("kind", [pl.Categorical, pl.Enum(["a", "b"])])
def test_categories_are_text(tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"prompt": ["a", "b"]}, schema={"prompt": kind}).write_parquet(path)
    assert read(path).frame.schema == {"prompt": pl.String}


def test_lists_in_python_notation_are_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    pl.DataFrame({"messages": [str([{"role": "user", "content": "1+1?"}])]}).write_csv(path)
    with pytest.raises(DataError, match=r"column 'messages' is text in Python's notation .*json\.dumps"):
        detect(read(path).frame)


def test_what_was_decided_in_reading_a_file_is_shown_with_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": "x"}{"a": "y"}\n{"a": NaN}\n')
    assert file_text(show_file(path, rows=0)).splitlines() == [
        "3 rows: a",
        "  column 'a' mixes numbers and text: what was no text is now its JSON",
        "  NaN or Infinity, which are no JSON, were kept as floats, in 1 row",
        "  objects one behind the other on one line were each read as a row, in 2 rows",
    ]
