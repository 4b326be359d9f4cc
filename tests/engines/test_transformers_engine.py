"""The transformers engine, on the house model itself."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from curate.engines.attention import NAME, use_grouped_attention
from curate.engines.base import Completion, Request, Sampling
from curate.engines.local_model import find_model, load_model
from curate.engines.transformers_engine import TransformersEngine
from curate.errors import EngineDown
from curate.sources import procedural

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

PROMPTS = [
    prompt for kind in ("arithmetic", "equations", "units") for prompt in procedural.generate(kind, 8, seed=9)["prompt"]
]


def ask(prompt: str, number: int = 0, **sampling: Any) -> Request:
    return Request(
        key=f"key-{number:03d}",
        row=f"row-{number}",
        messages=({"role": "user", "content": prompt},),
        sampling=Sampling(**({"max_tokens": 96} | sampling)),
        seed=1000 + number,
    )


def answers(engine: TransformersEngine, requests: Iterable[Request]) -> dict[str, Completion]:
    return {completion.key: completion for bundle in engine.complete(requests) for completion in bundle}


@pytest.fixture(scope="module")
def engine() -> TransformersEngine:
    return TransformersEngine(batch_size=8)


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    return [ask(prompt, number) for number, prompt in enumerate(PROMPTS)]


def test_every_request_is_answered_once_with_its_thinking_and_without_the_end_token(
    engine: TransformersEngine, requests: list[Request]
) -> None:
    bundles = list(engine.complete(iter(requests)))
    assert [len(bundle) for bundle in bundles] == [8, 8, 8]
    done = [completion for bundle in bundles for completion in bundle]
    assert sorted(completion.key for completion in done) == [request.key for request in requests]
    for completion in done:
        assert completion.error is None
        assert completion.text
        assert "<|im_end|>" not in completion.text
        assert completion.prompt_tokens > 5
        assert completion.completion_tokens > 5
    assert sum("<think>" in (one.text or "") and "</think>" in (one.text or "") for one in done) >= 22
    assert sum(one.finish_reason == "stop" for one in done) >= 22


def test_prompts_go_longest_first(engine: TransformersEngine, requests: list[Request]) -> None:
    lengths = [completion.prompt_tokens for bundle in engine.complete(requests) for completion in bundle]
    assert lengths == sorted(lengths, reverse=True)


def test_a_resumed_build_gets_the_answers_of_an_uninterrupted_one(
    engine: TransformersEngine, requests: list[Request]
) -> None:
    first, *rest = list(engine.complete(requests))
    stored = {completion.key for completion in first}
    resumed = engine.complete(request for request in reversed(requests) if request.key not in stored)
    assert list(resumed) == rest


def test_a_row_draws_the_same_numbers_in_any_batch(engine: TransformersEngine, requests: list[Request]) -> None:
    together = answers(engine, requests)
    alone = answers(TransformersEngine(batch_size=1), requests)
    same = sum(together[key].text == alone[key].text for key in together)
    assert same >= len(requests) - 2  # the last bits of the logits may differ: see the module's docstring


def test_samples_of_a_row_differ_by_their_seed(engine: TransformersEngine) -> None:
    requests = [ask(PROMPTS[0], number, temperature=1.5) for number in range(8)]
    assert len({completion.text for completion in answers(engine, requests).values()}) > 1


def test_greedy_answers_are_those_of_generate(engine: TransformersEngine) -> None:
    folder = find_model("house")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype="float32").eval()
    ours = answers(engine, [ask(prompt, number, temperature=0) for number, prompt in enumerate(PROMPTS)])
    for number, prompt in enumerate(PROMPTS):
        chat = tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}], add_generation_prompt=True, tokenize=False
        )
        inputs = torch.tensor([tokenizer(chat, add_special_tokens=False)["input_ids"]])
        mask = torch.ones_like(inputs)
        written = model.generate(inputs, attention_mask=mask, do_sample=False, max_new_tokens=96)[0, inputs.shape[1] :]
        completion = ours[f"key-{number:03d}"]
        assert completion.text == tokenizer.decode(written, skip_special_tokens=True)
        assert completion.completion_tokens == len(written)
        assert completion.prompt_tokens == inputs.shape[1]


def test_an_answer_is_cut_off_at_max_tokens(engine: TransformersEngine) -> None:
    completion = answers(engine, [ask(PROMPTS[0], max_tokens=5)])["key-000"]
    assert completion.finish_reason == "length"
    assert completion.completion_tokens == completion.max_tokens == 5


def test_limits_and_stops_hold_for_their_row_only(engine: TransformersEngine) -> None:
    free, short, stopped = (
        ask(PROMPTS[0], 0, temperature=0),
        ask(PROMPTS[0], 1, temperature=0, max_tokens=4),
        ask(PROMPTS[0], 2, temperature=0, stop=("</think>", "never said")),
    )
    done = answers(engine, [free, short, stopped])
    whole = done["key-000"].text or ""
    assert whole.startswith(done["key-001"].text or "!")
    assert done["key-002"].text == whole.partition("</think>")[0]
    assert done["key-002"].finish_reason == "stop"


def test_a_stop_string_may_lie_across_tokens(engine: TransformersEngine) -> None:
    whole = answers(engine, [ask(PROMPTS[0], temperature=0)])["key-000"].text or ""
    middle = whole.index("nswer is")
    stopped = answers(engine, [ask(PROMPTS[0], temperature=0, stop=("nswer is \\",))])["key-000"]
    assert stopped.text == whole[:middle]


def test_what_cannot_be_asked_is_an_error_on_its_row(engine: TransformersEngine) -> None:
    bad = [
        ask("word " * 2000, 1),
        dataclasses.replace(ask("hi", 2), messages=({"role": "user", "content": None},)),
        dataclasses.replace(ask("hi", 3), response_format={"type": "json_object"}),
        ask("a lone surrogate: \ud800", 4),
    ]
    done = answers(engine, [ask(PROMPTS[0], 0), *bad])
    assert done["key-000"].error is None
    for number in (1, 2, 3):
        error = done[f"key-{number:03d}"]
        assert error.text is None
        assert f"row row-{number}" in (error.error or "")
        assert not error.retriable
    assert "tokens and the model's context is 1024" in (done["key-001"].error or "")
    assert done["key-004"].text is None


def test_max_model_len_bounds_prompt_and_answer_together() -> None:
    engine = TransformersEngine(max_model_len=60)
    done = answers(engine, [ask(PROMPTS[0], temperature=0)])["key-000"]
    assert done.prompt_tokens + done.completion_tokens <= 60


class SmallMemory:
    """The model behind a limit: a batch of more rows than `most` does not fit."""

    def __init__(self, model: Any, most: int) -> None:
        self.model, self.most, self.tried = model, most, list[int]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.model, name)

    def __call__(self, input_ids: Any, **rest: Any) -> Any:
        if input_ids.shape[1] > 1:
            self.tried.append(len(input_ids))
        if len(input_ids) > self.most:
            raise torch.OutOfMemoryError(f"no room for {len(input_ids)} rows")
        return self.model(input_ids=input_ids, **rest)


def limited(most: int) -> tuple[TransformersEngine, SmallMemory]:
    engine = TransformersEngine(batch_size=8)
    local = engine._local
    memory = SmallMemory(local.model, most)
    engine._loaded = dataclasses.replace(local, model=memory)
    return engine, memory


def test_a_batch_that_does_not_fit_is_tried_in_halves(requests: list[Request]) -> None:
    engine, memory = limited(most=2)
    done = answers(engine, requests[:8])
    assert memory.tried == [8, 4, 2, 2, 4, 2, 2]
    assert all(completion.error is None for completion in done.values())


def test_a_row_that_does_not_fit_alone_is_an_error_to_try_again(requests: list[Request]) -> None:
    engine, _ = limited(most=0)
    done = answers(engine, requests[:3])
    assert [completion.retriable for completion in done.values()] == [True] * 3
    assert all("no room for 1 rows" in (completion.error or "") for completion in done.values())
    assert engine.usage.errors == 3


def test_identity_names_what_changes_an_answer_and_reads_no_tensor(tmp_path: Path) -> None:
    copy = tmp_path / "house"
    shutil.copytree(find_model("house"), copy)
    first = TransformersEngine(model=str(copy), batch_size=3)
    assert first.identity == TransformersEngine(model=str(copy), threads=2).identity
    assert first._loaded is None
    assert str(tmp_path) not in str(first.identity)
    template = copy / "chat_template.jinja"
    template.write_text(template.read_text() + " ")
    changed = TransformersEngine(model=str(copy)).identity
    assert {key for key in changed if changed[key] != first.identity[key]} == {"template"}
    assert TransformersEngine(model=str(copy), dtype="bfloat16").identity != changed


def test_a_template_that_tells_the_date_asks_the_same_every_day(tmp_path: Path) -> None:
    folder = tmp_path / "dated"
    shutil.copytree(find_model("house"), folder)
    told = "{{ strftime_now('%d %b %Y') }}: {% for m in messages %}{{ m.content }}{% endfor %}"
    (folder / "chat_template.jinja").write_text(told)
    loaded = load_model(folder, "float32", "cpu", None)
    assert loaded.tokenizer.decode(loaded.encode([{"role": "user", "content": "1 + 1"}], None)) == "26 Jul 2024: 1 + 1"


@pytest.mark.parametrize("model", ["no such/model at/all", "."])
def test_a_model_that_is_not_there_ends_the_build_with_what_was_looked_for(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EngineDown, match=r"no such/model|config\.json"):
        list(TransformersEngine(model=model).complete([ask("hi")]))


def test_a_broken_model_folder_is_the_engines_error_and_not_each_rows(tmp_path: Path) -> None:
    shutil.copytree(find_model("house"), tmp_path / "house")
    (tmp_path / "house" / "model.safetensors").write_bytes(b"garbage")
    with pytest.raises(EngineDown, match="could not be loaded"):
        list(TransformersEngine(model=str(tmp_path / "house")).complete([ask("hi")]))


def test_threads_are_put_back(engine: TransformersEngine, requests: list[Request]) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        list(engine.complete(requests[:1]))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_grouped_attention_gives_the_logits_of_sdpa() -> None:
    config = transformers.Qwen3Config(
        vocab_size=50, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=16,
    )  # fmt: skip
    torch.manual_seed(0)
    model = transformers.Qwen3ForCausalLM(config).eval()
    tokens = torch.randint(0, 50, (3, 9))
    mask = torch.ones(3, 9, dtype=torch.long)
    mask[0, :4] = 0

    def last_logits() -> Any:
        with torch.inference_mode():
            cache = transformers.DynamicCache(config=config)
            model(tokens[:, :8], attention_mask=mask[:, :8], past_key_values=cache, use_cache=True)
            return model(tokens[:, 8:], attention_mask=mask, past_key_values=cache, use_cache=True).logits

    plain = last_logits()
    use_grouped_attention(model)
    assert model.config._attn_implementation == NAME
    torch.testing.assert_close(last_logits(), plain, atol=1e-5, rtol=1e-4)
