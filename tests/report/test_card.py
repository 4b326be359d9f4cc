from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import polars as pl
import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from curate.errors import DataError
from curate.report import card
from curate.report.card_merge import BEGIN, END, header_of, merge, merged_keys
from curate.report.licences import hub_fields, spelling, strictest
from curate.run import Run

HOSTILE = "<script>x</script> | ``` ~~~ \n# head\n\n<!-- curate:end -->\u202e\x00 [a](javascript:x) ![b](c)"


def test_the_header_is_what_the_hub_reads(run: Run) -> None:
    from huggingface_hub import DatasetCard

    text = card.render(run)
    data = DatasetCard(text).data.to_dict()
    rows = {name: part.height for name, part in run.splits().items()}
    assert data["license"] == "apache-2.0"
    assert data["language"] == ["en"]
    assert data["size_categories"] == "n<1K"
    assert data["source_datasets"] == ["org/times", "original"]
    assert {"synthetic", "curate", "sft"} <= set(data["tags"])
    (config,) = data["configs"]
    assert {entry["split"]: entry["path"] for entry in config["data_files"]} == {
        name: f"data/{name}.parquet" for name in rows
    }
    assert {split["name"]: split["num_examples"] for split in data["dataset_info"]["splits"]} == rows
    assert [feature["name"] for feature in data["dataset_info"]["features"]] == run.splits()["train"].columns


def test_datasets_takes_the_features_of_the_card(run: Run) -> None:
    datasets = pytest.importorskip("datasets")
    info = datasets.DatasetInfo._from_yaml_dict(header_of(card.render(run))["dataset_info"])
    assert info.splits["train"].num_examples == run.splits()["train"].height
    assert info.features["messages"] == datasets.List(
        {"role": datasets.Value("string"), "content": datasets.Value("string")}
    )


def test_the_body_tells_the_funnel_the_rewards_and_how_to_make_it_again(run: Run) -> None:
    text = card.render(run, "org/sums")
    assert 'load_dataset("org/sums")' in text
    assert f"| 03-keep | {run.kept('02-grade').height} | 0 |" in text
    assert "52 score.math == 1" not in text
    assert "| math | 02-grade |" in text
    assert "Work out {{ prompt }} and box the answer." in text
    assert "curate build recipe.yaml --profile laptop" in text
    assert len(re.findall("^### ", text, re.MULTILINE)) == 3


def test_what_a_filter_measured_is_no_score_of_a_reward(writer: Callable[..., Any], lock: dict[str, Any]) -> None:
    write, rows = writer(), pl.DataFrame({"id": ["a"], "prompt": ["x"], "score.words": [1.0]})
    write.step("load", "source", rows.drop("score.words"))
    write.step("filter", "filter", rows)
    assert "| score.words | float64 | what the rule words measured |" in card.render(write.finish(lock, train=rows))


def test_nothing_from_the_data_becomes_markup_in_the_card(writer: Callable[..., Any], lock: dict[str, Any]) -> None:
    write = writer()
    rows = {"id": [HOSTILE], "source": [HOSTILE], "prompt": [HOSTILE], "completion": [HOSTILE], HOSTILE: [1]}
    frame = pl.DataFrame(rows)
    gone = frame.with_columns(reason=pl.lit(HOSTILE))
    write.step("load", "source", frame, dropped=gone, name=HOSTILE.replace("/", "").replace("\x00", ""), requests=1)
    lock.update(
        name=HOSTILE, description=HOSTILE, license=HOSTILE, language=[HOSTILE], tags=[HOSTILE], command=HOSTILE,
        prompts={HOSTILE: HOSTILE}, rewards={HOSTILE: HOSTILE}, versions={HOSTILE: HOSTILE},
        sources=[{"name": HOSTILE, "where": HOSTILE, "license": HOSTILE, "kind": "hub", "rows": 1}],
    )  # fmt: skip
    text = card.render(write.finish(lock, train=frame), HOSTILE)
    header, body = text.split("\n---\n", 1)
    assert yaml.safe_load(header)["tags"]
    assert body.count(BEGIN) == body.count(END) == 1
    assert merge(text, text) == text
    body = body.replace(BEGIN, "").replace(END, "").replace("<br>", "")
    tokens = MarkdownIt("commonmark").enable("table").parse(body)
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}
    headings = [
        tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h1"
    ]
    assert len(headings) == 1
    assert not re.search("[\x00\u202e]", body)


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (["mit", "apache-2.0", "CC-BY-SA-4.0"], "cc-by-sa-4.0"),
        (["mit", "cc-by-nc-4.0", "gpl-3.0"], "cc-by-nc-4.0"),
        (["mit", None], "unknown"),
        (["my terms"], "my-terms"),
        (["my terms", "mit"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_licence_is_the_strictest_of_the_sources_or_unknown(sources: list[str | None], expected: str) -> None:
    assert strictest(sources) == expected


def test_a_licence_the_hub_does_not_list_keeps_its_name() -> None:
    assert hub_fields("Apache 2.0") == {"license": "apache-2.0"}
    assert hub_fields("Our own terms") == {"license": "other", "license_name": "our-own-terms"}
    assert spelling("CC BY-NC-SA 4.0") == "cc-by-nc-sa-4.0"


def test_an_unstated_licence_is_said_aloud(run: Run, lock: dict[str, Any]) -> None:
    lock["license"] = None
    lock["sources"][0]["license"] = None
    object.__setattr__(run, "lock", lock)
    text = card.render(run)
    assert header_of(text)["license"] == "unknown"
    assert "unknown: not every source states one" in text
    assert "The licence of plus is not stated" in text


def test_a_looser_licence_than_a_source_has_is_said_aloud(run: Run, lock: dict[str, Any]) -> None:
    lock["sources"][1]["license"] = "cc-by-nc-4.0"
    object.__setattr__(run, "lock", lock)
    assert "times is under cc-by-nc-4.0, which is stricter than the apache-2.0" in card.render(run)


# Merging


OLD = f"""---
# written by hand
license: mit
language:
  - no   # Norwegian
tags: [mine, curate]
size_categories: 1M<n<10M
configs:
  - config_name: raw
    data_files: raw/*.parquet
  - config_name: default
    data_files: old.parquet
extra_gated_prompt: "Please say who you are: really"
---
# My words

Above.
{BEGIN}
old
{END}
Below.
"""


def test_what_a_person_wrote_in_the_card_stays(run: Run) -> None:
    new = card.render(run)
    merged = merge(OLD, new)
    keys = header_of(merged)
    assert "# written by hand" in merged
    assert "- no   # Norwegian" in merged
    assert keys["license"] == "mit"
    assert keys["tags"][:2] == ["mine", "curate"]
    assert set(header_of(new)["tags"]) <= set(keys["tags"])
    assert keys["extra_gated_prompt"] == "Please say who you are: really"
    assert keys["size_categories"] == "n<1K"
    assert [config["config_name"] for config in keys["configs"]] == ["default", "raw"]
    assert keys["dataset_info"] == header_of(new)["dataset_info"]
    assert merged.split("---\n", 2)[2].startswith("# My words\n\nAbove.\n" + BEGIN)
    assert merged.endswith(END + "\nBelow.\n")
    assert "\nold\n" not in merged


def test_merging_twice_changes_nothing_more(run: Run, pair_run: Run) -> None:
    for new in (card.render(run), card.render(pair_run)):
        for old in (OLD, "", "no header, no markers", OLD.replace("\n", "\r\n"), new):
            once = merge(old, new)
            assert merge(once, new) == once
            assert once.count(BEGIN) == once.count(END) == 1


def test_a_card_without_our_block_gets_it_at_the_end(run: Run) -> None:
    merged = merge("---\nlicense: mit\n---\n# Theirs\n", card.render(run))
    assert merged.index("# Theirs") < merged.index(BEGIN)
    assert header_of(merged)["license"] == "mit"


def test_windows_line_ends_stay(run: Run) -> None:
    merged = merge(OLD.replace("\n", "\r\n"), card.render(run))
    assert merged.count("\n") == merged.count("\r\n")
    assert header_of(merged)["license"] == "mit"


@pytest.mark.parametrize(
    ("old", "says"),
    [
        ("---\na: [1\n---\n", "not YAML"),
        ("---\n- a\n---\n", "not a mapping"),
        (f"{BEGIN} only", "1 times"),
        (f"{END} {BEGIN}", "in this order"),
        (f"{BEGIN}{END}{BEGIN}{END}", "2 times"),
    ],
)
def test_a_card_that_cannot_be_merged_is_refused_not_destroyed(run: Run, old: str, says: str) -> None:
    with pytest.raises(DataError, match=says):
        merge(old, card.render(run))


values = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
keys = st.sampled_from(
    ["license", "tags", "configs", "dataset_info", "language", "pretty_name", "a-b", "size_categories", "x"]
)
headers = st.dictionaries(keys, values, max_size=6)


@given(headers, headers)
def test_merged_headers_keep_every_foreign_key(old: dict[str, Any], new: dict[str, Any]) -> None:
    merged = merged_keys(old, new)
    assert set(merged) >= set(old) | set(new)
    for key in set(old) - {"configs", "dataset_info", "size_categories", "tags"}:
        assert merged[key] == old[key] or old[key] in (None, "", [], "unknown")


@given(headers)
def test_any_header_survives_a_merge_as_it_was_meant(old: dict[str, Any]) -> None:
    new = f"---\nlicense: mit\nconfigs: []\n---\n\n# x\n\n{BEGIN}\n{END}\n"
    header = yaml.safe_dump(old, allow_unicode=True)
    assume(yaml.safe_load(header) == old)  # PyYAML reads its own U+0085 as a line break
    text = f"---\n{header}---\nwords\n"
    assert header_of(merge(text, new)) == merged_keys(old, {"license": "mit", "configs": []})
