"""Several models as one."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import torch
from transformers import AutoModelForCausalLM

from curate.engines.base import Request, Sampling
from curate.engines.local_model import find_model
from curate.engines.transformers_engine import TransformersEngine
from curate.errors import DataError, InvalidInput
from curate.sources import procedural
from trainers.evaluating import ensemble
from trainers.evaluating.ensembles import EnsembleEngine, averaged


@pytest.fixture(scope="module")
def problems() -> pl.DataFrame:
    return procedural.generate("units", 6, seed=5, split="test")


@pytest.fixture(scope="module")
def shaken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The house model with noise on its weights: worse, and of the same vocabulary."""
    import shutil

    folder = tmp_path_factory.mktemp("models") / "shaken"
    shutil.copytree(find_model("house"), folder)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(folder)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.01 * torch.randn_like(weight))
    model.save_pretrained(folder)
    return folder


def requests(problems: pl.DataFrame, temperature: float) -> list[Request]:
    sampling = Sampling(temperature=temperature, max_tokens=48)
    return [
        Request(f"{row:03d}", str(row), ({"role": "user", "content": prompt},), sampling, seed=row)
        for row, prompt in enumerate(problems["prompt"])
    ]


def texts(engine: TransformersEngine, asked: list[Request]) -> dict[str, str | None]:
    return {one.key: one.text for bundle in engine.complete(asked) for one in bundle}


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_twice_answers_as_once(problems: pl.DataFrame, temperature: float) -> None:
    """Also where rows leave the batch: the caches of both models must follow."""
    asked = requests(problems, temperature)
    assert texts(EnsembleEngine(["house", "house"]), asked) == texts(TransformersEngine("house"), asked)


def test_the_logits_are_the_mean_of_log_probabilities(shaken: Path) -> None:
    from curate.engines.decode import growing_cache

    models = [AutoModelForCausalLM.from_pretrained(path).float() for path in (find_model("house"), shaken)]
    tokens = torch.arange(12)[None]
    with torch.inference_mode():
        made = averaged(models, [0.75, 0.25])(input_ids=tokens, past_key_values=growing_cache(models[0].config)).logits
        single = [model(input_ids=tokens).logits.log_softmax(-1) for model in models]
    torch.testing.assert_close(made, 0.75 * single[0] + 0.25 * single[1], atol=1e-4, rtol=1e-4)


def test_a_vote_takes_every_model_s_answers(problems: pl.DataFrame, shaken: Path) -> None:
    made = ensemble(["house", str(shaken)], problems, n=2, k=(1,), max_tokens=48)
    assert made.problems["judged"].to_list() == [4] * 6
    assert made.k == (1, 2, 4)
    assert 4 in made.overall.majority_at


def test_log_probabilities_make_one_answer(problems: pl.DataFrame, shaken: Path) -> None:
    made = ensemble(["house", str(shaken)], problems, "logprobs", n=1, k=(1,), max_tokens=48)
    assert made.problems.height == 6
    assert "shaken" in made.model


def test_one_model_or_another_vocabulary_is_refused(problems: pl.DataFrame, shaken: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="two models"):
        ensemble(["house"], problems)
    import json
    import shutil

    other = tmp_path / "other"
    shutil.copytree(shaken, other)
    tokenizer = json.loads((other / "tokenizer.json").read_text())
    tokenizer["added_tokens"].append(
        {"id": 700, "content": "<new>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": True}
    )  # fmt: skip
    (other / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(DataError, match="different vocabularies"):
        EnsembleEngine(["house", str(other)])._local  # noqa: B018
