"""What building a recipe will cost, without asking a model or writing a file; and the schema of a recipe."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import polars as pl

from curate.building import default_folder
from curate.columns import require_columns
from curate.engines.settings import ENGINES
from curate.opening import Engines, asked_engines, lacking
from curate.pins import told, unpinned
from curate.recipe import Head, Recipe
from curate.responses import Journal
from curate.result import cost_of
from curate.run import Run
from curate.step import Context, Cost, Step
from curate.steps import STEPS, step_class
from curate.steps.load import Load
from curate.store import stands, stem_of, step_key


def make_plan(recipe: Recipe, out: Path | None = None, *, limit: int | None = None) -> dict[str, Any]:
    """The steps with their rows, requests and tokens at most.

    Sources are read and steps are run in memory up to the first that asks a model, as far as the run's folder does not
    hold their results; from there on the counts are upper bounds. A Hub data set is not read, but what an earlier build
    loaded of it is; else its rows are as many as `rows:` or the limit allow, or unknown (then the totals are None).
    Requests that answers in the run's folder already serve are counted as `stored`. `unpinned` says which data sets of
    the Hub lack a commit, `lacking` which engines that are to be asked lack an API key. Raises InvalidInput when a step
    will not find its columns.
    """
    run = Run(out or default_folder(recipe, limit))
    with tempfile.TemporaryDirectory() as nowhere, Journal(_journal(run, Path(nowhere)), read_only=True) as journal:
        engines = Engines(recipe)
        context = Context(
            recipe.head.seed, recipe.folder, engines.get, engines.identity, recipe.engines, journal, limit=limit
        )
        for step in recipe.steps:
            step.check(context)
        table = _loaded(recipe, run, context)
        before: str | None = ""
        bound = table.height if table is not None else _most_rows(recipe, limit)
        steps, costs, rows, exact = [], list[Cost](), bound or 0, table is not None
        for number, step in enumerate(recipe.steps):
            cost = Cost(rows) if step.kind == "source" else step.cost(table, rows, context)
            stem = stem_of(number, step)
            before = _done(run, stem, step, before, context)
            if table is not None and step.kind != "source":
                unknown = cost.requests or cost.stored or step.fetches
                table = run.kept(stem) if before else None if unknown else step.run(table, context).kept
                cost = cost if table is None else replace(cost, rows=table.height)
            exact = exact and (table is not None or step.kind in ("map", "expand"))
            steps.append({"step": step.title, "word": step.step, "kind": step.kind, "exact": exact, **asdict(cost)})
            costs.append(cost)
            rows = cost.rows
    asking = [step for step, cost in zip(recipe.steps, costs, strict=True) if cost.requests or bound is None]
    total = {
        name: sum(step[name] or 0 for step in steps) if bound is not None else None
        for name in ("requests", "stored", "prompt_tokens", "completion_tokens")
    }
    return {
        "recipe": recipe.name, "profile": recipe.profile, "run": str(run.folder), "steps": steps,
        "total": total | {"cost_usd": cost_of(costs)},
        "lacking": lacking(recipe, asked_engines(recipe, asking)),
        "unpinned": told(recipe, found) if (found := unpinned(recipe)) else "",
    }  # fmt: skip


def _journal(run: Run, nowhere: Path) -> Path:
    return run.journal_path if run.journal_path.is_file() else nowhere / "journal.jsonl"


def _loaded(recipe: Recipe, run: Run, context: Context) -> pl.DataFrame | None:
    """The rows of the load step, as a build left them or read now; None where a source is on the Hub and not loaded.

    Without a load step there are none: the first step asks a model for them.
    """
    load = recipe.steps[0]
    if load.kind != "source":
        require_columns(recipe, dict.fromkeys(load.after(frozenset())))
        return pl.DataFrame()
    if _done(run, stem_of(0, load), load, "", context):
        table = run.kept(stem_of(0, load))
    elif isinstance(load, Load) and any(source.hub for source in load.sources):
        return None
    else:
        table = load.run(pl.DataFrame(), context).kept
    require_columns(recipe, table.schema)
    return table


def _done(run: Run, stem: str, step: Step, before: str | None, context: Context) -> str | None:
    """The key of a step that a build would not run again; None for one that it would, and for all that follow."""
    entry = run.entry(stem)
    if before is None or entry is None:  # a key may need the template of a model: not fetched for nothing
        return None
    key = step_key(step, before, context)
    return key if stands(entry, key) else None


def _most_rows(recipe: Recipe, limit: int | None) -> int | None:
    """Rows at most, where they are not known: what the sources and `--limit` allow; None when one has no bound."""
    load = recipe.steps[0]
    bounds = [
        [n for n in (source.rows, limit) if n is not None]
        for source in (load.sources if isinstance(load, Load) else ())
    ]
    return sum(map(min, bounds)) if all(bounds) else None


def plan_text(made: dict[str, Any]) -> str:
    """The plan as a table for a terminal."""
    head = ("step", "kind", "rows", "requests", "stored", "prompt tokens", "completion tokens", "cost")
    lines = [head] + [_cells(step) for step in made["steps"]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    table = [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    title = f"{made['recipe']} ({made['profile']}) -> {made['run']}"
    remarks = [f"{step['step']}: {step['remark']}" for step in made["steps"] if step["remark"]]
    unpinned_text = [made["unpinned"], ""] if made["unpinned"] else []
    lacking_text = [f"Before a build: {made['lacking']}"] if made["lacking"] else []
    end = [*remarks, *unpinned_text, *lacking_text, _total_text(made), "Nothing was asked and nothing was written."]
    return "\n".join([title, "", *table, "", *end])


def _total_text(made: dict[str, Any]) -> str:
    total = made["total"]
    if total["requests"] is None:
        return (
            "How many requests is not known until the rows of the Hub are here: build with --until load (it asks no "
            "model), then plan again; or plan with --limit N."
        )
    asking = [step for step in made["steps"] if step["requests"]]
    most = "" if all(step["exact"] for step in asking) else "at most "
    prompts = f"about {total['prompt_tokens']:,} prompt tokens, " if total["prompt_tokens"] or not asking else ""
    unknown = [step["step"] for step in asking if step["cost_usd"] is None]
    known = sum(step["cost_usd"] or 0 for step in asking)
    spent = f", ${known:.2f}" if len(unknown) < len(asking) else ""
    spent += f" and what {', '.join(unknown)} will cost (an engine without a price)" if spent and unknown else ""
    return (
        f"{most}{total['requests']:,} requests to make ({total['stored']:,} answers are stored), {prompts}"
        f"at most {total['completion_tokens']:,} completion tokens{spent}"
    )


def _cells(step: dict[str, Any]) -> tuple[str, ...]:
    rows = f"{step['rows']:,}" if step["rows"] or step["exact"] else "?"
    return (
        step["step"], step["kind"], rows if step["exact"] or rows == "?" else f"<= {rows}",
        f"{step['requests']:,}" if step["requests"] else "", f"{step['stored']:,}" if step["stored"] else "",
        f"{step['prompt_tokens']:,}" if step["prompt_tokens"] else "",
        f"<= {step['completion_tokens']:,}" if step["completion_tokens"] else "",
        f"${step['cost_usd']:.2f}" if step["cost_usd"] is not None else "",
    )  # fmt: skip


def recipe_schema() -> dict[str, Any]:
    """The JSON schema of a recipe, for editors (`# yaml-language-server: $schema=...`)."""
    head = Head.model_json_schema()
    steps = [_titled(step_class(word).model_json_schema(), word) for word in STEPS]
    engines = [_titled(settings.model_json_schema(), word) for word, settings in ENGINES.items()]
    definitions: dict[str, Any] = {}
    for part in [*steps, *engines]:
        definitions.update(part.pop("$defs", {}))
    properties = head["properties"] | {
        "engines": {"type": "object", "additionalProperties": {"oneOf": engines}},
        "steps": {"type": "array", "minItems": 1, "items": {"oneOf": steps}},
        "profiles": {"type": "object", "additionalProperties": {"type": "object"}},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "curate recipe", "type": "object",
        "additionalProperties": False, "required": ["name", "steps"], "properties": properties, "$defs": definitions,
    }  # fmt: skip


def _titled(schema: dict[str, Any], word: str) -> dict[str, Any]:
    return schema | {"title": word}
