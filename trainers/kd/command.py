"""What `curate logits` does with its arguments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from curate.errors import UsageError, did_you_mean
from curate.table import write_parquet
from trainers import arguments, data, models, shaping
from trainers.dialect import answers_apart, in_our_words
from trainers.kd.store import store_logits
from trainers.methods import method_of
from trainers.processes import to_stderr
from trainers.settings import Data

ENGINES = ("transformers", "vllm")


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of the verb."""

    teacher: str
    data: str
    k: int = 32
    temperature: float = 1.0
    batch: int = 8
    engine: str = "transformers"
    text: bool = False
    columns: tuple[str, ...] = ()
    split: str | None = None


def run_logits(asked: Asked, out: Path) -> str:
    """Ask the teacher and write the file; what was done, in a line."""
    arguments.quieten()
    if asked.engine not in ENGINES:
        raise UsageError(f"no engine '{asked.engine}'{did_you_mean(asked.engine, ENGINES)}")
    if out.suffix != ".parquet":
        raise UsageError(f"--out {out}: the file is parquet, write {out.with_suffix('.parquet')}")
    raw = data.read(Data(path=asked.data, split=asked.split), data.renamed(asked.columns))
    read, unread = in_our_words(raw, method_of("kd"), (), asked.data, to_stderr)
    frame = answers_apart(read)
    if "completion" in frame.columns:
        chat = not asked.text and bool(models.load_tokenizer(models.find(asked.teacher)).chat_template)
        frame, left_out = shaping.shape(frame, shaping.PROMPTS, chat=chat, needs=("completion",), where=asked.data)
    else:
        left_out = {}
    told = store_logits(
        asked.teacher, frame, k=asked.k, temperature=asked.temperature, batch_size=asked.batch,
        engine="vllm" if asked.engine == "vllm" else "transformers",
    )  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(told, out)
    tokens = int(told["completion_ids"].list.len().sum())
    left_out = unread | left_out
    gone = f", {sum(left_out.values()):,} left out" if left_out else ""
    kept = min(asked.k, max((len(ids[0]) for ids in told["top_ids"].head(1).to_list()), default=asked.k))
    return f"{out}: {told.height:,} rows{gone}, {tokens:,} tokens of answers, {kept} likeliest tokens at each"
