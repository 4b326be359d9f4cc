"""Knights and knaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rewards

Rows = Callable[[Path], Iterator[dict[str, Any]]]


def listed(people: dict[str, bool]) -> str:
    return "\n".join(f"({at}) {name} is a {word(role)}" for at, (name, role) in enumerate(people.items(), 1))


def word(role: bool) -> str:
    return "knight" if role else "knave"


def joined(names: list[str], role: bool) -> str:
    if len(names) == 1:
        return f"{names[0]} is a {word(role)}"
    return f"{', '.join(names[:-1])} and {names[-1]} are {word(role)}s"


def grouped(people: dict[str, bool]) -> str:
    sides = {role: [name for name in people if people[name] is role] for role in (True, False)}
    return ", and ".join(joined(names, role) for role, names in sides.items() if names) + "."


def headed(people: dict[str, bool]) -> str:
    sides = {role: [name for name in people if people[name] is role] for role in (True, False)}
    return "\n".join(f"{word(role).capitalize()}s:\n" + "\n".join(f"- {n}" for n in sides[role]) for role in sides)


FORMS = {
    "listed": listed,
    "grouped": grouped,
    "headed": headed,
    "in bold": lambda people: " and ".join(f"**{name}** is a **{word(role)}**" for name, role in people.items()),
    "in a table": lambda people: (
        "| Who | Role |\n|---|---|\n" + "\n".join(f"|{n}|{word(r)}|" for n, r in people.items())
    ),
    "as JSON": lambda people: json.dumps({name: word(role) for name, role in people.items()}),
    "negated": lambda people: "\n".join(f"- {name} isn't a {word(not role)}" for name, role in people.items()),
}
PLACES = {
    "tag": "<think>If {name} is a knave, he lied.</think>\n<answer>{text}</answer>",
    "box": "First, {name} is a knave? No.\n\\boxed{{{text}}}",
    "after a mark": "Suppose {name} is a knave. Contradiction.\n\nTherefore:\n{text}\n\nThis fits all statements.",
    "last paragraph": "Let me think. {name} said something.\n\n{text}",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("place", PLACES)
def test_all_forms_of_the_answer_are_read(form: str, place: str, shared_data: Path, read_rows: Rows) -> None:
    for row in list(read_rows(shared_data / "logic_kk/knights_knaves_test.jsonl.gz"))[::60]:
        right = dict(zip(row["names"], row["solution"], strict=True))
        for liar in row["names"]:
            wrong = {**right, liar: not right[liar]}
            for people, value in ((right, 1.0), (wrong, 0.0)):
                completion = PLACES[place].format(name=row["names"][0], text=FORMS[form](people))
                for gold in (
                    {"solution": row["solution"], "names": row["names"]},
                    {"solution": right},
                    {"solution": row["solution_text_format"]},
                ):
                    score = rewards.knights.score(completion, **gold)
                    assert score.value == value, (completion, score)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "Ann is a knight",
        "Ann is a knight or a knave, Bob is a knave",
        "Ann is a knight, Bob is a knave, Ann is a knave",
        "Either Ann is a knight and Bob is a knave",
        "Ann is probably a knight, Bob is probably a knave",
        "knight, knave",
        "Ann said Bob is a knave and Ann is a knight",
        "Ann is a knave, Bob is a knight",
        "Anna is a knight, Bobby is a knave",
    ],
)
def test_hedges_and_gaps_earn_nothing(answer: str) -> None:
    for completion in (answer, f"<answer>{answer}</answer>"):
        assert rewards.knights.score(completion, solution={"Ann": True, "Bob": False}).value == 0.0


def test_a_name_may_be_a_letter_or_a_word() -> None:
    gold = {"A": True, "Will": False, "May": True}
    answer = "<answer>A is a knight, Will is a knave and May is a knight</answer>"
    assert rewards.knights.score(answer, solution=gold).value == 1.0


@given(st.text(max_size=200))
def test_any_text_gets_a_verdict(text: str) -> None:
    assert rewards.knights.score(text, solution={"Ann": True, "B": False}).value in (0.0, 1.0)


def test_roles_of_a_solution_may_be_words() -> None:
    """Each word was a true value: everyone was a knight."""
    said = "Zoey is a knight, Liam is a knave."
    for solution in ({"Zoey": "knight", "Liam": "knave"}, {"Zoey": "True", "Liam": "false"}):
        assert rewards.knights.score(said, solution=solution).value == 1
        assert rewards.knights.score(said.replace("knave", "knight"), solution=solution).value == 0
    assert rewards.knights.score(said, solution=["knight", "knave"], names=["Zoey", "Liam"]).value == 1
    assert rewards.knights.score(said, solution={"Zoey": "knight", "Liam": "spy"}).value is None
