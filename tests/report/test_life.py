from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from curate.errors import DataError
from curate.report.life import life
from curate.report.life_text import life_text, value_lines
from curate.run import Run


def test_a_published_row_is_told_from_its_source_to_its_split(run: Run) -> None:
    row = run.splits()["train"]["id"][3]
    told = life(run, row)
    parent = row.rpartition("/")[0]
    assert told.ancestors == (parent,)
    assert told.source in ("plus", "times")
    assert [(station.step, station.row, station.outcome) for station in told.stations] == [
        ("00-load", parent, "kept"),
        ("01-generate", row, "kept"),
        ("02-grade", row, "kept"),
        ("03-keep", row, "kept"),
        ("04-format", row, "kept"),
        ("data/train.parquet", row, "published"),
    ]
    assert set(told.stations[0].new or {}) == {"prompt", "answer"}
    assert {"completion", "thinking", "finish_reason", "completion_tokens"} <= set(told.stations[1].new or {})
    assert told.stations[2].new == {"score.math": 1.0, "why.math": "equal"}
    assert told.stations[3].new == {}
    assert "score.math: 1 (equal)" in life_text(told)


def test_a_dropped_row_says_where_it_left_and_by_which_rule(run: Run) -> None:
    row = run.dropped("03-keep").filter(pl.col("score.math") == 0)["id"][0]
    told = life(run, row)
    assert (told.stations[-1].step, told.stations[-1].outcome) == ("03-keep", "dropped")
    assert told.stations[-1].reason == "score.math == 1"
    assert "03-keep: dropped: score.math == 1" in life_text(told)


def test_a_failed_row_says_why(run: Run) -> None:
    row = run.failed("01-generate")["id"][0]
    told = life(run, row)
    assert (told.stations[-1].step, told.stations[-1].outcome) == ("01-generate", "failed")
    assert told.stations[-1].reason == "server said 500 five times"


def test_a_parent_tells_what_became_of_its_children(run: Run) -> None:
    told = life(run, "plus-0007")
    assert [child.id for child in told.children] == [f"plus-0007/{sample}" for sample in range(4)]
    assert told.stations[-1].outcome == "split"
    unjudged = told.children[0]
    assert (unjudged.step, unjudged.outcome, dict(unjudged.scores)) == ("03-keep", "dropped", {"math": None})
    assert unjudged.reason == "score.math == 1 (score.math is null)"
    kept = set(run.kept("03-keep")["id"])
    for child in told.children:
        assert (child.outcome == "published") == (child.id in kept)


def test_the_rejected_side_of_a_pair_names_its_chosen_row(pair_run: Run) -> None:
    pair = pair_run.kept("03-pairs").row(0, named=True)
    told = life(pair_run, pair["rejected_id"])
    assert told.stations[-1].reason == f"became the rejected side of {pair['id']}"
    assert life(pair_run, pair["id"]).stations[-1].outcome == "published"


def test_a_row_that_a_step_absorbed_without_a_word_is_said_to_be_in_the_pair(
    writer: Callable[..., Any], lock: Any
) -> None:
    write = writer()
    write.step("load", "source", pl.DataFrame({"id": ["a", "b", "c"]}))
    write.step(
        "pairs",
        "group",
        pl.DataFrame({"id": ["a"], "rejected_id": ["b"]}),
        dropped=pl.DataFrame({"id": ["c"], "reason": ["x"]}),
    )
    write.step("keep", "filter", pl.DataFrame({"id": ["a"], "rejected_id": ["b"]}))
    run = write.finish(lock)
    station = life(run, "b").stations[-1]
    assert (station.step, station.outcome, station.other) == ("01-pairs", "paired", "a")
    assert [station.step for station in life(run, "c").stations] == ["00-load", "01-pairs"]


def test_grandchildren_go_back_to_the_first_row(writer: Callable[..., Any], lock: Any) -> None:
    write = writer()
    write.step("load", "source", pl.DataFrame({"id": ["a"], "prompt": ["p"]}))
    children = pl.DataFrame({"id": ["a/0", "a/1"], "parent": ["a", "a"], "prompt": ["p0", "p1"]})
    write.step("evolve", "expand", children)
    answers = pl.DataFrame(
        {
            "id": ["a/0/0", "a/0/10", "a/0/2", "a/1/0"],
            "parent": ["a/0", "a/0", "a/0", "a/1"],
            "completion": list("wxyz"),
        }
    )
    write.step("generate", "expand", answers)
    run = write.finish(lock)
    told = life(run, "a/0/2")
    assert told.ancestors == ("a/0", "a")
    assert [station.row for station in told.stations] == ["a", "a/0", "a/0/2"]
    assert [child.id for child in life(run, "a/0").children] == ["a/0/0", "a/0/2", "a/0/10"]
    assert life(run, "a").id == "a"


def test_the_beginning_of_an_id_is_enough_when_one_row_has_it(run: Run) -> None:
    assert life(run, "plus-0011/2").id == "plus-0011/2"
    assert life(run, "times-0049").id == "times-0049"
    with pytest.raises(DataError, match=r"names 30 rows: plus-0000, plus-0001, .* and 20 more"):
        life(run, "plus-00")


def test_a_source_id_is_an_id(writer: Callable[..., Any], lock: Any) -> None:
    write = writer()
    write.step("load", "source", pl.DataFrame({"id": ["s-1", "s-2"], "source_id": [17, 23]}))
    run = write.finish(lock)
    assert life(run, "23").id == "s-2"


def test_an_unknown_id_names_the_nearest(run: Run) -> None:
    with pytest.raises(DataError, match=r"no row 'times-0060' .* near to it: times-00"):
        life(run, "times-0060")
    with pytest.raises(DataError, match="no row"):
        life(run, "zzz")


def test_a_life_is_json_and_safe_text(writer: Callable[..., Any], lock: Any) -> None:
    write = writer()
    evil = "a\x1b[2J\u202eb"
    frame = pl.DataFrame(
        {
            "id": [evil],
            "source": [evil],
            "messages": [[{"role": evil, "content": f"{evil}\n{evil}"}]],
            "why.x": [evil],
            "score.x": [1.0],
        }
    )
    write.step("load", "source", frame, dropped=frame.with_columns(id=pl.lit("other"), reason=pl.lit(evil)))
    run = write.finish(lock, train=frame)
    for row in (evil, "other"):
        told = life(run, row)
        json.dumps(told.to_dict())
        assert not any(char in life_text(told) for char in "\x1b\u202e")


def test_a_turn_that_only_calls_a_tool_shows_the_call() -> None:
    call = {"type": "function", "function": {"name": "add", "arguments": "{}"}}
    turns = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "", "tool_calls": [call]}]
    asked, called = value_lines("messages", turns)
    assert (asked.strip(), "'name': 'add'" in called) == ("messages[user]: 1+1?", True)
