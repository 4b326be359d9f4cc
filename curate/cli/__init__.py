"""The command line: all verbs, and how it ends. Each verb reads its arguments, calls one function, prints what it gave.

Tables go to stdout, progress and errors to stderr. Everything heavy is imported inside the verb that needs it.
"""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from io import TextIOWrapper
from typing import Annotated, Any, NoReturn

import typer

from curate.cli.examining import installed
from curate.cli.looking import diff, profile, show, view, why
from curate.cli.making import build, doctor, init, plan, schema
from curate.cli.publishing import card, push, report
from curate.cli.rewarding import rewards_app as rewards_app
from curate.errors import CurateError, InvalidInput
from curate.terminal import say

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


def _say_version(asked: bool) -> None:
    if asked:
        say(f"curate {installed('curate-posttrain') or 'that is not installed, only on the path'}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    """What stands before any verb."""


for _verb in (init, plan, build, show, why, diff, view, report, card, push, profile, schema, doctor):
    app.command(_verb.__name__)(_verb)
app.add_typer(rewards_app, name="rewards")


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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # one that has no letter for what a row holds, as in a cp1252 or C locale
            stream.reconfigure(errors="backslashreplace")
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
