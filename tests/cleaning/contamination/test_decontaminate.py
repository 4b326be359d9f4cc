"""`decontaminate` as a user calls it: what is found, what is said of it, what stays."""

from __future__ import annotations

import gzip
import unicodedata
from datetime import date, timedelta
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

import polars as pl
import pytest

from curate import decontaminate
from curate.cleaning.contamination import PROFILES
from curate.cleaning.contamination.decontaminated import judge
from curate.cleaning.contamination.pairs import PAIRS
from curate.errors import DataError

TRAIN = "A train leaves Boston at 3 p.m. at a speed of 60 miles per hour. How far from Boston is it at 7 p.m.?"
LATEX = (
    r"Let $f(x)=\dfrac{x+3}{x-2}$ for real $x\ne 2$. Find the sum of all integers $x$ such that $f(x)$ is an integer."
)
PLAIN = (
    r"let f (x) = \frac{x + 3}{x - 2} for real x \neq 2 ; find the sum of all integers x "
    r"such that f\left(x\right) is an integer"
)
CHINESE = "芳芳买了一本书有99页，看了90页，她还剩多少页没有看？"
CODE = (
    'def has_close(numbers: List[float], threshold: float) -> bool:\n    """ Check if any two numbers are closer. """'
)
EXAM = {"exam": pl.DataFrame({"id": ["train", "latex", "book", "code"], "question": [TRAIN, LATEX, CHINESE, CODE]})}
CLEAN = [
    "Write a poem about a train that never arrives.",
    "Find the sum of all the things you love, and call it a day.",
    "我想买一本关于火车的书，请推荐几本。",
    "def add(a: float, b: float) -> float:\n    return a + b",
    "How far from the city is the airport, and how do I get there by train?",
]


def frame(*prompts: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"id": [f"r{n}" for n in range(len(prompts))], "prompt": prompts}, schema={"id": pl.String, "prompt": pl.String}
    )


def hits(*prompts: str | None, against: Any = EXAM, **options: Any) -> list[tuple[str, str, str]]:
    found = decontaminate(frame(*prompts), against=against, **options).hits
    return list(found.select("id", "item", "how").iter_rows())


@pytest.mark.parametrize("form", ["w{}", "word_{}", "{}"])
def test_items_of_which_the_digits_say_all_are_found(form: str) -> None:
    """Without their numbers these items, and all rows, are one and the same."""
    rng = Random(3)

    def some(count: int) -> list[str]:
        return [form.format(rng.randrange(5000)) for _ in range(count)]

    items = [some(30) for _ in range(50)]
    planted = [
        [*some(200), *items[0], *some(200)],
        [*items[1][:15], form.format(9001), *items[1][16:]],
        items[2][:20],
    ]
    prompts = [" ".join(words) for words in [*planted, *(some(60) for _ in range(20))]]
    found = hits(*prompts, against={"exam": [" ".join(words) for words in items]})
    assert [(row, item) for row, item, _ in found] == [("r0", "0"), ("r1", "1"), ("r2", "2")]


@pytest.mark.parametrize(
    ("prompt", "item"),
    [
        (TRAIN, "train"),
        (TRAIN.upper().replace("?", "!").replace(" ", "\n"), "train"),
        (f"{CLEAN[4]} " * 30 + TRAIN + f" {CLEAN[0]}" * 30, "train"),
        ("Question: " + TRAIN.replace("How far from Boston is it", "How far is it"), "train"),
        (PLAIN, "latex"),
        (LATEX.replace("$", "").replace(" ", r"\,\quad "), "latex"),
        ("请回答下面的问题" + CHINESE + "谢谢", "book"),
        (CODE.replace("    ", "\t").replace('"""', "'''"), "code"),
    ],
)  # fmt: skip
def test_a_leak_is_found_in_any_dress(prompt: str, item: str) -> None:
    found = hits(prompt, *CLEAN)
    assert [(row, one) for row, one, how in found if how != "numbers"] == [("r0", item)]


def test_the_reason_names_span_benchmark_and_item() -> None:
    result = decontaminate(frame(f"Please solve. {TRAIN} Thanks.", *CLEAN), against=EXAM)
    assert result.dropped["reason"][0].startswith(
        "in exam item train (exact, 26 words, 100% of the item): “A train leaves Boston"
    )
    assert result.kept.height == len(CLEAN)
    assert "1 dropped" in str(result)


def test_other_numbers_are_labelled_and_dropped_only_when_asked() -> None:
    other = TRAIN.replace("60", "45").replace("7 p.m.", "9 p.m.")
    result = decontaminate(frame(other), against=EXAM)
    assert (result.hits["how"].to_list(), result.kept.height) == (["numbers"], 1)
    assert result.at(numbers=True).dropped.height == 1


def test_items_that_differ_in_numbers_alone_are_told_apart() -> None:
    family = [f"What is the product of {n} and {n + 7} when both are written in base ten?" for n in range(60)]
    result = decontaminate(frame(family[37], family[5].replace("5", "500")), against={"products": family})
    exact = result.hits.filter(pl.col("how") == "exact")
    assert exact.select("id", "item").rows() == [("r0", "37")]
    assert result.dropped["id"].to_list() == ["r0"]


def test_short_items_count_only_where_they_stand_alone() -> None:
    against = {"quiz": ["What is art?", "Neural networks:", "Name the capital of Peru", "12 + 34 = ?"]}
    found = hits(
        "What is art?", "what is art therapy good for", "Neural networks: an overview",
        "I asked: name the capital of Peru. He did.",
        "I cannot name the capital of Peru without a map", "12+34=",
        "neural   NETWORKS",
        against=against,
    )  # fmt: skip
    assert found == [("r0", "0", "exact"), ("r3", "2", "exact"), ("r5", "3", "exact"), ("r6", "1", "exact")]


def test_a_row_that_is_but_the_beginning_of_an_item_is_a_hit() -> None:
    beginning = "Two surveyors measure the width of a river by sighting one oak on the far bank from both ends of it"
    rest = "The first angle is 71 degrees, the second 64, and a boat that leaves the oak needs half an hour to cross"
    item = f"{beginning}. {rest} at the speed of the stream. How wide is it in August, to the nearest metre?"
    longer = f"{CLEAN[0]} {beginning}. {CLEAN[1]} {CLEAN[4]}"
    assert hits(beginning, longer, against={"exam": [item]}, span=30) == [("r0", "0", "span")]


def test_boilerplate_is_no_leak() -> None:
    against = {
        "mcq": [
            f"Which of the following is not a characteristic of a {thing}?"
            for thing in ("cell", "star", "verb", "fugue")
        ]
    }
    assert not hits("Which of the following is not a characteristic of a good friend? Discuss.", against=against)


@pytest.mark.parametrize(
    ("change", "how"),
    [({}, "span"), ({"told": 0.8}, None), ({"changed": 1}, None), ({"row_words": 60}, None), ({"covered": 0.5}, None)],
)
def test_an_item_with_a_word_edited_is_a_hit_where_nothing_else_is_said(
    change: dict[str, Any], how: str | None
) -> None:
    """In a formula that a benchmark has among hundreds, the one word edited may be a third of what the item says."""
    pair = {
        "row": 0, "entry": 0, "span": "", "words": 12, "rare": 9.5, "item_words": 23, "row_words": 22, "covered": 0.6,
        "same": 0.6, "weight": 1.2, "told": 0.95, "changed": 0, "whole": False, "similarity": None,
    }  # fmt: skip
    pairs = pl.DataFrame([pair | change], schema=PAIRS)
    assert judge(pairs, PROFILES["default"])["how"].to_list() == [how]


FORMULA = r"What real values of $x$ are not in the domain of $f(x)=\frac{1}{|x^2+3x-4|+|x^2+9x+20|}$?"


def test_a_formula_is_found_though_every_window_of_letters_is_broken() -> None:
    edited = FORMULA.replace("not", "other")
    inside = f"{CLEAN[0]} {edited} {CLEAN[4]}"
    others = FORMULA.replace("3x-4", "5x-6").replace("9x+20", "7x+10").replace("real", "odd")
    result = decontaminate(frame(edited, inside, others, CLEAN[1]), against={"exam": [FORMULA, *CLEAN]})
    assert result.hits.filter(pl.col("item") == "0", pl.col("how") == "span")["id"].to_list() == ["r0", "r1"]
    assert "r2" not in result.dropped["id"]


def test_another_threshold_needs_no_other_search() -> None:
    cut = TRAIN.split("How far", maxsplit=1)[0]
    result = decontaminate(frame(cut, TRAIN, *CLEAN), against=EXAM)
    strict, loose = result.at(covered=0.95), result.at(covered=0.4)
    assert strict.dropped["id"].to_list() == ["r1"]
    assert loose.dropped["id"].to_list() == ["r0", "r1"]
    assert loose.found is result.found


def test_the_border_shows_both_texts_nearest_first() -> None:
    result = decontaminate(frame(TRAIN.split("How far", maxsplit=1)[0], TRAIN), against=EXAM)
    border = result.border(5)
    assert border["item_text"].to_list() == [TRAIN, TRAIN]
    assert border["row_text"][0] == TRAIN.split("How far", maxsplit=1)[0]


def test_each_benchmark_of_a_shared_item_is_named() -> None:
    result = decontaminate(frame(TRAIN), against={"old": [TRAIN], "new": [TRAIN + " "]})
    assert result.by_benchmark().select("benchmark", "items", "rows").rows() == [("old", 1, 1), ("new", 1, 1)]


def test_several_columns_and_conversations_are_searched() -> None:
    rows = pl.DataFrame(
        {
            "prompt": ["Hello", "Hello"],
            "completion": [f"Sure. {TRAIN}", "Hi"],
            "messages": [[{"role": "user", "content": "Hi"}], [{"role": "user", "content": TRAIN}]],
        }
    )
    assert not decontaminate(rows, against=EXAM).dropped.height
    assert decontaminate(rows, ["prompt", "completion"], against=EXAM).hits["row"].to_list() == [0]
    assert decontaminate(rows, "messages", against=EXAM).hits["row"].to_list() == [1]


def test_chats_beside_prompts_are_searched_without_being_named() -> None:
    chat = [{"role": "user", "content": TRAIN}]
    rows = pl.DataFrame({"prompt": ["Hello", None, TRAIN], "messages": [None, chat, None]})
    assert decontaminate(rows, against=EXAM).hits["row"].to_list() == [1, 2]


def test_rows_without_text_stay() -> None:
    rows = pl.DataFrame({"prompt": [None, "", " ", "\u202e\u0301\u200b", "💥"]})
    assert decontaminate(rows, against=EXAM).kept.equals(rows)
    none = rows.clear()
    assert decontaminate(none, against=EXAM).kept.height == 0
    assert decontaminate(pl.DataFrame({"prompt": [None, None]}), against=EXAM).kept.height == 2


def test_bytes_that_are_no_text_are_read_as_far_as_they_go() -> None:
    rows = pl.DataFrame({"prompt": [b"\xff\xfe" + TRAIN.encode(), b"\x80\x80"]})
    assert decontaminate(rows, against=EXAM).hits["row"].to_list() == [0]


IDS = [[b"\xff"], [[1]], [{"a": 1}], [None], [object()], [1.5]]


@pytest.mark.parametrize("one", IDS)
def test_any_value_may_name_a_row_or_an_item(one: list[Any]) -> None:
    rows = pl.DataFrame({"id": one, "prompt": [TRAIN]})
    exam = pl.DataFrame({"id": one, "question": [TRAIN]})
    assert decontaminate(rows, against={"exam": exam}).dropped.height == 1


@pytest.mark.parametrize("value", [timedelta(1), date(2020, 1, 1), True, 1.5, object(), [b"\xff"], {"a": None}])
def test_any_value_may_stand_where_a_text_should(value: object) -> None:
    rows = pl.DataFrame({"prompt": [value]})
    assert decontaminate(rows, against=EXAM).kept.height == 1


def test_names_of_strangers_cannot_break_a_reason() -> None:
    exam = pl.DataFrame({"id": ["1\n\x1b[31m"], "question": [TRAIN]})
    (reason,) = decontaminate(frame(TRAIN), against={"a\nb": exam}).dropped["reason"]
    assert reason.startswith("in a b item 1 <U+001B>[31m (exact, ")


@pytest.mark.parametrize("name", ["exam.jsonl", "exam.jsonl.gz", "exam.parquet", "exam.csv"])
def test_a_benchmark_is_read_from_a_file_of_any_kind(name: str, tmp_path: Path) -> None:
    table = pl.DataFrame({"question": [TRAIN, None]})
    written = {
        "exam.jsonl": lambda: table.write_ndjson(tmp_path / name),
        "exam.jsonl.gz": lambda: (tmp_path / name).write_bytes(gzip.compress(table.write_ndjson().encode())),
        "exam.parquet": lambda: table.write_parquet(tmp_path / name),
        "exam.csv": lambda: table.write_csv(tmp_path / name),
    }
    written[name]()
    for path in (tmp_path / name, str(tmp_path / name)):
        assert decontaminate(frame(TRAIN), against={"exam": path}).dropped.height == 1


@pytest.mark.parametrize("workers", [1, 3])
def test_the_number_of_threads_changes_nothing(workers: int) -> None:
    rows = frame(*(f"{n} {CLEAN[n % 5]} {TRAIN if n % 97 == 0 else ''}" + "filler words, " * 900 for n in range(1_000)))
    found = decontaminate(rows, against=EXAM, workers=workers).hits
    assert found["row"].to_list() == list(range(0, 1_000, 97))


def test_a_leak_is_found_anywhere_in_a_huge_row() -> None:
    filler = "The quick brown fox jumps over the lazy dog, again and again; nobody knows why. "
    text = filler * 65_000  # 5 MB
    for place in (0, 65_530, 2_500_000, len(text)):
        assert hits(text[:place] + " " + TRAIN + " " + text[place:]) == [("r0", "train", "exact")]


@pytest.mark.parametrize("profile", sorted(PROFILES))
def test_every_profile_finds_a_copy_and_keeps_the_clean(profile: str) -> None:
    result = decontaminate(frame(TRAIN, *CLEAN), against=EXAM, profile=profile)
    assert result.dropped["id"].to_list() == ["r0"]
    assert result.hits["span"][0]


def test_all_missing_benchmarks_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "exam.jsonl").write_text('{"question": "What is it?"}\n')
    against = {"exam": tmp_path / "exma.jsonl", "quiz": "none.csv", "right": tmp_path / "exam.jsonl"}
    with pytest.raises(DataError) as error:
        decontaminate(frame("x"), against=against, folder=tmp_path)
    message = str(error.value)
    assert "2 benchmarks cannot be read" in message
    assert "benchmark 'exam'" in message
    assert "did you mean 'exam.jsonl'?" in message
    assert "benchmark 'quiz'" in message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"profile": "open-r2"}, "unknown profile 'open-r2'; did you mean 'open-r1'?"),
        ({"covered": 1.5}, "covered must be a number from 0 to 1 (got 1.5)"),
        ({"column": "promt"}, "no column 'promt'; did you mean 'prompt'?"),
        ({"against": {}}, "against needs a benchmark by name"),
        ({"against": {"x": {"fil": "y"}}}, "benchmark 'x': unknown key 'fil'; did you mean 'file'?"),
        ({"against": {"math50": {}}}, "benchmark 'math50': give file: or hub:; did you mean 'math500'?"),
        ({"against": {"x": pl.DataFrame({"a": [1]})}}, "benchmark 'x': which column holds the question?"),
        ({"against": {"x": ["", None]}}, "benchmark 'x': no item has a text in it"),
        ({"against": {"x": 3}}, "benchmark 'x': a frame, a path, texts or a mapping is wanted (got int)"),
        ({"against": {"gsm8k": {}}}, "Pin the commit"),
        ({"against": {"x": {"file": ""}}}, "benchmark 'x': file: a path is wanted (got '')"),
        ({"against": {"x": {"file": 3}}}, "benchmark 'x': file: a path is wanted (got 3)"),
        ({"against": {"x": pl.LazyFrame({"question": ["Why?"]})}}, "(got LazyFrame); collect() it first"),
        ({"against": {"x": [{"question": "Why?"}]}}, "(it holds a dict); rows are given as pl.DataFrame(rows)"),
        ({"against": {"": ["Why?"]}}, "a benchmark's name is a text (got '')"),
        ({"against": {1: ["Why?"]}}, "a benchmark's name is a text (got 1)"),
        ({"column": []}, "the name of a column is wanted, or several (got [])"),
        ({"column": 3}, "the name of a column is wanted, or several (got 3)"),
        ({"profile": None}, "unknown profile 'None' (known: default"),
        ({"profile": ["default"]}, "unknown profile"),
        ({"numbers": "yes"}, "numbers is True or False (got 'yes')"),
        ({"workers": 0}, "workers must be a whole number of at least 1 (got 0)"),
    ],
)
def test_what_cannot_be_is_one_clear_error(
    options: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DataError) as error:
        decontaminate(frame("x"), **({"against": EXAM} | options))
    assert message in str(error.value)


def test_equal_rows_are_each_hit() -> None:
    rows = frame(*[TRAIN, None, CLEAN[0], TRAIN] * 50)
    result = decontaminate(rows, against=EXAM)
    assert result.dropped["id"].to_list() == [f"r{n}" for n in range(200) if n % 4 in (0, 3)]
    assert result.kept.height == 100


def test_a_million_equal_rows_cost_no_more_than_reading_them() -> None:
    rows = pl.DataFrame({"prompt": pl.Series([TRAIN]).new_from_index(0, 1_000_000)})
    spent = process_time()
    result = decontaminate(rows, against=EXAM)
    assert result.dropped.height == 1_000_000
    assert process_time() - spent < 20


def test_an_item_said_a_thousand_times_is_found() -> None:
    """Its words stand in so many places that no run would begin with them."""
    rows = [f"{TRAIN} " * 1_000, f"{TRAIN} ".replace("60", "45") * 1_000]
    assert hits(*rows) == [("r0", "train", "exact"), ("r1", "train", "numbers")]


ARABIC = "يسير قطار بسرعة ستين كيلومترا في الساعة من المدينة إلى القرية فكم يقطع في ثلاث ساعات ونصف الساعة تقريبا؟"
UMLAUTS = (
    "Zwei größere Züge fahren über Köln nach Düsseldorf; wie viele Kilometer legt der schnellere in 80 Minuten zurück?"
)


@pytest.mark.parametrize(
    ("prompt", "item"),
    [
        ("\u200f" + ARABIC, ARABIC),
        (ARABIC.replace("ا", "ا\u0640"), ARABIC),
        ("".join(char + "\u064e" if char.isalpha() else char for char in ARABIC), ARABIC),
        (ARABIC, unicodedata.normalize("NFKC", ARABIC)),
        (unicodedata.normalize("NFD", UMLAUTS), UMLAUTS),
        (UMLAUTS.upper(), UMLAUTS),
        (TRAIN.replace(" ", "\r\n"), TRAIN),
        (TRAIN.replace(" ", "\0"), TRAIN),
        ("\u200d".join(TRAIN), TRAIN),
        (TRAIN.replace("a", "a\u00ad"), TRAIN),
        ("".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in TRAIN), TRAIN),
        (TRAIN.replace("3", "③").replace("60", "⁶⁰").replace("7", "٧"), TRAIN),
        (LATEX.replace(r"\dfrac", r"\tfrac").replace("$", "$$").replace(r"\ne", r"\neq"), LATEX),
    ],
)
def test_how_a_text_is_encoded_hides_nothing(prompt: str, item: str) -> None:
    assert hits(prompt, against={"exam": [item]}) == [("r0", "0", "exact")]


def test_tables_of_numbers_take_no_quadratic_time() -> None:
    table = " ".join(str(n * 7919 % 1000) for n in range(60_000))
    exam = [
        "The values are " + " ".join(str(n) for n in range(start, start + 60)) + " in order." for start in range(30)
    ]
    spent = process_time()
    hits = decontaminate(frame(f"{table} {exam[7]} {table}", "The values are " + table), against={"exam": exam}).hits
    assert process_time() - spent < 20
    assert hits.filter(pl.col("how") == "exact").select("id", "item").rows() == [("r0", "7")]


def test_a_question_is_read_with_its_story() -> None:
    """SVAMP parts a problem into Body and Question; the question alone is asked everywhere."""
    svamp = pl.DataFrame({"Body": ["Ann has 3 pencils and buys 4"], "Question": ["How many pencils does she have?"]})
    rows = pl.DataFrame(
        {
            "prompt": [
                "Eve has 9 pens and gives 2 away. How many pencils does she have?",
                "Ann has 3 pencils and buys 4. How many pencils does she have?",
            ]
        }
    )
    result = decontaminate(rows, against={"svamp": svamp})
    assert result.dropped["prompt"].to_list() == [rows["prompt"][1]]
