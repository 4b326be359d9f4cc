"""Rows for a trainer: read, brought into the method's columns, held out by problem, as `datasets.Dataset`.

| method | columns that are taken | contract |
|---|---|---|
| sft | prompt and completion, or messages, or text | prompt-completion, sft, text |
| dpo orpo simpo cpo reward | prompt, chosen, rejected | preference |
| kto | prompt, completion, label; or pairs | kto, preference |
| grpo rloo | prompt, and every column a reward reads | prompts |

Text is wrapped as messages where the model has a chat template; `format: text` keeps it as it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError, UsageError, did_you_mean
from curate.table import content_hash

if TYPE_CHECKING:
    import polars as pl

    from trainers.config import Data, TrainConfig
    from trainers.methods import Method

Say = Callable[[str], None]
PROMPTS = "prompts"
"""The contract of methods that generate: a prompt, and what the rewards read."""

TEXT = "text"
"""The contract of plain language modelling: text that is learned as it stands."""

SAID = ("prompt", "completion", "chosen", "rejected")
"""Columns that hold text, or messages."""


@dataclass(frozen=True)
class Rows:
    """What a trainer gets.

    train, held_out: tables in the contract's columns, prompts as messages or text; held_out is None when nothing is.
    contract: which one it is. hash: of all rows, content only. left_out: rows that could not take the shape, by reason.
    """

    train: pl.DataFrame
    held_out: pl.DataFrame | None
    contract: str
    hash: str
    left_out: Mapping[str, int]

    def dataset(self, frame: pl.DataFrame | None) -> Any:
        """A table as `datasets.Dataset`: the contract's columns, and for methods that generate all of them."""
        from datasets import Dataset

        if frame is None:
            return None
        return Dataset(
            frame.to_arrow() if self.contract == PROMPTS else frame.select(_columns(self.contract, frame)).to_arrow()
        )

    def asked(self, limit: int) -> list[dict[str, Any]]:
        """The first held-out problems, each once: `prompt`, and the columns that rewards read."""
        if self.held_out is None:
            return []
        if self.contract == TEXT:
            raise DataError("stop: pass@K asks problems; rows of plain text have none")
        problems: dict[str, dict[str, Any]] = {}
        for key, row in zip(problems_of(self.held_out), self.held_out.iter_rows(named=True), strict=True):
            problems.setdefault(key, {**row, "prompt": row.get("prompt") or _turns_before(row["messages"])})
        return list(problems.values())[:limit]


def load_rows(config: TrainConfig, method: Method, *, chat: bool, needs: Iterable[str], say: Say) -> Rows:
    """Read the rows of a config and bring them into the columns of its method.

    chat: whether text becomes messages. needs: columns the rewards read, besides the prompt.
    Raises DataError when the columns are wrong (naming what would make them right), or no row is left.
    """
    from trainers import curriculum

    frame = read(config.data, config.columns)
    curriculum.check_column(frame.columns, config)
    for name in method.needs:
        if name not in frame.columns:
            raise DataError(
                f"{config.data.path}: {method.name} reads column '{name}'{did_you_mean(name, frame.columns)}; map it "
                f"here, columns: {{{name}: ...}}"
            )
    contract = choose(frame, method)
    shaped, left_out = shape(frame, contract, chat=chat, needs=tuple(needs), where=config.data.path)
    for reason, count in left_out.items():
        say(f"left out {count:,} of {frame.height:,} rows: {reason}")
    train, held_out = shaped, None
    if isinstance(config.eval, float):
        train, held_out = hold_out(shaped, config.eval, config.seed)
        say(f"held out {held_out.height:,} of {shaped.height:,} rows, by problem (eval: {config.eval:g})")
    elif config.eval is not None:
        other = _eval_source(config)
        held_out, _ = shape(
            read(other, config.columns), contract, chat=chat, needs=tuple(needs), where=f"{other.path} (eval)"
        )
        shared = _shared(train, held_out)
        if shared:
            say(f"warning: {shared:,} of the {held_out.height:,} held-out rows ask a problem that is trained on")
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
    from trainers.config import Data

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


def choose(frame: pl.DataFrame, method: Method) -> str:
    """The first contract of the method whose columns the table has; the first one when it has none of them."""
    from curate.schema import CONTRACTS

    for contract in method.contracts:
        own = {PROMPTS: {"prompt"}, TEXT: {"text"}}
        wanted = own.get(contract) or set(CONTRACTS[contract].columns)
        if wanted <= set(frame.columns):
            return contract
    return method.contracts[0]


def shape(
    frame: pl.DataFrame, contract: str, *, chat: bool, needs: Sequence[str] = (), where: str = "data"
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Rows in the columns of a contract, and why some are left out.

    Raises DataError when a column is missing or has the wrong type, or no row is left.
    """
    _no_messages_as_text(frame, where)
    if contract == PROMPTS:
        made, reasons = _prompts(frame, needs, where, chat)
    elif contract == TEXT:
        made, reasons = _plain_text(frame, where)
    else:
        made, reasons = _contract(frame, contract, where, chat)
        _require(frame, needs, where)
        made = made.with_columns(frame[name] for name in needs if name not in made.columns)
    kept = made.filter(reasons.is_null())
    counted = reasons.drop_nulls().value_counts(sort=True)
    left_out = dict(zip(counted.to_series(0).to_list(), counted.to_series(1).to_list(), strict=True))
    if not kept.height:
        told = "; ".join(f"{reason} ({count:,})" for reason, count in left_out.items())
        raise DataError(f"{where}: none of {frame.height:,} rows can be trained on: {told}")
    return kept, left_out


def _no_messages_as_text(frame: pl.DataFrame, where: str) -> None:
    """Raise DataError where messages stand as JSON text: the model would learn to read and write JSON.

    A file that holds text in some rows and messages in others is read so.
    """
    import polars as pl

    for name in ("messages", *SAID):
        if frame.schema.get(name) != pl.String:
            continue
        found = [text for text in frame[name].drop_nulls().to_list() if _is_messages(text)]
        if found:
            raise DataError(
                f"{where}: '{name}' holds messages as JSON text in {len(found):,} of {frame.height:,} rows, the first "
                f"{found[0][:60]!r}. Write messages as lists, in every row of the column, or plain text in every row"
            )


def _is_messages(text: str) -> bool:
    if not text.startswith("[{"):
        return False
    try:
        turns = json.loads(text)
    except ValueError:
        return False
    return all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in turns)


def _columns(contract: str, frame: pl.DataFrame) -> list[str]:
    from curate.schema import CONTRACTS

    if contract == TEXT:
        return [TEXT]
    return [name for name in (*CONTRACTS[contract].columns, "tools") if name in frame.columns]


def _require(frame: pl.DataFrame, needs: Sequence[str], where: str) -> None:
    """Raise DataError when a column that a reward reads is not there."""
    missing = [name for name in needs if name not in frame.columns and name != "prompt"]
    if missing:
        raise DataError(
            f"{where}: a reward reads column '{missing[0]}', which is not there (there is: "
            f"{', '.join(frame.columns[:30])}). Name the right one: "
            f"rewards: [{{reward: ..., columns: {{{missing[0]}: ...}}}}]"
        )


def _contract(frame: pl.DataFrame, contract: str, where: str, chat: bool) -> tuple[pl.DataFrame, pl.Series]:
    import polars as pl

    from curate.schema import CONTRACTS, check, convert

    if contract == "kto" and frame.schema["label"].is_integer() and frame["label"].drop_nulls().is_in([0, 1]).all():
        frame = frame.with_columns(pl.col("label").cast(pl.Boolean))
    problems = [line for line in check(frame, contract) if " is null in " not in line]
    if problems:
        raise DataError(_wrong_columns(frame, contract, where, problems))
    if chat:
        shaped = convert(frame, contract)
        return pl.DataFrame([shaped.columns[name].alias(name) for name in shaped.columns]), shaped.reasons
    names = _columns(contract, frame)
    made = frame.select(names)
    if any(made.schema[name] != pl.String for name in ("messages", *SAID) if name in names):
        raise DataError(
            f"{where}: the rows are messages, but the model has no chat template to put them in; {NO_TEMPLATE}"
        )
    reason = pl.coalesce(
        *(pl.when(_empty(name, frame)).then(pl.lit(f"no {name}")) for name in CONTRACTS[contract].columns)
    )
    return made, made.select(reason.alias("reason")).to_series()


NO_TEMPLATE = "give one, chat_template: FILE.jinja, or rows of text with format: text"


def _empty(name: str, frame: pl.DataFrame) -> pl.Expr:
    """Whether a row says nothing in a column of text or of messages."""
    import polars as pl

    column = pl.col(name)
    if frame.schema[name] == pl.String:
        return column.fill_null("").str.strip_chars() == ""
    if isinstance(frame.schema[name], pl.List):
        return column.list.len().fill_null(0) == 0
    return column.is_null()


def _plain_text(frame: pl.DataFrame, where: str) -> tuple[pl.DataFrame, pl.Series]:
    import polars as pl

    if frame["text"].dtype != pl.String:
        raise DataError(f"{where}: 'text' holds {frame['text'].dtype}, not text")
    reasons = frame.select(pl.when(_empty("text", frame)).then(pl.lit("no text")).alias("reason")).to_series()
    return frame.select("text"), reasons


def _prompts(frame: pl.DataFrame, needs: Sequence[str], where: str, chat: bool) -> tuple[pl.DataFrame, pl.Series]:
    """Prompts as messages or text; every other column stays, for the rewards."""
    import polars as pl

    from curate.schema import check

    wanted = frame.select(name for name in frame.columns if name == "prompt")
    problems = [
        line for line in check(wanted, "verifiable") if line.startswith("'prompt'") and " is null in " not in line
    ]
    if "prompt" not in frame.columns:
        problems = [line for line in check(frame, "verifiable") if line.startswith("'prompt'")]
    if problems:
        raise DataError(_wrong_columns(frame, "verifiable", where, problems))
    _require(frame, needs, where)
    said = frame["prompt"].dtype == pl.String
    golds = [name for name in needs if name != "prompt"]
    lacking = [_empty(name, frame) if name == "completion" else pl.col(name).is_null() for name in golds]
    nothing = pl.all_horizontal(lacking) if golds else pl.lit(value=False)
    reason = pl.coalesce(
        pl.when(_empty("prompt", frame)).then(pl.lit("no prompt")),
        pl.when(nothing).then(pl.lit(f"no {' and no '.join(golds)}")),  # a row that some reward can judge stays
    )
    reasons = frame.select(reason.alias("reason")).to_series()
    if said and chat:
        turn = pl.struct(role=pl.lit("user"), content=pl.col("prompt"))
        frame = frame.with_columns(prompt=pl.concat_list(turn))
    elif not said and not chat:
        raise DataError(f"{where}: the prompts are messages, but the model has no chat template; {NO_TEMPLATE}")
    return frame, reasons


def _wrong_columns(frame: pl.DataFrame, contract: str, where: str, problems: list[str]) -> str:
    """What is wrong, and the adapter that mends it."""
    from curate.dialects import detect

    told = f"{where} cannot be trained on as {contract}: " + "; ".join(problems)
    if contract == "preference" and {"completion"} <= set(frame.columns):
        return told + ". Judged answers become pairs by - {step: pairs, ...}; or map the columns here, columns: {...}"
    try:
        dialect = detect(frame).dialect.name
    except DataError:
        return told + f". Map the columns here, columns: {{...}}, or build with - {{step: format, to: {contract}}}"
    if dialect == "prompt_completion":  # which is the shape it is to have: a value is wrong, not the columns
        return told
    return told + (
        f". It looks like {dialect}: `curate build` with - {{step: load, sources: [...]}} and "
        f"- {{step: format, to: {contract}}} brings it into shape; or map the columns here, columns: {{...}}"
    )


def hold_out(frame: pl.DataFrame, share: float, seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Split by problem: rows with the same prompt stay on one side.

    share: of the problems, at least one and not all. Which ones depends on the problems and the seed, not on the order
    of the rows. Raises DataError when there is a single problem.
    """
    import polars as pl

    keys = problems_of(frame)
    order = sorted(set(keys), key=lambda key: sha256(f"{seed} {key}".encode()).digest())
    if len(order) < 2:
        raise DataError("eval: there is a single problem, so none can be held out; give another file, eval: FILE")
    chosen = set(order[: min(len(order) - 1, max(1, round(share * len(order))))])
    mask = pl.Series([key in chosen for key in keys])
    return frame.filter(~mask), frame.filter(mask)


def problems_of(frame: pl.DataFrame) -> list[str]:
    """What each row asks: its prompt, or its messages up to the last answer, as one text."""
    if TEXT in frame.columns and "prompt" not in frame.columns:
        return [str(text) for text in frame[TEXT].to_list()]
    if "prompt" in frame.columns:
        return [json.dumps(prompt, sort_keys=True, ensure_ascii=False) for prompt in frame["prompt"].to_list()]
    asked = [_turns_before(messages) for messages in frame["messages"].to_list()]
    return [json.dumps(turns, sort_keys=True, ensure_ascii=False) for turns in asked]


def _turns_before(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A conversation up to its last answer."""
    return messages[:-1] if messages and messages[-1]["role"] == "assistant" else messages


def _shared(train: pl.DataFrame, held_out: pl.DataFrame) -> int:
    seen = set(problems_of(train))
    return sum(key in seen for key in problems_of(held_out))
