"""Small re-creations of holes in public rewards, written from their descriptions; each names where the hole was.

They are run by the red team's tests, in processes of their own. Never use one.
"""

# ruff: noqa: B905, BLE001
from __future__ import annotations

import ast
import re
import signal
import subprocess
import sys


def _boxed(text):
    found = re.findall(r"\\boxed\{([^{}]*)\}", text)
    return found[-1] if found else text.strip()


def evaluated_pi(data_source, solution_str, ground_truth, extra_info=None):
    """verl, prime_math: the answer is evaluated when \\pi stands in it."""
    answer = _boxed(solution_str)
    if "\\pi" in answer:
        try:
            answer = eval(answer.replace("\\pi", "*3.14").replace("3*", "3*"))
        except Exception:
            return 0.0
    return {"score": float(str(answer) == str(ground_truth)), "acc": str(answer) == str(ground_truth)}


def evaluated_matrix(answer, entry):
    """reasoning-gym, spiral_matrix: the answer is evaluated as a list."""
    try:
        return float(eval(answer) == ast.literal_eval(entry["answer"]))
    except Exception:
        return 0.0


def evaluated_where_the_gold_is_a_matrix(data_source, solution_str, ground_truth, extra_info=None):
    """verl, prime_math: the answer is evaluated when the gold is a matrix."""
    answer = _boxed(solution_str)
    if "\\begin{pmatrix}" in ground_truth and answer.startswith("["):
        try:
            return float(str(eval(answer)) == ground_truth)
        except Exception:
            return 0.0
    return float(answer == ground_truth)


def parsed_expression(answer, entry):
    """reasoning-gym, countdown: sympy's parser, which evaluates."""
    from sympy.parsing.sympy_parser import parse_expr

    try:
        return float(parse_expr(answer) == int(entry["answer"]))
    except Exception:
        return 0.01


def error_is_full_score(completions, answer, timeout_score=1.0, **kwargs):
    """OpenJudge: `timeout_score` on any exception."""
    scores = []
    for completion, gold in zip(completions, answer):
        try:
            scores.append(float(abs(float(_boxed(completion)) - float(gold)) < 1e-6))
        except Exception:
            scores.append(timeout_score)
    return scores


def unparsable_gold_pays(completions, solution, **kwargs):
    """open-r1: a gold that does not parse makes every answer right."""
    rewards = []
    for completion, gold in zip(completions, solution):
        content = completion[0]["content"]
        if not re.search(r"\d", gold):
            rewards.append(1.0)
            continue
        rewards.append(float(_boxed(content) == gold.strip("$")))
    return rewards


def zero_off_the_main_thread(data_source, solution_str, ground_truth, extra_info=None):
    """verl, math_verify: the time limit is a signal, its failure reads as a wrong answer."""
    try:
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.alarm(5)
        return float(_boxed(solution_str) == ground_truth)
    except Exception:
        return 0.0
    finally:
        signal.alarm(0)


def paid_off_the_main_thread(completions, answer, **kwargs):
    """OpenJudge, off the main thread: the signal fails and the failure is paid."""
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    except ValueError:
        return [1.0] * len(completions)
    return [float(_boxed(text) == gold) for text, gold in zip(completions, answer)]


def swallowed(completion, answer):
    """verifiers (legacy), and many: an exception of the verifier is a zero."""
    try:
        return float(float(_boxed(completion)) == float(answer))
    except Exception:
        return 0.0


def per_tag(completions, **kwargs):
    """Format rewards that pay for each tag they count."""
    tags = ("<think>", "</think>", "<answer>", "</answer>")
    return [sum(0.1 * text.count(tag) for tag in tags) for text in completions]


def gold_in_stdout(completion, answer):
    """Program graders that look for the expected output anywhere in stdout."""
    code = re.search(r"```python\n(.*?)```", completion, re.DOTALL)
    if code is None:
        return 0.0
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code[1]], capture_output=True, text=True, timeout=5)
    return float(answer in done.stdout)


def contained(completion, answer):
    """Substring matches."""
    return float(answer.lower() in completion.lower())


def any_number(queries, prompts, labels, **kwargs):
    """OpenRLHF form: any number of the text may be the gold, the reasoning's too."""
    scores = [float(label in re.findall(r"\d+", query)) for query, label in zip(queries, labels)]
    return {"rewards": scores, "scores": scores, "extra_logs": {}}


def tower(completion, answer):
    """Big powers are computed, with the interpreter's lock held."""
    text = _boxed(completion)
    if re.fullmatch(r"\d+(\*\*\d+)+", text):
        value = 1
        for part in reversed(text.split("**")):
            value = int(part) ** value
        text = str(value % 10**9)
    return float(text == answer)


def six_decimals(completions, solution, **kwargs):
    """math-verify: numbers are compared to six decimals, so what is small is the same."""

    def number(text):
        text = _boxed(text).strip("$").replace("\\times10^{", "e").replace("}", "")
        return float(text)

    scores = []
    for completion, gold in zip(completions, solution):
        try:
            scores.append(float(round(number(completion), 6) == round(number(gold), 6)))
        except ValueError:
            scores.append(None)
    return scores


def unit_stripped(data_source, solution_str, ground_truth, extra_info=None):
    """math-verify and the prm800k family: units are cut off."""

    def bare(text):
        return re.sub(r"\s*[a-zA-Z]+$", "", text.strip())

    return float(bare(_boxed(solution_str)) == bare(ground_truth) != "")


def any_element(completions, answer, **kwargs):
    """math-verify: of two lists, one common element is enough."""

    def parts(text):
        return {part.strip() for part in text.replace("\\{", "").replace("\\}", "").split(",")} - {""}

    return [float(bool(parts(_boxed_list(text)) & parts(gold))) for text, gold in zip(completions, answer)]


def _boxed_list(text):
    return text.partition("\\boxed{")[2].rpartition("}")[0] or text


def always_true(completion, answer):
    """math-verify: an equation is read as its solution, and `x=x` holds for every x."""
    left, equals, right = _boxed(completion).partition("=")
    return float(left == answer or (bool(equals) and left == right))


def dollars_only(completions, solution, **kwargs):
    """TRL: a gold in LaTeX without dollar signs is not read, and the row is lost."""
    scores = []
    for completion, gold in zip(completions, solution):
        readable = gold.startswith("$") or re.fullmatch(r"\d+", gold)
        scores.append(float(_boxed_list(completion[0]["content"]) == gold.strip("$")) if readable else None)
    return scores


def comma_of_the_gold(data_source, solution_str, ground_truth, extra_info=None):
    """verl, gsm8k: the solution loses its commas, the gold keeps them."""
    found = re.findall(r"#### (-?[0-9.,]+)", solution_str)
    return float(bool(found) and found[-1].replace(",", "") == ground_truth)


def length_of_the_batch(completions, solution, **kwargs):
    """open-r1, len_reward: lengths are compared over the whole batch, whatever their question."""
    lengths = [len(text) for text in completions]
    spread = max(lengths) - min(lengths) or 1
    right = [_boxed(text) == gold for text, gold in zip(completions, solution)]
    shaped = [0.5 - (length - min(lengths)) / spread for length in lengths]
    return [shape if good else min(0, shape) - 1 for shape, good in zip(shaped, right)]


def _program(completion):
    found = re.findall(r"```python\n(.*?)```", completion, re.DOTALL)
    return found[-1] if found else completion


def executed_here(completion, tests):
    """human-eval, evalplus, LiveCodeBench: solution, tests and verdict in one interpreter."""
    result = []
    try:
        exec(_program(completion) + "\n" + "\n".join(tests), {})
        result.append("passed")
    except BaseException as error:
        result.append(f"failed: {error}")
    return float(result[0] == "passed")


def results_in_the_frames(completions, test_list, **kwargs):
    """verl prime_code, open-instruct: the expected results stand in the caller's frames."""
    scores = []
    for completion, tests in zip(completions, test_list):
        names = {}
        good = True
        try:
            exec(_program(completion), names)
            for test in tests:
                call, _, wanted = test.removeprefix("assert ").partition(" == ")
                got = eval(call, names)
                good = good and type(got) is int and got == int(wanted)
        except Exception:
            good = False
        scores.append(float(good))
    return scores


def exit_status(completion, test):
    """Many: a script of solution and tests, judged by its exit status."""
    script = _program(completion) + "\n" + test
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, timeout=10)
    return float(done.returncode == 0)


def printed_token(completion, tests):
    """FrontierCS and others: the grader's own word is looked for in what the process printed."""
    script = "\n".join([_program(completion), *tests, "print('passed')"])
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, timeout=10)
    return float("passed" in done.stdout.split("\n"))


_SEEN: dict[str, int] = {}


def remembers(completion, answer):
    """Module state: the second time an answer is given it earns less."""
    _SEEN[completion] = _SEEN.get(completion, 0) + 1
    return float(completion.strip() == answer) / _SEEN[completion]


def first_gold_for_all(data_sources, solution_strs, ground_truths, extra_infos, **kwargs):
    """Batch form: every row is compared with the first gold."""
    return [float(text.strip() == ground_truths[0]) for text in solution_strs]


def drops_rows(completions, answer, **kwargs):
    """Rows that fail are left out, so values shift to other rows."""
    return [1.0 for text, gold in zip(completions, answer) if text.strip() == gold] or [0.0]


def trusts_judge(completion, answer):
    """A judge that takes an opener for an answer (master keys)."""
    return float(completion.strip() == answer or completion.startswith(("Thought process", "Solution", ":")))


def _strict():
    scale = 1.0

    def reward(completions, answer, **kwargs):
        return [scale * float(text.strip() == gold) for text, gold in zip(completions, answer)]

    return reward


closure = _strict()


def all_alike(completions, **kwargs):
    """A stub that was left in: full marks for everybody."""
    return [1.0 for _ in completions]


def first_come(completions, **kwargs):
    """Diversity by what was said before in the batch: the first to say a word is paid, whoever it is."""
    said, scores = set(), []
    for completion in completions:
        words = set(completion.split())
        scores.append(len(words - said) / max(1, len(words)))
        said |= words
    return scores
