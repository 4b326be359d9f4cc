"""The language of a column: right on labelled sentences, silent where nobody could tell."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from curate import filter_rows
from curate.errors import DataError, UsageError
from curate.text.language import languages, prose_of

pytest.importorskip("lingua", reason="needs the extra [language]")

UDHR = {
    "eng": "en", "spa": "es", "ita": "it", "por_BR": "pt", "hin": "hi", "kor": "ko", "tur": "tr", "swh": "sw",
    "vie": "vi", "deu_1996": "de", "fra": "fr", "pol": "pl", "rus": "ru", "arb": "ar", "ell_monotonic": "el",
    "nld": "nl", "cmn_hans": "zh", "jpn": "ja", "tha": "th", "heb": "he",
}  # fmt: skip


def told(*texts: str | None) -> list[str | None]:
    return languages(pl.Series(texts, dtype=pl.String)).to_list()


def accuracy(path: Path, names: dict[str, str], every: int = 1) -> tuple[float, float]:
    """Of all rows, and of those that are told."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][::every]
    found = languages(pl.Series([row["text"] for row in rows]))
    right = sum(names.get(row["lang"], row["lang"]) == code for row, code in zip(rows, found, strict=True))
    return right / len(rows), right / (len(rows) - found.null_count())


def test_sentences_of_sixteen_languages(shared_data: Path) -> None:
    of_all, of_told = accuracy(shared_data / "lang_lingua" / "sentences_16.jsonl.gz", {}, every=10)
    assert of_all >= 0.97
    assert of_told >= 0.98


def test_paragraphs_of_twenty_languages(shared_data: Path) -> None:
    of_all, of_told = accuracy(shared_data / "lang_udhr" / "udhr_paragraphs.jsonl.gz", UDHR)
    assert of_all >= 0.98
    assert of_told >= 0.99


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "  ",
        "ok",
        "x = 1",
        "12 + 3 = 15",
        "```python\nfor word in words: print(word)\n```",
        "$\\alpha + \\beta$",
        "https://example.org/a/long/address/in/english/words",
        "😀😀😀",
        "def f(a, b):\n    return a_b[c] == d{e}",
        "\u0301\u0301\u0301",
    ],
)
def test_what_nobody_could_tell_is_not_told(text: str | None) -> None:
    assert told(text) == [None]


def test_code_and_formulas_beside_prose_do_not_matter() -> None:
    prose = "Die Funktion ist sehr einfach und gibt nur die Summe zurück."
    text = f"{prose}\n```py\nreturn the_sum_of_all_the_values(x)\n```\n$a=b$"
    assert told(text) == ["de"]
    assert prose_of(pl.Series([text])).to_list() == [prose]


def test_right_to_left_and_combining_marks_are_read() -> None:
    decomposed = "Cafe\u0301s et the\u0301s sont servis dans la salle a\u0300 manger, pour tous ceux qui le veulent."
    assert told("هذا نص طويل مكتوب باللغة العربية عن الطقس", "זהו טקסט בעברית", decomposed) == ["ar", "he", "fr"]


def test_each_message_is_told_and_the_rule_takes_names() -> None:
    chat = [{"role": "assistant", "content": "This is an answer in the English language."},
            {"role": "assistant", "content": "Das ist eine Antwort in der deutschen Sprache."}]  # fmt: skip
    found = filter_rows(pl.DataFrame({"messages": [chat]}), [{"language": "English"}])
    assert found.kept["why.flags"].to_list() == ["language: de, not en (message 2)"]
    assert filter_rows(pl.DataFrame({"text": ["ok"]}), [{"language": ["en"]}]).kept["flag.language"].to_list() == [None]


def test_unknown_languages_are_refused() -> None:
    with pytest.raises(DataError, match="unknown language 'klingon'"):
        filter_rows(pl.DataFrame({"text": ["a"]}), [{"language": ["klingon"]}])
    with pytest.raises(UsageError, match="unknown language 'xx'"):
        languages(pl.Series(["a"]), ["xx"])
