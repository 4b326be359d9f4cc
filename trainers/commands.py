"""The trainers' verbs of the command line. Each reads its arguments, calls one function, prints what it gave.

Registered in the entry-point group `curate.commands`; everything heavy is imported inside the verb.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from curate.errors import UsageError
from curate.terminal import AsJson, echo_json, say

Config = Annotated[Path, typer.Argument(metavar="CONFIG", help="A training's YAML file.", show_default=False)]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting: trl.learning_rate=1e-5.")
]


NEEDED = ("torch", "transformers", "trl", "peft", "accelerate", "safetensors")
"""What the extra [train] brings."""


def _require_extra(needed: tuple[str, ...] = NEEDED) -> None:
    """Raise UsageError where the extra is not installed, in place of an import that fails somewhere below."""
    lacking = [name for name in needed if find_spec(name) is None]
    if lacking:
        raise UsageError(f"this needs {', '.join(lacking)}: pip install 'curate-posttrain[train]'")


def train(
    config: Config,
    sets: Sets = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the training.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Remove what the folder holds, and begin again.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a model on the data: sft, dpo, kto, orpo, simpo, reward, grpo, rloo, ppo, distill, gkd, kd."""
    _require_extra()
    from trainers.processes import is_main
    from trainers.stage import train as run

    overrides = (*(sets or ()), *((f"out={out}",) if out is not None else ()))
    trained = run(config, resume=resume, fresh=fresh, overrides=overrides)
    if not is_main():
        return
    if as_json:
        echo_json(trained.metrics)
    else:
        say(f"model:   {trained.model}\nmetrics: {trained.folder / 'metrics.json'}")


def preflight(
    config: Config,
    sets: Sets = None,
    problems: Annotated[int, typer.Option("--problems", min=0, help="That the model answers; 0 for none.")] = 8,
    model: Annotated[bool, typer.Option(help="Load the weights; without them half of the checks are left.")] = True,
    as_json: AsJson = False,
) -> None:
    """Look at a training before it runs: rows, template, mask, batch, rewards, first groups. Exit code 5 at a fault."""
    _require_extra()
    from trainers.preflighting import preflight as look

    found = look(config, overrides=tuple(sets or ()), problems=problems, model=model)
    if as_json:
        echo_json(found.to_dict())
    else:
        say(found)
    found.gate()


def merge(
    models: Annotated[
        list[str],
        typer.Argument(metavar="MODEL...", help="Models, or one YAML file that says it all.", show_default=False),
    ],
    method: Annotated[str, typer.Option("--method", "-m", help="linear, slerp, ties, greedy_soup, ...")] = "linear",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the merged model.")] = None,
    base: Annotated[str | None, typer.Option("--base", help="What the models were trained from.")] = None,
    weight: Annotated[list[float] | None, typer.Option("--weight", help="Of each model, in order.")] = None,
    density: Annotated[list[float] | None, typer.Option("--density", help="Of each model: what stays.")] = None,
    layers: Annotated[list[str] | None, typer.Option("--layers", help="Of each model, for passthrough: 0-3,5.")] = None,
    t: Annotated[float, typer.Option("--t", help="Of slerp: 0 is the first model.")] = 0.5,
    data: Annotated[str | None, typer.Option("--data", help="Problems that judge a greedy soup.")] = None,
    reward: Annotated[str, typer.Option("--reward", help="Who judges them.")] = "verifier",
    n: Annotated[int, typer.Option("--n", min=1, help="Answers a problem.")] = 4,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="Of an answer.")] = 1024,
) -> None:
    """Merge models without training: linear, slerp, task_arithmetic, ties, dare, passthrough, greedy_soup, adapters."""
    _require_extra()
    from trainers.merging.command import config_of, judge_of
    from trainers.merging.config import run_merge

    config = config_of(models, method, out, base, weight or [], density or [], layers or [], t)
    judge = judge_of(data, reward, n, max_tokens) if data is not None else None
    say(f"model: {run_merge(config, judge)}")


def evaluate(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model, or the folder of a training.")],
    data: Annotated[str, typer.Option("--data", "-d", help="Problems: a run, parquet, jsonl, or a data set.")],
    reward: Annotated[list[str] | None, typer.Option("--reward", "-r", help="The first says who passed.")] = None,
    split: Annotated[
        str | None, typer.Option("--split", help="Of the data; `test` for held-out rows of a run.")
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, help="Answers a problem.")] = 8,
    k: Annotated[
        list[int] | None, typer.Option("--k", min=1, help="pass@k and majority@k; 1 and n unless given.")
    ] = None,
    temperature: Annotated[float, typer.Option("--temperature", min=0)] = 1.0,
    max_tokens: Annotated[int, typer.Option("--max-tokens", min=1, help="Of an answer, thinking included.")] = 1024,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Problems, at most.")] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Another model, compared problem by problem.")
    ] = None,
    ensemble: Annotated[
        list[str] | None, typer.Option("--with", metavar="MODEL", help="More models that answer as one.")
    ] = None,
    by: Annotated[str, typer.Option("--by", help="How they are one: vote, logprobs.")] = "vote",
    url: Annotated[str | None, typer.Option("--url", help="Ask MODEL at this OpenAI-compatible server.")] = None,
    column: Annotated[list[str] | None, typer.Option("--column", metavar="OURS=THEIRS", help="answer=gold")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 0,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Keep the answers here, and go on there.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure a model on problems: pass@1, pass@k, majority@k with 95% intervals, a line a source."""
    if url is None:
        _require_extra(("torch", "transformers"))
    from trainers.evaluating.command import Asked, run_evaluation

    asked = Asked(
        model, data, tuple(reward or ("verifier",)), split, n, tuple(k or sorted({1, n})), temperature, max_tokens,
        limit, tuple(column or ()), seed, url,
    )  # fmt: skip
    told, figures = run_evaluation(asked, out, against=against, more=tuple(ensemble or ()), by=by)
    if as_json:
        echo_json(figures)
    else:
        say(told)


def loop(
    config: Annotated[Path, typer.Argument(metavar="LOOP", help="A loop's YAML file.", show_default=False)],
    sets: Sets = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder of the loop.")] = None,
    as_json: AsJson = False,
) -> None:
    """Generate, grade, select, train, evaluate, promote or roll back, round by round; or go on where it was stopped."""
    _require_extra()
    from trainers.looping import load_loop, run_loop

    overrides = (*(sets or ()), *((f"out={out}",) if out is not None else ()))
    looped = run_loop(load_loop(config, overrides))
    if as_json:
        echo_json(looped.champion)
    else:
        say(f"champion: {looped.champion['model']} (from {looped.champion['from']})")
        say(f"report:   {looped.folder / 'report.html'}")


def logits(
    teacher: Annotated[str, typer.Argument(metavar="TEACHER", help="A model, or the folder of a training.")],
    data: Annotated[str, typer.Option("--data", "-d", help="Rows of prompt and completion.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The parquet file that is written.")],
    k: Annotated[int, typer.Option("--k", min=1, help="Likeliest tokens that are kept at each place.")] = 32,
    temperature: Annotated[float, typer.Option("--temperature", min=0.01, help="Of the distributions.")] = 1.0,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Rows the teacher reads at once.")] = 8,
    engine: Annotated[str, typer.Option("--engine", help="transformers, vllm.")] = "transformers",
    text: Annotated[bool, typer.Option("--text", help="Prompts are put to the teacher as they are.")] = False,
    column: Annotated[list[str] | None, typer.Option("--column", metavar="OURS=THEIRS", help="prompt=question")] = None,
    split: Annotated[str | None, typer.Option("--split", help="Of the data.")] = None,
) -> None:
    """Keep what a teacher says of answers, its likeliest tokens at each place, for `method: kd`."""
    _require_extra()
    from trainers.kd.command import Asked, run_logits

    asked = Asked(teacher, data, k, temperature, batch, engine, text, tuple(column or ()), split)
    say(run_logits(asked, out))


def export(
    config: Config,
    to: Annotated[str, typer.Option("--to", help="verl, openrlhf, open-instruct, axolotl.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder that is written.")],
    sets: Sets = None,
) -> None:
    """Write a training with rewards for another trainer: its rows, its config, and the rewards it calls."""
    _require_extra()
    from trainers.exporting import export as write

    say(write(config, to, out, overrides=tuple(sets or ())))
