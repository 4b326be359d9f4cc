"""A bare prefix is gone on from as it stands, by every engine, and names its answers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from curate.building import build
from curate.engines.base import Completion, Engine, Request, Sampling, request_key
from curate.engines.replay import ReplayEngine
from curate.engines.server import ServerEngine
from curate.errors import EngineDown
from curate.executors.asking import request_bytes, requests_of
from curate.recipe import Recipe, load_recipe

if TYPE_CHECKING:
    from tests.engines.conftest import Misbehaving

SAMPLING = Sampling(temperature=1.0, top_p=0.9, max_tokens=12, stop=("</s>",))


def ask(prefix: str, number: int = 0, sampling: Sampling = SAMPLING) -> Request:
    return Request(f"key{number}", f"r{number}", (), sampling, seed=number, prefix=prefix)


def complete(engine: Engine, *requests: Request) -> list[Completion]:
    found = {completion.key: completion for bundle in engine.complete(requests) for completion in bundle}
    return [found[request.key] for request in requests]


def test_the_prefix_is_part_of_the_key_and_no_message_can_stand_for_it() -> None:
    prefixes = [None, "", "<user>", "<user> "]
    keys = {request_key({"model": "m"}, (), SAMPLING, 1, 0, prefix=prefix) for prefix in prefixes}
    keys |= {request_key({"model": "m"}, [{"prefix": "<user>"}], SAMPLING, 1, 0)}
    assert len(keys) == 5


def test_a_server_gets_the_prefix_as_the_prompt_of_a_completion(server: Misbehaving) -> None:
    engine = ServerEngine(server.url, "m", max_tokens_field="max_completion_tokens", extra_body={"ignore_eos": False})
    prefix = json.dumps({"do": "ok", "text": "<|im_start|>user\n"})
    [found] = complete(engine, ask(prefix, 7))
    engine.close()
    assert json.loads(found.text or "") == {
        "model": "m", "prompt": prefix, "temperature": 1.0, "top_p": 0.9, "max_tokens": 12, "stop": ["</s>"], "seed": 7,
        "ignore_eos": False,
    }  # fmt: skip
    assert (found.finish_reason, found.prompt_tokens, found.completion_tokens) == ("length", 3, 2)


@pytest.mark.parametrize("status", ["404", "405", "501"])
def test_a_server_that_only_takes_chats_is_one_clear_error(server: Misbehaving, status: str) -> None:
    engine = ServerEngine(server.url, "m")
    prefixes = [json.dumps({"do": status, "id": number}) for number in range(50)]
    with pytest.raises(EngineDown, match=r"takes only chats\. Serve the model with vLLM, SGLang or llama\.cpp"):
        complete(engine, *(ask(prefix, number) for number, prefix in enumerate(prefixes)))
    engine.close()
    assert sum(server.seen()["seen"].values()) == 1


def test_a_completion_without_a_text_is_an_error_of_its_row(server: Misbehaving) -> None:
    engine = ServerEngine(server.url, "m", retries=1, backoff_s=0.01)
    [found] = complete(engine, ask(json.dumps({"do": "no-text"})))
    engine.close()
    assert found.text is None
    assert "a choice without a text" in (found.error or "")


def test_a_recipe_draws_its_instructions_from_a_server(server: Misbehaving, tmp_path: Path) -> None:
    def recipe(what: str) -> Recipe:
        steps = [{"step": "magpie", "engine": "m", "rows": 5, "prequery": json.dumps({"do": what})}]
        engines = {"m": {"engine": "server", "url": server.url, "model": "m"}}
        text = json.dumps({"name": what, "license": "mit", "engines": engines, "steps": steps})
        (tmp_path / "r.yaml").write_text(text)
        return load_recipe(tmp_path / "r.yaml")

    rows = build(recipe("stop"), tmp_path / "stop").splits()["train"]
    bodies = [json.loads(text) for text in rows["prompt"]]
    assert len({body["seed"] for body in bodies}) == 5
    assert {body["prompt"] for body in bodies} == {'{"do": "stop"}'}
    assert build(recipe("ok"), tmp_path / "ok").ledger[0].reasons == {"not finished: cut off at max_tokens": 10}
    with pytest.raises(EngineDown, match="takes only chats"):
        build(recipe("404"), tmp_path / "404")


def test_transformers_goes_on_from_the_prefix_alone(tiny_model: Path) -> None:
    from curate.engines.transformers_engine import TransformersEngine

    engine = TransformersEngine(str(tiny_model))
    bare, short = complete(engine, ask("<user>"), ask("<user>ab</s>", 1))
    assert (bare.prompt_tokens, short.prompt_tokens) == (6, 9)  # one a byte; </s> is one; nothing is put before
    chat = Request("c", "r", ({"role": "user", "content": ""},), SAMPLING, seed=0)
    same = ask("<user></s><assistant>")
    assert complete(engine, same)[0].text == complete(engine, chat)[0].text


def test_a_stop_string_that_is_a_special_token_ends_an_answer_though_decoding_leaves_it_out(
    tiny_model: Path, tmp_path: Path
) -> None:
    """The first letter that the model writes, made a special token of its tokenizer."""
    from transformers import AutoTokenizer

    from curate.engines.transformers_engine import TransformersEngine

    greedy = Sampling(temperature=0, max_tokens=8)
    letter = (complete(TransformersEngine(str(tiny_model)), ask("<user>", sampling=greedy))[0].text or "")[0]
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens({"additional_special_tokens": [letter]})
    tokenizer.save_pretrained(folder)
    engine = TransformersEngine(str(folder))
    on = complete(engine, ask("<user>", sampling=greedy))[0]
    assert (letter in (on.text or ""), on.completion_tokens) == (False, 8)
    [off] = complete(engine, ask("<user>", sampling=Sampling(temperature=0, max_tokens=8, stop=(letter,))))
    assert (off.text, off.finish_reason, off.completion_tokens) == ("", "stop", 1)


def test_a_recording_serves_prefixes_and_workers_are_sent_them(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").write_text('{"prompt": "<user>", "completion": "Why?"}\n')
    assert complete(ReplayEngine(tmp_path / "r.jsonl"), ask("<user>"))[0].text == "Why?"
    assert requests_of(request_bytes([ask("<user>")])) == [ask("<user>")]
