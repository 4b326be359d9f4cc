"""What the house model can do: pass rates on held-out problems, and its model card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from curate.engines.transformers_engine import TransformersEngine
from curate.sources import procedural
from rewards import get
from trainers.house import cards

ROWS: Final = 150  # held-out problems a kind
SAMPLES: Final = 8
SEED: Final = 1
MOST: Final = 256  # tokens of an answer

CARD: Final = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
tags: [curate, synthetic, reasoning]
---
# The house model

A Qwen3 of {parameters:,} parameters that thinks aloud and answers small problems, made so that every recipe runs
without a GPU or a download. It is good enough for best-of-k, verification and difficulty labels to mean something, and
weak enough for training to improve it. It knows nothing else.

Trained from scratch on {conversations:,} procedural problems with worked solutions (`curate.sources.procedural`) and no
other data, in {cpu_seconds:,} CPU seconds on one core. To make it again:

    {command}

It answers `<think>`, worked steps, `</think>`, `The answer is \\boxed{{42}}.` Its context is 1,024 tokens. Prompts
unlike its training problems get an answer in the same form, and a wrong one.

## Measured

{rows} held-out problems of each kind (`split="test"`: no training problem of the kind has the same numbers), {samples}
samples each at temperature 1, judged by `rewards.math` and `rewards.countdown`. Well-formed is thinking between tags,
then exactly one box. Levels are the problems' difficulty; figures are percent.

| kind | pass@1 | pass@{samples} | well-formed | level 1 | level 2 | level 3 | tokens |
|---|---|---|---|---|---|---|---|
{table}
"""


def measure(folder: Path, rows: int = ROWS, samples: int = SAMPLES) -> dict[str, Any]:
    """Pass rates by kind: pass@1, pass@k, share of well-formed answers, pass@1 by level, mean tokens."""
    engine = TransformersEngine(model=str(folder))
    kinds = {kind: _measure_kind(engine, kind, rows, samples) for kind in procedural.KINDS}
    names = ("pass@1", f"pass@{samples}", "well_formed", "tokens", *(f"level_{level}" for level in procedural.LEVELS))
    kinds["all"] = {name: round(sum(kind[name] for kind in kinds.values()) / len(kinds), 4) for name in names}
    return {"rows": rows, "samples": samples, "seed": SEED, "temperature": 1.0, "kinds": kinds}


def _measure_kind(engine: TransformersEngine, kind: str, rows: int, samples: int) -> dict[str, float]:
    """As many problems of each level, sampled and judged."""
    share = rows // len(procedural.LEVELS)
    problems = [
        problem
        for level in procedural.LEVELS
        for problem in procedural.generate(kind, share, SEED, split="test", levels=[level]).to_dicts()
    ]
    asked = [cards.user(problem["prompt"]) for problem in problems]
    answers = cards.sample(engine, asked, samples=samples, max_tokens=MOST)
    flat = [problem for problem in problems for _ in range(samples)]
    texts = [answer.text or "" for answer in answers]
    judge = get(flat[0]["verifier"])
    columns = {name: [problem[name] for problem in flat] for name in judge.columns}
    right = [score.value == 1.0 for score in judge.score_batch(texts, **columns)]
    formed = _well_formed(texts)
    solved = [sum(right[at : at + samples]) for at in range(0, len(right), samples)]
    a_level = share * samples
    by_level = {
        f"level_{level}": cards.share(right[place * a_level : (place + 1) * a_level])
        for place, level in enumerate(procedural.LEVELS)
    }
    return {
        "pass@1": cards.share(right),
        f"pass@{samples}": cards.share([count > 0 for count in solved]),
        "well_formed": cards.share(formed),
        "tokens": round(sum(answer.completion_tokens for answer in answers) / len(answers), 1),
        **by_level,
    }


def _well_formed(texts: Sequence[str]) -> list[bool]:
    """Whether each text is thinking between tags, then exactly one box."""
    thinks, boxes = (get(name).score_batch(texts) for name in ("think_format", "boxed_format"))
    return [think.value == 1.0 and box.value == 1.0 for think, box in zip(thinks, boxes, strict=True)]


def write_card(folder: Path, training: dict[str, Any], measured: dict[str, Any]) -> None:
    """Write `metrics.json` and the model card `README.md` into the folder of the model."""
    samples = measured["samples"]
    names = ("pass@1", f"pass@{samples}", "well_formed", "level_1", "level_2", "level_3")
    lines = []
    for kind, figures in measured["kinds"].items():
        cells = [f"{100 * figures[name]:.0f}" for name in names]
        lines.append(f"| {kind} | {' | '.join(cells)} | {figures['tokens']:.0f} |")
    text = CARD.format(**training, rows=measured["rows"], samples=samples, table="\n".join(lines))
    cards.write(folder, training, measured, text)
