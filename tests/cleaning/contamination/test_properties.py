"""What must hold for any text: planted items are found in any dress, and nothing is found where nothing is shared."""

from __future__ import annotations

import random

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from curate import decontaminate
from curate.cleaning.contamination.compare import Grams, Words, common
from curate.text.plain import forms

ALPHABETS = {
    "latin": "abcdefghijklmnopqrstuvwxyz",
    "accents": "éàüßñøłçœ",
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщ",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "devanagari": "अआइईउकखगघचछजझटठडढतथदधनपफबभमयरल",
    "hangul": "가나다라마바사아자차카타파하",
    "han": "的一是不了人我在有他这中大来上国",
    "thai": "กขคงจชซญดตถทธนบปผพฟภมยรลวศสหอฮ",
}
UNSPACED = ("han", "thai")
ANY = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cn", "Co"]), max_size=120)


@st.composite
def items(draw: st.DrawFn) -> str:
    """At least eight words of one script, with a number among them."""
    script = draw(st.sampled_from(sorted(ALPHABETS)))
    words = draw(st.lists(st.text(ALPHABETS[script], min_size=3, max_size=9), min_size=8, max_size=40, unique=True))
    words.insert(draw(st.integers(1, len(words) - 1)), str(draw(st.integers(0, 10**6))))
    return ("" if script in UNSPACED else " ").join(words)


@settings(max_examples=60)
@given(items(), ANY, ANY)
def test_an_item_planted_anywhere_in_any_text_is_found(item: str, before: str, after: str) -> None:
    rows = pl.DataFrame({"prompt": [f"{before} {item}. {after}", f"{before} {after}"]})
    hits = decontaminate(rows, against={"exam": [item]}).hits
    assert (0, "exact") in hits.select("row", "how").rows()
    assert 1 not in hits["row"].to_list() or item in f"{before} {after}"


@settings(max_examples=60)
@given(items(), st.randoms(use_true_random=False))
def test_case_spaces_and_punctuation_hide_nothing(item: str, rng: random.Random) -> None:
    spaces = [" ", "  ", "\n", "\t", "\u00a0", ", ", " — ", "...", r" \quad ", r"\, ", " $", "\u200b ", " | "]
    said = "".join(rng.choice(spaces) if char == " " else rng.choice([char.upper(), char]) for char in item)
    marked = "".join(char + ("\u0301" if rng.random() < 0.05 and char.isalpha() else "") for char in said)
    hits = decontaminate(pl.DataFrame({"prompt": [marked]}), against={"exam": [item]}).hits
    assert hits["how"].to_list() == ["exact"]


@settings(max_examples=60)
@given(st.lists(ANY, min_size=1, max_size=5), st.lists(ANY.filter(str.strip), min_size=1, max_size=5))
def test_a_row_that_shares_no_run_of_words_is_never_hit(rows: list[str], exam: list[str]) -> None:
    result = decontaminate(pl.DataFrame({"prompt": rows}), against={"exam": exam})
    for hit in result.hits.iter_rows(named=True):
        row, item = Words(rows[hit["row"]]).words, Words(exam[int(hit["item"])]).words
        assert row == item or common(item, Grams(row)).longest.words >= 4


@settings(max_examples=150)
@given(ANY | items())
def test_both_ways_to_find_words_agree(text: str) -> None:
    """`forms` over columns and `words_of` over one text: an item found by one is compared by the other."""
    assert " ".join(Words(text).words) == forms(pl.Series([text]))[0]


COMMANDS = ["left", "leq", "ge", "dfrac", "tbinom", "limits", "text", "sum", "leqslant", "hspace{1cm}"]
AFTER = ["5", "_n", "x", " x", "{2}", "\\right", "é", "中", "α", "", "="]


@given(st.lists(st.tuples(st.sampled_from(COMMANDS), st.sampled_from(AFTER)), max_size=6), st.booleans())
def test_both_ways_agree_on_where_a_latex_command_ends(parts: list[tuple[str, str]], capitals: bool) -> None:
    text = "a".join(f"\\{command}{after}" for command, after in parts)
    text = text.upper() if capitals else text
    assert " ".join(Words(text).words) == forms(pl.Series([text]))[0]


@settings(max_examples=60)
@given(ANY | items())
def test_places_point_at_the_words(text: str) -> None:
    words = Words(text)
    for word, (begin, end) in zip(words.words, words.places, strict=True):
        assert 0 <= begin < end <= len(text)
        assert word in Words(text[begin:end]).words or "\\" in text


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), max_size=20))
def test_the_longest_run_is_the_longest(item: list[str], row: list[str]) -> None:
    least = min(4, len(item))
    runs = [
        length
        for begin in range(len(item))
        for other in range(len(row))
        for length in range(least, len(item) - begin + 1)
        if length and item[begin : begin + length] == row[other : other + length]
    ]
    assert common(tuple(item), Grams(tuple(row))).longest.words == max(runs, default=0)
