"""The verbs that write of a run what others read: report, card, the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.cli.options import RunFolder
from curate.terminal import AsJson, echo_json, say


def report(run: RunFolder) -> None:
    """Write report.html again, from the run."""
    from curate.report import page
    from curate.run import Run
    from curate.table import write_text_atomic

    opened = Run(run)
    write_text_atomic(opened.report_path, page.render(opened))
    say(opened.report_path)


def card(run: RunFolder) -> None:
    """Write the data set card (README.md) again, from the run."""
    from curate.report import card as cards
    from curate.run import Run
    from curate.table import write_text_atomic

    opened = Run(run)
    write_text_atomic(opened.card_path, cards.render(opened))
    say(opened.card_path)


def push(
    repo: Annotated[str, typer.Argument(metavar="ORG/NAME", help="The data set on the Hub.", show_default=False)],
    run: Annotated[Path, typer.Option("--run", help="The folder of the run.", show_default=False)],
    private: Annotated[bool, typer.Option("--private", help="Make a new repository private.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")] = False,
    revision: Annotated[str | None, typer.Option("--revision", help="Branch to push to.")] = None,
    message: Annotated[str | None, typer.Option("--message", "-m", help="Of the commit.")] = None,
    as_json: AsJson = False,
) -> None:
    """Push a run's data and card to the Hub.

    Its report, recipe, lock file and ledger go with them. A card that is there is merged, not replaced.
    """
    from curate.report.hub import push as push_run
    from curate.run import Run

    pushed = push_run(Run(run), repo, private=private, dry_run=dry_run, revision=revision, message=message)
    if as_json:
        echo_json(pushed.to_dict())
    else:
        say(pushed)
