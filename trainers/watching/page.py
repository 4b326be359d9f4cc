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
FIRST: Final = ("loss", "reward", "eval_reward", "eval_loss", "reward_std", "frac_reward_zero_std", "kl", "entropy")
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
<p>{{ steps | count }} steps, {{ told }}.</p></header>
<main>
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
</div></section>
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
    """Figure -> (step, value), those of interest first; a figure that was logged once is no curve."""
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
    order = {name: place for place, name in enumerate(FIRST)}
    names = sorted(found, key=lambda name: (order.get(name, len(order)), name))
    return {name: found[name] for name in names if len(found[name]) > 1}


def render(folder: Path) -> str:
    """The page of a training's folder. Raises DataError where it is none."""
    from curate.report.template import html_templates

    logs, alarms = read_log(folder), read_alarms(folder)
    limits: dict[str, list[float]] = {}
    for one in alarms:
        limits.setdefault(LIMIT_OF.get(one["name"], ""), []).append(one["limit"])
    curves = [(name, points[-1][1], curve(points, limits.get(name, ()))) for name, points in series(logs).items()]
    page = html_templates().from_string(PAGE)
    steps = max((int(log.get("step", 0)) for log in logs), default=0)
    told = "1 alarm" if len(alarms) == 1 else f"{len(alarms) or 'no'} alarms"
    return page.render(title=f"Training {folder.name}", steps=steps, told=told, alarms=alarms, curves=curves)
