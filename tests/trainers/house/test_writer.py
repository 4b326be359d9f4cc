"""The house writer: what it is taught, and what the shipped one can do."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.engines.base import Request, Sampling
from curate.engines.local_model import find_model, fingerprint, is_local
from curate.growing.numbered import read_list
from curate.growing.operations import NAMES
from curate.sources import procedural

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from curate.engines.transformers_engine import TransformersEngine  # noqa: E402  only where the extra [train] is
from trainers.house import cards, flaws, problems, writer, writer_card  # noqa: E402

FOLDER = find_model("house-writer")
seeds = st.integers(0, 2**32).map(Random)


@given(rng=seeds)
def test_a_list_goes_on_with_other_problems_as_the_step_reads_them(rng: Random) -> None:
    asked, answer = writer.listing(rng)
    tasks = read_list(answer.content)
    assert f"Continue the list with {len(tasks)} new tasks" in asked.content
    assert all(problems.read(task) and task not in asked.content for task in tasks)


@given(rng=seeds, operation=st.sampled_from(NAMES))
def test_a_rewrite_is_well_formed_and_not_its_parent(rng: Random, operation: str) -> None:
    problem = problems.draw(rng)
    new = writer.breadth(rng, problem) if operation == "breadth" else writer.evolved(rng, problem, operation)
    assert problems.read(new.text)
    assert new.text != problem.text
    assert len(new.text.split()) <= len(problem.text.split()) + writer.ADDED or new.kind == problem.kind


@given(rng=seeds, principle=st.sampled_from(flaws.PRINCIPLES))
def test_a_revision_has_the_right_answer_and_lacks_what_was_criticised(rng: Random, principle: str) -> None:
    problem = problems.draw(rng)
    spoilt, critique, better = flaws.spoil(rng, problem, principle)
    assert better == problem.solution
    assert (spoilt == better) == (critique == flaws.FINE)


@given(rng=seeds)
def test_a_wrong_step_is_the_first_and_what_follows_goes_on_with_it(rng: Random) -> None:
    problem = problems.draw(rng, family="things")
    if made := flaws.miscount(rng, problem):
        wrong, critique = made
        steps = wrong.split("\n")[:-1]
        at = next(place for place, (a, b) in enumerate(zip(steps, problem.steps, strict=True)) if a != b)
        assert critique == f'"{steps[at]}" is wrong: {problem.steps[at]}.'
        for step in steps[at + 1 :]:
            a, sign, b, value = flaws.LINE.fullmatch(step).groups()  # type: ignore[union-attr]
            assert flaws._value(int(a), sign, int(b)) == int(value)


def test_training_never_sees_a_problem_of_the_test_side_as_a_user_writes_it() -> None:
    rng = Random(0)
    for _ in range(200):
        prompt = writer.plain(rng)[-2].content
        problem = problems.read(prompt)
        assert problem is not None
        kinds = ["stories", *procedural.KINDS]
        assert any(procedural.split_of(kind, prompt) == "train" for kind in kinds)


def test_the_training_set_is_the_same_for_a_seed() -> None:
    assert writer.conversations(3, share=0.002) == writer.conversations(3, share=0.002)
    assert writer.conversations(3, share=0.002) != writer.conversations(4, share=0.002)


def test_the_shipped_model_was_taught_the_prompts_that_the_steps_ask() -> None:
    """A changed template asks for `make house-writer`."""
    stated = json.loads((FOLDER / "metrics.json").read_text())["training"]["prompts"]
    assert stated == writer.prompts_digest()


def test_it_is_found_by_name_and_locked_by_its_weights() -> None:
    assert is_local("house-writer")
    print_ = fingerprint("house-writer", None)
    assert print_["weights"] != fingerprint("house", None)["weights"]
    assert (FOLDER / "model.safetensors").stat().st_size < 2_600_000


def test_its_card_tells_its_measurement() -> None:
    metrics = json.loads((FOLDER / "metrics.json").read_text())
    card = (FOLDER / "README.md").read_text()
    assert metrics["training"]["command"] in card
    for row in metrics["held_out"]["rows"]:
        assert f"| {row['asked']} | {row['measured']} | {row['n']} | {100 * row['share']:.0f} |" in card


def test_the_shipped_model_writes_a_users_problem_after_the_pre_query() -> None:
    engine = TransformersEngine(model="house-writer")
    requests = [
        Request(str(n), str(n), (), Sampling(temperature=1.0, max_tokens=160), seed=n, prefix=cards.PREQUERY)
        for n in range(40)
    ]
    texts = [completion.text or "" for bundle in engine.complete(requests) for completion in bundle]
    stated = json.loads((FOLDER / "metrics.json").read_text())["held_out"]["rows"][0]["share"]
    assert sum(problems.read(text) is not None for text in texts) / len(texts) >= stated - 0.2


@pytest.mark.slow
def test_the_shipped_model_does_what_its_card_says() -> None:
    stated = json.loads((FOLDER / "metrics.json").read_text())["held_out"]
    assert writer_card.measure(FOLDER)["rows"] == [
        row | {"share": pytest.approx(row["share"], abs=0.1)} for row in stated["rows"]
    ]
