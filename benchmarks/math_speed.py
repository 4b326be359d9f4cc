"""How many answers a second `rewards.math` judges, beside math-verify on the same pairs in the same run.

    python benchmarks/math_speed.py [--pairs 500] [--long 4000] [--seed 0]

The mix is that of mathematics post-training data: integers, fractions, decimals, points, intervals, polynomials and
radicals, half of them right but written differently, half wrong; no pair comes twice, so no cache helps. Both verifiers
see the whole completion; times are of the processor, on one core. GSM8K-like solutions and
denial-of-service strings follow.
"""

from __future__ import annotations

import argparse
import logging
import random
import statistics
import time
import warnings
from collections.abc import Callable
from fractions import Fraction

import rewards

RUNS = 3
MIX = {"integer": 180, "fraction": 80, "decimal": 50, "point": 40, "interval": 40, "polynomial": 60, "radical": 50}
Pair = tuple[str, str, bool]
Judge = Callable[[list[str], list[str]], list[float | None]]

HOSTILE = [
    r"9^{9^{9^{9}}}", r"(10^{9})!", r"((10!)!)!", r"\binom{10^9}{5\cdot10^8}", r"2^{2^{2^{2^{2^{2}}}}}",
    "(" * 2000 + "1" + ")" * 2000, r"\frac{1}{" * 300 + "2" + "}" * 300, "1" * 100_000,
    r"\sqrt{" * 200 + "2" + "}" * 200,
    r"\int_0^{10^6} \sin(x^x)\,dx", r"\sum_{k=1}^{10^{12}} \frac{1}{k}", r"(a+b+c+d+e+f)^{500}",
    "x" + "^{2" * 500 + "}" * 500, r"10^{10^{10}} \bmod 7", "-" * 3000 + "1", r"\sin(10^{10^{10}})", "1," * 1500 + "1",
    r"\prod_{n=1}^{\infty}(1-\frac{1}{n^{n}})", "__import__('os').system('sleep 60')", "|" * 1000,
    r"\lim_{x\to0}\frac{\sin(x^{1000})-x^{1000}}{x^{3000}}", "{" * 3000, r"e^{e^{e^{e^{e^{e}}}}}", "1e999999999",
]  # fmt: skip


def integer(rng: random.Random) -> Pair:
    n = rng.randint(-9_999, 9_999_999)
    return str(n), f"{n:,}" if rng.random() < 0.3 else str(n), True


def fraction(rng: random.Random) -> Pair:
    top, bottom, k = rng.randint(-99, 99), rng.randint(2, 99), rng.randint(1, 9)
    return (
        rf"\frac{{{top}}}{{{bottom}}}",
        rng.choice([rf"\dfrac{{{top * k}}}{{{bottom * k}}}", f"{top}/{bottom}"]),
        True,
    )


def decimal(rng: random.Random) -> Pair:
    n = rng.randint(-99_999, 99_999)
    return f"{n / 100:.2f}", rng.choice([f"{n / 100:.3f}", rf"\frac{{{n}}}{{100}}"]), True


def point(rng: random.Random) -> Pair:
    a, b, c = rng.randint(-50, 50), rng.randint(-50, 50), rng.randint(2, 9)
    return rf"\left({a}, \frac{{{b}}}{{{c}}}\right)", f"({a}, {b}/{c})", True


def interval(rng: random.Random) -> Pair:
    a, b = sorted(rng.sample(range(-50, 50), 2))
    return f"[{a}, {b})", rng.choice([rf"\left[{a},{b}\right)", rf"{a} \le x < {b}"]), True


def polynomial(rng: random.Random) -> Pair:
    a, b, c = (rng.randint(1, 20) for _ in range(3))
    return f"{c}(x+{a})(x-{b})", f"{c}x^2{c * (a - b):+d}x-{a * b * c}", True


def radical(rng: random.Random) -> Pair:
    a, b, k = rng.randint(1, 20), rng.choice([2, 3, 5, 6, 7, 10]), rng.randint(2, 9)
    return rf"{a}+{k}\sqrt{{{b}}}", rf"\sqrt{{{k * k * b}}} + {a}", True


def wrong(pair: Pair, rng: random.Random) -> Pair:
    """The same answer with one digit changed."""
    gold, pred, _ = pair
    digits = [index for index, character in enumerate(pred) if character.isdigit()]
    index = rng.choice(digits)
    digit = rng.choice([d for d in "123456789" if d != pred[index]])
    return gold, pred[:index] + digit + pred[index + 1 :], False


def pairs(count: int, seed: int) -> dict[str, list[Pair]]:
    """`count` pairs in the proportions of the mix, half right, none twice."""
    rng = random.Random(seed)
    makers: dict[str, Callable[[random.Random], Pair]] = {
        "integer": integer, "fraction": fraction, "decimal": decimal, "point": point, "interval": interval,
        "polynomial": polynomial, "radical": radical,
    }  # fmt: skip
    made: dict[str, list[Pair]] = {}
    for kind, share in MIX.items():
        found: dict[tuple[str, str], Pair] = {}
        while len(found) < max(2, share * count // 500):
            pair = makers[kind](rng)
            pair = pair if len(found) % 2 else wrong(pair, rng)
            found[pair[:2]] = pair
        made[kind] = [pair if pair[2] or not _by_chance(pair) else (*pair[:2], True) for pair in found.values()]
    return made


def _by_chance(pair: Pair) -> bool:
    """A changed digit can leave a number equal (a repeated factor): only plain fractions, checked independently."""
    try:
        left, right = (Fraction(text.replace(",", "")) for text in pair[:2])
    except ValueError:
        return False
    return left == right


def completion(pred: str, length: int) -> str:
    filler = "We look at the problem again, set up the equation and simplify step by step, 3 + 4 = 7. "
    return (filler * (length // len(filler) + 1))[:length] + rf"\nThe final answer is $\boxed{{{pred}}}$."


def ours(completions: list[str], golds: list[str]) -> list[float | None]:
    return rewards.math(completions=completions, answer=golds)


def peer(completions: list[str], golds: list[str]) -> list[float | None]:
    from math_verify import parse, verify

    return [float(verify(parse(f"${gold}$"), parse(text))) for text, gold in zip(completions, golds, strict=True)]


def timed(judge: Judge, pairs: list[Pair], length: int) -> tuple[float, list[float | None]]:
    """Seconds of processor time, the median of RUNS with cold caches, and the values."""
    texts, golds = [completion(pred, length) for _, pred, _ in pairs], [gold for gold, _, _ in pairs]
    seconds = []
    for _ in range(RUNS):
        _forget()
        start = time.process_time()
        values = judge(texts, golds)
        seconds.append(time.process_time() - start)
    return statistics.median(seconds), values


def compare(made: dict[str, list[Pair]], length: int, name: str) -> None:
    print(f"\n{name}; the peer is math-verify")
    print(f"{'kind':<12}{'pairs':>6}{'ours/s':>10}{'peer/s':>15}{'ratio':>8}{'ours right':>12}{'peer right':>12}")
    differences, totals = [], [0.0] * 5
    for kind, rows in made.items():
        seconds, values = timed(ours, rows, length)
        peer_seconds, peer_values = timed(peer, rows, length)
        right = sum(value == float(pair[2]) for value, pair in zip(values, rows, strict=True))
        peer_right = sum(value == float(pair[2]) for value, pair in zip(peer_values, rows, strict=True))
        numbers = (len(rows), seconds, peer_seconds, right, peer_right)
        totals = [total + number for total, number in zip(totals, numbers, strict=True)]
        _line(kind, *numbers)
        triples = zip(rows, values, peer_values, strict=True)
        differences += [(pair, a, b) for pair, a, b in triples if a != b]
    _line("all", *totals)
    for (gold, pred, truth), a, b in differences:
        print(f"  differs: gold {gold}  answer {pred}  truth {truth}  ours {a}  math-verify {b}")


def _line(kind: str, pairs: float, seconds: float, peer_seconds: float, right: float, peer_right: float) -> None:
    rates = f"{pairs / seconds:>10,.0f}{pairs / peer_seconds:>15,.0f}{peer_seconds / seconds:>8,.0f}"
    print(f"{kind:<12}{pairs:>6.0f}{rates}{right:>12.0f}{peer_right:>12.0f}")


def _forget() -> None:
    """Start every measurement with cold caches."""
    from rewards import maths
    from rewards.mathematics import answers

    answers.read.cache_clear()
    maths._gold.cache_clear()  # noqa: SLF001


def gsm8k(count: int, seed: int) -> None:
    rng = random.Random(seed)
    texts, golds = [], []
    for _ in range(count):
        a, b = rng.randint(2, 500), rng.randint(2, 500)
        texts.append(
            f"She buys {a} and then {b}.\nThat is {a} + {b} = <<{a}+{b}={a + b}>>{a + b} in all.\n#### {a + b}"
        )
        golds.append(str(a + b + (rng.random() < 0.5)))
    reward = rewards.get("math", style="gsm8k")
    reward.score_batch(texts[:100], answer=golds[:100])
    start = time.process_time()
    scores = reward.score_batch(texts, answer=golds)
    seconds = time.process_time() - start
    triples = zip(scores, texts, golds, strict=True)
    right = sum(score.value == float(text.endswith(f" {gold}")) for score, text, gold in triples)
    print(f"\nGSM8K style: {count:,} solutions, {count / seconds:,.0f} verdicts/s on one core, {right:,} right")


def hostile() -> None:
    slowest, undecided, paid = (0.0, ""), 0, 0
    rewards.math.score("\\boxed{1}", answer="12")
    for text in HOSTILE:
        start = time.perf_counter()
        score = rewards.math.score(f"\\boxed{{{text}}}", answer="12")
        slowest = max(slowest, (time.perf_counter() - start, text[:40]))
        undecided += score.value is None
        paid += score.value == 1.0
    print(f"\nhostile strings: {len(HOSTILE)}, {undecided} undecided, {paid} paid; deadline 3 s a row")
    print(f"slowest {slowest[0]:.2f} s, the start of a worker included: {slowest[1]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--long", type=int, default=4_000, help="characters before the answer in the long run")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    for judge in (ours, peer):  # load what they need
        judge([r"\boxed{\frac{x}{2}}"], ["x/2"])
    made = pairs(options.pairs, options.seed)
    compare(made, 60, "short completions")
    compare(pairs(options.pairs, options.seed + 1), options.long, f"completions of {options.long:,} characters")
    gsm8k(50_000, options.seed)
    hostile()


if __name__ == "__main__":
    main()
