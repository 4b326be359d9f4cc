"""The frameworks themselves call our rewards, where they are installed; test_adapters.py freezes their calls elsewhere.

verl 0.9.1, OpenRLHF 0.11.2, verifiers 0.1.14 (legacy Rubric) and 0.4.0 (v1), NeMo-Gym from its repository.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rewards.adapters import for_nemo_gym, for_openrlhf, for_verifiers
from rewards.base import RewardError

pytestmark = pytest.mark.filterwarnings("ignore")  # of the frameworks, none of ours

HOUSE = Path(__file__).resolve().parents[3] / "curate" / "house"
RIGHT, WRONG = "It is \\boxed{4}.", "It is \\boxed{5}."


def verl_batch(tokenizer: Any, answers: list[str], golds: list[Any]) -> Any:
    """A DataProto of one-turn rollouts, padded as verl pads: prompts left, responses right."""
    import numpy as np
    import torch
    from verl import DataProto

    prompt = tokenizer("2+2?", return_tensors="pt")["input_ids"].repeat(len(answers), 1)
    ids = [tokenizer(answer)["input_ids"] for answer in answers]
    width = max(map(len, ids))
    responses = torch.tensor([row + [0] * (width - len(row)) for row in ids])
    mask = torch.tensor([[1] * (prompt.shape[1] + len(row)) + [0] * (width - len(row)) for row in ids])
    tensors = {"prompts": prompt, "responses": responses, "attention_mask": mask}
    models = np.array([{"style": "rule", "ground_truth": gold} for gold in golds], dtype=object)
    extras = np.array([{"index": row, "split": "train"} for row in range(len(ids))], dtype=object)
    sources = np.array(["gsm8k"] * len(ids), dtype=object)
    columns = {"reward_model": models, "extra_info": extras, "data_source": sources}
    return DataProto.from_dict(tensors=tensors, non_tensors=columns)


def verl_function(name: str, **options: Any) -> Any:
    """What verl makes of its configuration."""
    from omegaconf import OmegaConf
    from verl.trainer.ppo.reward import get_custom_reward_fn

    function = {"path": "pkg://rewards.adapters.for_verl", "name": name, "reward_kwargs": options}
    return get_custom_reward_fn(OmegaConf.create({"reward": {"custom_reward_function": function}}))


@pytest.fixture
def tokenizer() -> Any:
    transformers = pytest.importorskip("transformers")
    return transformers.AutoTokenizer.from_pretrained(HOUSE)


def test_verls_managers_pay_the_last_token_and_keep_why(tokenizer: Any) -> None:
    pytest.importorskip("verl", reason="verl is not installed")
    from verl.workers.reward_manager import BatchRewardManager, NaiveRewardManager

    managers = [
        NaiveRewardManager(tokenizer, 0, verl_function("compute_score", reward="math", undecided=-1.0)),
        BatchRewardManager(
            tokenizer, 0, verl_function("compute_score_batch", reward={"gsm8k": "math"}, undecided=-1.0)
        ),
    ]
    for manager in managers:
        result = manager(verl_batch(tokenizer, [RIGHT, WRONG, RIGHT], ["4", "4", None]), return_dict=True)
        assert result["reward_tensor"].sum(dim=1).tolist() == [1.0, 0.0, -1.0]
        assert result["reward_extra_info"]["decided"] == [1.0, 1.0, 0.0]
        assert all(result["reward_extra_info"]["why"])


def test_verls_reward_loop_pays_too(tokenizer: Any) -> None:
    pytest.importorskip("verl", reason="verl is not installed")
    from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager

    async def run() -> list[float]:
        manager = NaiveRewardManager({}, tokenizer, verl_function("compute_score", reward="code"))
        manager.loop = asyncio.get_running_loop()
        answers = ["```python\nprint(int(input()) * 2)\n```", "```python\nprint(0)\n```"]
        tests = ['{"stdin": ["4"], "stdout": ["8"]}'] * 2
        batch = verl_batch(tokenizer, answers, tests)
        return [(await manager.run_single(batch[row : row + 1]))["reward_score"] for row in range(2)]

    assert asyncio.run(run()) == [1.0, 0.0]


class Engine:
    """What OpenRLHF asks for a continuation: always the same."""

    def __init__(self, tokens: list[int]) -> None:
        self.tokens = tokens

    async def generate(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(outputs=[SimpleNamespace(token_ids=self.tokens, finish_reason="stop", logprobs=None)])


def openrlhf_reward(url: str, tokenizer: Any, answer: str) -> dict[str, Any]:
    from openrlhf.utils.agent import SingleTurnAgentExecutor

    executor = SingleTurnAgentExecutor(url)
    sampling = SimpleNamespace(max_tokens=64, logprobs=None)
    engine = Engine(tokenizer(answer)["input_ids"])
    result: dict[str, Any] = asyncio.run(executor.execute("2+2?", "4", sampling, 128, tokenizer, engine))
    return result


def test_openrlhfs_agent_is_paid_by_file_and_by_server(tokenizer: Any) -> None:
    pytest.importorskip("openrlhf", reason="OpenRLHF is not installed")
    for answer, value in ((RIGHT, 1.0), (WRONG, 0.0)):
        result = openrlhf_reward(str(for_openrlhf.__file__), tokenizer, answer)
        assert (result["reward"].tolist(), result["scores"].tolist()) == ([value], [value])
        assert result["extra_logs"]["undecided"].tolist() == [0.0]
    server = for_openrlhf.server("math", port=0)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/get_reward"
        assert openrlhf_reward(url, tokenizer, RIGHT)["reward"] == [1.0]
        assert openrlhf_reward(url, tokenizer, WRONG)["reward"] == [0.0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_legacy_rubric_scores_a_rollout() -> None:
    vf = pytest.importorskip("verifiers", reason="verifiers is not installed")
    if not hasattr(vf, "Rubric"):
        pytest.skip("this verifiers has no legacy Rubric")
    functions = [for_verifiers.RubricFunction("math"), for_verifiers.RubricFunction("think_format")]
    rubric = vf.Rubric(funcs=functions, weights=[1.0, 0.5])
    thinking = "<think>\ntwo and two\n</think>\n"
    states = [rollout(thinking + RIGHT), rollout(thinking + WRONG), rollout(RIGHT)]

    async def run() -> None:
        await rubric.score_rollout(states[0])
        await rubric.score_group(states[1:])

    asyncio.run(run())
    assert [state["reward"] for state in states] == [1.5, 0.5, 1.0]
    assert states[1]["metrics"] == {"math": 0.0, "think_format": 1.0}
    assert {"math", "think_format"} <= states[1]["why"].keys()


def rollout(answer: str) -> Any:
    from verifiers.types import State

    prompt = [{"role": "user", "content": "2+2?"}]
    completion = [{"role": "assistant", "content": answer}]
    fields = {"prompt": prompt, "completion": completion, "answer": "4", "task": "t", "info": {}}
    timing = SimpleNamespace(scoring_ms=0.0, total_ms=0.0)
    return State(**fields, trajectory=[], timing=timing)


def test_a_v1_task_scores_a_trace_and_leaves_out_what_cannot_be_judged() -> None:
    vf = pytest.importorskip("verifiers", reason="verifiers is not installed")
    if hasattr(vf, "Rubric"):
        pytest.skip("this verifiers has no v1 task")
    import verifiers.v1 as v1

    class Data(v1.TaskData):
        answer: str | None = None

    class Sum(v1.Task[Data]):
        math = v1.reward(for_verifiers.reward_method("math"), weight=2.0)

    async def score(answer: str | None, reply: str) -> Any:
        task = Sum(Data(idx=0, prompt="2+2?", answer=answer), v1.TaskConfig())
        trace = v1.Trace[Data].model_construct(
            task=SimpleNamespace(data=task.data), root_reply=reply, rewards={}, metrics={}, info={}
        )
        await task.score(trace)
        return trace

    trace = asyncio.run(score("4", RIGHT))
    assert trace.rewards["math"].value == 2.0
    assert "4" in trace.info["why"]["math"]
    assert asyncio.run(score("4", WRONG)).rewards["math"].value == 0.0
    with pytest.raises(Exception, match="cannot judge this rollout"):
        asyncio.run(score(None, RIGHT))


def test_a_nemo_gym_server_verifies_a_response() -> None:
    pytest.importorskip("nemo_gym", reason="NeMo-Gym is not installed")
    from nemo_gym import base_resources_server as gym

    class Request(gym.BaseVerifyRequest):
        expected_answer: str | None = None

    class MathServer(gym.SimpleResourcesServer):
        verify = for_nemo_gym.verify_method("math")

    def request(reply: str, gold: str | None) -> Request:
        text = {"type": "output_text", "text": reply, "annotations": []}
        message = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [text]}
        fields = {"id": "r", "created_at": 0.0, "model": "m", "object": "response", "output": [message]}
        response = {**fields, "parallel_tool_calls": False, "tool_choice": "auto", "tools": []}
        return Request(responses_create_params={"input": "2+2?"}, response=response, expected_answer=gold)

    server = MathServer.model_construct()
    for reply, reward in ((RIGHT, 1.0), (WRONG, 0.0)):
        answer = asyncio.run(server.verify(request(reply, "4")))
        assert isinstance(answer, gym.BaseVerifyResponse)
        assert answer.reward == reward
        assert answer.response.output[0].content[0].text == reply
    with pytest.raises(RewardError, match="cannot judge"):
        asyncio.run(server.verify(request(RIGHT, None)))
