"""What `curate view` does: serve a run until it is interrupted, or write its preferences."""

from __future__ import annotations

import getpass
import tempfile
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from html import escape
from pathlib import Path

from curate.run import Run
from curate.viewer.preferences import NAME, write_export
from curate.viewer.server import Viewer


def serve(run: Run, *, port: int, who: str, browser: bool, say: Callable[[str], object]) -> None:
    """Serve a run on 127.0.0.1 until interrupted.

    Raises DataError for a folder that is no run, UsageError for a port that is taken.
    """
    with Viewer(run, port=port, who=who or _login()) as viewer, tempfile.TemporaryDirectory() as private:
        say(f"{viewer.url}\nOnly this machine reaches it, and only with this address; Ctrl-C ends it.")
        if browser:
            webbrowser.open(way_in(viewer.url, Path(private)).as_uri())
        with suppress(KeyboardInterrupt):
            viewer.serve_forever()


def way_in(url: str, folder: Path) -> Path:
    """A page in `folder` that leads to `url`: others on this machine see the command line of a browser, not this file.

    folder: one that only its owner enters.
    """
    page = folder / "view.html"
    page.write_text(f'<meta http-equiv="refresh" content="0; url={escape(url)}">', encoding="utf-8")
    return page


def export_pairs(run: Run, path: Path) -> str:
    """Write the preferences of a run, and say what was written."""
    made = write_export(run, path)
    left = "".join(f", {count:,} left out: {reason}" for reason, count in made.left_out.items())
    pairs = "1 pair" if made.pairs.height == 1 else f"{made.pairs.height:,} pairs"
    return f"wrote {path}: {pairs} of {run.folder / NAME}{left}"


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a user database
        return "unknown"
