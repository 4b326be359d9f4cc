"""The reward `math`: one verdict everywhere, errors that do not pay, time that is bounded."""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rewards
from rewards.base import Score
from rewards.mathematics.compare import compare

Rows = Callable[[Path], Iterator[dict[str, Any]]]

CASES = [
    ("\\boxed{\\frac{1}{2}}", "0.5", 1.0),
    ("\\boxed{\\frac{1}{3}}", "0.33", 0.0),
    ("\\boxed{9^{9^{9^{9}}}}", "12", 0.0),
    ("\\boxed{\\sqrt{2}\\sqrt{3}+\\sin^2 x+\\cos^2 x}", "1+\\sqrt{6}", 1.0),
    ("\\boxed{\\lim_{x\\to \\infty} x^2}", "\\infty", 1.0),  # decided by the symbolic tier, in a worker
    ("\\boxed{\\int_0^{99} \\sin(x^x) dx}", "12", None),  # which is killed at its deadline
]
REWARD = rewards.get("math", timeout_s=1.5)


def verdicts() -> list[float | None]:
    return REWARD(completions=[case[0] for case in CASES], answer=[case[1] for case in CASES])


def _child(connection: Any) -> None:
    connection.send(verdicts())


def _in_thread() -> list[float | None]:
    results: list[list[float | None]] = []
    thread = threading.Thread(target=lambda: results.append(verdicts()))
    thread.start()
    thread.join()
    return results[0]


def _in_asyncio() -> list[float | None]:
    async def run() -> list[Score]:
        return await REWARD.ascore_batch([case[0] for case in CASES], answer=[case[1] for case in CASES])

    return [score.value for score in asyncio.run(run())]


def _in_process(method: str) -> list[float | None]:
    context = multiprocessing.get_context(method)
    reader, writer = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(writer,), daemon=True)
    child.start()
    assert reader.poll(90)
    result: list[float | None] = reader.recv()
    child.join(30)
    return result


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # fork with threads is what is tested
@pytest.mark.parametrize("where", ["main", "thread", "asyncio", "fork", "spawn"])
def test_the_verdict_is_the_same_from_every_context(where: str) -> None:
    runs: dict[str, Callable[[], list[float | None]]] = {"main": verdicts, "thread": _in_thread, "asyncio": _in_asyncio}
    found = runs[where]() if where in runs else _in_process(where)
    assert found == [case[2] for case in CASES]


def test_a_batch_is_judged_as_its_rows_are() -> None:
    completions, answers = [case[0] for case in CASES[:4]], [case[1] for case in CASES[:4]]
    one_by_one = [REWARD.score(c, answer=a) for c, a in zip(completions, answers, strict=True)]
    assert REWARD.score_batch(completions, answer=answers) == one_by_one


@pytest.mark.parametrize(
    ("limit", "gold", "value"),
    [
        (r"\lim_{x\to0}\frac{\sin 3x}{x}", "3", 1.0),
        (r"\lim_{x\to0}\frac{\sin 3x}{x}", "1", 0.0),
        (r"\lim_{n\to\infty}\left(1+\frac2n\right)^n", "e^2", 1.0),
        (r"\lim_{n\to\infty}(\sqrt{n^2+n}-n)", r"\frac12", 1.0),
        (r"\lim_{h\to0}\frac{(x+h)^2-x^2}{h}", "2x", 1.0),
        (r"\lim_{x\to0^+}\frac{|x|}{x}", "1", 1.0),
        (r"\lim_{x\to0^-}\frac{|x|}{x}", "1", 0.0),
        (r"\lim_{x\to0}\frac{|x|}{x}", "1", None),  # the sides differ
        (r"\lim_{x\to0}\sin\frac1x", "0", None),
        (r"\lim_{x\to0}\frac{\sin(x^{1000})-x^{1000}}{x^{3000}}", "0", None),  # all digits are lost: no 0
    ],
)
def test_a_limit_is_computed_where_its_digits_settle(limit: str, gold: str, value: float | None) -> None:
    assert rewards.get("math", symbolic=False).score(f"\\boxed{{{limit}}}", answer=gold).value == value


def test_a_hang_says_timed_out_and_costs_one_deadline() -> None:
    reward = rewards.get("math", timeout_s=0.5)
    reward.score("\\boxed{\\lim_{x\\to \\infty} x^2}", answer="\\infty")  # the worker is up
    start = time.monotonic()
    hang = "\\boxed{\\int_0^{99} \\sin(x^x) dx}"
    scores = reward.score_batch([hang, "\\boxed{12}", hang], answer=["12"] * 3)
    assert [score.value for score in scores] == [None, 1.0, None]
    assert "timed out after 0.5 s" in scores[0].why
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(
    "hostile",
    [
        "__import__('os').system('touch pwned')", "open('pwned','w')or 12", "9^{9^{9^{9}}}", "(10^9)!", "((9!)!)!",
        "\\binom{10^9}{5\\cdot10^8}", "(" * 3_000, "\\frac{1}{" * 500, "1" * 50_000, "x^{" * 900, "\\sqrt" * 700,
        "(a+b+c+d+e)^{400}", "1e999999999", "-" * 3_000 + "12", "12|" * 900, "\\sin(10^{10^{10}})",
        "12" + "+0" * 1_900, "\\text{" * 900, "e^{e^{e^{e^{e}}}}", "2^{2^{2^{2^{2^{2^{2}}}}}}", "1/0", "\\frac{0}{0}",
        "\\log(0)", "0^{-1}", "\\ud800", "\x00", "{x|x|x|x}", "\\max()", "_", "^", "'", "\\", "\\begin{pmatrix}",
    ],
)  # fmt: skip
def test_hostile_answers_earn_nothing_quickly_and_run_nothing(
    hostile: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    start = time.process_time()
    score = rewards.get("math", symbolic=False).score(f"\\boxed{{{hostile}}}", answer="12")
    assert time.process_time() - start < 3
    assert score.value in (0.0, None)
    assert score.why
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "heavy",
    [r"\prod_{k=1}^{10^6} k", r"\prod_{n=2}^{\infty}(1-n^{-2})", r"\int_0^1 x^{100000} dx", r"\sum_{k=1}^{10^7} k^2"],
)
def test_an_answer_that_sympy_could_not_compute_costs_no_deadline(heavy: str) -> None:
    start, here = time.monotonic(), time.process_time()
    score = rewards.get("math", timeout_s=30.0).score(f"\\boxed{{{heavy}}}", answer="720")
    assert score.value in (0.0, None)
    assert time.process_time() - here < 1
    assert time.monotonic() - start < 29  # a worker would have had its 30 s


def test_sympy_is_not_loaded_for_answers_the_grammar_covers() -> None:
    import subprocess

    code = (
        "import sys, rewards; print(rewards.math.score('\\\\boxed{\\\\frac{x}{2}}', answer='x/2').value, "
        "'sympy' in sys.modules, 'math_verify' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == ["1.0", "False", "False"]


@pytest.mark.parametrize("gold", ["", "   ", "$$", "\\frac{1}{", float("nan"), [], [None]])
def test_a_gold_that_cannot_be_read_is_none(gold: Any) -> None:
    score = rewards.math.score("\\boxed{12}", answer=gold)
    assert score.value is None
    assert "gold" in score.why or "is null" in score.why


@pytest.mark.parametrize(
    "gold", [12, 12.0, "12", "$12$", "\\boxed{12}", "so\n#### 12", "It is so.\nA: 12", ["11", "12"]]
)
def test_a_gold_may_come_in_any_usual_form(gold: Any) -> None:
    assert rewards.math.score("\\boxed{12}", answer=gold).value == 1.0
    assert rewards.math.score("\\boxed{13}", answer=gold).value == 0.0


def test_the_reason_says_what_was_read() -> None:
    score = rewards.math.score("first 11, then \\boxed{0.50}", answer="1/2")
    assert score.why == "0.50 equals 1/2"
    assert score.evidence == {"gold": "1/2", "answer": "0.50", "found": "boxed", "rule": "number"}
    assert rewards.math.score("I do not know", answer="x^2").value == 0.0


@pytest.mark.parametrize(
    ("gold", "answer", "equal"),
    [
        ("2.00", "1.98", False),
        ("2.00", "2.01", True),
        ("x=2", "2.01", True),
        ("1000", "1001", True),
        ("1000", "1010", False),
        ("5\\text{ kg}", "5.04\\text{ kg}", True),
    ],
)
def test_a_tolerance_is_relative_and_only_on_request(gold: str, answer: str, equal: bool) -> None:
    assert compare(gold, answer).equal is False
    assert compare(gold, answer, tolerance=0.009).equal is equal


# real labelled data, read where it lies; the counts are of rows whose label was checked by hand


def test_gsm8k_labels_are_reproduced(shared_data: Path, read_rows: Rows) -> None:
    rows = list(read_rows(shared_data / "math_gsm8k" / "model_solutions_labelled.jsonl.gz"))
    solutions, golds = [row["solution"] for row in rows], [row["ground_truth"] for row in rows]
    for reward in (rewards.get("math", style="gsm8k"), rewards.math):
        assert reward(completions=solutions, answer=golds) == [float(row["is_correct"]) for row in rows]


def test_published_golds_can_be_read(shared_data: Path, read_rows: Rows) -> None:
    golds = [row["answer"] for row in read_rows(shared_data / "math_hendrycks" / "math_train_7474.jsonl.gz")]
    unread = [gold for gold in golds if gold and compare(gold, "0").rule in ("gold", "undecided")]
    assert len(unread) <= 10, unread


def test_hand_written_cases_agree(shared: Path, read_rows: Rows) -> None:
    rows = list(read_rows(shared / "cases" / "math_answers.jsonl"))
    values = rewards.math(completions=[row["pred"] for row in rows], answer=[row["gold"] for row in rows])
    right = sum(value == float(row["expected"]) for value, row in zip(values, rows, strict=True))
    assert right / len(rows) >= 0.97


def test_equivalence_misses_of_a_weaker_check_are_recovered(shared_data: Path, read_rows: Rows) -> None:
    """Each pair of `math_equiv_loong` that its authors' check rejected and ours accepts was read: they are equal."""
    rows = [
        row
        for row in read_rows(shared_data / "math_equiv_loong" / "advanced_math_pairs.jsonl.gz")
        if not row["match_status"] and row["result"] is not None and row["final_answer"] is not None
    ]
    golds = [str(row["final_answer"]) for row in rows]
    values = rewards.get("math", symbolic=False)(
        completions=[f"\\boxed{{{row['result']}}}" for row in rows], answer=golds
    )
    assert values.count(1.0) >= 250


@pytest.mark.parametrize(
    "module",
    ["base", "extract", "maths", "registry", "shape"]
    + [
        f"mathematics.{path.stem}" for path in sorted((Path(rewards.__file__).parent / "mathematics").glob("[a-z]*.py"))
    ],
)
def test_the_examples_in_the_docstrings_hold(module: str) -> None:
    import doctest
    from importlib import import_module

    assert not doctest.testmod(import_module(f"rewards.{module}")).failed


@pytest.mark.parametrize("completion", ["so 0.5", "so it is 0.5", "I get 0.5.", "x = 0.5", "That makes 1/2 of it."])
def test_a_number_at_the_end_of_a_short_sentence_is_the_answer(completion: str) -> None:
    assert rewards.math.score(completion, answer="1/2").value == 1.0
    assert rewards.math.score(completion, answer="\\frac{2}{3}").value == 0.0
