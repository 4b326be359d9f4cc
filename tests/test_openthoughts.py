"""The gpu profile of openthoughts.yaml, built from files with the columns that its data sets have on the Hub."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from curate.building import build
from curate.errors import DataError
from curate.recipe import load_recipe
from curate.run import Run
from curate.shipped import recipe_folder

TASK = "There are n boxes in a row, and the i-th of them holds i marbles. " * 5
HERON = "A triangle has sides of length 13, 14 and 15. Find its area in square units, with a reason for every step."
ITEM = "How many positive whole divisors does the number 196 have, counting one and the number itself among them?"

ROWS: dict[str, list[dict[str, Any]]] = {
    "numina": [
        {"source": "olympiads", "problem": HERON, "solution": r"By Heron, $\boxed{84}$."},
        {"source": "olympiads", "problem": HERON.upper(), "solution": r"$\boxed{84}$"},
        {"source": "cn_k12", "problem": "What is 1 + 1?", "solution": r"$\boxed{2}$"},
        {"source": "math", "problem": "See the figure. What is x?", "solution": r"$\boxed{2}$"},
        {"source": "math", "problem": "Show that 2 > 1.", "solution": r"$\boxed{}$ or $\boxed{1}$"},
        {"source": "math", "problem": f"{ITEM} Explain.", "solution": r"$\boxed{9}$"},
    ],
    "taco": [
        {
            "question": f"{TASK}Print the marbles in all.", "solutions": "[]", "starter_code": "", "source": "codewars",
            "input_output": json.dumps({"inputs": ["3\n", "4\n"], "outputs": ["6\n", "10\n"]}), "difficulty": "EASY",
        },
        {
            "question": f"{TASK}Write total(n), the marbles in all of them.", "solutions": "[]", "source": "leetcode",
            "starter_code": "def total(n):", "difficulty": "EASY",
            "input_output": json.dumps({"fn_name": "total", "inputs": [[3]], "outputs": [6]}),
        },
        {
            "question": "Too short.", "solutions": "[]", "starter_code": "", "source": "codewars", "difficulty": "EASY",
            "input_output": json.dumps({"inputs": ["3\n"], "outputs": ["6\n"]}),
        },
    ],
    "code_contests": [
        {
            "name": "1_A. Marbles", "description": f"{TASK}You are told n; say how many marbles lie in the last box.",
            "private_tests": {"input": ["3\n"], "output": ["3\n"]}, "source": 2, "difficulty": 7,
            "public_tests": {"input": ["1\n"], "output": ["1\n"]},
        },
        {
            "name": "1_B. Untested", "description": f"{TASK}Nobody wrote a test for what is asked of you here.",
            "private_tests": {"input": [], "output": []}, "source": 2, "difficulty": 7,
            "public_tests": {"input": ["1\n"], "output": ["1\n"]},
        },
    ],
    "codeforces": [
        {
            "problem-description": f"{TASK}Find the mean number of marbles of all boxes, rounded down.",
            "input-specification": "One number n.", "output-specification": "One number.", "verdict": verdict,
            "test_cases": [{"input": "4\n", "output": "2\n"}], "code": "...", "demo-input": ["1"],
        }
        for verdict in ("WRONG_ANSWER", "OK", "OK")
    ],
    "biology": [{"role_1": "Biologist", "topic;": "Cells", "sub_topic": "Walls", "message_1": "What is a cell wall?",
                 "message_2": "A wall."}],
    "chemistry": [{"role_1": "Chemist", "topic;": "Acids", "sub_topic": "pH", "message_1": "What does pH mean?",
                   "message_2": "It says how acid it is."}],
    "physics": [{"role_1": "Physicist", "topic;": "Light", "sub_topic": "Speed", "message_1": "How fast is light?",
                 "message_2": "Very."}],
    "riddle_sense": [
        {"answerKey": "B", "question": "What has keys and opens no lock?",
         "choices": {"label": ["A", "B", "C"], "text": ["a door", "a piano", "a safe"]}},
    ],
}  # fmt: skip
for _row in ROWS["numina"]:  # a conversation that repeats the columns, as there
    _row["messages"] = [
        {"role": "user", "content": _row["problem"]}, {"role": "assistant", "content": _row["solution"]}
    ]  # fmt: skip

RIGHT = {
    "triangle": r"The area is \boxed{84}.",
    "marbles in all.": "```python\nn = int(input())\nprint(n * (n + 1) // 2)\n```",
    "total(n)": "```python\ndef total(n):\n    return n * (n + 1) // 2\n```",
    "the last box": "```python\nprint(input())\n```",
    "mean number": "```python\nprint((int(input()) + 1) // 2)\n```",
    "keys": "The answer is A.",  # wrong
}


def local(folder: Path, teacher: dict[str, Any]) -> Path:
    """The recipe with a file in the place of each data set and benchmark."""
    recipe = yaml.safe_load((recipe_folder() / "openthoughts.yaml").read_text())
    profile = recipe["profiles"]["gpu"]
    profile["engines"] = {"teacher": teacher}
    profile["steps"] = [
        {"on" if key is True else key: value for key, value in step.items()} for step in profile["steps"]
    ]
    for source in profile["steps"][0]["sources"]:
        name = source.get("name") or source["hub"].partition("/")[2]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS[name]))
        for word in ("hub", "revision", "config"):
            source.pop(word, None)
        source["file"] = f"{name}.jsonl"
    (folder / "items.jsonl").write_text(json.dumps({"problem": ITEM}) + "\n")
    for step in profile["steps"]:
        if step["step"] == "decontaminate":
            step["against"] = {name: {"file": "items.jsonl", "column": "problem"} for name in step["against"]}
    recipe["profiles"] = {"gpu": profile}
    (folder / "openthoughts.yaml").write_text(yaml.safe_dump(recipe, sort_keys=False))
    return folder / "openthoughts.yaml"


def built(folder: Path, out: str, teacher: dict[str, Any]) -> Run:
    return build(load_recipe(local(folder, teacher), "gpu"), folder / out)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pl.DataFrame]:
    """What the teacher is asked, by row."""
    folder = tmp_path_factory.mktemp("openthoughts")
    run = built(folder, "asked", {"engine": "fake", "text": "echo"})
    return folder, run.kept("06-generate")


def test_the_questions_of_the_release_are_asked_in_the_words_of_their_domain(asked: tuple[Path, pl.DataFrame]) -> None:
    _, rows = asked
    by_source: dict[str, list[str]] = {}
    for source, text in rows.select("source", "completion").iter_rows():
        by_source.setdefault(source, []).append(text)
    assert {source: len(texts) for source, texts in by_source.items()} == {
        "numina": 1, "taco": 2, "code_contests": 1, "codeforces": 1, "biology": 1, "chemistry": 1, "physics": 1,
        "riddle_sense": 1,
    }  # fmt: skip
    assert by_source["numina"] == [rf"Put your final answer within \boxed{{}}. {HERON}"]
    assert by_source["taco"][0].startswith("Write a Python program that reads standard input")
    assert by_source["taco"][1].startswith("Write the Python function")
    assert by_source["taco"][1].endswith("def total(n):")
    assert by_source["codeforces"][0].endswith("Input: One number n.\n\nOutput: One number.")
    assert by_source["biology"] == ["What is a cell wall?"]
    assert "B. a piano" in by_source["riddle_sense"][0]


def test_right_answers_stay_and_science_stays_unverified(asked: tuple[Path, pl.DataFrame]) -> None:
    folder, rows = asked
    with (folder / "recorded.jsonl").open("w") as file:
        for prompt in rows["completion"]:
            said = next((text for mark, text in RIGHT.items() if mark in prompt), "Nobody knows.")
            file.write(json.dumps({"prompt": prompt, "completion": f"<think>\nHm.\n</think>\n\n{said}"}) + "\n")
    run = built(folder, "verified", {"engine": "replay", "file": "recorded.jsonl"})
    kept = run.kept("08-keep")
    sources = ["numina", "taco", "taco", "code_contests", "codeforces", "biology", "chemistry", "physics"]
    assert kept["source"].to_list() == sources
    assert run.dropped("08-keep")["source"].to_list() == ["riddle_sense"]
    reasons = " ".join(run.dropped("02-questions")["reason"])
    assert "origin in" in reasons
    assert "figure" in reasons
    assert "length(prompt)" in reasons
    assert "verdict" in reasons
    assert "matches(tests" in reasons
    assert run.dropped("05-decontaminate").height == 1


def test_all_data_sets_without_a_commit_are_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    recipe = load_recipe(recipe_folder() / "openthoughts.yaml", "gpu")
    unpinned = [s.hub for s in recipe.steps[0].sources if len(s.revision or "") != 40]
    with pytest.raises(DataError) as told:
        build(recipe, tmp_path / "run")
    assert unpinned
    assert all(f"{name}: " in str(told.value) for name in unpinned)
    assert "NuminaMath" not in str(told.value)
