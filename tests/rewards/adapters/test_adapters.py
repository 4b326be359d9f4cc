"""The frameworks' own calls, frozen: keyword names, order of arguments, form of what comes back."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import json
import multiprocessing
import pickle
import sys
import threading
import types
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

import pytest

import rewards
from rewards.adapters import for_nemo_gym, for_open_instruct, for_openrlhf, for_verifiers, for_verl
from rewards.adapters.rows import columns_of, reward_of
from rewards.base import RewardError

RIGHT, WRONG = "It is \\boxed{4}.", "It is \\boxed{5}."


def parameters(function: object) -> list[str]:
    return list(inspect.signature(function).parameters)  # type: ignore[arg-type]


def test_verl_calls_by_position_and_by_name() -> None:
    assert parameters(for_verl.compute_score)[:4] == ["data_source", "solution_str", "ground_truth", "extra_info"]
    right = for_verl.compute_score("s", RIGHT, "4", {"index": 3, "num_turns": 1}, reward_router_address=None)
    wrong = for_verl.compute_score(data_source="s", solution_str=WRONG, ground_truth="4", extra_info=None)
    assert (right["score"], wrong["score"]) == (1.0, 0.0)
    assert right.keys() == wrong.keys()  # verl needs the same keys in every sample
    assert all(isinstance(value, float | str) for value in right.values())


@pytest.mark.parametrize(("module", "name"), [(for_verl, "compute_score"), (for_openrlhf, "reward_func")])
def test_a_file_loaded_by_its_path_works(module: types.ModuleType, name: str) -> None:
    """Both frameworks load the file they are given under a name of their own."""
    spec = importlib.util.spec_from_file_location("custom_module", str(module.__file__))
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    assert parameters(getattr(loaded, name)) == parameters(getattr(module, name))
    assert pickle.dumps(getattr(module, name))


def test_verl_sees_which_rows_could_not_be_judged() -> None:
    lost = for_verl.compute_score("s", RIGHT, None, undecided=-1.0)
    assert (lost["score"], lost["decided"]) == (-1.0, 0.0)
    assert "answer" in lost["why"]


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ({"rewrad": "exact"}, "did you mean 'reward'"),
        ({"undecide": 0.5}, "did you mean 'undecided'"),
        ({"style": "boxed"}, "an option of math"),
    ],
)
def test_verl_is_told_of_a_keyword_that_would_be_ignored(keywords: dict[str, Any], said: str) -> None:
    with pytest.raises(RewardError, match=said):
        for_verl.compute_score("a", "4", "4", **keywords)
    with pytest.raises(RewardError, match=said):
        for_verl.compute_score_batch(["a"], ["4"], ["4"], [None], **keywords)
    own = {"reward_router_address": "http://host", "reward_model_tokenizer": None, "sandbox_fusion_url": ""}
    assert for_verl.compute_score("a", "4", "4", **own)["score"] == 1.0
    assert (
        for_verl.compute_score("a", "\\boxed{4}", "4", reward=rewards.gate("math", "boxed_format"), **own)["score"]
        == 2.0
    )


def test_uneven_lists_are_refused_before_anything_is_judged() -> None:
    with pytest.raises(RewardError, match="lists of"):
        for_verl.compute_score_batch(["a", "a"], ["4"], ["4", "4"], [None, None])
    with pytest.raises(RewardError, match="2 queries, 1 prompts"):
        for_openrlhf.RewardFunction("math").judge(["a", "b"], ["a"], ["4"])


def test_verl_batches_by_data_source_and_keeps_the_order() -> None:
    batch = for_verl.compute_score_batch
    assert parameters(batch)[:4] == ["data_sources", "solution_strs", "ground_truths", "extra_infos"]
    rows = batch(
        data_sources=["m", "c", "m"],
        solution_strs=[WRONG, "1+2", RIGHT],
        ground_truths=["4", {"numbers": [1, 2], "target": 3}, "4"],
        extra_infos=[{}, None, {"split": "train"}],
        reward={"m": 'math(style="boxed")', "c": "countdown"},
    )
    assert [row["score"] for row in rows] == [0.0, 1.0, 1.0]
    with pytest.raises(RewardError, match="data source 'x'"):
        batch(["x"], [RIGHT], ["4"], [None], reward={"m": "math"})


def test_openrlhf_gets_tensors_of_its_three_keys() -> None:
    import torch

    query = "<|im_start|>user\n2+2?<|im_end|>"
    result = for_openrlhf.reward_func([query + RIGHT + "<|im_end|>\n", query + WRONG], [query] * 2, ["4", "4"], n=1)
    assert list(result) == ["rewards", "scores", "extra_logs"]
    assert torch.equal(result["rewards"], torch.tensor([1.0, 0.0]))
    assert torch.equal(result["extra_logs"]["undecided"], torch.zeros(2))


def test_openrlhf_scores_lie_between_0_and_1() -> None:
    function = for_openrlhf.RewardFunction("repetition")
    answer = function.judge(["a b c " * 60, "One thing. Another."], ["", ""], [None, None])
    assert -1.0 <= answer["rewards"][0] < 0.0
    assert 0.0 <= answer["scores"][0] < answer["scores"][1] <= 1.0


def test_the_prompt_is_not_judged() -> None:
    """A gold that stands in the prompt must not be paid."""
    answer = for_openrlhf.RewardFunction("math").judge(["Is it \\boxed{4}? No."], ["Is it \\boxed{4}?"], ["4"])
    assert answer["rewards"] == [0.0]


@pytest.mark.parametrize(
    "query",
    [
        "Q 4</s>",
        "Q 4<\uff5cend\u2581of\u2581sentence\uff5c>",
        "Q 4<eos><pad><pad>",
        "<pad><pad>Q 4<|im_end|>\n",
        "Q 4[PAD]",
    ],
)
def test_special_tokens_and_padding_are_not_judged(query: str) -> None:
    assert for_openrlhf.completion_of(query, "Q ") == "4"


def test_openrlhf_over_http() -> None:
    server = for_openrlhf.server("math", port=0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        good = {"query": [RIGHT, WRONG], "prompts": ["", ""], "labels": ["4", "4"]}
        assert post(url + "/get_reward", good) == (
            200,
            {"rewards": [1.0, 0.0], "scores": [1.0, 0.0], "extra_logs": {"undecided": [0.0, 0.0]}},
        )
        assert post(url + "/get_reward", {"query": [RIGHT]})[0] == 400
        assert post(url + "/get_reward", ["query"])[0] == 400
        assert post(url + "/other", good)[0] == 404
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def post(url: str, body: object) -> tuple[int, Any]:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_rubric_finds_the_arguments_by_name() -> None:
    function = for_verifiers.RubricFunction("math")
    assert function.__name__ == "math"
    names = set(parameters(function))
    assert {"prompt", "completion", "answer", "state", "info"} <= names
    assert not {"states", "prompts", "completions", "answers", "tasks", "infos"} & names  # else it is a group function
    state: dict[str, Any] = {}
    completion = [{"role": "assistant", "content": RIGHT}]
    call = function(prompt=[], completion=completion, answer="4", state=state, info={}, task="t", parser=None)
    assert asyncio.run(call) == 1.0
    assert "4" in state["why"]["math"]


@dataclass
class Trace:
    """The parts of a verifiers 0.4 Trace that are read."""

    last_reply: str
    data: dict[str, Any]
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def task(self) -> Any:
        return types.SimpleNamespace(data=types.SimpleNamespace(model_dump=lambda: self.data))


def test_a_v1_reward_reads_the_trace_and_raises_where_it_cannot_judge() -> None:
    method = for_verifiers.reward_method("math")
    assert inspect.iscoroutinefunction(method)
    assert parameters(method) == ["self", "trace"]
    trace = Trace(RIGHT, {"idx": 0, "prompt": "2+2?", "answer": "4"})
    assert asyncio.run(method(None, trace)) == 1.0
    assert "math" in trace.info["why"]
    with pytest.raises(RewardError, match="cannot judge this rollout"):
        asyncio.run(method(None, Trace(RIGHT, {"answer": None})))


def test_open_instruct_gets_a_named_subclass(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = types.ModuleType("open_instruct.ground_truth_utils")

    @dataclass
    class VerificationResult:
        score: float
        cost: float = 0.0
        reasoning: str | None = None

    class VerifierFunction:
        def __init__(self, name: str, weight: float = 1.0, verifier_config: object = None) -> None:
            self.name, self.weight = name, weight

    theirs.VerificationResult, theirs.VerifierFunction = VerificationResult, VerifierFunction  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "open_instruct", types.ModuleType("open_instruct"))
    monkeypatch.setitem(sys.modules, "open_instruct.ground_truth_utils", theirs)
    verifier = for_open_instruct.verifier("math")(verifier_config=None)
    assert isinstance(verifier, VerifierFunction)
    assert verifier.name == "curate_math"
    result = verifier(tokenized_prediction=[1], prediction=RIGHT, label="4", query="2+2?", rollout_state=None)
    assert (result.score, result.cost) == (1.0, 0.0)
    assert result.reasoning


def test_nemo_gym_gets_its_response_back_with_the_reward(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = types.ModuleType("nemo_gym.base_resources_server")
    theirs.BaseVerifyResponse = types.SimpleNamespace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "nemo_gym", types.ModuleType("nemo_gym"))
    monkeypatch.setitem(sys.modules, "nemo_gym.base_resources_server", theirs)
    message = {"type": "message", "content": [{"type": "output_text", "text": RIGHT}]}
    fields = {"responses_create_params": {}, "response": {"output": [{"type": "reasoning"}, message]}}
    verify = for_nemo_gym.verify_method("math")

    def body(**extra: object) -> Any:
        return types.SimpleNamespace(model_dump=lambda: fields | extra)

    assert asyncio.run(verify(None, body(expected_answer="4"))).reward == 1.0
    assert asyncio.run(verify(None, body(verifier_metadata={"expected_answer": "5"}))).reward == 0.0
    with pytest.raises(RewardError, match="cannot judge"):
        asyncio.run(verify(None, body()))


def test_a_reward_is_named_by_name_options_or_import_path() -> None:
    assert reward_of("rewards:math") == rewards.math
    assert reward_of('math(style="gsm8k")') == rewards.get("math", style="gsm8k")
    assert reward_of(rewards.exact) == rewards.exact
    for wrong in ("rewards:get", "no_such_package:x", "math; import os", "maht"):
        with pytest.raises(RewardError):
            reward_of(wrong)


def test_a_gold_that_is_json_text_is_read_only_where_a_column_is_not_text() -> None:
    assert columns_of(rewards.exact, '{"a": 1}') == {"answer": '{"a": 1}'}
    assert columns_of(rewards.code, '{"asserts": []}') == {"tests": {"asserts": []}}
    assert columns_of(rewards.countdown, '{"numbers": [1], "target": 1}') == {"numbers": [1], "target": 1}
    assert columns_of(rewards.code, "{broken") == {"tests": "{broken"}
    assert columns_of(rewards.think_format, None, {"index": 1}) == {"index": 1}


@pytest.mark.parametrize("name", ["math", "think_format", "kimi_length", "code"])
def test_async_grpo_can_pickle_every_reward_it_is_given(name: str) -> None:
    reward = rewards.get(name)
    assert pickle.loads(pickle.dumps(reward)) == reward
    assert not inspect.iscoroutinefunction(reward.__call__)
    assert parameters(reward)[0] == "completions"


@pytest.mark.slow
def test_the_call_of_async_grpo_in_a_spawned_process() -> None:
    """Source: trl 1.16, experimental/async_grpo/async_rollout_worker.py: no hooks, no trainer state."""
    call = {"completions": [RIGHT, WRONG], "prompts": ["", ""], "completion_ids": [[1], [2]], "answer": ["4", "4"]}
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(rewards.math, (), call) == [1.0, 0.0]
