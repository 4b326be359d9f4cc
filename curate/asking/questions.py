"""One pass of questions over a table: what is sent for each row, under which key, and what is stored already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import repeat
from typing import TYPE_CHECKING, Any

import polars as pl

from curate.asking.settings import Asking
from curate.engines.base import Completion, Keys, Request, Sampling
from curate.errors import DataError
from curate.prompts import Prompt, PromptError, read_prompt
from curate.result import ID
from curate.step import Context

if TYPE_CHECKING:
    from curate.engines.base import Message


@dataclass(frozen=True)
class Words:
    """The templates of a step, read."""

    user: Prompt | None
    system: Prompt | None

    @classmethod
    def of(cls, step: Asking) -> Words:
        """Those of a step."""
        text = step.user_template
        return cls(read_prompt(text) if text is not None else None, read_prompt(step.system) if step.system else None)

    def messages(self, row: Mapping[str, Any]) -> tuple[Message, ...]:
        """The chat to send for a row. Raises PromptError when the row has nothing to ask."""
        system = ({"role": "system", "content": self.system.render(row)},) if self.system else ()
        if self.user is not None:
            return (*system, {"role": "user", "content": self.user.render(row)})
        if row.get("messages"):
            if row["messages"][-1].get("role") == "assistant":
                raise PromptError("its messages end with an assistant's turn, beside the completion")
            return (*system, *({k: v for k, v in message.items() if v is not None} for message in row["messages"]))
        if not isinstance(row.get("prompt"), str):
            raise PromptError(
                f"prompt is {type(row.get('prompt')).__name__}, not text"
                if row.get("prompt") is not None
                else "prompt is null"
            )
        return (*system, {"role": "user", "content": row["prompt"]})


class Ask:
    """One pass over a table: the key of every answer, and the requests that no stored answer serves.

    keys: by row, then sample; "" for a row that cannot be asked (its reason is in `refused`).
    """

    def __init__(self, step: Asking, context: Context) -> None:
        self.step, self.asked, self.journal = step, Words.of(step), context.journal
        self.identity = context.identity(step.engine)
        self.model = str(self.identity.get("model", context.settings[step.engine].engine))
        self.seed = context.seed if step.seed is None else step.seed
        self.sampling = Sampling(step.temperature, step.top_p, step.top_k, step.min_p, step.max_tokens, step.stop)
        self.naming = Keys(self.identity, self.sampling)
        self.keys: list[str] = []
        self.refused: dict[int, str] = {}
        self.errors: dict[str, Completion] = {}
        self.stored = 0

    def requests(self, table: pl.DataFrame, samples: Sequence[range] | None = None) -> Iterator[Request]:
        """Requests still to be asked, in the order of the rows; keys of all answers are noted on the way.

        samples: which samples of each row; all n unless given.
        """
        self.require(table.columns)
        numbers = samples if samples is not None else repeat(range(self.step.n), table.height)
        for row, wanted in zip(table.iter_rows(named=True), numbers, strict=True):
            try:
                messages, prefix = self.question(row)
            except PromptError as broken:
                for _ in wanted:
                    self.refused[len(self.keys)] = f"cannot be asked: {broken}"
                    self.keys.append("")
                continue
            draws = [(sample_seed(self.seed, row[ID], sample), sample) for sample in wanted]
            for (seed, sample), key in zip(draws, self.naming.of(messages, draws, prefix), strict=True):
                self.keys.append(key)
                if self.journal.find(key, self.step.max_tokens) is not None:
                    self.stored += 1
                elif (refusal := self.journal.refused(key, self.step.max_tokens)) is not None:
                    self.errors[key] = refusal
                else:
                    yield Request(key, row[ID], messages, self.sampling, seed, sample, prefix=prefix)

    def require(self, columns: Sequence[str]) -> None:
        """Raise DataError when no row could have anything to ask."""
        if self.asked.user is None and not {"prompt", "messages"} & set(columns):
            raise DataError(
                f"{self.step.title}: rows with neither prompt nor messages (they have: {', '.join(columns)}). "
                "Give prompt: a template over these columns, or rename one in load: {columns: {prompt: ...}}"
            )

    def question(self, row: Mapping[str, Any]) -> tuple[tuple[Message, ...], str | None]:
        """The messages to send for a row, or a bare prefix. Raises PromptError when the row has nothing to ask."""
        return self.asked.messages(row), None


class AskChats(Ask):
    """Asks each row the chat that stands under its id."""

    def __init__(self, step: Asking, context: Context, chats: Mapping[str, tuple[Message, ...]]) -> None:
        super().__init__(step, context)
        self.chats = chats

    @property
    def rows(self) -> pl.DataFrame:
        """The table to pass over: an id for each chat."""
        return pl.DataFrame({ID: list(self.chats)}, schema={ID: pl.String})

    def require(self, columns: Sequence[str]) -> None:
        """Every row has its chat."""

    def question(self, row: Mapping[str, Any]) -> tuple[tuple[Message, ...], str | None]:
        """The chat."""
        return self.chats[row[ID]], None


def sample_seed(seed: int, row: str, sample: int) -> int:
    """The seed of one answer, in [0, 2**31): the same whatever other rows there are.

    >>> sample_seed(0, "gsm8k-1", 0) == sample_seed(0, "gsm8k-1", 0) != sample_seed(0, "gsm8k-1", 1)
    True
    """
    return int.from_bytes(sha256(f"{seed}:{row}:{sample}".encode("utf-8", "surrogatepass")).digest()[:4]) >> 1
