"""The page of a training: its figures over the steps, and every alarm; one file that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from curate.errors import DataError
from trainers.watching.curves import curve
from trainers.watching.kept import read_alarms

LOG: Final = "log.jsonl"
FIRST: Final = (
    "loss", "reward", "eval_pass@", "eval_reward", "eval_loss", "reward_std", "frac_reward_zero_std", "kl", "entropy",
)  # fmt: skip
"""Beginnings of the names of figures that are looked at first."""

LIMIT_OF: Final = {
    "zero_variance": "frac_reward_zero_std",
    "clipped": "completions/clipped_ratio",
    "entropy": "entropy",
}
"""Alarms whose limit is in the unit of a curve."""

HIDDEN: Final = frozenset({"step", "epoch", "seconds", "total_flos"})
UNTOLD: Final = ("num_tokens", "_runtime", "_per_second")
"""Ends of names that say how a figure was measured, and nothing of the training."""

PAGE: Final = """\
{% extends "base.html.jinja" %}
{% block body %}
<header class="top"><h1>{{ title }}</h1>
<p>{{ steps | count }} {{ "step" if steps == 1 else "steps" }}, {{ told }}.</p></header>
<main>
{% if about %}
<section><h2>What was trained</h2>
<div class="scroll"><table><tbody>
{% for name, value in about %}
<tr><th>{{ name }}</th><td>{{ value }}</td></tr>
{% endfor %}
</tbody></table></div>
<ul>
{% for note in notes %}
<li>{{ note }}</li>
{% endfor %}
</ul></section>
{% endif %}
{% if alarms %}
<section><h2>Alarms</h2>
<div class="scroll"><table><thead><tr><th class="n">step</th><th>alarm</th><th class="n">seen</th>
<th class="n">limit</th><th>what to do</th></tr></thead><tbody>
{% for one in alarms %}
<tr><td class="n">{{ one.step }}</td><td>{{ one.name }}: {{ one.what }}</td>
<td class="n">{{ "%.3g"|format(one.value) }} {{ one.unit }}</td>
<td class="n">{{ "%.3g"|format(one.limit) }}</td><td>{{ one.advice }}</td></tr>
{% endfor %}
</tbody></table></div></section>
{% endif %}
<section><h2>Figures</h2>
<div class="figures">
{% for name, last, drawn in curves %}
<figure><figcaption><b>{{ name }}</b> {{ "%.4g"|format(last) }}</figcaption>
{{ drawn }}</figure>
{% endfor %}
</div>
{% if still %}
<h3>Logged once, or never another</h3>
<div class="scroll"><table><tbody>
{% for name, value in still %}
<tr><td>{{ name }}</td><td class="n">{{ "%.4g"|format(value) }}</td></tr>
{% endfor %}
</tbody></table></div>
{% endif %}
</section>
</main>
{% endblock %}
"""


def read_log(folder: Path) -> list[dict[str, Any]]:
    """The logs of a training, in order. Raises DataError where the folder holds none."""
    path = folder / LOG
    if not path.is_file():
        raise DataError(f"{folder} holds no {LOG}; is it the folder of a training?")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]


def series(logs: Sequence[Mapping[str, Any]]) -> dict[str, list[tuple[float, float]]]:
    """Figure -> (step, value), those of interest first."""
    found: dict[str, list[tuple[float, float]]] = {}
    for log in logs:
        for name, value in log.items():
            if (
                name not in HIDDEN
                and not name.endswith(UNTOLD)
                and isinstance(value, int | float)
                and not isinstance(value, bool)
            ):
                found.setdefault(name, []).append((float(log.get("step", 0)), float(value)))
    return {name: found[name] for name in sorted(found, key=lambda name: (_place(name), name))}


def _place(name: str) -> int:
    return next(
        (n for n, first in enumerate(FIRST) if name == first or (first[-1] == "@" and first in name)), len(FIRST)
    )


def _worth_a_curve(name: str, points: Sequence[tuple[float, float]]) -> bool:
    """One that moved, or that is looked at first."""
    return len(points) > 1 and (_place(name) < len(FIRST) or len({value for _, value in points}) > 1)


def about(folder: Path) -> tuple[list[tuple[str, str]], list[str]]:
    """What was trained on what, and what was said of it, from `train.lock.json`; nothing where there is none."""
    path = folder / "train.lock.json"
    if not path.is_file():
        return [], []
    lock = json.loads(path.read_text(encoding="utf-8"))
    config, data = lock["config"], lock["data"]
    rewards = [f"{one['weight']:g} {one['name'] or one['reward']}" for one in config["rewards"]]
    told = [
        ("method", config["method"]),
        ("model", config["model"]),
        ("teacher", config["teacher"]),
        ("data", config["data"]["path"]),
        ("rows", f"{data['train']:,} trained on, {data['eval']:,} held out"),
        ("rewards", ", ".join(rewards)),
        ("batch", str(lock["batch"])),
        ("trl", ", ".join(f"{name} {value}" for name, value in config["trl"].items())),
    ]
    return [(name, value) for name, value in told if value], list(lock["notes"])


def render(folder: Path) -> str:
    """The page of a training's folder. Raises DataError where it is none."""
    from curate.report.template import html_templates

    logs, alarms = read_log(folder), read_alarms(folder)
    limits: dict[str, list[float]] = {}
    for one in alarms:
        limits.setdefault(LIMIT_OF.get(one["name"], ""), []).append(one["limit"])
    figures = series(logs)
    moved = {name: points for name, points in figures.items() if _worth_a_curve(name, points)}
    curves = [(name, points[-1][1], curve(points, limits.get(name, ()))) for name, points in moved.items()]
    still = [(name, points[-1][1]) for name, points in figures.items() if name not in moved]
    rows, notes = about(folder)
    page = html_templates().from_string(PAGE)
    steps = max((int(log.get("step", 0)) for log in logs), default=0)
    told = "1 alarm" if len(alarms) == 1 else f"{len(alarms) or 'no'} alarms"
    return page.render(
        title=f"Training {folder.name}", steps=steps, told=told, alarms=alarms, curves=curves, still=still, about=rows,
        notes=notes,
    )  # fmt: skip
