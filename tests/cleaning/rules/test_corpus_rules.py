"""The published rules, beside the plainest reading of their papers: one row at a time, in a loop."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.cleaning.rules import RULES, Texts

WORDS = st.sampled_from(
    [
        "a",
        "the",
        "of",
        "bb",
        "#",
        "...",
        "- x",
        "• y",
        "ça",
        "é…",
        "12",
        "!",
        "--",
        "and that",
        "\u3000",
        "end.",
        '?"',
        "it. [Yes!)]",
        "use JavaScript.",
        "uses cookies",
        "'",
    ]
)
TEXT = st.lists(
    st.tuples(WORDS, st.sampled_from([" ", "\n", "\n\n", "  ", "\r\n", "\n\n\n", "\u2028"])), max_size=40
).map(lambda parts: "".join(word + gap for word, gap in parts))


def value(rule: str, text: str) -> float | None:
    return RULES[rule].values(Texts(pl.Series(["x", text, None]))).to_list()[1]


def again(items: list[str]) -> tuple[int, int]:
    seen, count, characters = set(), 0, 0
    for item in items:
        if item in seen:
            count, characters = count + 1, characters + len(item)
        seen.add(item)
    return count, characters


def share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def lines(text: str) -> list[str]:
    return re.split("\n+", text)


def paragraphs(text: str) -> list[str]:
    return re.split("\n{2,}", text.strip())


def top(text: str, n: int) -> float:
    words = text.split()
    grams = Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    if not grams:
        return 0.0
    gram, count = max(grams.items(), key=lambda item: item[1])
    return share(len(gram) * count, len(text))


def repeated(text: str, n: int) -> float:
    words, seen, characters, place = text.split(), set(), 0, 0
    while place + n <= len(words):
        gram = tuple(words[place : place + n])
        if gram in seen:
            characters, place = characters + sum(map(len, gram)), place + n
        else:
            seen.add(gram)
            place += 1
    return share(characters, len(text))


def starts(text: str) -> float:
    found = text.splitlines()
    return share(sum(line.lstrip().startswith(("•", "-")) for line in found), len(found))


def ends(text: str) -> float:
    found = text.splitlines()
    return share(sum(line.rstrip().endswith(("...", "…")) for line in found), len(found))


def counted(text: str) -> list[str]:
    """Words that are not all punctuation; a bullet counts, as it does in datatrove."""
    return [word for word in text.split() if any(c.isalnum() or c == "•" for c in word)]


def full(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip()]


def sentences(text: str) -> int:
    """Those on lines that C4 keeps, told by their end marks."""
    count = 0
    for line in map(str.strip, text.split("\n")):
        said = any(word in line.lower() for word in ("javascript", "uses cookies"))
        if (
            len(line.split()) >= 3
            and line.endswith((".", "?", "!", '"', "'"))
            and not line.endswith("...")
            and not said
        ):
            count += len(re.findall(r"""[.?!]+["')\]]*(?!\S)""", line))
    return count


REFERENCE: dict[str, Callable[[str], float]] = {
    "repeated_lines": lambda text: again(lines(text))[0] / len(lines(text)),
    "repeated_line_characters": lambda text: share(again(lines(text))[1], len(text)),
    "repeated_paragraphs": lambda text: again(paragraphs(text))[0] / len(paragraphs(text)),
    "repeated_paragraph_characters": lambda text: share(again(paragraphs(text))[1], len(text)),
    **{f"top_{n}gram": lambda text, n=n: top(text, n) for n in (2, 3, 4)},
    **{f"repeated_{n}grams": lambda text, n=n: repeated(text, n) for n in range(5, 11)},
    "gopher_words": lambda text: len(counted(text)),
    "gopher_hashes": lambda text: share(text.count("#"), len(text.split())),
    "gopher_ellipses": lambda text: share(text.count("...") + text.count("…"), len(text.split())),
    "gopher_bullet_lines": starts,
    "gopher_ellipsis_lines": ends,
    "gopher_alpha_words": lambda text: share(sum(any(c.isalpha() for c in w) for w in text.split()), len(text.split())),
    "gopher_stop_words": lambda text: len({"the", "be", "to", "of", "and", "that", "have", "with"} & set(text.split())),
    "fineweb_ended_lines": lambda text: share(sum(line[-1] in ".!?" for line in full(text)), len(full(text))),
    "fineweb_short_lines": lambda text: share(sum(len(line) <= 30 for line in full(text)), len(full(text))),
    "fineweb_repeated_characters": lambda text: share(again(full(text))[1], len(text.replace("\n", ""))),
    "c4_sentences": sentences,
    "fineweb_breaks": lambda text: share(text.count("\n"), len(text.split())),
}  # fmt: skip


@pytest.mark.parametrize("rule", sorted(REFERENCE))
@settings(max_examples=30)
@given(text=TEXT)
def test_a_measure_equals_its_plain_definition(rule: str, text: str) -> None:
    if text.strip():
        assert value(rule, text) == pytest.approx(REFERENCE[rule](text)), repr(text)


@given(text=TEXT)
def test_mean_word_length_leaves_out_words_that_are_all_punctuation(text: str) -> None:
    found, lengths = value("gopher_word_length", text), [len(word) for word in counted(text)]
    assert found is not None
    assert found == pytest.approx(sum(lengths) / len(lengths)) if lengths else found != found


def test_every_measure_is_null_only_where_there_is_no_text() -> None:
    texts = Texts(pl.Series(["some words here", None, "more"]))
    for name in REFERENCE:
        assert RULES[name].values(texts).is_null().to_list() == [False, True, False], name


@pytest.mark.parametrize("n", range(5, 11))
def test_in_scripts_without_spaces_two_characters_are_a_word(n: int) -> None:
    assert value(f"repeated_{n}grams", "今天天气很好我们去公园散步吧明天" * 3) == pytest.approx(2 / 3, abs=0.3)
    assert value(f"repeated_{n}grams", "知识就像一根支柱，权力也是一根支柱，两根支柱缺一不可。") == 0.0
    assert value(f"repeated_{n}grams", "春になると花が咲き、夏になると川で泳ぎ、秋になると山に登る。") == 0.0


def test_a_count_of_words_takes_two_characters_for_one_where_no_spaces_are_written() -> None:
    assert value("words", "hello 世界世界") == 3
