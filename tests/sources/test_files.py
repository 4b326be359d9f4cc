"""Files in, rows out: nothing lost, nothing silent."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.errors import DataError
from curate.sources.files import find, read, rename, resolve, source_hash
from curate.sources.loaded import NOT_UTF8, Loaded
from curate.sources.streams import blocks

ROWS = [{"prompt": f"What is {n}+1?", "answer": n + 1, "tags": ["sum", str(n)]} for n in range(50)]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def write(path: Path, data: str | bytes) -> Path:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def reasons(loaded: Loaded) -> list[tuple[int, str]]:
    return loaded.failed.select("line", "reason").rows()


def packed(data: bytes, how: str) -> bytes:
    if how == "gz":
        return gzip.compress(data, mtime=0)
    return zstandard.ZstdCompressor().compress(data) if how == "zst" else data


@pytest.mark.parametrize("how", ["", "gz", "zst"])
@pytest.mark.parametrize("kind", ["jsonl", "ndjson", "json", "parquet"])
def test_every_format_and_packing_gives_the_same_rows(tmp_path: Path, kind: str, how: str) -> None:
    if kind == "parquet":
        if how:
            pytest.skip("parquet is packed inside")
        pl.DataFrame(ROWS).write_parquet(tmp_path / "rows.parquet")
        path = tmp_path / "rows.parquet"
    else:
        text = json.dumps(ROWS, indent=1) if kind == "json" else LINES
        path = write(tmp_path / f"rows.{kind}{'.' + how if how else ''}", packed(text.encode(), how))
    loaded = read(path)
    assert loaded.frame.to_dicts() == ROWS
    assert loaded.failed.height == 0
    assert loaded.notes == ()
    assert read(path, limit=3).frame.to_dicts() == ROWS[:3]


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", "a,b\n1,x\n2,\n"), ("a.tsv", "a\tb\n1\tx\n2\t\n"), ("b.csv", "a;b\n1;x\n2;\n")]
)
def test_csv_cells_become_numbers_and_nulls(tmp_path: Path, name: str, text: str) -> None:
    assert read(write(tmp_path / name, text)).frame.to_dicts() == [{"a": 1, "b": "x"}, {"a": 2, "b": None}]


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _found(read_back: Any, wanted: Any) -> bool:
    """Whether a value came back, if need be as its JSON; fields that are null may be missing."""
    if read_back == wanted and type(read_back) is type(wanted):
        return True
    if isinstance(read_back, str):
        return _without_nulls(json.loads(read_back)) == _without_nulls(wanted)
    if isinstance(wanted, dict):
        return isinstance(read_back, dict) and all(_found(read_back.get(key), wanted[key]) for key in wanted)
    if isinstance(wanted, list):
        return isinstance(read_back, list) and all(_found(*pair) for pair in zip(read_back, wanted, strict=True))
    return isinstance(read_back, float) and read_back == wanted


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.fixed_dictionaries({"x": json_values, "y": json_values}), min_size=1, max_size=6))
def test_whatever_the_mixture_every_value_comes_back(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = write(tmp_path / "rows.jsonl", "\n".join(json.dumps(row) for row in rows))
    loaded = read(path)
    assert loaded.failed.height == 0
    for got, wanted in zip(loaded.frame.to_dicts(), rows, strict=True):
        assert all(_found(got[key], wanted[key]) for key in wanted), (got, wanted)
    loaded.frame.write_parquet(tmp_path / "rows.parquet")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=200), st.sampled_from([".jsonl", ".json", ".csv", ".tsv", ".parquet", ".jsonl.gz"]))
def test_any_bytes_give_rows_or_one_clear_error(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = write(tmp_path / f"rows{suffix}", data)
    message = ""
    try:
        height = read(path).frame.height
    except DataError as error:
        height, message = 0, str(error)
    assert height or path.name in message


GOOD = '{"a": "good"}'
BAD_LINES = {
    b'{"a": "\xff\xfe"}': NOT_UTF8,
    b'{"a": "\\ud83d"}': "a lone surrogate: half a character is missing",
    b'{"\\ud83d": 1}': "a lone surrogate: half a character is missing",
    b'{"a": ': "not JSON: the line ends before its object does (`jq -c .` writes one row a line)",
    b"hello": "not JSON: Expecting value",
    b'{"a": 1} oops': "not JSON: Extra data",
    b'{"a": 1} {"a": ': "more behind the object, where each row of JSON lines has a line of its own",
    b'{"a": "nul \x00"}': "not JSON: Invalid control character at",
    b"[1, 2]": "a list, not an object",
    b"null": "null, not an object",
    b"3": "a number, not an object",
    b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}": "nested deeper than 64 levels",
    b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}": "nested deeper than 64 levels",
    b'{"a": 1e999}': "a number beyond all floats",
    b'{"a": ' + b"9" * 5000 + b"}": "an integer of thousands of digits",
}


@pytest.mark.parametrize("bad", BAD_LINES, ids=lambda line: line[:20].decode("ascii", "replace"))
def test_a_bad_line_fails_alone_with_its_number_and_reason(tmp_path: Path, bad: bytes) -> None:
    path = write(tmp_path / "rows.jsonl", b"\n".join([GOOD.encode(), bad, GOOD.encode()]))
    loaded = read(path)
    assert loaded.frame.to_dicts() == [{"a": "good"}] * 2
    assert reasons(loaded) == [(2, BAD_LINES[bad])]
    assert loaded.failed["file"].to_list() == ["rows.jsonl"]
    assert len(loaded.failed["raw"][0]) <= 2000
    assert bad[:3].decode("ascii", "replace") == loaded.failed["raw"][0][:3]


@pytest.mark.parametrize(
    "bad", [bad for bad in BAD_LINES if not bad.startswith((b'{"a": ', b"hello")) or b"1}" in bad or b"u" in bad]
)
def test_a_bad_element_of_a_list_fails_alone(tmp_path: Path, bad: bytes) -> None:
    if b'{"a": 1} ' in bad or b"\x00" in bad:
        pytest.skip("breaks the list itself")
    loaded = read(write(tmp_path / "rows.json", b"[" + b",\n".join([GOOD.encode(), bad, GOOD.encode()]) + b"]"))
    assert loaded.frame.to_dicts() == [{"a": "good"}] * 2
    assert reasons(loaded) == [(2, BAD_LINES[bad])]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"a": 1}, {"a": 2}, {"a": ', "not JSON: Expecting value; what follows is lost"),
        ('[{"a": 1}, {"a": 2}', "the list has no end; what follows is lost"),
        ('[{"a": 1}, {"a": 2} {"a": 3}]', "not JSON: no comma between two elements; what follows is lost"),
        ('[{"a": 1}, {"a": 2}] trailing', "the list has ended before; what follows is lost"),
    ],
)
def test_a_list_that_breaks_off_keeps_the_rows_before(tmp_path: Path, text: str, reason: str) -> None:
    loaded = read(write(tmp_path / "rows.json", text))
    assert loaded.frame["a"].to_list() == [1, 2]
    assert reasons(loaded) == [(3, reason)]


def test_oddities_that_are_kept_are_counted_in_the_notes(tmp_path: Path) -> None:
    text = '{"a": 1, "a": 2}\n{"a": NaN}\n{"a": {"b": -Infinity, "b": 1}}\n{"a" : "x"}'
    loaded = read(write(tmp_path / "rows.jsonl", text))
    assert loaded.frame["a"].to_list()[0] == "2"
    assert "a key stands twice in one object, the last value was kept, in 2 rows" in loaded.notes
    assert "NaN or Infinity, which are no JSON, were kept as floats, in 2 rows" in loaded.notes


@pytest.mark.parametrize("line", ['{"a": 1, "a": 2}', '{"m": [{"a": 1, "a": 2}]}', '{"a": 18446744073709551616}'])
def test_the_fast_way_hides_nothing(tmp_path: Path, line: str) -> None:
    """These parse without complaint in fast parsers: the last key wins, a long integer becomes a float."""
    loaded = read(write(tmp_path / "rows.jsonl", f"{GOOD}\n{line}\n"))
    again = read(write(tmp_path / "rows.json", f"[{GOOD},\n{line}]"))
    assert loaded.notes
    assert again.notes == loaded.notes
    assert loaded.frame.equals(again.frame)
    assert "1.8" not in str(loaded.frame.to_dicts())


@pytest.mark.parametrize(
    ("values", "expected", "note"),
    [
        ([1, "x"], ["1", "x"], "mixes integers and text"),
        ([{"k": 1}, "x"], ['{"k":1}', "x"], "mixes objects and text"),
        ([[1], {"k": 1}], ["[1]", '{"k":1}'], "mixes lists and objects"),
        ([True, 1], ["true", "1"], "mixes integers and true/false"),
        ([1, 0.5, None], [1.0, 0.5, None], None),
        ([2**53 + 1, 0.5], ["9007199254740993", "0.5"], "mixes integers and numbers"),
        ([2**70, None], [str(2**70), None], "integers beyond 64 bits"),
        ([{"k": 1}, {"j": "x"}], [{"k": 1, "j": None}, {"k": None, "j": "x"}], None),
        ([[1, "x"]], [["1", "x"]], "mixes integers and text"),
        ([{}, None], ["{}", None], "no fields"),
        ([None, None], [None, None], None),
    ],
)
def test_mixed_columns_are_widened_by_the_documented_rule(
    tmp_path: Path, values: list[Any], expected: list[Any], note: str | None
) -> None:
    loaded = read(write(tmp_path / "rows.jsonl", "\n".join(json.dumps({"c": value}) for value in values)))
    assert loaded.frame["c"].to_list() == expected
    assert [note for note in loaded.notes if "'c" in note] == list(loaded.notes)
    assert len(loaded.notes) == (note is not None)
    assert note is None or note in loaded.notes[0]


def test_objects_keyed_by_ids_do_not_become_thousands_of_columns(tmp_path: Path) -> None:
    rows = [{"meta": {f"id{n}": n}} for n in range(300)]
    loaded = read(write(tmp_path / "rows.jsonl", "\n".join(map(json.dumps, rows))))
    assert loaded.frame["meta"][7] == '{"id7":7}'
    with pytest.raises(DataError, match="more than 2,000 different columns"):
        read(write(tmp_path / "wide.jsonl", "\n".join(json.dumps({f"id{n}": n}) for n in range(2001))))


def test_marks_line_ends_blank_lines_and_line_separators_are_no_part_of_rows(tmp_path: Path) -> None:
    text = '\ufeff{"a": "x\u2028y"}\r\n\r\n   \n{"a": "z"}'
    assert read(write(tmp_path / "rows.jsonl", text)).frame["a"].to_list() == ["x\u2028y", "z"]


def test_utf16_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="UTF-16, not UTF-8: iconv"):
        read(write(tmp_path / "rows.jsonl", LINES.encode("utf-16")))


def test_a_row_of_ten_megabytes_is_a_row_and_a_longer_one_than_allowed_fails_alone(tmp_path: Path) -> None:
    text = "é" * 5_000_000
    path = write(tmp_path / "rows.jsonl", "\n".join([GOOD, json.dumps({"a": text}, ensure_ascii=False), GOOD]))
    assert read(path).frame["a"].to_list() == ["good", text, "good"]
    loaded = read(path, max_row_bytes=1_000_000)
    assert loaded.frame["a"].to_list() == ["good", "good"]
    assert reasons(loaded) == [(2, "longer than 1,000,000 bytes")]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["gz", "zst"])
def test_a_bomb_is_stopped_in_bounded_memory(tmp_path: Path, how: str) -> None:
    """500 MB of one letter; the process may use no more than 400 MB of addresses beyond what it begins with."""
    out = io.BytesIO()
    packer = gzip.GzipFile(fileobj=out, mode="wb") if how == "gz" else zstandard.ZstdCompressor().stream_writer(out)
    for _ in range(125):
        packer.write(b"a" * 4_000_000)
    packer.flush(zstandard.FLUSH_FRAME) if how == "zst" else packer.close()
    path = write(tmp_path / f"rows.jsonl.{how}", packed(f"{GOOD}\n".encode(), how) + out.getvalue())
    program = (
        "import resource, sys, polars, pyarrow, orjson; from curate.sources.files import read\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * 4096\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 4 * 10**8, used + 4 * 10**8))\n"
        "print(read(sys.argv[1]).failed['reason'].to_list())\n"
        "read(sys.argv[1], max_bytes=10**8)"
    )
    done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True)
    assert done.stdout == "['longer than 67,108,864 bytes']\n", done.stderr
    assert "unpacks to more than 100,000,000 bytes" in done.stderr


@pytest.mark.parametrize("how", ["gz", "zst"])
def test_a_truncated_pack_keeps_the_rows_before(tmp_path: Path, how: str) -> None:
    data = "".join(json.dumps({"n": n, "x": os.urandom(40).hex()}) + "\n" for n in range(20_000)).encode()
    whole = packed(data, how)
    loaded = read(write(tmp_path / f"rows.jsonl.{how}", whole[: len(whole) // 2]))
    assert 5_000 < loaded.frame.height < 15_000
    assert loaded.frame["n"].to_list() == list(range(loaded.frame.height))
    assert "ends too early: the file is cut off" in loaded.failed["reason"][0]
    assert loaded.failed["line"][0] == loaded.frame.height + 1


@pytest.mark.parametrize("how", ["gz", "zst"])
def test_a_damaged_pack_keeps_the_rows_before(tmp_path: Path, how: str) -> None:
    data = "".join(json.dumps({"n": n, "x": os.urandom(40).hex()}) + "\n" for n in range(20_000)).encode()
    whole = bytearray(packed(data, how))
    middle = len(whole) // 2
    whole[middle : middle + 40] = bytes(40)
    loaded = read(write(tmp_path / f"rows.jsonl.{how}", bytes(whole)))
    assert loaded.frame.height > 5_000
    assert loaded.failed.height
    assert [int(n) for n in loaded.frame["n"].to_list()[:5_000]] == list(range(5_000))


def test_a_line_that_comes_byte_by_byte_takes_no_longer() -> None:
    """A damaged pack gives its last rows so."""
    text = b"first\n" + b"x" * 200_000
    begun = time.process_time()
    assert [block.data for block in blocks(iter([bytes([one]) for one in text]))] == [b"first", b"x" * 200_000]
    assert time.process_time() - begun < 5


def test_rows_that_a_checksum_disowns_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(LINES.encode(), mtime=0))
    whole[-8] ^= 255
    loaded = read(write(tmp_path / "rows.jsonl.gz", bytes(whole)))
    assert loaded.frame.to_dicts() == ROWS
    assert loaded.failed["reason"].to_list() == ["the gzip stream fails its checksum: rows before this may be wrong"]


def test_several_packs_in_one_file_are_read_through(tmp_path: Path) -> None:
    for how in ("gz", "zst"):
        path = write(tmp_path / f"rows.jsonl.{how}", packed(b'{"a": 1}\n', how) + packed(b'{"a": 2}\n', how))
        assert read(path).frame["a"].to_list() == [1, 2]
    padded = write(tmp_path / "padded.jsonl.gz", packed(b'{"a": 1}\n', "gz") + bytes(1000))
    assert read(padded).frame["a"].to_list() == [1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.json", '{"a": 1}\n{"a": 2}\n'),
        ("rows.jsonl", '[{"a": 1},\n {"a": 2}]'),
        ("rows.jsonl", '{\n  "a": [1, 2]\n}'),
        ("rows.txt", '{"a": 1}\n{"a": 2}\n'),
        ("rows.csv", '{"a": 1}\n{"a": 2}\n'),
        ("rows.jsonl.gz", '{"a": 1}\n{"a": 2}\n'),
        ("rows.json", '{"a": [1, 2]}'),
        ("rows.json", '{"version": "1", "data": [{"a": 1}, {"a": 2}]}'),
    ],
)
def test_content_wins_over_a_wrong_name(tmp_path: Path, name: str, text: str) -> None:
    assert read(write(tmp_path / name, text)).frame["a"].to_list() == [1, 2]


def test_an_object_of_objects_is_rows_with_their_keys(tmp_path: Path) -> None:
    loaded = read(write(tmp_path / "rows.json", '{"q1": {"a": 1}, "q2": {"a": 2}}'))
    assert loaded.frame.to_dicts() == [{"key": "q1", "a": 1}, {"key": "q2", "a": 2}]
    assert "each is a row" in loaded.notes[0]


def test_csv_rows_with_faults_fail_alone(tmp_path: Path) -> None:
    text = b'q,a\n"two\nlines",1\n\xff,2\nmany,3,4\n"say ""hi""",5\n'
    loaded = read(write(tmp_path / "rows.csv", text))
    assert loaded.frame.to_dicts() == [{"q": "two\nlines", "a": 1}, {"q": 'say "hi"', "a": 5}]
    assert reasons(loaded) == [(4, NOT_UTF8), (5, "3 cells where the first line names 2 columns")]


def test_an_open_quote_is_named_and_keeps_the_rows_before(tmp_path: Path) -> None:
    loaded = read(write(tmp_path / "rows.csv", 'q,a\nx,1\n"open,2\ny,3\n'))
    assert loaded.frame.to_dicts() == [{"q": "x", "a": 1}]
    assert "never closed" in loaded.failed["reason"][0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["007", "8"], ["007", "8"]),
        (["1", "2.50"], [1.0, 2.5]),
        (["-3", "0"], [-3, 0]),
        (["true", "False"], [True, False]),
        (["9" * 25, "1"], ["9" * 25, "1"]),
        (["1e5", "x"], ["1e5", "x"]),
        (["+1", "2"], ["+1", "2"]),
        (["1.1", "1.10"], ["1.1", "1.10"]),
    ],
)
def test_csv_text_becomes_a_number_only_when_nothing_is_lost(
    tmp_path: Path, cells: list[str], expected: list[Any]
) -> None:
    assert (
        read(write(tmp_path / "rows.csv", "a,b\n" + "\n".join(f"{cell},x" for cell in cells))).frame["a"].to_list()
        == expected
    )


@pytest.mark.parametrize("column", ["answer", "Answer", "final_answer", "completion", "prompt", "A"])
@pytest.mark.parametrize("cells", [["2.50", "1"], ["1e5", "3E2"], ["4.0", "4.5"], ["7", "8"], ["True", "False"]])
def test_a_cell_of_texts_or_golds_stays_as_it_is_written(tmp_path: Path, column: str, cells: list[str]) -> None:
    path = write(
        tmp_path / "rows.csv", f"{column},rating\n" + "".join(f"{cell},{n}.50\n" for n, cell in enumerate(cells))
    )
    assert read(path).frame.to_dict(as_series=False) == {column: cells, "rating": [0.5, 1.5]}


def test_a_column_is_a_gold_by_the_name_it_gets_and_numbers_are_told_over_all_files(tmp_path: Path) -> None:
    write(tmp_path / "1.csv", "wert,n\n2.50,1\n")
    write(tmp_path / "2.csv", "wert,n\nx,2.50\n")
    write(tmp_path / "3.jsonl", '{"wert": "y", "n": 4}\n')
    assert read(tmp_path, columns={"answer": "wert"}).frame.to_dicts() == [
        {"answer": "2.50", "n": 1.0}, {"answer": "x", "n": 2.5}, {"answer": "y", "n": 4.0}
    ]  # fmt: skip
    assert read(tmp_path / "1.csv").frame.to_dicts() == [{"wert": 2.5, "n": 1}]
    write(tmp_path / "4.jsonl", '{"n": "4"}\n')
    assert read(tmp_path).frame["n"].to_list() == ["1", "2.50", "4", "4"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(st.tuples(*[st.text(alphabet='ab,"\n\r;é', max_size=6)] * 2), min_size=1, max_size=5))
def test_what_the_csv_module_writes_is_read_back(tmp_path: Path, rows: list[tuple[str, str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("one", "two"), *rows])
    expected = [{"one": one or None, "two": two or None} for one, two in rows]
    assert read(write(tmp_path / "rows.csv", out.getvalue())).frame.to_dicts() == expected


def test_two_columns_of_one_name_are_both_kept(tmp_path: Path) -> None:
    loaded = read(write(tmp_path / "rows.csv", "a,a,\n1,2,3\n"))
    assert loaded.frame.to_dicts() == [{"a": 1, "a_2": 2, "column_3": 3}]
    assert "two columns are called 'a'" in loaded.notes[0]


def test_a_glob_and_a_folder_are_read_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    write(tmp_path / "b.jsonl", '{"a": 2}')
    write(tmp_path / "a.jsonl.gz", packed(b'{"a": 1, "m": {"x": 1}}', "gz"))
    write(tmp_path / "sub" / "c.csv", "a,m\n3,\n")
    write(tmp_path / ".hidden.jsonl", '{"a": 9}')
    write(tmp_path / "notes.txt", "no rows")
    assert read(tmp_path).frame["a"].to_list() == [1, 2, 3]
    assert read(tmp_path / "*.jsonl*").frame.to_dicts() == [{"a": 1, "m": {"x": 1}}, {"a": 2, "m": None}]
    assert [path.name for path in find(f"{tmp_path}/**/*.csv")] == ["c.csv"]
    assert read(tmp_path, limit=2).frame["a"].to_list() == [1, 2]


def test_the_hash_of_a_source_changes_with_any_of_its_files(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", '{"a": 1}')
    write(tmp_path / "b.jsonl", '{"a": 2}')
    before = source_hash(tmp_path)
    assert source_hash(tmp_path / "*.jsonl") == before
    write(tmp_path / "b.jsonl", '{"a": 3}')
    assert source_hash(tmp_path) != before
    assert source_hash(tmp_path / "none.jsonl") is None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.jsonl", "", "is empty"),
        ("blank.jsonl", "\n \n", "holds no rows"),
        ("header.csv", "a,b\n", "holds no rows"),
        ("bad.jsonl", "no\nnot\n", r"none of its 2 rows can be read; the first: bad\.jsonl:1: not JSON"),
        ("bad.json", "[", "its only row cannot be read"),
        ("word.json", '"text"', "not rows"),
        ("data.bin", "text", "the format cannot be told; give format: arrow, csv, json, jsonl, parquet, tsv"),
        ("fake.parquet", "text", "is not a whole parquet file"),
        ("rows.zip", "PK\x03\x04\x00", "is a zip archive, which is not read here: unpack it"),
        ("rows.tar", "rows.jsonl" + "\0" * 247 + "ustar", "is a tar archive"),
        ("rows.jsonl.xz", "\xfd7zXZ\x00", "is packed by xz"),
        ("latin.csv", "prompt,completion\ncaf\xe9,x\n", r"not UTF-8 \(iconv -f LATIN1"),
        ("fake.jsonl.gz", "\x1f\x8bnot a pack", "none|only"),
    ],
)
def test_a_file_without_rows_is_one_clear_error(tmp_path: Path, name: str, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(write(tmp_path / name, content.encode("latin-1")))


def test_a_file_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "train.jsonl", LINES)
    with pytest.raises(DataError, match=r"did you mean 'train\.jsonl'"):
        read(tmp_path / "trian.jsonl")
    with pytest.raises(DataError, match="no file that matches"):
        read(tmp_path / "*.parquet")
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match="no file with rows"):
        read(tmp_path / "none")
    with pytest.raises(DataError, match="did you mean 'jsonl'"):
        read(tmp_path / "train.jsonl", format="jsonnl")


def test_columns_are_renamed_and_nothing_is_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", '{"q": "x", "answer": 1, "solution": 2, "original_answer": 3}')
    loaded = read(path, columns={"prompt": "q", "answer": "solution"})
    assert loaded.frame.to_dicts() == [{"prompt": "x", "original_answer_2": 1, "answer": 2, "original_answer": 3}]
    swapped = rename(loaded.frame, {"prompt": "answer", "answer": "prompt"}, "here")
    assert swapped.to_dicts()[0] | {"prompt": 2, "answer": "x"} == swapped.to_dicts()[0]
    with pytest.raises(DataError, match=r"has no column 'quetion' for 'prompt'; did you mean 'question'"):
        read(write(tmp_path / "other.jsonl", '{"question": 1}'), columns={"prompt": "quetion"})
    with pytest.raises(DataError, match="wanted under two names"):
        read(path, columns={"prompt": "q", "question": "q"})


def test_paths_are_relative_to_the_recipe(tmp_path: Path) -> None:
    assert resolve("data/x.jsonl", tmp_path) == tmp_path / "data" / "x.jsonl"
    assert resolve("/x.jsonl", tmp_path) == Path("/x.jsonl")
    assert resolve("~/x.jsonl", tmp_path) == Path.home() / "x.jsonl"


def test_blocks_do_not_show_in_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same file, read in pieces of a few bytes, gives the same rows and the same failures."""
    lines = [*LINES.splitlines(), "bad", '{"prompt": 3, "new": {"x": 1}}', '{"prompt": "é€😀"}']
    path = write(tmp_path / "rows.jsonl", "\n".join(lines))
    whole = read(path)
    monkeypatch.setattr("curate.sources.streams.CHUNK", 7)
    pieces = read(path)
    assert pieces.failed.equals(whole.failed)
    assert pieces.frame.equals(whole.frame)
    assert read(path, max_row_bytes=30).failed.height == 51


@pytest.mark.slow
def test_every_folder_of_real_data_is_read_whole(shared_data: Path) -> None:
    table = (shared_data / "MANIFEST.md").read_text().split("## Files")[1].split("## Source commits")[0]
    cells = [line.split("|") for line in table.splitlines() if ".jsonl.gz" in line]
    wanted = {row[1].strip(): int(row[2].replace(",", "")) for row in cells}
    assert len(wanted) == 78
    for name, count in wanted.items():
        if "cmudict" in name or "mmlu_test" in name:
            continue
        loaded = read(shared_data / name)
        assert (loaded.frame.height, loaded.failed.height) == (count, 0), name
