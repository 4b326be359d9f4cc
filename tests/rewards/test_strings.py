from __future__ import annotations

import random
import re
import string
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewards
from rewards.strings import lcs_length, light, squad

WORDS = st.lists(st.sampled_from(["the", "cat", "Sat", "on", "a", "mat.", "42", "red,"]), max_size=30).map(" ".join)


@pytest.mark.parametrize(
    ("said", "gold"),
    [
        ("PARIS", "Paris"),
        ("  'Paris' ", "Paris"),
        ("**Paris**.", "paris"),
        ("<think>London?</think>Paris", "Paris"),
        ("It is \\boxed{Paris}", "Paris"),
        ("it’s", "it's"),
        ("The answer is Paris because it is the capital.", "Paris"),
        ("He left because of rain", "he left because of rain"),
        ("ＡＢＣ", "abc"),
        ("cafe\u0301", "café"),
        ("zero\u200bwidth", "zerowidth"),
    ],
)
def test_exact_folds_what_does_not_change_an_answer(said: str, gold: str) -> None:
    assert rewards.exact.score(said, answer=gold).value == 1


@pytest.mark.parametrize(
    ("said", "gold"),
    [
        ("", "Paris"),
        ("Paris or London", "Paris"),
        ("London, Paris, Rome", "Paris"),
        ("C", "C#"),
        ("C", "C++"),
        ("5", "-5"),
        ("5", ".5"),
        ("5", "5!"),
        ("102", "10²"),
        ("[1, 2]", "(1, 2)"),
        ("<think>Paris</think>", "Paris"),
    ],
)
def test_exact_rejects_what_is_another_answer(said: str, gold: str) -> None:
    assert rewards.exact.score(said, answer=gold).value == 0


def test_a_row_without_a_gold_cannot_be_judged() -> None:
    for reward in (rewards.exact, rewards.f1, rewards.rouge_l):
        assert reward.score("Paris", answer=[]).value is None


@pytest.mark.parametrize("name", ["exact", "f1", "rouge_l"])
def test_a_mapping_is_no_gold_unless_it_is_squads(name: str) -> None:
    reward = rewards.get(name)
    assert reward.score("Rome", answer={"text": ["Rome"], "answer_start": [3]}).value == 1.0
    assert reward.score("Rome", answer={"text": [], "answer_start": []}).value is None
    assert reward.score("Rome", answer={"target": "Rome"}).value is None


def test_rouge_l_has_no_verdict_where_the_gold_has_no_words() -> None:
    assert rewards.rouge_l.score("Rome", answer=" ... ").value is None
    assert rewards.rouge_l.score("Rome", answer=["", "Rome"]).value == 1.0


def test_any_of_several_golds_is_enough() -> None:
    for reward in (rewards.exact, rewards.f1, rewards.rouge_l):
        assert reward.score("NYC", answer=["New York", "NYC"]).value == 1


def squad_reference(said: str, gold: str) -> float:
    def words(text: str) -> list[str]:
        text = "".join(char for char in text.lower() if char not in string.punctuation)
        return re.sub(r"\b(a|an|the)\b", " ", text).split()

    left, right = words(said), words(gold)
    shared = (Counter(left) & Counter(right)).total()
    if not left or not right:
        return float(left == right)
    return 2 * shared / (len(left) + len(right))


@settings(deadline=None)
@given(WORDS, WORDS)
def test_f1_is_squads_on_ordinary_text(said: str, gold: str) -> None:
    assert rewards.get("f1", whole=True).score(said, answer=gold).value == pytest.approx(squad_reference(said, gold))


def test_f1_tells_numbers_apart_that_differ_in_their_point_or_sign() -> None:
    assert rewards.f1.score("15", answer="1.5").value == 0
    assert rewards.f1.score("5", answer="-5").value == 0
    assert rewards.f1.score("1,234", answer="1234").value == 1


def test_f1_pays_little_for_listing_every_candidate() -> None:
    everything = " ".join(f"candidate{number}" for number in range(100)) + " Paris"
    assert rewards.f1.score(everything, answer="Paris").value < 0.03
    assert rewards.f1.score("", answer="Paris").value == 0


def test_f1_counts_characters_where_no_spaces_are_written() -> None:
    assert rewards.f1.score("北京市", answer="北京").value == pytest.approx(0.8)


@settings(deadline=None)
@given(st.text(alphabet="abc", max_size=40), st.text(alphabet="abc", max_size=40))
def test_the_bit_parallel_lcs_is_the_textbook_lcs(left: str, right: str) -> None:
    row = [0] * (len(right) + 1)
    for a in left:
        before = 0
        for place, b in enumerate(right, 1):
            before, row[place] = row[place], before + 1 if a == b else max(row[place], row[place - 1])
    assert lcs_length(left, right) == row[-1]


def test_rouge_l_equals_rouge_score_on_ascii_text() -> None:
    scorer = pytest.importorskip("rouge_score.rouge_scorer").RougeScorer(["rougeL"], use_stemmer=False)
    draw = random.Random(0)
    words = ["The", "the", "cat-sat", "on_the", "mat;", "it's", "3.5", "cm", "(or", "4%)", "WIDE", "end."]
    for _ in range(200):
        said, gold = (" ".join(draw.choices(words, k=draw.randrange(25))) for _ in range(2))
        expected = scorer.score(gold, said)["rougeL"].fmeasure
        assert rewards.rouge_l.score(said, answer=gold).value == pytest.approx(expected), (said, gold)


def test_rouge_l_rejects_and_does_not_read_the_thinking() -> None:
    assert rewards.rouge_l.score("", answer="a cat").value == 0
    assert rewards.rouge_l.score("<think>a cat</think>no", answer="a cat").value == 0
    assert rewards.rouge_l.score("cat a " * 50, answer="a cat").value < 0.1


@settings(deadline=None)
@given(st.text(max_size=60))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    assert light(light(text)) == light(text)
    assert squad(squad(text)) == squad(text)


def test_a_long_hostile_text_is_judged_in_linear_time() -> None:
    long = "-." * 200_000 + "'\"" * 100_000
    for reward in (rewards.exact, rewards.f1, rewards.rouge_l):
        assert reward.score(long, answer="a").value == 0


def test_quotes_around_quotes_are_taken_off_in_linear_time() -> None:
    started = time.process_time()
    assert rewards.exact.score('"' * 200_000 + "Paris" + '"' * 200_000, answer="Paris").value == 1
    assert time.process_time() - started < 1  # each pair used to copy the text
