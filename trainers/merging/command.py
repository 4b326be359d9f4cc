"""What `curate merge` makes of its words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from curate.errors import UsageError
from trainers.merging.config import Evaluate, MergeConfig, Part, read_merge


def config_of(
    models: Sequence[str],
    method: str,
    out: Path | None,
    base: str | None,
    weights: Sequence[float],
    densities: Sequence[float],
    layers: Sequence[str],
    t: float,
) -> MergeConfig:
    """The settings: from one YAML file (`--out` may say another folder), or from the words.

    Raises UsageError for words that do not go together.
    """
    from pydantic import ValidationError

    if len(models) == 1 and models[0].endswith((".yaml", ".yml")):
        return read_merge(Path(models[0]), out)
    if out is None:
        raise UsageError("merge: --out is missing: the folder of the merged model")
    for name, given in (("--weight", weights), ("--density", densities), ("--layers", layers)):
        if given and len(given) != len(models):
            raise UsageError(
                f"merge: {name} is given {len(given)} times for {len(models)} models; give it once a model"
            )
    parts = [
        {
            "model": model,
            **({"weight": weights[place]} if weights else {}),
            **({"density": densities[place]} if densities else {}),
            **({"layers": layers[place]} if layers else {}),
        }
        for place, model in enumerate(models)
    ]
    try:
        made = [Part.model_validate(part) for part in parts]
        return MergeConfig(method=method, models=tuple(made), out=str(out), base=base, t=t)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"merge: {place}: {first['msg'].removeprefix('Value error, ')}") from None


def judge_of(data: str, reward: str, n: int, max_tokens: int) -> Evaluate:
    """pass@1 on problems, for a greedy soup."""
    from trainers.data import read
    from trainers.evaluating import evaluate
    from trainers.settings import Data

    problems = read(Data(path=data), {})

    def judge(model: Path) -> float:
        found = evaluate(str(model), problems, [reward], n=n, k=(1,), max_tokens=max_tokens)
        return found.overall.pass_at[1].value

    return judge
