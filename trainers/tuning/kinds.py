"""The names a config's `peft: {type: ...}` may use. Any other name is looked up among PEFT's own types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from curate.errors import UsageError, did_you_mean
from trainers.arguments import field_types, fitting

How = Literal["peft", "bitfit", "bottleneck"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of training little. peft: PEFT's type. defaults: of its config. source: the paper.

    rate: lowest learning rate at which it moves at all; lower ones are warned of.
    """

    source: str
    peft: str = ""
    how: How = "peft"
    defaults: Mapping[str, Any] = field(default_factory=dict)
    rate: float = 0.0


_LORA: Final = {"target_modules": "all-linear", "r": 16, "lora_alpha": 32}
_TOKENS: Final = {"num_virtual_tokens": 20}

KINDS: Final[dict[str, Kind]] = {
    "lora": Kind("Hu et al. 2021, arXiv 2106.09685", "LORA", defaults=_LORA),
    "qlora": Kind("Dettmers et al. 2023, arXiv 2305.14314", "LORA", defaults=_LORA),
    "dora": Kind("Liu et al. 2024, arXiv 2402.09353", "LORA", defaults=_LORA | {"use_dora": True}),
    "rslora": Kind("Kalajdzievski 2023, arXiv 2312.03732", "LORA", defaults=_LORA | {"use_rslora": True}),
    "pissa": Kind("Meng et al. 2024, arXiv 2404.02948", "LORA", defaults=_LORA | {"init_lora_weights": "pissa"}),
    "lora_fa": Kind("Zhang et al. 2023, arXiv 2308.03303", "LORA", defaults=_LORA),
    "adalora": Kind("Zhang et al. 2023, arXiv 2303.10512", "ADALORA", defaults={"target_modules": "all-linear"}),
    "vera": Kind("Kopiczko et al. 2023, arXiv 2310.11454", "VERA", defaults={"target_modules": ["q_proj", "v_proj"]}),
    "oft": Kind("Qiu et al. 2023, arXiv 2306.07280", "OFT", defaults={"target_modules": "all-linear"}),
    "ia3": Kind(
        "Liu et al. 2022, arXiv 2205.05638",
        "IA3",
        defaults={"target_modules": ["k_proj", "v_proj", "down_proj"], "feedforward_modules": ["down_proj"]},
    ),
    "prefix": Kind("Li and Liang 2021, arXiv 2101.00190", "PREFIX_TUNING", defaults=_TOKENS, rate=1e-3),
    "prompt": Kind("Lester et al. 2021, arXiv 2104.08691", "PROMPT_TUNING", defaults=_TOKENS, rate=1e-3),
    "soft_prompt": Kind("Lester et al. 2021, arXiv 2104.08691", "PROMPT_TUNING", defaults=_TOKENS, rate=1e-3),
    "p_tuning": Kind("Liu et al. 2021, arXiv 2103.10385", "P_TUNING", defaults=_TOKENS, rate=1e-3),
    "bitfit": Kind("Ben Zaken et al. 2021, arXiv 2106.10199", how="bitfit"),
    "bottleneck": Kind("Houlsby et al. 2019, arXiv 1902.00751", how="bottleneck", defaults={"kind": "pfeiffer"}),
    "houlsby": Kind("Houlsby et al. 2019, arXiv 1902.00751", how="bottleneck", defaults={"kind": "houlsby"}),
    "pfeiffer": Kind("Pfeiffer et al. 2020, arXiv 2005.00247", how="bottleneck", defaults={"kind": "pfeiffer"}),
}


def split(settings: Mapping[str, Any]) -> tuple[str, Kind, dict[str, Any]]:
    """The name, its kind, and the options with the kind's defaults under them.

    Raises UsageError for a name that neither we nor PEFT know.
    """
    options = dict(settings)
    name = str(options.pop("type", "lora")).lower().replace("-", "_")
    if name in KINDS:
        kind = KINDS[name]
        return name, kind, dict(kind.defaults) | options
    known = peft_types()
    if name.upper() not in known:
        raise UsageError(f"peft: no type '{name}'{did_you_mean(name, [*KINDS, *map(str.lower, known)])}")
    return name, Kind("PEFT", name.upper()), options


def peft_types() -> dict[str, Any]:
    """PEFT's types, each with the class of its config."""
    from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING

    return {str(one.value): made for one, made in PEFT_TYPE_TO_CONFIG_MAPPING.items()}


def peft_config(name: str, kind: Kind, options: Mapping[str, Any], task: str = "CAUSAL_LM") -> Any:
    """PEFT's config object. Raises UsageError for an option it does not have, or a value it refuses."""
    made = peft_types()[kind.peft]
    types = field_types(f"{made.__module__}:{made.__qualname__}")
    fit = {}
    for option, value in options.items():
        if option not in types:
            raise UsageError(f"peft: {name} has no option '{option}'{did_you_mean(option, types)}")
        try:
            fit[option] = fitting(types[option], value) if isinstance(value, str) else value
        except ValueError as wrong:
            raise UsageError(f"peft: {name}: {option}: {wrong}") from None
    try:
        return made(**{"task_type": task, **fit})
    except (TypeError, ValueError) as wrong:
        raise UsageError(f"peft: {name}: {wrong}") from wrong
