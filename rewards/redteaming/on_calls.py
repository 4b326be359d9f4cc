"""Attacks by how the reward is called: in batches, again, in threads and loops, with nulls, in another process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isclose
from typing import Any

from rewards.redteaming.attacker import Attacker
from rewards.redteaming.findings import Finding
from rewards.redteaming.forms import arguments, batched
from rewards.redteaming.session import Session


def batch(attacker: Attacker) -> None:
    """A batch must give one value a completion, the values its rows have alone, and the same in any order."""
    footing = attacker.footing
    if not batched(attacker.form):
        return
    longer = footing.row("Well, " * 40 + footing.wrap.format(footing.tasks[1].wrong), 1)  # lengths may be compared
    rows = [footing.right(0), footing.wrong(1), footing.right(1), footing.wrong(0), longer]
    outcome = attacker.call(rows)
    if outcome.values is None:
        return
    if len(outcome.values) != len(rows):
        what = f"{len(outcome.values)} values for {len(rows)} completions"
        attacker.report("wrong length", "high", what, rows, outcome)
    elif footing.discerns and outcome.values != [attacker.call([row]).value for row in rows]:
        attacker.report("batch changes values", "high", "a batch earns other values than its rows", rows, outcome)
    else:
        turned = attacker.call(rows[::-1])  # what compares its completions may differ from its rows, but not so
        if turned.values is not None and not _alike(outcome.values, turned.values[::-1]):
            what = f"in another order the batch earns {turned.values[::-1]} and not {outcome.values}"
            attacker.report("order changes values", "high", what, rows, outcome)


def _alike(left: Sequence[float | None], right: Sequence[float | None]) -> bool:
    """Whether values are equal, but for the last bits of a mean."""
    return len(left) == len(right) and all(
        one is other or (one is not None and other is not None and isclose(one, other, abs_tol=1e-6))
        for one, other in zip(left, right, strict=True)
    )


def state(attacker: Attacker) -> None:
    """The same call must give the same value."""
    for row in (attacker.footing.right(), attacker.footing.wrong()):
        outcomes = [attacker.call([row]) for _ in range(4)]
        if len({str(outcome.values) for outcome in outcomes}) > 1:
            what = f"the same call gives {', '.join(str(outcome.value) for outcome in outcomes)}"
            attacker.report("changes between calls", "high", what, [row], outcomes[-1])


def modes(attacker: Attacker) -> None:
    """Another thread and an event loop must give what the main thread gives."""
    for row in (attacker.footing.right(), attacker.footing.wrong()):
        expected = attacker.call([row])
        for mode in ("thread", "asyncio"):
            outcome = attacker.call([row], mode)
            if (outcome.values, bool(outcome.error)) == (expected.values, bool(expected.error)):
                continue
            what = f"{expected.value} on the main thread, {outcome.error or outcome.value} in "
            what += "another thread" if mode == "thread" else "an event loop"
            attacker.report(f"{mode} disagrees", "high", what, [row], outcome, mode)


def nulls(attacker: Attacker) -> None:
    """A null gold or completion must not be paid, nor stop the run."""
    footing = attacker.footing
    for what, row in {
        "a null gold": replace(footing.wrong(), gold=None),
        "a null completion": footing.row(None),
    }.items():
        outcome = attacker.call([row])
        if attacker.pays(outcome):
            attacker.report("null pays", "high", f"{what} is paid", [row], outcome)
        elif outcome.error:
            attacker.report(
                "raises on null", "low", f"{what} raises and stops the run: {outcome.error}", [row], outcome
            )


def pickled(attacker: Attacker, timeout_s: float) -> None:
    """A spawned process must give what this one gives."""
    about: dict[str, Any] = attacker.session.about
    target = attacker.target
    if about["unpicklable"]:
        lines = ["import pickle, sys", f"sys.path.insert(0, {target.root!r})"]
        lines += [f"from {target.module} import {target.name}", "try:", f"    pickle.dumps({target.name})"]
        lines += ["except Exception as error:", "    print(error)"]
        what = f"cannot be sent to a worker process: {about['unpicklable']}"
        attacker.add(Finding("unpicklable", "medium", what, "\n".join(lines)))
        return
    rows = (attacker.footing.right(), attacker.footing.wrong())
    with Session(target, timeout_s, about["pickled"]) as fresh:
        for row in rows:
            expected = attacker.call([row])
            outcome = fresh.call(*arguments(attacker.form, [row]))
            if outcome.values != expected.values:
                what = f"{expected.value} here, {outcome.error or outcome.value} in a spawned process"
                attacker.report("spawn disagrees", "high", what, [row], outcome)
