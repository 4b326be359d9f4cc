"""The verbs that look at a run: its rows, why one left, what differs, its lengths."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.options import RunFolder
from curate.terminal import AsJson, echo_json, say


def show(
    run: Annotated[
        Path, typer.Argument(metavar="RUN", help="The folder of a run, or a file of rows.", show_default=False)
    ],
    step: Annotated[
        str | None, typer.Option("--step", help="Rows after this step; the final rows unless given.")
    ] = None,
    dropped: Annotated[bool, typer.Option("--dropped", help="Rows that were dropped, with the reason.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Rows that failed, with the reason.")] = False,
    reason: Annotated[str | None, typer.Option("--reason", help="Only rows whose reason contains this.")] = None,
    rows: Annotated[int, typer.Option("--rows", min=0, help="How many rows to print.")] = 3,
    as_json: AsJson = False,
) -> None:
    """Print the funnel of a run and some of its rows.

    Of a file (parquet, jsonl, json, csv, arrow) some of its rows.
    """
    from curate.errors import UsageError
    from curate.show import file_text, show_file, show_run, show_text

    if dropped and failed:
        raise UsageError("--dropped and --failed are two tables: give one of them")
    if _means_rows(run):
        if step is not None or dropped or failed:
            raise UsageError(f"{run} is no run: --step, --dropped and --failed look at the steps of one")
        shown_file = show_file(run, reason=reason, rows=rows)
        if as_json:
            echo_json(shown_file)
        else:
            say(file_text(shown_file))
        return
    shown_run = show_run(run, step=step, dropped=dropped, failed=failed, reason=reason, rows=rows)
    if as_json:
        echo_json(shown_run)
    else:
        say(show_text(shown_run))


def why(
    run: RunFolder,
    row: Annotated[str, typer.Argument(metavar="ROW_ID", help="An id, or its beginning.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Tell why a row stayed or left.

    Its whole life: source, prompt, responses, scores with their reasons, where it left and by which rule.
    """
    from curate.report.life import life
    from curate.report.life_text import life_text
    from curate.run import Run

    told = life(Run(run), row)
    if as_json:
        echo_json(told.to_dict())
    else:
        say(life_text(told))


def diff(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="A run, a file of rows, or a folder of such.", show_default=False)
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Another.", show_default=False)],
    rows: Annotated[int, typer.Option("--rows", min=0, help="Rows to list for each reason.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Compare two runs, or two files of rows.

    Of runs: settings, funnel, and for each final row of only one, where the other lost it.
    Of files (parquet, jsonl, json, csv) only the rows: by id, or by what they hold. Exit code 1 when they differ.
    """
    from curate.diff import Difference, FileDifference, diff_files, diff_runs

    compare = diff_files if _means_rows(old) or _means_rows(new) else diff_runs
    found: Difference | FileDifference = compare(old, new, rows)
    if as_json:
        echo_json(found.to_dict())
    else:
        say(found)
    if found.differs:
        raise typer.Exit(1)


def view(
    run: RunFolder,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of 127.0.0.1; a free one unless given.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address; open no browser.")] = False,
    who: Annotated[str, typer.Option("--as", metavar="NAME", help="Who judges; your login unless given.")] = "",
    export: Annotated[
        Path | None,
        typer.Option("--export", dir_okay=False, help="Write recorded preferences as .jsonl or .parquet, and end."),
    ] = None,
) -> None:
    """Browse a run on a local page.

    Rows by rule, why one left, two answers side by side, preferences.
    """
    from curate.run import Run
    from curate.viewer.command import export_pairs, serve

    if export is not None:
        say(export_pairs(Run(run), export))
    else:
        serve(Run(run), port=port, who=who, browser=not no_open, say=say)


def profile(
    data: Annotated[
        str,
        typer.Argument(metavar="DATA", help="A run, a parquet or jsonl file, or a folder of them.", show_default=False),
    ],
    tokenizer: Annotated[str, typer.Option("--tokenizer", "-t", help="`house`, a local folder, or a Hub model.")],
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="Rows to measure; all unless given.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", dir_okay=False, help="Also write the profile as a page.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure token lengths, to choose max_length.

    By source: quantiles, the share that each max_length cuts off, padding, packing, and the SFTConfig line.
    """
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


def _means_rows(path: Path) -> bool:
    """Whether a path is a file or folder of rows, or the name of a file that is missing, rather than a run."""
    from curate.show import is_data
    from curate.sources.files import FORMATS

    return is_data(path) or (path.suffix in FORMATS and not path.exists())
