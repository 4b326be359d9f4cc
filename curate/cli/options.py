"""Arguments and options that several verbs have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe's YAML file.", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]
Profile = Annotated[str, typer.Option("--profile", "-p", help="Which profile of the recipe to lay over it.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: steps.generate.n=8.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows from each source.")]
