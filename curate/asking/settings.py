"""What every step that asks an engine about each row is told: whom, with which words, how often, drawn how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from curate.dialects.evening import answer_apart
from curate.prompts import read_prompt, template_names, template_text
from curate.step import Context, Step, Unknown, unknown

if TYPE_CHECKING:
    import polars as pl


def _readable(text: str) -> str:
    read_prompt(text)
    return text


Template = Annotated[str, AfterValidator(_readable)]
"""A jinja template of a recipe, which can be read."""


class Asking(Step):
    """Asks `engine` for `n` answers to each row.

    The question is the row's `messages`, or its `prompt` as one user message, or a jinja template over its columns. A
    chat that ends with an answer is answered anew: `messages` then end before it.
    """

    engine: str = Field(description="An entry of engines:.")
    prompt: Template | None = Field(
        default=None, description="Jinja template of the user message, over the row's columns."
    )
    template: str | None = Field(default=None, description="Name of a template that ships with curate, instead.")
    system: Template | None = Field(default=None, description="Jinja template of a system message.")
    n: int = Field(default=1, ge=1, le=1024, description="Answers for each row.")
    temperature: float = Field(default=1.0, ge=0, le=10)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=1)
    min_p: float | None = Field(default=None, ge=0, le=1)
    max_tokens: int = Field(default=1024, ge=1, description="Of one answer, thinking included.")
    stop: tuple[str, ...] = ()
    seed: int | None = Field(default=None, ge=0, description="The recipe's seed unless given.")

    @model_validator(mode="after")
    def _one_template(self) -> Asking:
        if self.prompt is not None and self.template is not None:
            raise ValueError("give prompt: or template:, not both")
        return self

    def names(self, engines: frozenset[str]) -> Iterator[Unknown]:
        """The engine and the template must exist."""
        yield from unknown(("engine",), self.engine, engines)
        yield from unknown(("template",), self.template, template_names())

    def needs(self) -> frozenset[str]:
        """What the templates read; without a template, the prompt itself is looked for when the step runs."""
        texts = [text for text in (self.user_template, self.system) if text is not None]
        return frozenset().union(*(read_prompt(text).columns for text in texts))

    def depends(self, context: Context) -> Mapping[str, Any]:
        """The engine's settings that change answers, its identity, and the text of a shipped template."""
        says = context.settings[self.engine].says()
        identity = context.identity(self.engine)
        return {
            "engine": says,
            "identity": identity,
            "template": template_text(self.template) if self.template else None,
        }

    def prompts(self) -> Mapping[str, str]:
        """The templates."""
        text = self.user_template
        system = {"system": self.system} if self.system else {}
        return {**system, "": text if text is not None else "(the row's own prompt or messages)"}

    def asked_of(self, table: pl.DataFrame) -> pl.DataFrame:
        """The rows as they are asked: a chat that ends with an answer ends before it, and is answered anew."""
        return table if self.user_template is not None else answer_apart(table)

    @property
    def user_template(self) -> str | None:
        """The text of the template of the user's message; None where the row's own chat or prompt is sent."""
        return self.prompt if self.prompt is not None else template_text(self.template) if self.template else None
