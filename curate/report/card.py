"""The data set card of a run: README.md with the Hub's header, every number taken from the run.

Pure: the same run gives the same bytes. Our part of the body stands between two markers, so that `merge` can renew it
in a card a person has since edited (`curate.report.card_merge`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import polars as pl

from curate.report.about import About, about
from curate.report.card_merge import BEGIN, END, merge
from curate.report.contamination import compared
from curate.report.features import features, shown
from curate.report.funnel import Stage, by_source, funnel
from curate.report.licences import UNKNOWN, hub_fields, spelling, stricter, strictest
from curate.report.markdown import Markdown
from curate.report.remarks import remarks
from curate.report.samples import Sample, kept
from curate.report.scores import scores, siblings
from curate.report.sizes import sizes
from curate.report.tables import SCORE, WHY, Table, splits
from curate.report.template import markdown_templates
from curate.report.usage import usage
from curate.run import Run
from curate.text.shown import one_line

__all__ = ["merge", "render"]

SAMPLES, SAMPLE_CHARACTERS, PROMPT_CHARACTERS, REASONS = 3, 1_500, 4_000, 8
SPLIT = re.compile(r"\w+(\.\w+)*")

SIZES = {
    1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M", 10_000_000: "1M<n<10M",
    100_000_000: "10M<n<100M", 1_000_000_000: "100M<n<1B",
}  # fmt: skip

COLUMNS = {
    "id": "name of the row, the same in every build",
    "source": "the source it came from",
    "source_id": "the id that it had in its source",
    "origin": "what its source called its source",
    "kind": "the kind of problem",
    "difficulty": "how hard the problem is, by its source",
    "parent": "id of the row it is an answer to",
    "prompt": "the question",
    "messages": "the conversation",
    "completion": "the answer, without its thinking",
    "thinking": "what the model thought before it answered",
    "answer": "the reference answer, to verify the row again",
    "verifier": "the reward that judges an answer to this row",
    "chosen": "the better answer",
    "rejected": "the worse answer",
    "rejected_id": "id of the row that the worse answer comes from",
    "label": "whether the answer is a good one",
    "finish_reason": "why the model stopped",
    "model": "the model that answered",
    "sample": "which of the answers to its prompt",
    "response": "key of the raw response",
    "prompt_tokens": "tokens of the question, as the engine counted them",
    "original": "the answer before it was revised",
    "critiques": "for each round: the principle, the critique, the revision, and the keys of both raw responses",
    "principle": "the system message the answer was given under, by its name",
    "system": "the system prompt under which the question was written",
    "prompt_model": "the model that wrote the question",
    "prompt_response": "key of the raw response that holds the question",
    "completion_tokens": "tokens of the answer, thinking included, as the engine counted them",
}


def render(run: Run, repo_id: str | None = None) -> str:
    """The card of a run. repo_id: where it will lie on the Hub, for the snippet that loads it.

    Raises DataError when the folder is no run or a table of it is damaged.
    """
    said, parts, stages = about(run), splits(run), funnel(run)
    rows = {name: int(part.select(rows=pl.len())["rows"][0]) for name, part in parts.items()}
    schema = _schema(parts)
    asked, scored = usage(run), scores(run)
    licence, judges = licence_of(said), {found.reward for found in scored}
    context: dict[str, Any] = {
        "about": said,
        "contract": contract(schema),
        "rows": rows,
        "repo_id": repo_id,
        "stages": stages,
        "reasons": REASONS,
        "columns": [(name, shown(kind), _column(name, judges)) for name, kind in schema.items()],
        "usage": asked,
        "compared": compared(run),
        "scores": [found for found in scored if found.source is None],
        "sizes": sizes(run),
        "samples": _samples(run),
        "sample_characters": SAMPLE_CHARACTERS,
        "prompt_characters": PROMPT_CHARACTERS,
        "licence": licence,
        "limits": [
            *_licence_notes(said),
            *remarks(stages, by_source(run), scored, siblings(run), asked),
            *_limits(said, stages),
        ],
        "begin": Markdown(BEGIN),
        "end": Markdown(END),
    }
    body = markdown_templates().get_template("card.md.jinja").render(context)
    return f"---\n{header(said, parts, rows, licence, made=bool(asked))}\n---\n\n{body}"


def header(said: About, parts: Mapping[str, Table], rows: Mapping[str, int], licence: str, *, made: bool) -> str:
    """The YAML header, through huggingface_hub. made: whether a model wrote part of the data."""
    from huggingface_hub import DatasetCardData

    synthetic = made or any(source.kind == "procedural" for source in said.sources)
    schema = _schema(parts)
    kind, _ = contract(schema)
    files = {name: f"data/{name}.parquet" for name in rows if SPLIT.fullmatch(name)}
    named: dict[str, Any] = hub_fields(licence)
    data = DatasetCardData(
        **named,
        pretty_name=one_line(said.name),
        language=[one_line(word) for word in said.language] or None,
        annotations_creators="machine-generated" if made or said.rewards else None,
        size_categories=size_category(sum(rows.values())),
        source_datasets=_origins(said) or None,
        task_categories=["text-generation"],
        tags=list(dict.fromkeys([*(["synthetic"] if synthetic else []), "curate", kind, *map(one_line, said.tags)])),
        configs=[
            {"config_name": "default", "data_files": [{"split": name, "path": path} for name, path in files.items()]}
        ],
        dataset_info=_info(schema, {name: parts[name] for name in files}),
    )
    return data.to_yaml()


def _info(schema: Mapping[str, Any], parts: Mapping[str, Table]) -> dict[str, Any]:
    """`dataset_info`: columns, rows and bytes (of the parquet pages, unpacked: about what they take in memory)."""
    from pyarrow.parquet import read_metadata  # type: ignore[import-untyped]

    described = features(dict(schema))
    columns = {} if described is None else {"features": described}
    told, sizes_of = [], {name: part.path.stat().st_size for name, part in parts.items()}
    for name, part in parts.items():
        meta = read_metadata(part.path)
        unpacked = sum(meta.row_group(index).total_byte_size for index in range(meta.num_row_groups))
        told.append({"name": name, "num_bytes": unpacked, "num_examples": meta.num_rows})
    total = sum(split["num_bytes"] for split in told)
    return {**columns, "splits": told, "download_size": sum(sizes_of.values()), "dataset_size": total}


def size_category(rows: int) -> str:
    """The Hub's class of so many rows.

    >>> size_category(999), size_category(1000), size_category(2_000_000_000)
    ('n<1K', '1K<n<10K', '1B<n<10B')
    """
    return next((name for limit, name in SIZES.items() if rows < limit), "1B<n<10B")


def contract(schema: Mapping[str, Any]) -> tuple[str, str]:
    """What the columns are for: a tag, and a few words.

    >>> contract({"prompt": 0, "chosen": 0, "rejected": 0})[0], contract({"prompt": 0, "answer": 0})[0]
    ('preference', 'verifiable')
    """
    names = set(schema)
    if {"chosen", "rejected"} <= names:
        return "preference", "preference pairs (chosen and rejected answers), for DPO and reward models"
    if {"completion", "label"} <= names:
        return "kto", "answers with a label, good or not, for KTO"
    if "messages" in names or {"prompt", "completion"} <= names:
        return "sft", "conversations to fine-tune on (SFT)"
    if {"prompt", "answer"} <= names:
        return "verifiable", "prompts with verifiable answers, for RL with rewards (GRPO, RLOO)"
    return "text", "rows of text"


def licence_of(said: About) -> str:
    """The recipe's own licence, else the strictest of its sources, else "unknown"."""
    return spelling(said.license) if said.license else strictest(source.license for source in said.sources)


def _schema(parts: Mapping[str, Table]) -> dict[str, Any]:
    """Columns over all splits, in the order they first appear."""
    return {name: kind for part in reversed(list(parts.values())) for name, kind in part.schema.items()}


def _column(name: str, judges: set[str]) -> str:
    """What a column holds. judges: the labels of rewards; any other score was measured by a rule of `filter`."""
    if name.startswith(SCORE) and name.removeprefix(SCORE) not in judges:
        return f"what the rule {name.removeprefix(SCORE)} measured"
    if name.startswith(SCORE):
        return f"score by the reward {name.removeprefix(SCORE)}; null when it could not judge"
    if name.startswith(WHY):
        return f"why {name.removeprefix(WHY)} scored so"
    return COLUMNS.get(name, "")


def _origins(said: About) -> list[str]:
    """The Hub data sets it was made from, and `original` when part of it was made here or came from files."""
    hub = [one_line(source.where) for source in said.sources if source.kind == "hub"]
    return list(dict.fromkeys([*hub, *(["original"] if len(hub) < len(said.sources) else [])]))


def _samples(run: Run) -> list[Sample]:
    groups = list(kept(run, SAMPLES).values())
    return max(groups, key=len)[:SAMPLES] if groups else []


def _licence_notes(said: About) -> list[str]:
    """What the licences of the sources ask a reader to check."""
    given = [source for source in said.sources if source.license]
    missing = [source.name for source in said.sources if not source.license]
    notes = []
    if missing:
        notes.append(
            f"The licence of {', '.join(missing[:10])} is not stated: nothing says what its rows may be used for."
        )
    if said.license:
        tighter = [source for source in given if stricter(source.license or UNKNOWN, said.license)]
        notes += [
            f"{source.name} is under {source.license}, which is stricter than the {said.license} stated for the whole."
            for source in tighter[:10]
        ]
    elif len({spelling(source.license or "") for source in given}) > 1:
        notes.append(
            "The sources carry different licences; the strictest is given here. Check that they may be combined."
        )
    return notes


def _limits(said: About, stages: list[Stage]) -> list[str]:
    judged = any(stage.word in ("grade", "sample") for stage in stages)
    checks = [] if judged else ["No reward checked these rows."]
    if said.models:
        names = ", ".join(dict.fromkeys(model.model for model in said.models))
        checks.append(
            f"Text was written by {names}: it can be wrong where no reward checks it. The terms of these models apply."
        )
    if not said.language:
        checks.append("The language of the rows is not stated.")
    if not any(stage.word == "decontaminate" for stage in stages):
        checks.append("Nothing was compared with benchmarks: do not take it for free of their test sets.")
    return checks
