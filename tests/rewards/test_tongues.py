from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewards
from rewards.base import RewardError
from rewards.scripts import prose, words_by_script
from rewards.tongues import LANGUAGES, read_language

SENTENCES = {
    "en": "The weather was so pleasant that we walked along the river until evening.",
    "de": "Das Wetter war so angenehm, dass wir bis zum Abend am Fluss entlanggingen.",
    "fr": "Il faisait si beau que nous avons marché le long de la rivière jusqu'au soir.",
    "es": "Hacía tan buen tiempo que caminamos junto al río hasta el anochecer.",
    "pl": "Pogoda była tak przyjemna, że spacerowaliśmy nad rzeką aż do wieczora.",
    "ru": "Погода была такой приятной, что мы гуляли вдоль реки до самого вечера.",
    "uk": "Погода була такою приємною, що ми гуляли вздовж річки аж до вечора.",
    "ar": "كان الطقس لطيفا جدا حتى أننا مشينا على ضفة النهر حتى المساء.",
    "fa": "هوا آنقدر خوب بود که تا عصر در کنار رودخانه قدم زدیم.",
    "hi": "मौसम इतना सुहावना था कि हम शाम तक नदी के किनारे टहलते रहे।",
    "el": "Ο καιρός ήταν τόσο ευχάριστος που περπατήσαμε δίπλα στο ποτάμι.",
    "he": "מזג האוויר היה כל כך נעים שהלכנו לאורך הנהר עד הערב.",
    "th": "อากาศดีมากจนเราเดินเลียบแม่น้ำจนถึงเย็น",
    "ko": "날씨가 너무 좋아서 우리는 저녁까지 강을 따라 걸었다.",
    "ja": "天気がとても良かったので、私たちは夕方まで川沿いを歩きました。",
    "zh": "天气非常好，我们沿着河边一直走到傍晚。",
}


@pytest.mark.parametrize("lang", SENTENCES)
def test_each_language_is_told_from_all_others(lang: str) -> None:
    for other, text in SENTENCES.items():
        value = rewards.language.score(text, lang=lang).value
        assert value is not None
        assert value == (1 if other == lang else 0), (lang, other)


def test_a_mixed_text_earns_its_share() -> None:
    mixed = f"{SENTENCES['en']}\n{SENTENCES['ru']}"
    for lang in ("en", "ru"):
        value = rewards.language.score(mixed, lang=lang).value
        assert value is not None
        assert 0.4 < value < 0.6


def test_code_mathematics_and_addresses_are_not_judged() -> None:
    german = SENTENCES["de"] + " Siehe https://example.com/the/english/page und `the_function(name)`.\n"
    text = (
        german
        + "```python\nfor the_number in range(10): print('this is not German at all')\n```\n$\\text{if } x = 1$ \\(y\\)"
    )
    assert rewards.language.score(text, lang="de").value == 1
    assert rewards.language.score("$x$ `y`\n```\nz\n```", lang="de").value is None
    assert rewards.language.score("", lang="de").value == 0


def test_thinking_and_answer_can_be_judged_apart() -> None:
    text = f"<think>{SENTENCES['zh']}</think>{SENTENCES['en']}"
    assert rewards.get("language", part="answer").score(text, lang="en").value == 1
    assert rewards.get("language", part="thinking").score(text, lang="zh").value == 1
    assert rewards.get("language", part="thinking").score(text, lang="en").value == 0
    whole = rewards.language.score(text, lang="en").value
    assert whole is not None
    assert 0 < whole < 1


def test_languages_are_known_by_code_tag_and_name() -> None:
    assert {read_language(name) for name in ("de", "deu", "German", "de-AT", "de_DE")} == {"de"}
    assert read_language("cmn-Hans") == read_language("zh-TW") == "zh"
    with pytest.raises(RewardError, match="did you mean 'german'"):
        read_language("germn")
    assert rewards.language.score("x", lang="klingon").value is None


def test_every_language_of_the_table_can_be_asked_for() -> None:
    for code in LANGUAGES:
        assert rewards.language.score("The weather was pleasant. Погода хорошая.", lang=code).value is not None


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    value = rewards.language.score(text, lang="en").value
    assert value is None or 0 <= value <= 1
    assert sum(words_by_script(prose(text)).values()) >= 0


@pytest.mark.parametrize(
    "hostile",
    [
        "$" * 200_000,
        "<a " * 100_000,
        "\\begin{x}" * 30_000,
        "a" * 400_000,
        "a. " * 100_000,
        "_" * 200_000,
        "{" * 200_000,
        "https://" * 50_000,
    ],
)
def test_hostile_text_is_judged_in_bounded_time(hostile: str) -> None:
    rewards.language.score("warm up the models", lang="en")
    started = time.process_time()
    rewards.language.score(hostile, lang="en")
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("file", "every", "least"),
    [("lang_udhr/udhr_paragraphs.jsonl.gz", 2, 0.99), ("lang_lingua/sentences_16.jsonl.gz", 12, 0.97)],
)
def test_labelled_paragraphs_and_single_sentences_are_recognised(
    shared_data: Path, read_rows: Callable[[Path], Iterator[dict[str, Any]]], file: str, every: int, least: float
) -> None:
    values = defaultdict(list)
    for row in list(read_rows(shared_data / file))[::every]:
        lang = row["lang"].partition("_")[0]
        values[lang].append(rewards.language.score(row["text"], lang=lang).value or 0.0)
    assert mean(value for each in values.values() for value in each) >= least
    assert min(mean(each) for each in values.values()) >= 0.9


def test_code_that_begins_behind_prose_is_no_prose_and_what_follows_it_is() -> None:
    german = "Die Kinder spielten mit dem Hund im Garten. ```python\nfor word in text: print(word)\n```\n"
    assert rewards.language.score(german + "Sie waren alle sehr froh.", lang="de").value == 1.0
    score = rewards.language.score(german + "They were all very happy about it, and so was the dog.", lang="de")
    assert score.value is not None
    assert score.value < 0.7
