"""One function a stage: from folders into a folder, and nothing done twice.

A stage whose folder is whole is not run again; one that was killed goes on: answers are journalled, trainings resume
from their checkpoint, merges appear whole or not at all.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError
from trainers.evaluating import Evaluation, evaluate
from trainers.looping.settings import LoopConfig, Measuring, Merging, Problems, Round

if TYPE_CHECKING:
    import polars as pl

    from trainers.folder import Trained

Say = Callable[[str], None]


def problems(wanted: Problems, seed: int) -> pl.DataFrame:
    """The rows to ask, with ids. Raises DataError where there are none."""
    from curate.sources import procedural
    from curate.table import row_ids
    from trainers.data import read

    if wanted.procedural is not None:
        split = wanted.split or "train"
        table = procedural.generate(wanted.procedural, wanted.rows, seed, split=split)
        table = table.drop("completion", "solution", strict=False)
    else:
        table = read(wanted, wanted.columns)
    return table if "id" in table.columns else table.with_columns(id=row_ids(table, "problems"))


def disjoint(asked: pl.DataFrame, held_out: pl.DataFrame) -> None:
    """Raise DataError where a held-out problem is also trained on."""
    from trainers.rows import problems_of

    both = set(problems_of(asked)) & set(problems_of(held_out))
    if both:
        raise DataError(
            f"loop: {len(both):,} held-out problems are among those that are trained on, for example "
            f"{min(both)[:120]}; take another split, or decontaminate"
        )


def generate(model: str, asked: pl.DataFrame, config: LoopConfig, one: Round, folder: Path) -> Evaluation:
    """The model's own answers to the problems, judged."""
    settings = one.generate
    assert settings is not None  # the caller has looked
    rows = asked if settings.limit is None else asked.head(settings.limit)
    measuring = Measuring(n=settings.n, k=(1,), temperature=settings.temperature, max_tokens=settings.max_tokens)
    return measure(model, rows, config, measuring, folder, seed=config.seed + 1)


def measure(
    model: str, asked: pl.DataFrame, config: LoopConfig, measuring: Measuring, folder: Path, *, seed: int | None = None
) -> Evaluation:
    """`evaluate`, read back where it was done already."""
    if (folder / "evaluation.json").is_file():
        return Evaluation.load(folder)
    return evaluate(
        model, asked, [use.model_dump(exclude={"weight"}) for use in config.rewards], n=measuring.n, k=measuring.k,
        temperature=measuring.temperature, max_tokens=measuring.max_tokens, seed=config.seed if seed is None else seed,
        folder=folder,
    )  # fmt: skip


def select(answers: Evaluation, one: Round, path: Path, *, shuffled: int | None = None, most: int | None = None) -> int:
    """Write the rows to train on, and return how many.

    Supervised methods get right answers, at most `per_problem` different ones a problem, the shortest first, none that
    was cut off. Methods that generate get the problems whose pass rate lies in `solved`.
    shuffled: the control arm: verdicts are dealt out at random with this seed first, so that only the reward's word is
    missing. most: rows at most, drawn with that seed; so that both arms train on as many.
    Raises DataError when nothing is left.
    """
    import polars as pl

    from curate.table import write_parquet

    score = f"score.{answers.reward}"
    rows = answers.rows.with_columns(_passed=(pl.col(score) >= answers.threshold).fill_null(value=False))
    if shuffled is not None:
        verdicts = rows["_passed"].to_list()
        random.Random(shuffled).shuffle(verdicts)  # noqa: S311  reproducible on purpose
        rows = rows.with_columns(_passed=pl.Series(verdicts, dtype=pl.Boolean))
    made = _some_solved(rows, one) if one.online else _right_answers(rows, one, path.parent / "generate")
    if made.is_empty():
        passed = f"{int(rows['_passed'].sum()):,} of {rows.height:,} answers passed"
        raise DataError(
            f"loop: round {one.name} has nothing to train on: {passed}. Easier problems, more answers (generate.n), "
            "or SFT on solutions first"
        )
    if most is not None and made.height > most:
        made = made.sample(most, seed=shuffled or 0)
    write_parquet(made, path)
    return made.height


def _right_answers(rows: pl.DataFrame, one: Round, folder: Path) -> pl.DataFrame:
    import polars as pl

    low, high = one.select.solved
    rate = pl.col("_passed").mean().over("parent")
    right = rows.filter(rate > low, rate <= high).filter(pl.col("_passed"), pl.col("finish_reason") == "stop")
    right = right.unique(["parent", "completion", "thinking"], keep="first", maintain_order=True)
    right = right.with_columns(_tokens=pl.col("completion_tokens"))
    kept = right.filter(pl.col("_tokens").rank("ordinal").over("parent") <= one.select.per_problem)
    return kept.select("prompt", pl.Series("completion", _as_written(kept, one, folder), dtype=pl.String))


def _as_written(rows: pl.DataFrame, one: Round, folder: Path) -> list[str]:
    """The answers to the letter, from the journal: taken apart and joined again they are no longer the model's own.

    A model that is trained on its thinking with one line break more first has to unlearn its own.
    """
    from curate.responses import Journal
    from curate.text.thinking import join_thinking

    limit = one.generate.max_tokens if one.generate else 0
    journal = Journal(folder / "responses" / "journal.jsonl", read_only=True)
    try:
        texts = []
        for key, thinking, text in rows.select("response", "thinking", "completion").iter_rows():
            found = journal.find(key, limit)
            texts.append(found.text if found is not None and found.text else join_thinking(thinking, text))
        return texts
    finally:
        journal.close()


def _some_solved(rows: pl.DataFrame, one: Round) -> pl.DataFrame:
    import polars as pl

    low, high = one.select.solved
    answered = {"completion", "thinking", "finish_reason", "model", "prompt_tokens", "completion_tokens", "sample",
                "response", "_passed"}  # fmt: skip
    first = rows.with_columns(pass_rate=pl.col("_passed").mean().over("parent")).unique(
        "parent", keep="first", maintain_order=True
    )
    columns = [name for name in first.columns if name not in answered and not name.startswith(("score.", "why."))]
    return first.filter(pl.col("pass_rate") > low, pl.col("pass_rate") < high).select(columns).drop("parent")


def train(
    model: str,
    data: str,
    config: LoopConfig,
    settings: dict[str, Any],
    folder: Path,
    say: Say,
    *,
    shuffled: bool = False,
) -> Trained:
    """`curate train` from a folder into a folder; goes on where it was stopped.

    shuffled: the rewards' values are dealt out at random within each batch: the control arm of a method that generates.
    """
    from trainers.methods import METHODS
    from trainers.stage import train as run

    whole = {"seed": config.seed, **settings, "model": model, "data": data, "out": str(folder)}
    functions: list[Any] = []
    if "rewards" in METHODS[settings["method"]].reads:
        whole.setdefault("rewards", [use.model_dump() for use in config.rewards])
        if shuffled:
            functions = [Shuffled(use, config.seed) for use in _uses(whole.pop("rewards"))]
    return run(whole, rewards=functions, resume=True, print_line=say)


def _uses(entries: Sequence[Any]) -> list[Any]:
    from trainers.settings import RewardUse

    return [RewardUse.model_validate({"reward": one} if isinstance(one, str) else one) for one in entries]


class Shuffled:
    """A reward whose values are dealt out at random within a batch: as much pay, and none of the truth."""

    def __init__(self, use: Any, seed: int) -> None:
        from trainers.guards import guard

        self.use = use
        self.reward = guard((use,), (), lambda _line: None)[0]
        self.random = random.Random(seed)  # noqa: S311  reproducible on purpose
        self.__name__ = f"shuffled_{use.label}"

    def __call__(self, completions: Sequence[Any], **given: Any) -> list[float | None]:
        """TRL's call."""
        values = [None if one is None else one * self.use.weight for one in self.reward(completions, **given)]
        self.random.shuffle(values)
        return values


def merge(merging: Merging, names: dict[str, str], folder: Path) -> str:
    """Merge earlier models into a folder. names: what each word stands for.

    Raises DataError for a word that is neither a model of this loop nor a folder.
    """
    from trainers.merging import merge as run
    from trainers.merging.weights import NOTE, Ingredient

    def found(word: str) -> str:
        return names.get(word, word)

    if (folder / NOTE).is_file():
        return str(folder)
    parts = merging.models or ()
    ingredients = [Ingredient(found(part.model), part.weight, part.density) for part in parts]
    if not ingredients:
        ingredients = [Ingredient(names["champion"]), Ingredient(names["candidate"])]
    base = None if merging.base is None else found(merging.base)
    return str(run(ingredients, folder, merging.method, base=base, t=merging.t))


def write_json(path: Path, value: Any) -> None:
    """Whole or not at all."""
    from curate.table import write_text_atomic

    path.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomic(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
