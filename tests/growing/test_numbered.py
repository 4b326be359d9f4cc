"""Lists of a model's tasks are read whole, however they are numbered; what a task holds stays in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.growing.numbered import read_list, write_list

LINE = st.text(st.characters(codec="utf-8", exclude_characters="\n\r\t`~", exclude_categories=("Cs", "Cc"))).map(
    lambda text: " ".join(text.split())
)
ITEM = st.lists(LINE, min_size=1, max_size=4).map("\n".join).map(str.strip).filter(bool)


def is_plain(item: str) -> bool:
    """Whether an item holds nothing that a reader of lists takes off: labels and emphasis at its beginning."""
    return read_list(f"1. {item.splitlines()[0]}") == [item.splitlines()[0]]


@given(items=st.lists(ITEM.filter(is_plain), min_size=2, max_size=6), first=st.integers(1, 200))
def test_a_list_that_was_written_is_read_back(items: list[str], first: int) -> None:
    items = ["\n".join(line.strip() for line in item.split("\n")) for item in items]
    assert read_list(write_list(items, first)) == items


@given(text=st.text(st.sampled_from("19. )*#`-\n:aTask[]")))
def test_any_text_is_read_and_no_item_is_made_up(text: str) -> None:
    squeezed = "".join(text.split())
    for item in read_list(text):
        assert all("".join(line.split()) in squeezed.replace("**", "") for line in item.replace("**", "").split("\n"))


@pytest.mark.parametrize(
    "form",
    ["{n}. {t}", "{n}) {t}", "({n}) {t}", "[{n}] {t}", "**{n}.** {t}", "**{n}. {t}**", "Task {n}: {t}", "{n}.{t}",
     "**Task {n}:** {t}", "### {n}. {t}", "### Task {n}\n{t}", "  {n}. {t}", "{n} - {t}", "{n}: {t}", "{n}、{t}",
     "#{n}. {t}", "{n}.\n{t}", "{n}. Instruction: {t}", "Question #{n}: {t}", "{n}. {t}\r", "{n}\\. {t}"],
)  # fmt: skip
@pytest.mark.parametrize("first", [1, 9, 98])
def test_however_a_model_numbers_its_list(form: str, first: int) -> None:
    tasks = ["Add 2 and 3.5.", "Name 3 birds", "Is it so?"]
    said = "\n".join(form.format(n=number, t=task) for number, task in enumerate(tasks, first))
    assert read_list(f"Sure! Here are some:\n\n{said}") == tasks


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("9. Sort:\n   1. pears\n   2. figs\n10. Why?", ["Sort:\n1. pears\n2. figs", "Why?"]),
        ("9. Sort:\n1. pears\n2. figs\n10. Why?", ["Sort:\n1. pears\n2. figs", "Why?"]),
        ("9. Fix:\n```\n10. print 1\n```\n10. Why?", ["Fix:\n```\n10. print 1\n```", "Why?"]),
        ("9. Never closed:\n```\n10. Why?", ["Never closed:\n```", "Why?"]),
        ("9. Fold\n   - a\n   - b\n10. Why?", ["Fold\n- a\n- b", "Why?"]),
        ("9. A\n11. B\n90. C\n12. D", ["A", "B\n90. C", "D"]),
        ("1. A\n1. B\n1. C", ["A", "B", "C"]),
        ("- A\n- B", ["A", "B"]),
        ("9. A\n\nMore of A.\n\n10. B\n\nThat is all.", ["A\n\nMore of A.", "B"]),
        ("9. Shorten this:\n\nIt was a day.\n\nBye!", ["Shorten this:\n\nIt was a day."]),
        ("9. It costs 3.5.\n3.5 is much.", ["It costs 3.5.\n3.5 is much."]),
        ("2024\nwas a year", []),
        ("No list, sorry.", []),
        ("", []),
        ("9.", [""]),
    ],
)
def test_what_belongs_to_a_task_stays_in_it_and_nothing_else(text: str, items: list[str]) -> None:
    assert read_list(text) == items
