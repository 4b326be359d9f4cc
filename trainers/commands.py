"""The trainers' verbs of the command line. Each reads its arguments, calls one function, prints what it gave.

Registered in the entry-point group `curate.commands`; everything heavy is imported inside the verb.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="A training's YAML file.", show_default=False)]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: trl.learning_rate=1e-5.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def train(
    config: Config,
    sets: Sets = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the training.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Remove what the folder holds, and begin again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on the data: sft, dpo, kto, orpo, simpo, reward, grpo, rloo."""
    from trainers.job import is_main
    from trainers.stage import train as run

    overrides = (*(sets or ()), *((f"out={out}",) if out is not None else ()))
    trained = run(config, resume=resume, fresh=fresh, overrides=overrides)
    if not is_main():
        return
    if as_json:
        typer.echo(json.dumps(trained.metrics, indent=2, ensure_ascii=False))
    else:
        typer.echo(f"model:   {trained.model}\nmetrics: {trained.folder / 'metrics.json'}")
