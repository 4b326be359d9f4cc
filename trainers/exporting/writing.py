"""`export`: read a training, let a target write it, say what it could not take over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from curate.errors import UsageError, did_you_mean
from trainers.exporting import to_axolotl, to_open_instruct, to_openrlhf, to_verl
from trainers.exporting.handed import Handed, hand
from trainers.job import Notes
from trainers.preparing import read

TARGETS: Final[dict[str, Callable[[Handed, Path], frozenset[str]]]] = {
    "verl": to_verl.write,
    "openrlhf": to_openrlhf.write,
    "open-instruct": to_open_instruct.write,
    "axolotl": to_axolotl.write,
}
"""Each writes into a folder and gives the names of the arguments it took over."""


def export(config: Any, to: str, out: Path, *, overrides: tuple[str, ...] = (), notes: Notes | None = None) -> str:
    """Write a training for another trainer; what was done, in words.

    config: as `train` takes it. to: a name of `TARGETS`. out: a folder that is made, or holds an earlier export.
    Raises UsageError for another name, a method without rewards, or rewards that cannot be handed on.
    """
    if to not in TARGETS:
        raise UsageError(f"no target '{to}'{did_you_mean(to, TARGETS)}")
    handed = hand(read(config, overrides, notes or Notes()))
    out = Path(out)
    new = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    try:
        taken = TARGETS[to](handed, out)
    except UsageError:  # said before anything is written
        if new:
            out.rmdir()
        raise
    left = sorted(set(handed.config.trl) - taken) + [
        name for name in ("peft", "freeze", "stop", "dynamic_sampling") if getattr(handed.config, name)
    ]
    lines = [
        f"{out}: {len(handed.train):,} rows, {len(handed.held_out):,} held out, for {to}",
        f"not taken over: {', '.join(left)}" if left else "every setting was taken over",
        f"a row that a reward cannot judge earns 0 there ({to} knows no None)" if to != "axolotl" else "",
    ]
    return "\n".join(line for line in lines if line)
