"""`evaluate`: a model answers problems several times, the rewards judge, and the figures come with their intervals.

The answers are asked by the pipeline's own `generate` and judged by its own `grade`: what filters your data and what
trains your model also measures it. Given a folder, every answer is durable and a killed evaluation goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, InvalidInput, did_you_mean
from curate.shipped import MODELS
from trainers.evaluating.estimators import Interval, majority_at_k, mean_interval, pass_at_k

if TYPE_CHECKING:
    import polars as pl

    from curate.engines.base import Engine
    from curate.engines.settings import EngineSettings
    from curate.steps.base import Context, Progress

ALL = "all"


@dataclass(frozen=True)
class Measured:
    """The figures of one source, or of all problems (`source` "all").

    samples: answers asked. none: share of answers the reward could not judge; they count in no rate. clipped: share
    that was cut off at max_tokens. tokens: of an answer, on average.
    """

    source: str
    problems: int
    samples: int
    pass_at: Mapping[int, Interval]
    majority_at: Mapping[int, Interval]
    none: float
    clipped: float
    tokens: float


@dataclass(frozen=True)
class Evaluation:
    """What a model made of problems.

    rows: one an answer, with `completion`, `score.<reward>`, `why.<reward>`; those of one problem share `parent`.
    reward: the label that says who passed, at `threshold` or more. failed: problems that could not be asked.
    """

    model: str
    rows: pl.DataFrame
    reward: str
    k: tuple[int, ...]
    threshold: float
    seed: int
    failed: int = 0

    @cached_property
    def problems(self) -> pl.DataFrame:
        """One row a problem, in order: `problem source judged passed`, and `answers` and `verdicts` by sample."""
        import polars as pl

        from rewards.extract import final_answer

        def vote(text: str) -> str | None:
            found = final_answer(text)
            return " ".join(found.text.split()) if found else None

        score = pl.col(f"score.{self.reward}")
        answers = pl.Series("answer", [vote(text or "") for text in self.rows["completion"]], dtype=pl.String)
        source = pl.col("source") if "source" in self.rows.columns else pl.lit(ALL).alias("source")
        return (
            self.rows.with_columns(answers, source.cast(pl.String).fill_null("(none)"))
            .group_by("parent", maintain_order=True)
            .agg(
                pl.col("source").first(),
                judged=score.is_not_null().sum(),
                passed=(score >= self.threshold).sum(),
                answers=pl.col("answer").filter(score.is_not_null()),
                verdicts=(score >= self.threshold).filter(score.is_not_null()),
            )
            .rename({"parent": "problem"})
        )

    def pass_rates(self) -> dict[str, float]:
        """Problem -> share of its judged answers that passed; what a curriculum orders by."""
        table = self.problems.filter(self.problems["judged"] > 0)
        return dict(zip(table["problem"], (table["passed"] / table["judged"]).to_list(), strict=True))

    @cached_property
    def table(self) -> tuple[Measured, ...]:
        """All problems first, then each source where there are several."""
        sources = self.problems["source"].unique(maintain_order=True).to_list()
        return (self._measured(ALL), *(self._measured(one) for one in sources if len(sources) > 1))

    @property
    def overall(self) -> Measured:
        """The figures over all problems."""
        return self.table[0]

    def _measured(self, source: str) -> Measured:
        import polars as pl

        table, rows = self.problems, self.rows
        if source != ALL:
            table = table.filter(pl.col("source") == source)
            rows = rows.join(table.select(parent="problem"), on="parent", how="semi")
        votes = [
            list(zip(answers, verdicts, strict=True))
            for answers, verdicts in zip(table["answers"].to_list(), table["verdicts"].to_list(), strict=True)
        ]
        judged, passed = table["judged"].to_list(), table["passed"].to_list()
        return Measured(
            source=source,
            problems=table.height,
            samples=rows.height,
            pass_at={k: mean_interval(pass_at_k(judged, passed, k), seed=self.seed) for k in self.k},
            majority_at={k: mean_interval(majority_at_k(votes, k), seed=self.seed) for k in self.k if k > 2},
            none=_share(rows[f"score.{self.reward}"].is_null()),
            clipped=_share(rows["finish_reason"] == "length"),
            tokens=float(rows["completion_tokens"].mean() or 0),  # type: ignore[arg-type]
        )

    def to_dict(self) -> dict[str, Any]:
        """All figures, as JSON holds them."""
        return {
            "model": self.model,
            "reward": self.reward,
            "threshold": self.threshold,
            "seed": self.seed,
            "failed": self.failed,
            "table": [asdict(row) for row in self.table],
        }

    def save(self, folder: Path) -> None:
        """Write `evaluation.json` and `answers.parquet`."""
        from curate.table import write_parquet, write_text_atomic

        folder.mkdir(parents=True, exist_ok=True)
        write_parquet(self.rows, folder / "answers.parquet")
        write_text_atomic(folder / "evaluation.json", json.dumps(self.to_dict(), indent=2) + "\n")

    @classmethod
    def load(cls, folder: Path) -> Evaluation:
        """Read what `save` wrote. Raises DataError where the folder holds none."""
        from curate.table import read_parquet, require_file

        path = folder / "evaluation.json"
        require_file(path)
        said = json.loads(path.read_text(encoding="utf-8"))
        k = tuple(int(one) for one in said["table"][0]["pass_at"])
        rows = read_parquet(folder / "answers.parquet")
        return cls(said["model"], rows, said["reward"], k, said["threshold"], said["seed"], said["failed"])

    def __str__(self) -> str:
        from trainers.evaluating.shown import evaluation_text

        return evaluation_text(self)


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
    from curate.steps.base import Context, Progress

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


def _share(flags: pl.Series) -> float:
    return float(flags.fill_null(value=False).mean() or 0.0)  # type: ignore[arg-type]
