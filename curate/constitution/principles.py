"""Principles: how they are written, where they are read from, which is drawn for a row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.document import Node, parse
from curate.errors import DataError, RecipeError
from curate.mistakes import validate

CRITIQUE = (
    "Critique your last answer by this principle. {principle}\n"
    "Say in a sentence or two what in it breaks the principle; if nothing does, say so."
)
REVISION = "Write your answer again so that it follows the principle. Write only the new answer."


class Principle(BaseModel):
    """A principle in a sentence, or the two requests of a constitution as the paper writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    principle: str | None = Field(default=None, min_length=1)
    critique: str | None = Field(default=None, min_length=1, description="The request for a critique, in full.")
    revision: str | None = Field(default=None, min_length=1, description="The request for a new answer, in full.")

    @model_validator(mode="after")
    def _whole(self) -> Principle:
        if (self.principle is None) == (self.critique is None or self.revision is None):
            raise ValueError("a principle is one sentence, or {critique: ..., revision: ...}")
        return self

    @property
    def text(self) -> str:
        """What names it in the rows."""
        return self.principle or self.critique or ""

    @property
    def asks_critique(self) -> str:
        """The request for a critique."""
        return self.critique or CRITIQUE.format(principle=self.text)

    @property
    def asks_revision(self) -> str:
        """The request for a new answer."""
        return self.revision or REVISION


class Example(BaseModel):
    """A critique and a revision to show before the row's own chat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str
    completion: str
    principle: str
    critique: str
    revision: str


class _Constitution(BaseModel):
    principles: tuple[Principle, ...] = Field(min_length=1)


def as_principle(written: object) -> object:
    """A sentence alone is a principle."""
    return {"principle": written} if isinstance(written, str) else written


def read_principles(path: Path) -> tuple[Principle, ...]:
    """The principles of a YAML (or JSON) file: a list. Raises DataError naming every line that is none."""
    try:
        root = parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as broken:
        raise DataError(f"{path}: no file of principles there ({broken})") from broken
    except RecipeError as broken:
        raise DataError(str(broken)) from broken
    if not isinstance(root.value, list):
        raise DataError(f"{path}: principles are a list; begin each with a dash")
    items = [Node({"principle": item}, item.place) if isinstance(item.value, str) else item for item in root.value]
    mistakes: list[str] = []
    found: _Constitution | None = validate(
        _Constitution, Node({"principles": Node(items, root.place)}, root.place), mistakes
    )
    if found is None:
        raise DataError("\n".join(mistakes))
    return found.principles


@lru_cache(maxsize=1)
def default_principles() -> tuple[Principle, ...]:
    """Those that ship with curate."""
    return read_principles(Path(str(files("curate"))) / "constitution" / "default.yaml")


def drawn(principles: Sequence[Principle], rounds: int, seed: int, row: str) -> list[Principle]:
    """The principles of a row's rounds: drawn without putting back, until none is left.

    A draw depends on the row's id and the seed; another principle in the list changes few of them.

    >>> one, two = Principle(principle="Be brief."), Principle(principle="Be kind.")
    >>> [found.text for found in drawn([one, two], 3, seed=0, row="a")]
    ['Be brief.', 'Be kind.', 'Be brief.']
    """

    def lot(principle: Principle) -> bytes:
        return sha256(f"{seed}:{row}:{principle.text}".encode("utf-8", "surrogatepass")).digest()

    order = sorted(principles, key=lot)
    return [order[number % len(order)] for number in range(rounds)]
