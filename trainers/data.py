"""Rows for a trainer: read from where they are, brought into the method's columns, some of them held out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from curate.errors import DataError, UsageError, did_you_mean
from curate.table import content_hash
from trainers.dialect import answers_apart, in_our_words, one_answer_each
from trainers.rows import Rows, hold_out, shared
from trainers.shaping import choose, shape

if TYPE_CHECKING:
    import polars as pl

    from trainers.methods import Method
    from trainers.settings import Data, TrainConfig

Say = Callable[[str], None]


def load_rows(config: TrainConfig, method: Method, *, chat: bool, needs: Iterable[str], say: Say) -> Rows:
    """Read the rows of a config and bring them into the columns of its method.

    chat: whether text becomes messages. needs: columns the rewards read, besides the prompt.
    Raises DataError when the columns are wrong (naming what would make them right), or no row is left.
    """
    from trainers import curriculum

    needs = tuple(needs)
    apart = answers_apart if "completion" in method.needs else lambda rows: rows
    raw = read(config.data, config.columns)
    ours, unread = in_our_words(raw, method, needs, config.data.path, say)
    frame = apart(ours)
    curriculum.check_column(frame.columns, config)
    for name in method.needs:
        if name not in frame.columns:
            raise DataError(
                f"{config.data.path}: {method.name} reads column '{name}'{did_you_mean(name, frame.columns)}; map it "
                f"here, columns: {{{name}: ...}}"
            )
    contract = choose(frame, method)
    if contract == "sft" == method.name and "assistant_only_loss" not in config.trl and one_answer_each(frame):
        apart, contract = _answer_beside, "prompt-completion"
        frame = apart(frame)
        say("each conversation has one answer, which is learned; completion_only_loss: false learns what users say too")
    shaped, left_out = shape(frame, contract, chat=chat, needs=needs, where=config.data.path)
    left_out = unread | left_out
    for reason, count in left_out.items():
        say(f"left out {count:,} of {raw.height:,} rows: {reason}")
    train, held_out = shaped, None
    if isinstance(config.eval, float):
        train, held_out = hold_out(shaped, config.eval, config.seed)
        say(f"held out {held_out.height:,} of {shaped.height:,} rows, by problem (eval: {config.eval:g})")
    elif config.eval is not None:
        other = _eval_source(config)
        asked, _ = in_our_words(read(other, config.columns), method, needs, other.path, say)
        held_out, _ = shape(apart(asked), contract, chat=chat, needs=needs, where=f"{other.path} (eval)")
        both = shared(train, held_out)
        if both:
            say(f"warning: {both:,} of the {held_out.height:,} held-out rows ask a problem that is trained on")
    return Rows(train, held_out, contract, content_hash(shaped), left_out)


def read(data: Data, columns: Mapping[str, str]) -> pl.DataFrame:
    """The rows of a run, of files, or of a data set on the Hub, under our names of columns.

    Of a run all splits but `test` are read, unless one is asked for. Raises DataError when there are none.
    """
    from curate.sources import files, hub

    path = Path(data.path).expanduser()
    if (path / "recipe.lock.json").is_file():
        frame = files.rename(_of_run(path, data.split), columns, data.path)
    elif path.exists() or _means_files(data.path):
        frame = _of_files(path, data, columns)
    elif data.revision is None:
        raise DataError(
            f"{data.path} is no run, file or folder here; a data set on the Hub is pinned by its commit, "
            f"data: {{path: {data.path}, revision: ...}}"
        )
    else:
        frame = hub.read(
            data.path, revision=data.revision, config=data.config, split=data.split or "train", columns=columns,
            limit=data.limit,
        ).frame  # fmt: skip
    frame = frame if data.limit is None else frame.head(data.limit)
    if not frame.height:
        raise DataError(f"{data.path} holds no rows")
    return frame


def _answer_beside(frame: pl.DataFrame) -> pl.DataFrame:
    """Conversations of one answer as prompt and completion, also where the answer has a column of its own."""
    if "completion" in frame.columns and "messages" in frame.columns:
        return frame.drop("prompt", strict=False).rename({"messages": "prompt"})
    return answers_apart(frame)


def renamed(pairs: Sequence[str]) -> dict[str, str]:
    """`--column OURS=THEIRS`, several times, as a mapping.

    >>> renamed(["answer=gold"])
    {'answer': 'gold'}
    """
    for pair in pairs:
        if not all(pair.partition("=")):
            raise UsageError(f"--column {pair}: write OURS=THEIRS, for example --column answer=gold")
    return dict(pair.split("=", 1) for pair in pairs)


def _means_files(path: str) -> bool:
    """Whether a name that is not there was meant as a path, and not as a data set on the Hub."""
    return path.startswith((".", "/", "~")) or "*" in path or path.count("/") != 1 or Path(path).suffix != ""


def _of_run(folder: Path, split: str | None) -> pl.DataFrame:
    import polars as pl

    from curate.run import Run

    splits = Run(folder).splits()
    if not splits:
        raise DataError(f"{folder}: the run has no final rows yet; `curate build` completes it")
    if split is None:
        return pl.concat(
            [part for name, part in splits.items() if name != "test"] or [*splits.values()], how="diagonal_relaxed"
        )
    if split not in splits:
        raise DataError(f"{folder}: the run has no split '{split}'{did_you_mean(split, splits)}")
    return splits[split]


def _of_files(path: Path, data: Data, columns: Mapping[str, str]) -> pl.DataFrame:
    from curate.sources import files

    if data.split and path.is_file():
        raise DataError(f"{path} is one file, which has no split '{data.split}'; leave split out, or name its file")
    named = path / f"{data.split}.parquet" if data.split and path.is_dir() else path
    loaded = files.read(named, columns=columns, limit=data.limit)
    if loaded.failed.height:
        first = loaded.failed.row(0, named=True)
        raise DataError(
            f"{named}: {loaded.failed.height:,} rows cannot be read, the first at {first['file']}:{first['line']}: "
            f"{first['reason']}. Mend them, or let `curate build` read the file: its load step sets such rows aside"
        )
    return loaded.frame


def _eval_source(config: TrainConfig) -> Data:
    """What `eval:` names: a split of the same data, or another path."""
    from trainers.settings import Data

    named = str(config.eval)
    folder = Path(config.data.path).expanduser()
    if (folder / "data" / f"{named}.parquet").is_file() or (folder / f"{named}.parquet").is_file():
        return config.data.model_copy(update={"split": named, "limit": None})
    other = Path(named).expanduser()
    if config.data.revision is not None and not other.exists():
        return config.data.model_copy(update={"split": named, "limit": None})
    if not other.exists() and not other.suffix and "*" not in named:
        raise DataError(
            f"eval: {named} is no split of {config.data.path} and no file here; a share is held out, eval: 0.1"
        )
    return Data(path=named)
