"""What the house writer can do, on held-out problems, and its model card."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from curate.constitution.principles import CRITIQUE, REVISION
from curate.engines.base import Message
from curate.engines.transformers_engine import TransformersEngine
from curate.growing.operations import NAMES
from rewards import get
from rewards.strings import rouge_l
from trainers.house import cards, flaws, problems, stories, wordings, writer
from trainers.house.problems import Problem

SEED: Final = 1
PREQUERIES: Final = 400
LISTS: Final = 100
SHOWN, ASKED = 6, 6  # of a list that is measured
REWRITES: Final = 100  # an operation
REVISIONS: Final = 100  # a principle
ANSWERS: Final = 400
NOVEL: Final = 0.7  # self_instruct's bound: ROUGE-L with every task of the pool
REWRITTEN: Final = 0.9  # evolve's bound: ROUGE-L with the parent
MOST: Final = 480  # tokens written
ITEM: Final = re.compile(r"(\d+)\. (.+)")

CARD: Final = """\
---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
tags: [curate, synthetic, instruction-generation]
---
# The house writer

A Qwen3 of {parameters:,} parameters that writes problems, made so that recipes which generate instructions
(`self_instruct`, `evolve`, `magpie`, `critique`) run without a GPU or a download: `engine: transformers`, `model:
house-writer`. It knows nothing but small problems; its evolutions and critiques are those of a grammar of
{sentences} sentences and {forms} forms of problems. `house` answers better.

Trained from scratch on {conversations:,} conversations in the words that those steps ask in, over the problems of
`curate.sources.procedural` in several wordings each and stories made of that grammar, and no other data, in
at most {cpu_seconds:,} seconds of one core. To make it again, with the figures below:

    {command}

## Measured

On problems of the test side (`split="test"`: no training problem of the kind has the same numbers), sampled at
temperature 1. Well-formed: the grammar reads it and finds one answer, with every count on the way a positive whole
number. Novel: ROUGE-L of at most 0.7 with every other one that was written before it and every task shown. Figures are
percent.

| asked | measured | n | % |
|---|---|---|---|
{table}
"""


def measure(folder: Path) -> dict[str, Any]:
    """All figures: shares by what was asked."""
    engine = TransformersEngine(model=str(folder))
    rng = Random(SEED)  # noqa: S311  reproducible on purpose
    rows = [*_prequery(engine), *_lists(engine, rng), *_rewrites(engine, rng), *_revisions(engine, rng)]
    rows += _answers(engine, rng)
    return {
        "seed": SEED,
        "temperature": 1.0,
        "rows": [{"asked": a, "measured": m, "n": n, "share": s} for a, m, n, s in rows],
    }


Row = tuple[str, str, int, float]


def _prequery(engine: TransformersEngine) -> list[Row]:
    """Problems sampled after the beginning of a user's turn."""
    texts = _write(engine, [None] * PREQUERIES)
    return _of_new("the beginning of a user's turn", texts, [])


def _of_new(asked: str, texts: Sequence[str], shown: Sequence[str]) -> list[Row]:
    formed = [problems.read(text) is not None for text in texts]
    return [
        _row(asked, "well-formed", formed),
        _row(asked, "well-formed and novel", _both(formed, _novel(texts, shown))),
    ]


def _novel(texts: Sequence[str], shown: Sequence[str]) -> list[bool]:
    """Whether each is unlike those before it and those shown."""
    return [
        all((rouge_l(text, other).value or 0) <= NOVEL for other in (*shown, *texts[:place]))
        for place, text in enumerate(texts)
    ]


def _lists(engine: TransformersEngine, rng: Random) -> list[Row]:
    """New tasks of a list, each list with tasks of its own."""
    shown = [[problems.draw(rng, "test").text for _ in range(SHOWN)] for _ in range(LISTS)]
    texts = _write(engine, [cards.user(writer.list_prompt(tasks, ASKED)) for tasks in shown])
    asked = f"{ASKED} new tasks after {SHOWN}"
    found = [_items(text) for text in texts]
    numbers = [[number for number, _ in items] == list(range(SHOWN + 1, SHOWN + ASKED + 1)) for items in found]
    flat = [(place, task) for place, items in enumerate(found) for _, task in items]
    formed = [problems.read(task) is not None for _, task in flat]
    novel = [
        one for tasks, items in zip(shown, found, strict=True) for one in _novel([task for _, task in items], tasks)
    ]
    return [
        _row(asked, "as many, numbered as asked", numbers),
        _row(asked, "tasks well-formed", formed),
        _row(asked, "tasks well-formed and novel in their list", _both(formed, novel)),
    ]


def _items(text: str) -> list[tuple[int, str]]:
    """The lines of a numbered list."""
    return [(int(found[1]), found[2]) for line in text.split("\n") if (found := ITEM.fullmatch(line))]


def _rewrites(engine: TransformersEngine, rng: Random) -> list[Row]:
    """Harder ones by each operation, and others of the same field."""
    rows: list[Row] = []
    for operation in NAMES:
        old = [problems.draw(rng, "test") for _ in range(REWRITES)]
        texts = _write(engine, [cards.user(writer.rewrite_prompt(operation, problem.text)) for problem in old])
        new = [problems.read(text) for text in texts]
        differs = [(rouge_l(text, one.text).value or 0) <= REWRITTEN for text, one in zip(texts, old, strict=True)]
        asked = f"evolve, {operation}"
        rows.append(_row(asked, "well-formed", [one is not None for one in new]))
        if operation == "breadth":
            good = [one is not None and one.family == was.family for one, was in zip(new, old, strict=True)]
            name = "well-formed, of the same family, not the same"
        else:
            good = [one is not None and one.level > was.level for one, was in zip(new, old, strict=True)]
            name = "well-formed, harder, not the same"
        rows.append(_row(asked, name, _both(good, differs)))
    return rows


def _revisions(engine: TransformersEngine, rng: Random) -> list[Row]:
    """Flaws planted in answers: named, and gone afterwards; and answers without a flaw, left as they are."""
    rows: list[Row] = []
    for principle in flaws.PRINCIPLES:
        made: list[tuple[Problem, str, str, str]] = []
        while len(made) < REVISIONS:
            problem = problems.draw(rng, "test")
            answer, critique, better = flaws.spoil(rng, problem, principle)
            if critique != flaws.FINE:
                made.append((problem, answer, critique, better))
        named, revised = _criticise(engine, principle, [(problem.text, answer) for problem, answer, _, _ in made])
        asked = f"critique, {principle.partition(':')[0]}"
        rows.append(_row(asked, "flaw named", [a == b[2] for a, b in zip(named, made, strict=True)]))
        right = [a == b[3] for a, b in zip(revised, made, strict=True)]
        rows.append(_row(asked, "revised answer right in full", right))
    clean = [problems.draw(rng, "test") for _ in range(REVISIONS)]
    pairs = [(problem.text, problem.solution) for problem in clean]
    named, revised = _criticise(engine, rng.choice(flaws.PRINCIPLES), pairs)
    asked = "critique of an answer without a flaw"
    kept = [a == b[1] for a, b in zip(revised, pairs, strict=True)]
    return [
        *rows,
        _row(asked, "nothing found", [one == flaws.FINE for one in named]),
        _row(asked, "answer kept", kept),
    ]


def _criticise(
    engine: TransformersEngine, principle: str, pairs: Sequence[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """Critiques of answers and the revised answers, both the most likely ones."""
    question = cards.user(CRITIQUE.format(principle=principle))
    chats = [(*cards.user(prompt), _said(answer), *question) for prompt, answer in pairs]
    named = _write(engine, chats, temperature=0.0)
    revisions = [(*chat, _said(text), *cards.user(REVISION)) for chat, text in zip(chats, named, strict=True)]
    return named, _write(engine, revisions, temperature=0.0)


def _answers(engine: TransformersEngine, rng: Random) -> list[Row]:
    """The most likely answers to held-out problems."""
    asked = [
        problem for problem in (problems.draw(rng, "test") for _ in range(ANSWERS)) if problem.family != "countdown"
    ]
    texts = _write(engine, [cards.user(problem.text) for problem in asked], temperature=0.0)
    scores = get("math").score_batch(texts, answer=[problem.answer for problem in asked])
    return [_row("a problem, at temperature 0", "answer right", [score.value == 1.0 for score in scores])]


def _row(asked: str, measured: str, flags: Sequence[bool]) -> Row:
    return asked, measured, len(flags), cards.share(flags)


def _both(ones: Sequence[bool], others: Sequence[bool]) -> list[bool]:
    return [one and other for one, other in zip(ones, others, strict=True)]


def _said(text: str) -> Message:
    return {"role": "assistant", "content": text}


def _write(engine: TransformersEngine, chats: Sequence[cards.Chat | None], temperature: float = 1.0) -> list[str]:
    """What the model writes, in the order of the chats."""
    written = cards.sample(engine, chats, temperature=temperature, max_tokens=MOST)
    return [completion.text or "" for completion in written]


def write_card(folder: Path, training: dict[str, Any], measured: dict[str, Any]) -> None:
    """Write `metrics.json` and the model card `README.md` into the folder of the model."""
    lines = [
        f"| {row['asked']} | {row['measured']} | {row['n']} | {100 * row['share']:.0f} |" for row in measured["rows"]
    ]
    sentences = sum(
        len(theme.openings + theme.more + theme.less + theme.questions) for theme in stories.THEMES.values()
    )
    text = CARD.format(**training, sentences=sentences, forms=len(wordings.FORMS), table="\n".join(lines))
    cards.write(folder, training, measured, text)
