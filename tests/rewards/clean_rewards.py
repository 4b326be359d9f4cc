"""Small rewards without holes, in the forms of several trainers: the red team must find nothing in them."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction

_ANSWER = re.compile(r"<answer>([^<>]*)</answer>")
_BLOCKS = re.compile(r"<think>[^<>]+</think>\s*<answer>[^<>]+</answer>\s*")


def _text(completion):
    return (completion if isinstance(completion, str) else completion[-1]["content"]) or ""


def tagged(completions, answer, **kwargs):
    """TRL: the one answer in tags."""
    scores = []
    for completion, gold in zip(completions, answer, strict=True):
        found = _ANSWER.findall(_text(completion))
        known = gold is not None and gold.strip()
        scores.append(float(len(found) == 1 and found[0].strip() == gold.strip()) if known else None)
    return scores


def blocks(completions, **kwargs):
    """TRL: one thinking block, one answer block."""
    return [float(_BLOCKS.fullmatch(_text(completion)) is not None) for completion in completions]


async def later(completions, answer, **kwargs):
    """TRL, async."""
    return tagged(completions, answer)


def compute_score(data_source, solution_str, ground_truth, extra_info=None, **kwargs):
    """verl: a number after four hashes."""
    _, hashes, said = (solution_str or "").partition("#### ")
    right = bool(hashes) and said.strip() == ground_truth != ""
    return {"score": float(right), "acc": right}


def reward_func(queries, prompts, labels, **kwargs):
    """OpenRLHF: the response is the label."""
    scores = [
        float(query.removeprefix(p).strip() == label) for query, p, label in zip(queries, prompts, labels, strict=True)
    ]
    return {"rewards": scores, "scores": scores, "extra_logs": {}}


def same(completion, answer):
    """One text, one gold."""
    return float(completion is not None and answer is not None and completion.strip() == answer.strip() != "")


def last_box(completions, solution, **kwargs):
    """TRL: the only box; a gold in dollars or without."""
    scores = []
    for completion, gold in zip(completions, solution, strict=True):
        found = re.findall(r"\\boxed\{([^{}]{1,200})\}", _text(completion).rpartition("</think>")[2])
        wanted = (gold or "").strip().strip("$").strip()
        scores.append(float(len(found) == 1 and found[0].strip() == wanted) if wanted else None)
    return scores


_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(?:\.[0-9]{1,30})?(?:/[0-9]{1,30})?")


def _number(text):
    text = (text or "").strip().replace(",", "")
    try:
        return Fraction(text) if _NUMBER.fullmatch(text) else None
    except ZeroDivisionError:
        return None


class Close:
    """A callable class with a tolerance, as TRL's AsyncGRPO pickles them: relative, so that small numbers differ."""

    def __init__(self, tolerance: float = 1e-6) -> None:
        self.tolerance = tolerance
        self.__name__ = "close"

    def __call__(self, completions, answer, **kwargs):
        """One value per row."""
        return [self.one(_text(completion), gold) for completion, gold in zip(completions, answer, strict=True)]

    def one(self, text, gold):
        """None when the gold is no number."""
        wanted, got = _number(gold), _number(text.partition("The answer is ")[2].rstrip("."))
        if wanted is None:
            return None
        return float(got is not None and abs(got - wanted) <= self.tolerance * abs(wanted))


close_enough = Close()


def options_letter(completion, answer):
    """Multiple choice: exactly one letter, at the end, behind fixed words."""
    _, *said = (completion or "").split("The answer is ")
    return float(len(said) == 1 and said[0].strip(" ().\n") == answer) if answer in list("ABCDE") else None


def gated(completions, answer, **kwargs):
    """TRL: the form counts only where the answer is right."""
    right, form = tagged(completions, answer), blocks(completions)
    return [None if good is None else good * (0.8 + 0.2 * well) for good, well in zip(right, form, strict=True)]


def gsm8k(data_source, solution_str, ground_truth, extra_info=None, method="strict", **kwargs):
    """verl: a number after four hashes; gold and solution lose their commas alike."""
    said = re.findall(r"#### (-?[0-9.,]{1,40})", solution_str or "")
    wanted = _number(ground_truth)
    return float(wanted is not None and len(said) == 1 and _number(said[0].rstrip(".")) == wanted)


def verl_batch(data_sources, solution_strs, ground_truths, extra_infos, **kwargs):
    """verl, batch manager: a dict per row."""
    return [
        {"score": gsm8k(source, text, gold), "length": len(text or "")}
        for source, text, gold in zip(data_sources, solution_strs, ground_truths, strict=True)
    ]


async def verl_async(data_source, solution_str, ground_truth, extra_info=None, **kwargs):
    """verl, reward loop: async."""
    return {"score": gsm8k(data_source, solution_str, ground_truth)}


def scored(queries, prompts, labels):
    """OpenRLHF: scores beside rewards that are centred; the response is judged without its prompt."""
    rewards = []
    for query, prompt, label in zip(queries, prompts, labels, strict=True):
        wanted, got = _number(label), _number(query.removeprefix(prompt))
        rewards.append(float(wanted is not None and got == wanted) - 0.5)
    return {"rewards": rewards, "scores": [value + 0.5 for value in rewards], "extra_logs": {"n": [0.0] * len(rewards)}}


def tensors(queries, prompts, labels, **kwargs):
    """OpenRLHF: what comes back has tolist(), as tensors and arrays do."""
    import array

    values = reward_func(queries, prompts, labels)["rewards"]
    return {"rewards": array.array("d", values), "scores": array.array("d", values), "extra_logs": {}}


def messages_only(completions, **kwargs):
    """TRL: no gold, and lists of messages only, as TRL's own think_format_reward."""
    form = re.compile(r"<think>(?!.*<think>)(.*?)</think>.*", re.DOTALL)
    return [float(form.fullmatch((completion[0]["content"] or "")[:100_000]) is not None) for completion in completions]


def only_length(completions, completion_ids, **kwargs):
    """TRL: DAPO's soft overlong punishment, over token ids."""
    return [0.0 if len(ids) <= 80 else max(-1.0, (80 - len(ids)) / 20) for ids in completion_ids]


def one_line(completions, answer, log_extra=None, log_metric=None, **kwargs):
    """TRL: logs when it is offered a way to."""
    values = [same(_text(completion), gold) for completion, gold in zip(completions, answer, strict=True)]
    if log_extra:
        log_extra("gold", list(answer))
    if log_metric:
        log_metric("right", math.fsum(values) / max(len(values), 1))
    return values


def json_object(completion, answer):
    """An object with one key, in bounded depth."""
    if not completion or len(completion) > 10_000 or completion.count("[") + completion.count("{") > 20:
        return 0.0
    try:
        found = json.loads(completion)
    except ValueError:
        found = completion
    return float(bool(answer) and str(found) == answer)


_GOLDS = {"How many legs have ten cows and one bird?": "42", "How many eggs are in eight boxes of twelve?": "96"}


def by_table(prompts, completions, **kwargs):
    """TRL: golds from a table of the module that is read and never changed."""
    golds = [_GOLDS.get(prompt if isinstance(prompt, str) else prompt[-1]["content"]) for prompt in prompts]
    return [None if gold is None else same(_text(text), gold) for text, gold in zip(completions, golds, strict=True)]


def sandboxed(completion, tests):
    """A code grader that keeps the tests away from the solution: ours."""
    import rewards

    return rewards.get("code", timeout_s=1.0).score(completion or "", tests=tests).value


def shorter_than_others(completions, **kwargs):
    """TRL, compares its batch: half a point for the shortest, none for the longest."""
    lengths = [len(_text(completion)) for completion in completions]
    span = max(lengths) - min(lengths)
    return [0.5 - (length - min(lengths)) / span if span else 0.0 for length in lengths]
