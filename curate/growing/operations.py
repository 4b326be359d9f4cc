"""The operations by which Evol-Instruct makes a prompt harder, or another one; and the judge of whether it did."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from curate.errors import did_you_mean
from curate.growing.shipped import text_of
from curate.prompts import Prompt, read_prompt

HOW: Final = {
    "constraints": "Add one more constraint or requirement.",
    "deepen": "Make what it asks go deeper or wider.",
    "concretize": "Put specific ideas in the place of general ones.",
    "reasoning": "Make it take more steps of reasoning.",
    "complicate_input": "Give it more data to read, such as a table, a formula or a longer text.",
}
"""What the five operations in depth ask for (the paper's section 3.2)."""

NAMES: Final = (*HOW, "breadth")
"""All six of the paper; its released code has no complicate_input."""

ALWAYS: Final = ("prompt", "how")
"""What a template reads beside the columns of the row."""


class Operation(BaseModel):
    """A way to make a prompt of a prompt: a sentence in the words that ship with curate, or words of one's own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,40}$", description="Stands in the column op.")
    how: str | None = Field(default=None, min_length=1, description="What to do, in a sentence.")
    template: str | None = Field(default=None, description="Or the whole request, a Jinja template over prompt.")

    @model_validator(mode="after")
    def _known_or_told(self) -> Operation:
        if self.how is not None and self.template is not None:
            raise ValueError("give how: or template:, not both")
        if self.how is None and self.template is None and self.name not in NAMES:
            raise ValueError(f"unknown operation '{self.name}'{did_you_mean(self.name, NAMES)}; or give it how:")
        if self.template is not None and "prompt" not in read_prompt(self.template).columns:
            raise ValueError("the template does not show the prompt: put {{ prompt }} in it")
        return self

    @cached_property
    def prompt(self) -> Prompt:
        """The template."""
        shipped = "breadth" if self.name == "breadth" and self.how is None else "harder"
        return read_prompt(self.template if self.template is not None else text_of(shipped))

    @property
    def columns(self) -> frozenset[str]:
        """What it reads of a row."""
        return self.prompt.columns - {*ALWAYS}

    @property
    def asks(self) -> str:
        """Its words, the prompt left open."""
        return self.prompt.text.replace("{{ how }}", self.how or HOW.get(self.name, ""))

    def render(self, row: Mapping[str, Any], prompt: str) -> str:
        """The request. Raises PromptError when the row lacks what the template reads."""
        return self.prompt.render({**row, "prompt": prompt, "how": self.how or HOW.get(self.name, "")})


def as_operation(value: Any) -> Any:
    """A name alone stands for the operation of that name."""
    return {"name": value} if isinstance(value, str) else value


def asks_judge(parent: str, prompt: str) -> str:
    """The request to tell whether a prompt asks for the same as its parent."""
    return read_prompt(text_of("same")).render({"parent": parent, "prompt": prompt})
