"""What each rule says of texts it was not written for: `cases/<rule>.txt`, a text a line.

`+` is flagged and `-` is not; before `=>` stands the row's prompt. ⏎ is a line break, and · is nothing at all: it keeps
made-up keys from looking like real ones to whoever scans this repository.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from curate.cleaning.rules import RULES, Texts

CASES = Path(__file__).parent / "cases"
FILES = sorted(path for path in CASES.glob("*.txt") if path.stem != "language")


def read(path: Path) -> list[tuple[str, str]]:
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line and not line.startswith("# ")]
    return [(line[0], line[2:].replace("⏎", "\n").replace("·", "")) for line in lines]


def wrong(rule: str, cases: list[tuple[str, str]]) -> list[str]:
    """The cases that the rule judges differently."""
    asked = [text.rpartition(" => ") if rule == "prompt_echo" else ("", "", text) for _, text in cases]
    prompts = pl.DataFrame({"prompt": [prompt for prompt, _, _ in asked]})
    values = RULES[rule].values(Texts(pl.Series([text for _, _, text in asked]), prompts))
    hits = values.fill_null(False) if RULES[rule].kind == "sign" else values.is_not_null()
    found = zip(cases, hits.to_list(), values.to_list(), strict=True)
    return [f"{sign} {text!r}: {value!r}" for (sign, text), hit, value in found if hit != (sign == "+")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_texts_nobody_tuned_a_rule_on(path: Path) -> None:
    assert wrong(path.stem, read(path)) == []


def test_languages_of_texts_nobody_tuned_the_rule_on() -> None:
    lines = (CASES / "language.txt").read_text(encoding="utf-8").splitlines()
    told, texts = zip(*(line.replace("⏎", "\n").split(" => ", 1) for line in lines), strict=True)
    values = RULES["language"].values(Texts(pl.Series(texts))).to_list()
    assert [
        (text, want, got) for want, text, got in zip(told, texts, values, strict=True) if (got or "-") != want
    ] == []
