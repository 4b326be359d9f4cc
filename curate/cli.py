"""The verbs of the command line. Each reads its arguments, calls one function, prints what it gave.

Tables go to stdout, progress and errors to stderr. Everything heavy is imported inside the verb that needs it.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from curate.cli_rewards import rewards_app
from curate.errors import CurateError, Interrupted, InvalidInput
from curate.terminal import AsJson, echo_json, say

NEW_OBJECTS = 50_000
"""Objects made before Python looks for cycles: after its default of 700 that took a seventh of the CPU of a build."""

REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.EIO, errno.ENOSPC}
"""What a file system says no by: the user's to mend, and no bug of ours."""
OUTPUT_REFUSED = {errno.EIO, errno.ENOSPC}
"""What a stream that has no name says no by: stdout, sent to a file on a full disk."""

app = typer.Typer(
    name="curate",
    help="Make, clean and verify post-training data, and train on it with the same rewards.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(rewards_app, name="rewards")

RecipePath = Annotated[Path, typer.Argument(metavar="RECIPE", help="A recipe's YAML file.", show_default=False)]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.", show_default=False)]
Profile = Annotated[str, typer.Option("--profile", "-p", help="Which profile of the recipe to lay over it.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: steps.generate.n=8.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows from each source.")]


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="Name of the new recipe.", show_default=False)],
    template: Annotated[str, typer.Option("--from", help="Which shipped recipe to start from.")] = "openthoughts",
    to: Annotated[Path, typer.Option("--to", help="Folder to write it in.")] = Path(),
) -> None:
    """Copy a commented recipe to start from."""
    from curate.shipped import copy_recipe

    path = copy_recipe(template, name, to)
    say(f"wrote {path}\nnext: curate plan {path}")


@app.command()
def plan(
    recipe: RecipePath,
    profile: Profile = "laptop",
    sets: Sets = None,
    limit: Limit = None,
    out: Annotated[Path | None, typer.Option("--out", help="Count what this run's folder already holds.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a recipe and say what building it will cost. Asks no model, writes nothing."""
    from curate.plan import make_plan, plan_text
    from curate.recipe import load_recipe

    made = make_plan(load_recipe(recipe, profile, tuple(sets or ())), out, limit=limit)
    if as_json:
        echo_json(made)
    else:
        say(plan_text(made))


@app.command()
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
    """Build a data set, or go on where an earlier build was stopped."""
    from curate.building import build as build_recipe
    from curate.executors import opened
    from curate.progress import shown
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


@app.command()
def show(
    run: RunFolder,
    step: Annotated[
        str | None, typer.Option("--step", help="Rows after this step; the final rows unless given.")
    ] = None,
    dropped: Annotated[bool, typer.Option("--dropped", help="Rows that were dropped, with the reason.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Rows that failed, with the reason.")] = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Only rows whose reason contains this.")] = None,
    rows: Annotated[int, typer.Option("--rows", min=0, help="How many rows to print.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Print the funnel of a run, and some of its rows."""
    from curate.show import show_run, show_text

    shown_run = show_run(run, step=step, dropped=dropped, failed=failed, reason=reason, rows=rows)
    if as_json:
        echo_json(shown_run)
    else:
        say(show_text(shown_run))


@app.command()
def why(
    run: RunFolder,
    row: Annotated[str, typer.Argument(metavar="ROW_ID", help="An id, or its beginning.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Tell the whole life of a row: source, prompt, responses, scores, where it left and by which rule."""
    from curate.report.life import life
    from curate.report.life_text import life_text
    from curate.run import Run

    told = life(Run(run), row)
    if as_json:
        echo_json(told.to_dict())
    else:
        say(life_text(told))


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The folder of a run, or a file.", show_default=False)],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another.", show_default=False)],
    rows: Annotated[int, typer.Option("--rows", min=0, help="Rows to list for each reason.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Compare two runs: settings, funnel, and for each final row of only one, where the other lost it.

    Of files (parquet, jsonl, json, csv) only the rows: by id, or by what they hold. Exit code 1 when they differ.
    """
    from curate.diff import Difference, diff_runs
    from curate.diff_files import FileDifference, diff_files

    compare = diff_files if old.is_file() or new.is_file() else diff_runs
    found: Difference | FileDifference = compare(old, new, rows)
    if as_json:
        echo_json(found.to_dict())
    else:
        say(found)
    if found.differs:
        raise typer.Exit(1)


@app.command()
def view(
    run: RunFolder,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of 127.0.0.1; a free one unless given.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address; open no browser.")] = False,
    who: Annotated[str, typer.Option("--as", metavar="NAME", help="Who judges; your login unless given.")] = "",
    export: Annotated[
        Path | None, typer.Option("--export", help="Write recorded preferences as .jsonl or .parquet, and end.")
    ] = None,
) -> None:
    """Browse a run on a local page: rows by rule, why one left, two answers side by side, preferences."""
    from curate.run import Run
    from curate.viewer.command import export_pairs, serve

    if export is not None:
        say(export_pairs(Run(run), export))
    else:
        serve(Run(run), port=port, who=who, browser=not no_open, say=say)


@app.command()
def report(run: RunFolder) -> None:
    """Write report.html again, from the run."""
    from curate.report import page
    from curate.run import Run
    from curate.table import write_text_atomic

    opened = Run(run)
    write_text_atomic(opened.report_path, page.render(opened))
    say(opened.report_path)


@app.command()
def card(run: RunFolder) -> None:
    """Write the data set card (README.md) again, from the run."""
    from curate.report import card as cards
    from curate.run import Run
    from curate.table import write_text_atomic

    opened = Run(run)
    write_text_atomic(opened.card_path, cards.render(opened))
    say(opened.card_path)


@app.command()
def push(
    repo: Annotated[str, typer.Argument(metavar="ORG/NAME", help="The data set on the Hub.", show_default=False)],
    run: Annotated[Path, typer.Option("--run", help="The folder of the run.", show_default=False)],
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")] = False,
    revision: Annotated[str | None, typer.Option("--revision", help="Branch to push to.")] = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Of the commit.")] = None,
    as_json: AsJson = False,
) -> None:
    """Push a run's data, card, report and recipe to the Hub; the card that is there is merged, not replaced."""
    from curate.report.hub import push as push_run
    from curate.run import Run

    pushed = push_run(Run(run), repo, private=private, dry_run=dry_run, revision=revision, message=message)
    if as_json:
        echo_json(pushed.to_dict())
    else:
        say(pushed)


@app.command()
def profile(
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", help="A run, a parquet or jsonl file, or a folder of them.", show_default=False),
    ],
    tokenizer: Annotated[str, typer.Option("--tokenizer", "-t", help="`house`, a local folder, or a Hub model.")],
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="Rows to measure; all unless given.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Also write the profile as a page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure token lengths: histogram, share truncated at each max_length, and the SFTConfig line."""
    from curate.report import lengths
    from curate.table import write_text_atomic

    measured = lengths.profile(lengths.load(Path(data)), tokenizer, sample=sample)
    if html is not None:
        write_text_atomic(html, measured.to_html())
        say(f"wrote {html}", err=True)
    if as_json:
        echo_json(measured.to_dict())
    else:
        say(measured)


@app.command()
def schema() -> None:
    """Print the JSON schema of a recipe, for editors."""
    from curate.plan import recipe_schema

    echo_json(recipe_schema())


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Say what is installed here, what the names resolve to, and what works."""
    from curate.doctor import examine, examine_text

    found = examine()
    if as_json:
        echo_json(found)
    else:
        say(examine_text(found))


def _plugins() -> None:
    """Commands of other packages (the trainers', third parties'): the entry-point group `curate.commands`."""
    for point in entry_points(group="curate.commands"):
        if point.name not in {command.name for command in app.registered_commands}:
            _plugin(point.name, point.load)


def _plugin(name: str, load: Callable[[], Any]) -> None:
    loaded = load()
    if isinstance(loaded, typer.Typer):
        app.add_typer(loaded, name=name)
    else:
        app.command(name)(loaded)


def main() -> NoReturn:
    """Run the command line; end with the exit code of `curate.errors`."""
    gc.set_threshold(NEW_OBJECTS)
    try:
        _plugins()
        app(standalone_mode=True)
    except CurateError as error:
        say(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as refused:
        if refused.errno not in REFUSED or (refused.filename is None and refused.errno not in OUTPUT_REFUSED):
            raise
        say(f"error: {refused.filename or 'the output'}: {refused.strerror}", err=True)
        sys.exit(InvalidInput.exit_code)
    sys.exit(0)


if __name__ == "__main__":
    main()
