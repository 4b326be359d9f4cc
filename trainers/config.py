"""The settings of a training: YAML with places -> frozen settings, or all mistakes at once.

method: grpo
model: house                      # `house`, the folder of a model or of a training, or a model on the Hub
data: runs/grpo-prompts           # a run, parquet, jsonl, a folder of them, or a data set on the Hub
rewards: [math, {reward: think_format, weight: 0.1}]
out: runs/grpo
trl: {learning_rate: 1.0e-6}      # everything else: the trainer's own arguments, handed on as they are
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from curate.document import Node, document_text, parse, plain_scalar
from curate.errors import RecipeError, UsageError, did_you_mean
from curate.mistakes import validate
from curate.overlay import overlay
from trainers.aliases import OURS, translate
from trainers.arguments import field_types, listed, wrong_value
from trainers.methods import METHODS
from trainers.watching.settings import Watching

TooLong = Literal["error", "drop", "truncate"]


def named(value: Any, key: str) -> Any:
    """A list in which a name alone stands for `{key: name}`; anything else as it is, for pydantic to refuse.

    >>> named(["math", {"reward": "xml"}], "reward")
    ({'reward': 'math'}, {'reward': 'xml'})
    """
    if not isinstance(value, list | tuple):
        return value
    return tuple({key: item} if isinstance(item, str) else item for item in value)


class Settings(BaseModel):
    """Base of all settings here: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Settings):
    """Where rows come from, when a path alone does not say it."""

    path: str = Field(description="A run, a parquet or jsonl file, a folder of them, or ORG/NAME on the Hub.")
    split: str | None = Field(
        default=None, description="Of a run or a data set; all of a run's but `test` unless given."
    )
    revision: str | None = Field(default=None, description="The commit of a data set on the Hub.")
    config: str | None = Field(default=None, description="The configuration of a data set on the Hub.")
    limit: int | None = Field(default=None, ge=1, description="At most so many rows.")


class RewardUse(Settings):
    """One reward and its share."""

    reward: str = Field(description="Its name; `curate rewards list` shows them. `verifier`: the one each row names.")
    name: str | None = Field(default=None, description="Its name in the metrics, when the reward is used twice.")
    options: dict[str, Any] = Field(default_factory=dict)
    columns: dict[str, str] = Field(default_factory=dict, description="The reward's column: the data's column.")
    weight: float = 1.0

    @property
    def label(self) -> str:
        """Its name in the metrics."""
        return self.name or self.reward


class Batch(Settings):
    """Rows an optimizer step learns from, over all devices, and how many of them a device holds at once."""

    effective: int | None = Field(default=None, ge=1, description="Rows, pairs or completions an optimizer step.")
    device: int | Literal["auto"] | None = Field(
        default=None, description="`auto`: the most that fit, by a probe step."
    )

    @field_validator("device")
    @classmethod
    def _at_least_one(cls, value: Any) -> Any:
        if isinstance(value, int) and value < 1:
            raise ValueError("a device holds at least 1 row")
        return value


class Stop(Settings):
    """Stop early, and keep the best checkpoint instead of the last."""

    on: str = Field(default="eval_loss", description="eval_loss, eval_reward, or pass@K on the held-out problems.")
    patience: int = Field(default=3, ge=1, description="Evaluations without a better value.")
    min_delta: float = Field(default=0.0, ge=0.0, description="What counts as better.")
    samples: int | None = Field(default=None, ge=1, description="Answers a problem for pass@K; K unless given.")
    max_tokens: int = Field(default=512, ge=1, description="Of an answer, for methods that generate nothing else.")
    problems: int = Field(default=128, ge=1, description="Held-out problems that are asked, at most.")

    @field_validator("on")
    @classmethod
    def _known(cls, value: str) -> str:
        name, _, k = value.partition("@")
        if name == "pass":
            if not k.isdigit() or int(k) < 1:
                raise ValueError("write pass@1, pass@8, ...")
        elif not value.startswith("eval_"):
            raise ValueError("write eval_loss, eval_reward, or pass@K")
        near = get_close_matches(value, ("eval_loss", "eval_reward"), n=1, cutoff=0.8)
        if near and value != near[0]:
            raise ValueError(f"did you mean {near[0]}?")
        return value

    @property
    def k(self) -> int | None:
        """K of pass@K."""
        return int(self.on.partition("@")[2]) if "@" in self.on else None

    @property
    def metric(self) -> str:
        """The metric's name in the log."""
        return f"eval_{self.on}" if self.k else self.on

    @property
    def higher_is_better(self) -> bool:
        """Only losses get better by falling."""
        return not self.metric.endswith("loss")


class DynamicSampling(Settings):
    """Replace groups of equal rewards, which train nothing, by groups of other prompts (arXiv 2503.14476)."""

    rounds: int = Field(default=4, ge=1, description="How many times a batch is refilled at most.")


class Curriculum(Settings):
    """The order of the rows: sorted by a column, or (grpo) drawn by what there is to learn from them."""

    order: Literal["easy_first", "hard_first", "adaptive"] = "easy_first"
    by: str = Field(default="pass_rate", description="A column of numbers, or `length`.")


class TrainConfig(Settings):
    """A training, whole."""

    method: str = Field(description="sft dpo kto orpo simpo cpo reward grpo rloo ...")
    model: str = Field(description="`house`, the folder of a model or of a training, or a model on the Hub.")
    revision: str | None = Field(default=None, description="The commit of a model on the Hub.")
    data: Data
    columns: dict[str, str] = Field(default_factory=dict, description="Our column: the data's column.")
    eval: float | str | None = Field(default=None, description="Held out by problem: a share, a split, or a path.")
    out: str = Field(description="The folder of the training.")
    seed: int = Field(default=0, ge=0)
    format: Literal["messages", "text"] | None = Field(
        default=None, description="How text is put to the model: `messages` where it has a chat template, unless given."
    )
    chat_template: str | None = Field(default=None, description="A jinja file that takes the place of the model's own.")
    too_long: TooLong = Field(default="error", description="What to do with rows longer than max_length.")
    teacher: str | None = Field(default=None, description="What distill, gkd and kd learn from, named as a model is.")
    rewards: tuple[RewardUse, ...] = Field(default=(), description="Names of rewards, or {reward, weight, options}.")
    peft: dict[str, Any] | None = Field(default=None, description="{type: lora, r: 16, ...}")
    freeze: tuple[str, ...] = Field(default=(), description='Names to freeze by glob; "!name" frees again.')
    batch: Batch = Field(default_factory=Batch)
    stop: Stop | None = None
    dynamic_sampling: DynamicSampling | None = None
    curriculum: Curriculum | None = Field(default=None, description="easy_first, hard_first, adaptive; {order, by}.")
    profile: Literal["course"] | None = None
    watch: Watching = Field(default_factory=Watching, description="Limits of the alarms, and what they do.")
    trl: dict[str, Any] = Field(default_factory=dict, description="The trainer's own arguments.")

    @field_validator("data", mode="before")
    @classmethod
    def _path_is_enough(cls, value: Any) -> Any:
        if not isinstance(value, str | Mapping | Data):
            raise ValueError("write a path, or {path: ..., split: ...}")  # noqa: TRY004  pydantic's
        return {"path": value} if isinstance(value, str) else value

    @field_validator("rewards", mode="before")
    @classmethod
    def _names_are_enough(cls, value: Any) -> Any:
        return named(value, "reward")

    @field_validator("batch", mode="before")
    @classmethod
    def _number_is_enough(cls, value: Any) -> Any:
        if value == "auto":
            return {"device": "auto"}
        if isinstance(value, int) and not isinstance(value, bool):
            return {"effective": value}
        if not isinstance(value, Mapping | Batch):
            raise ValueError("write a number of rows, auto, or {effective: 64, device: 8}")  # noqa: TRY004  pydantic's
        return value

    @field_validator("dynamic_sampling", mode="before")
    @classmethod
    def _true_is_enough(cls, value: Any) -> Any:
        return ({} if value else None) if isinstance(value, bool) else value

    @field_validator("curriculum", mode="before")
    @classmethod
    def _word_is_enough(cls, value: Any) -> Any:
        return {"order": value} if isinstance(value, str) else value

    @field_validator("eval")
    @classmethod
    def _a_share(cls, value: Any) -> Any:
        if isinstance(value, float) and not 0 < value < 1:
            raise ValueError("a share lies between 0 and 1, for example 0.1; or name a split or a file")
        return value

    @model_validator(mode="after")
    def _held_out_to_stop_on(self) -> TrainConfig:
        if self.stop is not None and self.eval is None:
            raise ValueError(f"stop: {self.stop.on} needs held-out problems, eval: 0.1 or eval: FILE")
        return self

    @model_validator(mode="after")
    def _distinct_rewards(self) -> TrainConfig:
        labels = [use.label for use in self.rewards]
        twice = sorted({label for label in labels if labels.count(label) > 1})
        if twice:
            raise ValueError(f"two rewards are called '{twice[0]}'; give one a name: of its own")
        return self


def load_config(path: Path, overrides: tuple[str, ...] = ()) -> tuple[TrainConfig, list[str]]:
    """Read and check a config file; with it, one line for each old name that was translated.

    overrides: `path.to.key=value` as given to `--set`.
    Raises DataError when there is no such file, RecipeError with every mistake at once.
    """
    return read_config(parse(document_text(path, "config"), str(path)), str(path), overrides)


def make_config(settings: Mapping[str, Any]) -> tuple[TrainConfig, list[str]]:
    """The same from a mapping."""
    return read_config(_placed(dict(settings), "config"), "config")


def read_config(root: Node, source: str, overrides: tuple[str, ...] = ()) -> tuple[TrainConfig, list[str]]:
    """The same from a tree of places."""
    if not isinstance(root.value, dict):
        raise RecipeError(source, [f"{root.place}: a config is a mapping with method, model, data and out"])
    if "steps" in root.value and "method" not in root.value:
        raise RecipeError(
            source,
            [f"{root.place}: this is a recipe of data; `curate build` it, and train on its run, data: runs/NAME"],
        )
    for override in overrides:
        root = overlay(root, _override(override))
    mistakes: list[str] = []
    said: list[str] = []
    root = _old_names(root, said, mistakes)
    method = root.value["method"].value if "method" in root.value else None
    if method is not None and (not isinstance(method, str) or method not in METHODS):
        place = root.value["method"].place
        word = root.value["method"].plain()
        mistakes.append(f"{place}: unknown method '{word}'{did_you_mean(str(word), METHODS)}")
        method = None
    root = _trl(root, method, said, mistakes)
    root = _misplaced(root, method, mistakes)
    config = validate(TrainConfig, root, mistakes)
    mistakes += reward_mistakes(root)
    if method is not None:
        mistakes += _unread(root, method)
    if mistakes or config is None:
        raise RecipeError(source, sorted(mistakes, key=_line))
    return config, said


def _line(mistake: str) -> int:
    """The line a mistake names, for sorting; those without one come last."""
    place = re.match(r"[^:]*:(\d+): ", mistake)
    return int(place.group(1)) if place else 10**9


def _placed(value: Any, place: str) -> Node:
    """A tree of plain values, all at one place."""
    if isinstance(value, Mapping):
        return Node({str(key): _placed(inner, place) for key, inner in value.items()}, place)
    if isinstance(value, (list, tuple)):
        return Node([_placed(inner, place) for inner in value], place)
    return Node(str(value) if isinstance(value, Path) else value, place)


def _override(text: str) -> Node:
    """`trl.learning_rate=1e-5` as a tree to lay over the config."""
    path, equals, value = text.partition("=")
    parts = path.strip().split(".")
    if not equals or not all(parts):
        raise UsageError(f"--set {text}: write key=value, for example trl.learning_rate=1e-5")
    place = f"--set {text}"
    inside = parse(value, place).plain() if value[:1] in ("[", "{") else plain_scalar(value)
    node = _placed(inside, place)
    for part in reversed(parts):
        node = Node({part: node}, place)
    return node


def _old_names(root: Node, said: list[str], mistakes: list[str]) -> Node:
    """Top-level keys of other trainers' configs, under our names."""
    made = {key: node for key, node in root.value.items() if key not in OURS}
    for key, node in root.value.items():
        if key not in OURS:
            continue
        block, _, name = OURS[key].rpartition(".")
        inside = made.get(block, Node({}, node.place)) if block else Node(made, node.place)
        if not isinstance(inside.value, dict):
            continue  # what `trl:` holds is a mistake of its own
        if name in inside.value:
            mistakes.append(f"{node.place}: {key} is another word for {OURS[key]}, which is given too; keep one")
            continue
        said.append(f"{node.place}: translated {key} -> {OURS[key]}")
        if block:
            made[block] = Node({**inside.value, name: node}, inside.place)
        else:
            made[name] = node
    return Node(made, root.place)


def _trl(root: Node, method: str | None, said: list[str], mistakes: list[str]) -> Node:
    """The `trl:` block in today's names, each name and value checked against the class that will take it."""
    block = root.value.get("trl")
    if method is None or block is None or not isinstance(block.value, dict):
        return root
    types = field_types(METHODS[method].config)
    made, lines, wrong = translate(block.value, frozenset(types))
    said += lines
    mistakes += wrong
    made = {key: listed(types.get(key), node) for key, node in made.items()}
    for key, node in made.items():
        if key not in types:
            mistakes.append(f"{node.place}: trl.{key}: {method} has no such argument{did_you_mean(key, types)}")
        elif reason := wrong_value(types[key], node.plain()):
            mistakes.append(f"{node.place}: trl.{key}: {reason}")
    return Node({**root.value, "trl": Node(made, block.place)}, root.place)


def _misplaced(root: Node, method: str | None, mistakes: list[str]) -> Node:
    """Take out top-level keys that belong into the block, each a mistake that says so."""
    types = field_types(METHODS[method].config) if method else {}
    ours = TrainConfig.model_fields
    lost = [key for key in root.value if key not in ours and key in types]
    for key in lost:
        node = root.value[key]
        mistakes.append(f"{node.place}: '{key}' is an argument of the trainer: write it under trl:")
    return Node({key: node for key, node in root.value.items() if key not in lost}, root.place)


def reward_mistakes(root: Node) -> list[str]:
    """Rewards that do not exist, or have no such option."""
    import rewards

    node = root.value.get("rewards")
    if node is None or not isinstance(node.value, list):
        return []
    mistakes = []
    for item in node.value:
        named = item.value.get("reward") if isinstance(item.value, dict) else item
        if named is None or not isinstance(named.value, str) or named.value == "verifier":
            continue
        try:
            options = item.plain().get("options") or {} if isinstance(item.value, dict) else {}
            rewards.get(named.value, **options)
        except rewards.UnknownRewardError:
            near = did_you_mean(named.value, [*rewards.names(), "verifier"])
            mistakes.append(f"{named.place}: no reward is called '{named.value}'{near}")
        except rewards.RewardError as error:
            mistakes.append(f"{named.place}: {error}")
    return mistakes


def _unread(root: Node, method: str) -> list[str]:
    """Our own fields that this method does not read; each would be ignored in silence."""
    some = {field for other in METHODS.values() for field in other.reads}
    stop = root.value.get("stop")
    on = stop.value.get("on") if stop is not None and isinstance(stop.value, dict) else None
    judged = on is not None and str(on.value).startswith("pass@")
    return [
        f"{root.value[field].place}: {method} reads no {field}"
        for field in sorted(some - METHODS[method].reads)
        if field in root.value
        and root.value[field].plain() not in (None, False, [])
        and not (field == "rewards" and judged)
    ]
