"""`evaluate`: a model answers problems several times, the rewards judge, and the figures come with their intervals.

The answers are asked by the pipeline's own `generate` and judged by its own `grade`: what filters your data and what
trains your model also measures it. Given a folder, every answer is durable and a killed evaluation goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, InvalidInput, did_you_mean
from curate.shipped import MODELS
from trainers.evaluating.evaluation import Evaluation

if TYPE_CHECKING:
    import polars as pl

    from curate.engines.base import Engine
    from curate.engines.settings import EngineSettings
    from curate.step import Context, Progress


def evaluate(
    model: str | Path,
    problems: pl.DataFrame,
    rewards: Sequence[str | Mapping[str, Any]] = ("verifier",),
    *,
    n: int = 8,
    k: Sequence[int] = (1, 8),
    temperature: float = 1.0,
    top_p: float | None = None,
    max_tokens: int = 1024,
    system: str | None = None,
    seed: int = 0,
    threshold: float = 1.0,
    engine: Mapping[str, Any] | Engine | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Let `model` answer every problem `n` times and judge the answers.

    problems: columns `prompt` (or `messages`) and what the rewards read (`answer`, `verifier`, ...); `source` parts the
    table. rewards: as in a recipe's `grade`; the first says who passed, at `threshold` or more. n: answers a problem,
    at least the largest k. engine: an entry as in a recipe's `engines:`, or an engine; transformers unless given.
    folder: keeps the answers; the same call goes on there and asks nothing twice.
    Raises InvalidInput for settings that cannot be, DataError for rows that cannot be asked or judged.
    """
    from curate.steps.generate import Generate
    from curate.steps.grade import Grade

    wanted = tuple(sorted({*k}))
    if not rewards:
        raise InvalidInput("evaluate: no rewards are given; `curate rewards list` shows them")
    if not wanted or wanted[0] < 1 or wanted[-1] > n:
        raise InvalidInput(f"evaluate: k is {list(k)} and n is {n}; k lies between 1 and n")
    opened = engine if not isinstance(engine, Mapping | None) else _adapted(model) if engine is None else None
    settings = _settings("house" if opened else str(model), engine if isinstance(engine, Mapping) else None)
    asked = _problems(problems)
    generate = Generate(
        step="generate", engine="model", n=n, temperature=temperature, top_p=top_p, max_tokens=max_tokens,
        system=system,
    )  # fmt: skip
    grade = Grade.model_validate({"step": "grade", "rewards": list(rewards)})
    for unknown in grade.names(frozenset()):
        raise InvalidInput(f"evaluate: unknown reward '{unknown.word}'{did_you_mean(unknown.word, unknown.known)}")
    for missing in sorted(grade.needs() - generate.after(frozenset(asked.columns))):  # before anything is asked
        raise DataError(
            f"evaluate: a reward reads column '{missing}', which the problems do not have (they have: "
            f"{', '.join(problems.columns)}). Name another reward, --reward math, or the column, --column {missing}=..."
        )
    with context_of(settings, folder, seed, progress, opened) as context:
        answered = generate.run(asked, context)
        rows = answered.kept
        if "parent" not in rows.columns:  # one answer a problem: the row is its own problem
            rows = rows.with_columns(parent=rows["id"])
        if rows.is_empty():
            reason = answered.failed["reason"][0] if answered.failed.height else "there are no problems"
            raise DataError(f"evaluate: no problem could be asked: {reason}")
        graded = grade.run(rows, context).kept
    failed = answered.failed["id"].n_unique() if answered.failed.height else 0
    made = Evaluation(str(model), graded, grade.rewards[0].label, wanted, threshold, seed, failed)
    if folder is not None:
        made.save(folder)
    return made


def _problems(problems: pl.DataFrame) -> pl.DataFrame:
    """With ids; a problem that stands twice is asked once. Raises DataError without a prompt."""
    import polars as pl

    from curate.table import row_ids

    if not {"prompt", "messages"} & set(problems.columns):
        near = did_you_mean("prompt", problems.columns)
        raise DataError(f"evaluate: the problems have no column 'prompt'{near}; rename it: columns: {{prompt: ...}}")
    if problems.is_empty():
        raise DataError("evaluate: there are no problems")
    table = problems if "id" in problems.columns else problems.with_columns(id=row_ids(problems, "problems"))
    if isinstance(table.schema.get("prompt"), pl.List) and "messages" not in table.columns:
        table = table.rename({"prompt": "messages"})  # as rows of GRPO have them
    return table.unique("id", keep="first", maintain_order=True).drop("parent", strict=False)


def _adapted(model: str | Path) -> Engine | None:
    """The engine of an adapter's folder; None where the model is whole."""
    if str(model) in MODELS:
        return None
    from trainers.models import find

    folder = find(str(model))
    from trainers.evaluating.adapted import AdaptedEngine, is_adapter

    return AdaptedEngine(folder) if is_adapter(folder) else None


def _settings(model: str, engine: Mapping[str, Any] | None) -> EngineSettings:
    from pydantic import ValidationError

    from curate.engines.settings import ENGINES

    entry = dict(engine or {"engine": "transformers"})
    kind = entry.get("engine")
    if kind not in ENGINES:
        raise InvalidInput(f"evaluate: unknown engine '{kind}'{did_you_mean(str(kind), ENGINES)}")
    if kind in ("transformers", "vllm") and "model" not in entry:
        from trainers.models import writer

        entry["model"] = model if model in MODELS or "revision" in entry else str(writer(model))
    try:
        return ENGINES[kind].model_validate(entry)
    except ValidationError as broken:
        first = broken.errors()[0]
        raise InvalidInput(f"evaluate: engine {kind}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None


@contextmanager
def context_of(
    settings: EngineSettings,
    folder: Path | None,
    seed: int,
    progress: Progress | None = None,
    engine: Engine | None = None,
) -> Iterator[Context]:
    """What a step needs to ask one engine, called `model`; answers are kept in `folder`, or forgotten.

    engine: opened already, else `settings` are opened at first use; either is closed at the end.
    """
    from curate.responses import Journal
    from curate.step import Context, Progress

    opened: list[Engine] = [] if engine is None else [engine]

    def of_name(_name: str) -> Engine:
        if not opened:
            opened.append(settings.open(Path.cwd()))
        return opened[0]

    with _place(folder) as place:
        place.mkdir(parents=True, exist_ok=True)
        journal = Journal(place / "journal.jsonl")
        identity: Callable[[str], Mapping[str, Any]] = lambda name: of_name(name).identity  # noqa: E731
        try:
            yield Context(seed, Path.cwd(), of_name, identity, {"model": settings}, journal, progress or Progress())
        finally:
            for one in opened:
                one.close()
            journal.close()


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder / "responses"
        return
    with TemporaryDirectory() as scratch:
        yield Path(scratch)
