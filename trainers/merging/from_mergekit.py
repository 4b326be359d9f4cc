"""The settings of mergekit's files in our words: one merge of whole models, or layers of models stacked.

    merge_method: ties                # linear slerp task_arithmetic ties dare_linear dare_ties passthrough
    base_model: house
    models: [{model: runs/a, parameters: {weight: 0.5, density: 0.5}}, ...]

Weights that change from layer to layer, filters by tensor and other methods are mistakes that say so. Source: mergekit
0.1.5, `MergeConfiguration`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.document import Node
from curate.errors import did_you_mean

MARK = "merge_method"
"""The key that only mergekit's files have."""
TAKEN = ("linear", "slerp", "task_arithmetic", "ties", "dare_linear", "dare_ties", "passthrough")
KNOWN = {MARK, "base_model", "models", "slices", "parameters", "dtype", "out_dtype", "tokenizer_source"}
DTYPES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}
SETTINGS = {"t": "t", "lambda": "scale", "normalize": "normalize"}
OF_A_MODEL = ("weight", "density")
IDLE = ("int8_mask", "rescale")
"""How mergekit counts, not what comes out: `rescale` is what DARE does anyway."""


def is_mergekit(root: Node) -> bool:
    """Whether a file is one of mergekit's."""
    return isinstance(root.value, dict) and MARK in root.value


def translated(root: Node, mistakes: list[str], out: str) -> Node:
    """The same merge in the words of `MergeConfig`. out: its folder, which mergekit takes from the command line.

    What has no counterpart here is added to `mistakes`, with its line.
    """
    keys: Mapping[str, Node] = root.value
    for name, node in keys.items():
        if name not in KNOWN:
            mistakes.append(f"{node.place}: {name}: mergekit's key is not known here{did_you_mean(name, KNOWN)}")
    method = str(keys[MARK].value)
    if method not in TAKEN:
        mistakes.append(
            f"{keys[MARK].place}: {MARK}: '{method}' is not merged here{did_you_mean(method, TAKEN)}; "
            f"there are {', '.join(TAKEN)}"
        )
    made: dict[str, Node] = {"method": keys[MARK], "out": Node(out, root.place)}
    base = keys.get("base_model")
    parts = [*_models(keys, mistakes)]
    if method == "slerp":
        parts.sort(key=lambda part: base is None or part.value["model"].value != base.value)  # t = 0 is the base
    elif base is not None and method not in ("linear", "passthrough"):
        made["base"] = base
        parts = [part for part in parts if part.value["model"].value != base.value]  # it adds no change
    made["models"] = Node(parts, root.place)
    made.update(_settings(keys.get("parameters"), SETTINGS, mistakes))
    dtype = keys.get("out_dtype") or keys.get("dtype")
    if dtype is not None and dtype.value is not None:
        made["dtype"] = Node(DTYPES.get(str(dtype.value), dtype.value), dtype.place)
    source = keys.get("tokenizer_source")
    if source is not None and source.value not in (None, "base") and source.value != getattr(base, "value", None):
        mistakes.append(f"{source.place}: tokenizer_source: the tokenizer is the base's, or the first model's")
    return Node(made, root.place)


def _models(keys: Mapping[str, Node], mistakes: list[str]) -> Iterator[Node]:
    """Each model that goes in; `slices` stack layers, or name the same whole models."""
    listed = keys.get("models") or keys.get("slices")
    if listed is None or not isinstance(listed.value, list):
        mistakes.append(f"{(listed or keys[MARK]).place}: models: write a list of models, or slices")
        return
    for entry in listed.value:
        fields = entry.value if isinstance(entry.value, dict) else {"model": entry}
        sources = fields["sources"].value if isinstance(fields.get("sources"), Node) else [entry]
        if "sources" in fields and len(keys["slices"].value) > 1 and len(sources) > 1:
            mistakes.append(f"{entry.place}: sources: layers are stacked, or whole models merged, not both")
            return
        for source in sources if isinstance(sources, list) else []:
            yield _model(source, mistakes)


def _model(source: Node, mistakes: list[str]) -> Node:
    fields = source.value if isinstance(source.value, dict) else {"model": source}
    made = {"model": fields.get("model", source)}
    layers = fields.get("layer_range")
    if layers is not None:
        low, high = _range(layers, mistakes)
        made["layers"] = Node(f"{low}-{high - 1}" if high - 1 > low else str(low), layers.place)
    wanted = {name: name for name in OF_A_MODEL}
    return Node(made | _settings(fields.get("parameters"), wanted, mistakes), source.place)


def _range(layers: Node, mistakes: list[str]) -> tuple[int, int]:
    """From the first to behind the last, as mergekit counts."""
    match layers.plain():
        case [int(low), int(high)] if 0 <= low < high:
            return low, high
    mistakes.append(f"{layers.place}: layer_range: write [first, behind the last] (got {layers.plain()})")
    return 0, 1


def _settings(parameters: Node | None, words: Mapping[str, str], mistakes: list[str]) -> dict[str, Node]:
    """Parameters that are one number; a list of them, or one by filter, changes from layer to layer."""
    if parameters is None or not isinstance(parameters.value, dict):
        return {}
    made: dict[str, Node] = {}
    for name, node in parameters.value.items():
        if name in IDLE:
            continue
        if name not in words:
            mistakes.append(f"{node.place}: parameters: {name} is not known here{did_you_mean(name, words)}")
        elif not _plain_number(node.value):
            mistakes.append(
                f"{node.place}: parameters: {name} changes from layer to layer or by filter; here it is one number"
            )
        else:
            made[words[name]] = node
    return made


def _plain_number(value: Any) -> bool:
    return isinstance(value, int | float)
