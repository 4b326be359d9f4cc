from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from curate.report import card, page, svg
from curate.report.distribution import distribution
from curate.run import Run

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    '"\' onmouseover="alert(1)',
    "</title></style></details>{{ 7 * 7 }}{% raw %}",
    "left\u202egnitirw\u2066\x00\x1b[31m",
    "<!-- curate:end --> ``` <b>",
)
VOID = {"meta", "link", "br", "img", "input", "hr", "col"}


class Checked(HTMLParser):
    """Collects tags and attributes, and sees to it that every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def hostile_run(writer: Callable[..., Any], lock: dict[str, Any]) -> Run:
    """A run in which every text that can come from outside is hostile."""
    write = writer("hostile")
    n = len(HOSTILE)
    turns = [[{"role": text, "content": text}, {"role": "assistant", "content": text}] for text in HOSTILE]
    frame = pl.DataFrame(
        {
            "id": [f"{text}-{i}" for i, text in enumerate(HOSTILE)], "source": list(HOSTILE),
            "messages": turns, "prompt": list(HOSTILE),
            "thinking": list(HOSTILE), "completion": list(HOSTILE), "chosen": list(HOSTILE), "rejected": list(HOSTILE),
            f"score.{HOSTILE[0]}": [0.5] * n, f"why.{HOSTILE[0]}": list(HOSTILE), f"column {HOSTILE[1]}": list(HOSTILE),
            "finish_reason": ["stop"] * n, "completion_tokens": [3] * n,
        }
    )  # fmt: skip
    gone = frame.with_columns(reason=pl.col("prompt"))
    write.step("load", "source", frame, dropped=gone, failed=gone, requests=3, settings={"engine": HOSTILE[0]})
    hostile = {key: _poisoned(value) for key, value in lock.items()}
    return write.finish(hostile, train=frame)


def _poisoned(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            f"{key}{HOSTILE[1]}" if key[:1].islower() and len(key) > 12 else key: _poisoned(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_poisoned(inner) for inner in value]
    return f"{value}{HOSTILE[0]}{HOSTILE[4]}\ud800" if isinstance(value, str) else value


def test_the_page_is_sound_html_that_needs_nothing_else(run: Run, pair_run: Run) -> None:
    for one in (run, pair_run):
        text = page.render(one)
        seen = Checked(text)
        assert not seen.tags & {"script", "link", "img", "iframe", "object", "form"}
        assert not re.search(r"(src|href)\s*=\s*[\"'](?!#)|url\(|@import", text)
        assert "default-src 'none'" in text


def test_nothing_from_the_data_becomes_markup(hostile_run: Run) -> None:
    text = page.render(hostile_run)
    text.encode()
    seen = Checked(text)
    assert "script" not in seen.tags
    assert "img" not in seen.tags
    assert not any(name.startswith("on") for name in seen.attributes)
    assert not re.search("[\x00\x1b\u202a-\u202e\u2066-\u2069]", text)
    assert any("<script>alert(1)</script>" in part for part in seen.texts)
    assert any("{{ 7 * 7 }}" in part for part in seen.texts)


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(run: Run, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    first, first_card = page.render(run), card.render(run)
    run.folder.rename(moved)
    again = Run(moved)
    assert page.render(again) == first
    assert card.render(again) == first_card
    assert str(tmp_path) not in first + first_card


def test_a_huge_row_is_cut_with_a_note(writer: Callable[..., Any], lock: dict[str, Any]) -> None:
    write = writer()
    big = pl.DataFrame(
        {"id": ["a"], "prompt": ["p" * 10_000_000], "completion": ["c" * 10_000_000], "note": ["n" * 1_000_000]}
    )
    write.step("load", "source", big, dropped=big.with_columns(reason=pl.lit("r" * 100_000)))
    run = write.finish(lock, train=big)
    text = page.render(run)
    assert len(text) < 200_000
    assert "and 9,996,000 more characters" in text
    assert len(card.render(run)) < 50_000


def test_the_page_stays_small_however_many_rows_reasons_and_sources(
    writer: Callable[..., Any], lock: dict[str, Any]
) -> None:
    write = writer()
    n = 3_000
    letters = [
        f"{'abcdefghij'[i % 10]}{'klmnopqrst'[i // 10 % 10]}{'uvwxyzabcd'[i // 100 % 10]}{'efghi'[i // 1000]}"
        for i in range(n)
    ]
    frame = pl.DataFrame(
        {"id": letters, "source": letters, "prompt": ["word " * 2_000] * n, "score.x": [float(i % 2) for i in range(n)]}
    )
    write.step("load", "source", frame, dropped=frame.with_columns(reason=pl.col("id")))
    lock["prompts"] = dict.fromkeys(letters[:500], "p" * 50_000)
    text = page.render(write.finish(lock, train=frame))
    assert len(text) < 1_500_000
    assert "and 2,988 more reasons" in text
    assert "and 2,960 more sources" in text


def test_the_numbers_of_the_funnel_are_on_the_page(run: Run) -> None:
    words = " ".join(" ".join(Checked(page.render(run)).texts).split())
    kept, dropped = run.kept("03-keep").height, run.dropped("03-keep").height
    assert f"03-keep filter {run.kept('02-grade').height} \u2212{dropped} {kept}" in words
    assert "score.math == 1 (score.math is null)" in words
    assert "math could not judge" in words


def test_preference_pairs_stand_side_by_side(pair_run: Run) -> None:
    text = page.render(pair_run)
    assert text.count('class="sides"') == 8
    assert 'class="block rejected"' in text


def test_a_run_with_nothing_but_a_ledger_still_has_a_page(writer: Callable[..., Any]) -> None:
    write = writer()
    write.step("load", "source", pl.DataFrame({"x": [1]}))
    run = write.finish({})
    assert "no final rows yet" in page.render(run)
    assert "unknown" in card.render(run)


@pytest.mark.parametrize(
    "lock",
    [
        {
            "engines": 3,
            "sources": {"a": 1},
            "steps": "x",
            "prompts": [1],
            "versions": None,
            "language": 5,
            "limit": {},
            "name": ["x"],
        }
    ],
)
def test_an_odd_lock_is_no_crash(writer: Callable[..., Any], lock: dict[str, Any]) -> None:
    write = writer()
    frame = pl.DataFrame(
        {"id": [1, 2], "messages": ["no list", None], "score.x": ["no number", None], "parent": [3, 4]}
    )
    write.step("grade", "map", frame, settings={"rewards": 5}, notes={"identity": "x"}, requests=1)
    run = write.finish(lock, train=frame)
    Checked(page.render(run))
    card.render(run)


def test_what_the_pages_draw_and_write_stands_out_from_its_ground(run: Run) -> None:
    """WCAG 2.2, 1.4.3 and 1.4.11: 4.5 to 1 for words, 3 to 1 for bars, by day and by night."""
    css = page.render(run).partition("<style>")[2].partition("</style>")[0]
    day, night = (dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", part)) for part in css.split("@media")[:2])
    for colours in (day, day | night):
        for ground in ("paper", "card"):
            told = {name: contrast(colours[name], colours[ground]) for name in colours}
            assert {name for name in ("ink", "soft", "accent") if told[name] < 4.5} == set()
            assert {name for name in ("kept", "dropped", "failed", "column") if told[name] < 3} == set()


def contrast(one: str, other: str) -> float:
    """Relative luminance of the lighter against the darker, as WCAG defines it."""

    def luminance(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_a_chart_of_lengths_says_its_unit_and_its_height() -> None:
    drawn = svg.lengths(distribution(np.array([5, 5, 9]), 3), "All rows", "tokens")
    assert "tokens · highest column: 2 rows" in drawn
    assert 'aria-label="All rows, tokens: p50 5, p95 8.6"' in drawn
