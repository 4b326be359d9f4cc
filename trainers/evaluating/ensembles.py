"""Several models as one: their log-probabilities averaged at every token, or their answers put to the vote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from curate.engines.local_model import LocalModel, fingerprint, load_model
from curate.engines.transformers_engine import TransformersEngine
from curate.errors import DataError, InvalidInput
from trainers.evaluating.evaluation import Evaluation
from trainers.evaluating.measuring import evaluate

if TYPE_CHECKING:
    import polars as pl
    import torch


def ensemble(
    models: Sequence[str], problems: pl.DataFrame, by: Literal["vote", "logprobs"] = "vote", **settings: Any
) -> Evaluation:
    """Evaluate several models as one; `settings` are those of `evaluate`.

    by: `vote` takes every model's `n` answers together, so that majority@k (k divides by no model) is the vote of all:
    answer j of each model stand side by side. `logprobs` decodes with the mean of the models' log-probabilities (a
    product of experts); they must share one vocabulary.
    Raises InvalidInput with fewer than two models, DataError where vocabularies differ.
    """
    if len(models) < 2:
        raise InvalidInput(f"ensemble: it takes two models or more, {len(models)} given")
    if by == "logprobs":
        engine = EnsembleEngine(models)
        return evaluate(" + ".join(map(str, models)), problems, engine=engine, **settings)
    folder = settings.pop("folder", None)
    single = [
        evaluate(model, problems, folder=folder and folder / f"model-{number}", **settings)
        for number, model in enumerate(models)
    ]
    return together(single)


def together(evaluations: Sequence[Evaluation]) -> Evaluation:
    """The answers of several models to the same problems as those of one, the models' answers in turn.

    Its k are the models' count (each once) and all answers: majority at them is the vote.
    """
    import polars as pl

    first = evaluations[0]
    rows = pl.concat(
        [one.rows.with_columns(_model=pl.lit(place)) for place, one in enumerate(evaluations)], how="diagonal_relaxed"
    )
    order = first.rows["parent"].unique(maintain_order=True)
    place = pl.col("parent").replace_strict(order, range(order.len()), default=order.len())
    rows = rows.sort(place, "sample", "_model", maintain_order=True).drop("_model")
    answers = rows.group_by("parent").len()["len"].min()
    assert isinstance(answers, int)  # `evaluate` gives at least one
    k = tuple(sorted({1, len(evaluations), answers}))
    return replace(first, model=" | ".join(one.model for one in evaluations), rows=rows, k=k)


class EnsembleEngine(TransformersEngine):
    """The engine of the mean log-probabilities of several local models with one vocabulary.

    weights: of each model's log-probabilities, equal unless given; they are divided by their sum.
    """

    def __init__(self, models: Sequence[str], weights: Sequence[float] | None = None, **settings: Any) -> None:
        super().__init__(models[0], **settings)
        self.models = [str(model) for model in models]
        self.weights = list(weights) if weights is not None else [1.0] * len(self.models)
        if len(self.weights) != len(self.models) or sum(self.weights) <= 0:
            raise InvalidInput(f"ensemble: {len(self.models)} models and the weights {self.weights}")

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Every model's own, and the weights."""
        from trainers.models import find

        return {
            "model": " + ".join(self.models),
            "ensemble": [fingerprint(str(find(model)), None) for model in self.models],
            "weights": self.weights,
            "dtype": self.dtype,
        }

    @property
    def _local(self) -> LocalModel:
        """The first model's tokenizer around all of them."""
        if self._loaded is None:
            from trainers.models import find

            folders = [find(model) for model in self.models]
            loaded = [load_model(folder, self.dtype, self.device, self._max_model_len) for folder in folders]
            _check_vocabulary(loaded, self.models)
            total = sum(self.weights)
            mean = averaged([one.model for one in loaded], [weight / total for weight in self.weights])
            size, context = sum(one.parameters for one in loaded), min(one.context for one in loaded)
            self._loaded = replace(loaded[0], model=mean, parameters=size, context=context)
        return self._loaded


def _check_vocabulary(loaded: Sequence[LocalModel], names: Sequence[str]) -> None:
    first = loaded[0].tokenizer.get_vocab()
    for other, name in zip(loaded[1:], names[1:], strict=True):
        if other.tokenizer.get_vocab() != first:
            raise DataError(
                f"ensemble: {name} and {names[0]} have different vocabularies; their tokens cannot be averaged"
            )


def averaged(models: Sequence[Any], weights: Sequence[float]) -> torch.nn.Module:
    """A model whose logits are the weighted mean of the models' log-probabilities; to `decode` it looks like the first.

    The cache it is handed is the first model's; the others' follow it.
    """
    import torch
    from transformers.modeling_outputs import CausalLMOutputWithPast

    from curate.engines.decode import growing_cache

    class Averaged(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.models = torch.nn.ModuleList(models)
            self.config, self.device = models[0].config, models[0].device
            self.caches: list[Any] = []

        def forward(self, *, past_key_values: Any, **inputs: Any) -> CausalLMOutputWithPast:
            if not self.caches or self.caches[0] is not past_key_values:
                self.caches = [past_key_values, *(growing_cache(model.config) for model in models[1:])]
                past_key_values.batch_select_indices = _together([one.batch_select_indices for one in self.caches])
            mean: Any = 0
            for model, weight, cache in zip(self.models, weights, self.caches, strict=True):
                logits = model(past_key_values=cache, **inputs).logits
                mean = mean + weight * torch.log_softmax(logits.float(), dim=-1)
            return CausalLMOutputWithPast(logits=mean, past_key_values=past_key_values)

    return Averaged()


def _together(calls: Sequence[Any]) -> Any:
    def call(indices: Any) -> None:
        for one in calls:
            one(indices)

    return call
