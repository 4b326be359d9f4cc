"""The verbs `curate rewards ...`, as `curate.cli.making` and its neighbours have the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.terminal import AsJson, echo_json, say

rewards_app = typer.Typer(help="List, test and re-run rewards.", no_args_is_help=True)


@rewards_app.command("list")
def rewards_list(as_json: AsJson = False) -> None:
    """List all rewards: name, columns, range, what they judge."""
    from curate.cli.reward_files import list_rewards, list_text

    listed = list_rewards()
    if as_json:
        echo_json(listed)
    else:
        say(list_text(listed))


@rewards_app.command("test")
def rewards_test(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The reward's name.", show_default=False)],
    gold: Annotated[Path, typer.Option("--gold", help="Completions with their values, jsonl.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Run a golden file: completions with the values a reward must give. Exit code 5 when one earns another."""
    from curate.cli.reward_files import test_reward

    tested = test_reward(name, gold)
    if as_json:
        echo_json(tested.to_dict())
    else:
        say(tested)
    tested.gate()


@rewards_app.command("rescore")
def rewards_rescore(
    completions: Annotated[Path, typer.Argument(help="parquet, jsonl, or a folder of them.", show_default=False)],
    reward: Annotated[list[str], typer.Option("--with", metavar="REWARD", help="A reward: NAME, NAME(option=value).")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", dir_okay=False, help="Write the rows with their new scores.")
    ] = None,
    against: Annotated[str, typer.Option("--against", metavar="COLUMN", help="Earlier scores to compare with.")] = "",
    columns: Annotated[
        list[str] | None, typer.Option("--column", metavar="NAME=COLUMN", help="answer=ground_truth")
    ] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Rows with the golds, joined by `prompt`.")] = None,
    as_json: AsJson = False,
) -> None:
    """Judge stored completions again; also TRL's `output_dir/completions`."""
    from curate.cli.reward_files import rescore_file

    rescored = rescore_file(completions, reward, out=out, against=against, columns=columns or [], data=data)
    if as_json:
        echo_json([one.to_dict() for one in rescored])
    else:
        say("\n".join(map(str, rescored)))
        if out is not None:
            say(f"wrote {out}", err=True)


@rewards_app.command("redteam")
def rewards_redteam(
    target: Annotated[
        str, typer.Argument(metavar="PATH:FUNC", help="file.py:function, or a reward's name.", show_default=False)
    ],
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds a call may take.")] = 5.0,
    as_json: AsJson = False,
) -> None:
    """Attack a reward of any trainer and read its source. Exit code 5 when a finding is of high severity."""
    from curate.cli.reward_files import attack, redteam_gate

    found = attack(target, timeout)
    if as_json:
        echo_json(found.to_dict())
    else:
        say(found)
    redteam_gate(found)


@rewards_app.command("audit")
def rewards_audit(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Completions with golds.", show_default=False)],
    reward: Annotated[list[str], typer.Option("--with", metavar="REWARD", help="A reward: NAME, NAME(option=value).")],
    label: Annotated[str, typer.Option("--label", metavar="COLUMN", help="What is right: true or false.")] = "",
    columns: Annotated[
        list[str] | None, typer.Option("--column", metavar="NAME=COLUMN", help="answer=ground_truth")
    ] = None,
    threshold: Annotated[float, typer.Option("--threshold", help="From this value on a completion is right.")] = 0.5,
    rows: Annotated[int, typer.Option("--rows", min=0, help="How many disagreements to print.")] = 10,
    out: Annotated[Path | None, typer.Option("--out", "-o", dir_okay=False, help="Write all disagreements.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare rewards with labels or with each other, and say which golds they cannot read."""
    from curate.cli.reward_files import audit_file

    audited = audit_file(file, reward, label=label, columns=columns or [], threshold=threshold, out=out)
    if as_json:
        echo_json(audited.to_dict())
    else:
        say(audited.text(rows))
