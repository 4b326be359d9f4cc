"""Rows brought into the columns of a method, and why some cannot be.

| method | columns that are taken | contract |
|---|---|---|
| sft | prompt and completion, or messages, or text | prompt-completion, sft, text |
| dpo orpo simpo cpo reward | prompt, chosen, rejected | preference |
| kto | prompt, completion, label; or pairs | kto, preference |
| grpo rloo ppo distill | prompt, and every column a reward reads | prompts |
| kd | prompt and completion, or messages | prompts |

Text is wrapped as messages where the model has a chat template; `format: text` keeps it as it is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate.errors import DataError
from trainers.beside import BESIDE, beside

if TYPE_CHECKING:
    import polars as pl

    from trainers.methods import Method

PROMPTS = "prompts"
"""The contract of methods that generate: a prompt, and what the rewards read."""

TEXT = "text"
"""The contract of plain language modelling: text that is learned as it stands."""

SAID = ("prompt", "completion", "chosen", "rejected")
"""Columns that hold text, or messages."""

NO_TEMPLATE = "give one, chat_template: FILE.jinja, or rows of text with format: text"


def choose(frame: pl.DataFrame, method: Method) -> str:
    """The first contract of the method whose columns the table has; the first one when it has none of them."""
    fit = (contract for contract in method.contracts if wanted(contract) <= set(frame.columns))
    return next(fit, method.contracts[0])


def wanted(contract: str) -> set[str]:
    """The columns that a contract cannot do without."""
    from curate.schema import CONTRACTS

    own = {PROMPTS: {"prompt"}, TEXT: {"text"}}
    return own.get(contract) or set(CONTRACTS[contract].columns)


def shape(
    frame: pl.DataFrame, contract: str, *, chat: bool, needs: Sequence[str] = (), where: str = "data"
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Rows in the columns of a contract, and why some are left out.

    Raises DataError when a column is missing or has the wrong type, or no row is left.
    """
    _no_messages_as_text(frame, where)
    _no_parts(frame, where)
    if contract == PROMPTS:
        made, reasons = _prompts(frame, needs, where, chat)
    elif contract == TEXT:
        made, reasons = _plain_text(frame, where)
    else:
        made, reasons = _contract(frame, contract, where, chat)
        _require(frame, needs, where)
        made = made.with_columns(frame[name] for name in needs if name not in made.columns)
        made = made.with_columns(beside(frame, where))
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


def _no_parts(frame: pl.DataFrame, where: str) -> None:
    """Raise DataError where the content of messages is a list of parts: templates write it as Python does."""
    import polars as pl

    for name in ("messages", *SAID):
        turns = frame.schema.get(name)
        if isinstance(turns, pl.List) and isinstance(turns.inner, pl.Struct):
            content = dict(turns.inner).get("content")
            if content not in (None, pl.String, pl.Null):
                raise DataError(
                    f"{where}: the content of '{name}' is {content}, not text; `curate build` with - {{step: load, "
                    "sources: [...]} makes text of parts"
                )


def _is_messages(text: str) -> bool:
    if not text.startswith("[{"):
        return False
    try:
        turns = json.loads(text)
    except ValueError:
        return False
    return all(isinstance(turn, dict) and {"role", "content"} <= turn.keys() for turn in turns)


def columns_of(contract: str, frame: pl.DataFrame) -> list[str]:
    """The columns of a contract that a table has, and those beside them that TRL reads."""
    from curate.schema import CONTRACTS

    if contract == TEXT:
        return [TEXT]
    return [name for name in (*CONTRACTS[contract].columns, *BESIDE) if name in frame.columns]


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
    names = columns_of(contract, frame)
    made = frame.select(names)
    if any(made.schema[name] != pl.String for name in ("messages", *SAID) if name in names):
        raise DataError(
            f"{where}: the rows are messages, but the model has no chat template to put them in; {NO_TEMPLATE}"
        )
    reason = pl.coalesce(
        *(pl.when(_empty(name, frame)).then(pl.lit(f"no {name}")) for name in CONTRACTS[contract].columns)
    )
    return made, made.select(reason.alias("reason")).to_series()


def _empty(name: str, frame: pl.DataFrame) -> pl.Expr:
    """Whether a row says nothing in a column of text or of messages."""
    import polars as pl

    column = pl.col(name)
    if frame.schema[name] == pl.String:
        return column.fill_null("").str.strip_chars() == ""
    turns = frame.schema[name]
    if isinstance(turns, pl.List):
        none = column.list.len().fill_null(0) == 0
        fields = dict(turns.inner) if isinstance(turns.inner, pl.Struct) else {}
        if fields.get("content") != pl.String or "tool_calls" in fields:
            return none
        said = pl.element().struct.field("content").fill_null("").str.strip_chars() != ""
        return none | ~column.list.eval(said).list.any().fill_null(value=False)
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

    asked = frame.select(name for name in frame.columns if name == "prompt")
    problems = [
        line for line in check(asked, "verifiable") if line.startswith("'prompt'") and " is null in " not in line
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
