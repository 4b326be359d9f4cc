"""The files of MT-Bench and AlpacaEval: questions in, answers out, so that their own judges can read them.

| file | form |
|---|---|
| MT-Bench `question.jsonl` | `{question_id, category, turns: [text, ...], reference?: [text, ...]}` |
| MT-Bench `model_answer/<model>.jsonl` | `{question_id, answer_id, model_id, choices: [{index, turns}], tstamp}` |
| AlpacaEval, in and out | `[{instruction, output, generator, dataset?}, ...]` |

Sources: lm-sys/FastChat `fastchat/llm_judge` and tatsu-lab/alpaca_eval, as their readers take them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.errors import DataError

if TYPE_CHECKING:
    import polars as pl

Answer = Callable[[Sequence[list[dict[str, str]]]], list[str]]
"""Conversations that wait for an answer in; one text for each out."""


def read_mt_bench(path: Path) -> pl.DataFrame:
    """Questions: `id source turns reference` and `prompt`, the first turn. Raises DataError naming the line."""
    import polars as pl

    rows = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        row = _json(line, f"{path}:{number}")
        turns = row.get("turns") if isinstance(row, dict) else None
        if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) for turn in turns):
            raise DataError(f"{path}:{number}: no list of texts 'turns'; is it a question.jsonl of MT-Bench?")
        rows.append(
            {
                "id": str(row.get("question_id", number)),
                "source": str(row.get("category", "")),
                "prompt": turns[0],
                "turns": turns,
                "reference": row.get("reference") or [],
            }
        )
    text = pl.List(pl.String)
    return pl.DataFrame(
        rows, schema={"id": pl.String, "source": pl.String, "prompt": pl.String, "turns": text, "reference": text}
    )


def answer_turns(questions: pl.DataFrame, answer: Answer) -> list[list[str]]:
    """Every question's turns answered one after another, each with all before it; all questions of a turn at once."""
    turns = questions["turns"].to_list()
    said: list[list[str]] = [[] for _ in turns]
    for place in range(max(map(len, turns), default=0)):
        asked = [row for row, own in enumerate(turns) if place < len(own)]
        chats = [_chat(turns[row][: place + 1], said[row]) for row in asked]
        for row, text in zip(asked, answer(chats), strict=True):
            said[row].append(text)
    return said


def _chat(asked: Sequence[str], said: Sequence[str]) -> list[dict[str, str]]:
    chat = [{"role": "user", "content": asked[0]}]
    for text, following in zip(said, asked[1:], strict=True):
        chat += [{"role": "assistant", "content": text}, {"role": "user", "content": following}]
    return chat


def write_mt_bench(path: Path, model: str, ids: Sequence[str], answers: Sequence[Sequence[str]], at: float) -> None:
    """`model_answer/<model>.jsonl`. at: seconds since 1970, for the field `tstamp`."""
    lines = [
        json.dumps(
            {
                "question_id": int(one) if one.isdigit() else one,
                "answer_id": sha256(json.dumps([model, one, *turns]).encode()).hexdigest()[:22],
                "model_id": model,
                "choices": [{"index": 0, "turns": list(turns)}],
                "tstamp": at,
            },
            ensure_ascii=False,
        )
        for one, turns in zip(ids, answers, strict=True)
    ]
    _write(path, "\n".join(lines) + "\n")


def read_mt_bench_answers(path: Path) -> dict[str, list[str]]:
    """Question id -> the turns of its first choice. Raises DataError naming the line."""
    found = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        if line.strip():
            row = _json(line, f"{path}:{number}")
            try:
                found[str(row["question_id"])] = [str(turn) for turn in row["choices"][0]["turns"]]
            except (KeyError, IndexError, TypeError):
                raise DataError(f"{path}:{number}: no question_id with choices[0].turns") from None
    return found


def read_alpaca_eval(path: Path) -> pl.DataFrame:
    """Instructions and outputs: `prompt completion model source`. Raises DataError for what is no such list."""
    import polars as pl

    rows = _json(_text(path), str(path))
    if not isinstance(rows, list) or not all(isinstance(row, dict) and "instruction" in row for row in rows):
        raise DataError(f"{path}: not a list of {{instruction, output}}; is it a file of AlpacaEval?")
    names = {"prompt": "instruction", "completion": "output", "model": "generator", "source": "dataset"}
    return pl.DataFrame(
        {mine: [_optional(row, theirs) for row in rows] for mine, theirs in names.items()},
        schema=dict.fromkeys(names, pl.String),
    )


def write_alpaca_eval(path: Path, model: str, rows: pl.DataFrame) -> None:
    """Columns `prompt` and `completion` (and `source`) as AlpacaEval's `model_outputs.json`."""
    made = [
        {"dataset": row.get("source") or "curate", "instruction": row["prompt"], "output": row["completion"]}
        | {"generator": model}
        for row in rows.iter_rows(named=True)
    ]
    _write(path, json.dumps(made, indent=2, ensure_ascii=False) + "\n")


def _optional(row: Mapping[str, Any], name: str) -> str | None:
    return None if row.get(name) is None else str(row[name])


def _text(path: Path) -> str:
    from curate.table import require_file

    require_file(path)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as broken:
        raise DataError(f"{path}: not UTF-8 at byte {broken.start}") from None


def _json(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as broken:
        raise DataError(f"{place}: not JSON: {broken}") from None


def _write(path: Path, text: str) -> None:
    from curate.table import write_text_atomic

    path.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomic(path, text)
