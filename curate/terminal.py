"""What every verb of the command line prints with. Tables go to stdout, progress and errors to stderr."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from curate.text.shown import UNSAFE, visible

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def echo_json(value: Any) -> None:
    """Print JSON to stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    typer.echo(UNSAFE.sub(lambda found: json.dumps(found[0])[1:-1], text))


def say(text: object, *, err: bool = False) -> None:
    """Print text for a person; what rows, servers and recipes wrote moves no cursor and hides nothing."""
    typer.echo(visible(str(text)), err=err)
