"""The verbs that make data: a recipe to start from, what it costs, the build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.options import Limit, Profile, RecipePath, Sets
from curate.errors import Interrupted
from curate.terminal import AsJson, echo_json, say


def init(
    name: Annotated[str, typer.Argument(help="Name of the new recipe.", show_default=False)],
    template: Annotated[str, typer.Option("--from", help="Which shipped recipe to start from.")] = "openthoughts",
    to: Annotated[Path, typer.Option("--to", help="Folder to write it in.")] = Path(),
) -> None:
    """Copy a commented recipe to start from."""
    from curate.shipped import copy_recipe

    path = copy_recipe(template, name, to)
    say(f"wrote {path}\nnext: curate plan {path}")


def plan(
    recipe: RecipePath,
    profile: Profile = "laptop",
    sets: Sets = None,
    limit: Limit = None,
    out: Annotated[Path | None, typer.Option("--out", help="Count what this run's folder already holds.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a recipe and say what it will cost.

    Asks no model, writes nothing.
    """
    from curate.plan import make_plan, plan_text
    from curate.recipe import load_recipe

    made = make_plan(load_recipe(recipe, profile, tuple(sets or ())), out, limit=limit)
    if as_json:
        echo_json(made)
    else:
        say(plan_text(made))


def build(
    recipe: RecipePath,
    profile: Profile = "laptop",
    sets: Sets = None,
    limit: Limit = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the run; runs/NAME unless given.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="STEP", help="Stop after this step.")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Compute every step again; stored answers are still used.")
    ] = False,
    executor: Annotated[
        str, typer.Option("--executor", metavar="NAME", help="Where shards run: local, ray, slurm, or a .yaml file.")
    ] = "local",
    as_json: AsJson = False,
) -> None:
    """Build a data set, or go on with a stopped build."""
    from curate.building import build as build_recipe
    from curate.cli.progress import shown
    from curate.executors import opened
    from curate.recipe import load_recipe

    loaded = load_recipe(recipe, profile, tuple(sets or ()))
    try:
        with opened(executor) as where, shown() as progress:
            run = build_recipe(loaded, out, limit=limit, until=until, fresh=fresh, progress=progress, executor=where)
    except KeyboardInterrupt:
        raise Interrupted("interrupted; what was done is kept, the same command goes on from there") from None
    done = {
        "run": str(run.folder),
        "rows": {path.stem: _rows(path) for path in sorted(run.data_folder.glob("*.parquet"))},
        "data": str(run.data_folder),
        "report": str(run.report_path),
        "card": str(run.card_path),
    }
    if as_json:
        echo_json(done)
    elif until is not None:
        say(f"stopped after {until}; steps are in {run.steps_folder}")
    else:
        rows = ", ".join(f"{name} {count:,}" for name, count in done["rows"].items())  # type: ignore[attr-defined]
        say(f"data:   {run.data_folder} ({rows} rows)\nreport: {run.report_path}\ncard:   {run.card_path}")


def _rows(path: Path) -> int:
    import polars as pl

    return pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()  # type: ignore[no-any-return]


def schema() -> None:
    """Print the JSON schema of a recipe, for editors."""
    from curate.plan import recipe_schema

    echo_json(recipe_schema())


def doctor(as_json: AsJson = False) -> None:
    """Say what is installed here and what works."""
    from curate.cli.examining import examine, examine_text

    found = examine()
    if as_json:
        echo_json(found)
    else:
        say(examine_text(found))
