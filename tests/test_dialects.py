"""Every dialect is told from its columns, and comes out in our words with nothing lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.dialects import DIALECTS, WORDS, detect, normalise
from curate.dialects.evening import even
from curate.errors import DataError
from curate.messages import problem
from curate.sources.files import read
from curate.widen import to_frame

USER, GPT = {"from": "human", "value": "1+1?"}, {"from": "gpt", "value": "2"}
ASK, SAY = {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}
BAD = {"role": "assistant", "content": "3"}
THOUGHT = "<|begin_of_thought|>\n\neasy\n\n<|end_of_thought|>\n\n<|begin_of_solution|>\n\n2\n\n<|end_of_solution|>"
ASKED, SAID = {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}
PAIR = {"messages": [ASKED], "chosen": "2", "rejected": "3"}
TREE = {
    "text": "1+1?", "role": "prompter", "replies": [
        {"text": "2", "role": "assistant", "rank": 0, "replies": [
            {"text": "Sure?", "role": "prompter", "rank": None, "replies": [
                {"text": "Yes.", "role": "assistant", "rank": None, "replies": []}]},
            {"text": "Thanks", "role": "prompter", "rank": None, "replies": []}]},
        {"text": "3", "role": "assistant", "rank": 1, "replies": []}],
}  # fmt: skip
FLAT = [
    {"message_id": "a", "parent_id": None, "text": "1+1?", "role": "prompter", "rank": None},
    {"message_id": "b", "parent_id": "a", "text": "3", "role": "assistant", "rank": 1},
    {"message_id": "c", "parent_id": "a", "text": "2", "role": "assistant", "rank": 0},
    {"message_id": "d", "parent_id": "lost", "text": "?", "role": "prompter", "rank": None},
    {"message_id": "a", "parent_id": None, "text": "again", "role": "prompter", "rank": None},
    {"message_id": "e", "parent_id": "f", "text": "?", "role": "prompter", "rank": None},
    {"message_id": "f", "parent_id": "e", "text": "!", "role": "assistant", "rank": None},
    {"message_id": "g", "parent_id": "f", "text": "?", "role": "prompter", "rank": None},
]

CASES: list[tuple[str, list[dict[str, Any]], dict[str, Any]]] = [
    ("alpaca", [{"instruction": "Add.", "input": "1 1", "output": "2"}], {"prompt": "Add.\n\n1 1", "completion": "2"}),
    ("alpaca", [{"instruction": "1+1?", "output": "2"}], {"prompt": "1+1?", "completion": "2"}),
    ("alpaca", [{"instruction": "Hi.", "input": "<noinput>", "response": "Ho."}],
     {"prompt": "Hi.", "completion": "Ho."}),
    ("alpaca", [{"instruction": "Add.", "context": "1 1", "response": "2", "category": "x"}],
     {"prompt": "Add.\n\n1 1", "completion": "2", "category": "x"}),
    ("alpaca", [{"system": "Be kind.", "instruction": "1+1?", "response": "2"}],
     {"messages": [{"role": "system", "content": "Be kind."}, ASKED], "completion": "2"}),
    ("alpaca", [{"instruction": "And 2+2?", "output": "4", "history": [["1+1?", "2"]]}],
     {"messages": [ASKED, SAID, {"role": "user", "content": "And 2+2?"}], "completion": "4"}),
    ("self_instruct", [{"id": "t", "instruction": "Add.", "instances": [{"input": "1 1", "output": "2"}]}],
     {"id": "t", "prompt": "Add.\n\n1 1", "completion": "2"}),
    ("messages", [{"conversations": [USER, GPT]}], {"messages": [ASKED, SAID]}),
    ("messages", [{"messages": [ASK, SAY]}], {"messages": [ASKED, SAID]}),
    ("messages", [{"messages": [ASK]}], {"messages": [ASKED]}),
    ("messages", [{"messages": [{"role": "user", "content": [{"type": "text", "text": "1+1?"}]}, SAY]}],
     {"messages": [ASKED, SAID]}),
    ("messages", [{"system": "Think.", "conversations": [USER, {"from": "gpt", "value": THOUGHT}]}],
     {"messages": [{"role": "system", "content": "Think."}, ASKED], "completion": "2", "thinking": "easy"}),
    ("messages", [{"messages": [ASK, SAY], "ground_truth": 2.0}], {"messages": [ASKED, SAID], "answer": "2"}),
    ("alternating", [{"conversations": ["1+1?", "2"]}], {"messages": [ASKED, SAID]}),
    ("templated", [{"text": "### Human: 1+1?### Assistant: 2"}], {"messages": [ASKED, SAID]}),
    ("summaries", [{"info": {"post": "1+1?", "title": "t"}, "summaries": [{"text": "3"}, {"text": "2"}], "choice": 1}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("rejected_beside", [{"messages": [ASK, SAY], "rejected_response": "3"}], PAIR),
    ("prompt_pair", [{"question": "1+1?", "response_j": "2", "response_k": "3"}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("distractors", [{"Question": "1+1?", "Correct Answer": "2", "Incorrect Answer 1": "3", "Incorrect Answer 2": "1",
                      "Incorrect Answer 3": "4"}],
     {"prompt": "1+1?\n\nA. 1\nB. 2\nC. 3\nD. 4", "answer": "B", "verifier": "choice"}),
    ("extractive", [{"context": "It is two.", "question": "1+1?", "answers": {"text": ["two"], "answer_start": [6]}}],
     {"prompt": "It is two.\n\n1+1?", "answer": "two"}),
    ("prompt_completion_turns", [{"input": [ASK], "output": [SAY]}], {"messages": [ASKED], "completion": "2"}),
    ("prompt_completion", [{"query": "And 2+2?", "response": "4", "history": [["1+1?", "2"]]}],
     {"messages": [ASKED, SAID, {"role": "user", "content": "And 2+2?"}], "completion": "4"}),
    ("input_output", [{"system_message": "Be kind.", "user": "1+1?", "assistant": "2"}],
     {"messages": [{"role": "system", "content": "Be kind."}, ASKED], "completion": "2"}),
    ("input_output", [{"message_1": "1+1?", "message_2": "2"}], {"prompt": "1+1?", "completion": "2"}),
    ("shp", [{"history": "1+1?", "human_ref_A": "3", "human_ref_B": "2", "labels": 0, "score_A": 1}],
     {"score_A": 1, "prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("arena_texts", [{"prompt": '["1+1?"]', "response_a": '["3"]', "response_b": '["2"]', "winner_model_a": 0,
                      "winner_model_b": 1, "winner_tie": 0}], {**PAIR, "winner_tie": 0}),
    ("stepwise", [{"prompt": "1+1?", "completions": ["One and one.", "3"], "labels": [True, False]}],
     {"prompt": "1+1?", "completion": "One and one.\n3", "label": False, "steps": ["One and one.", "3"],
      "step_labels": [True, False]}),
    ("marked_steps", [{"input": "1+1? Step 1: Add. ки\nStep 2: 2 ки", "label": "1+1? Step 1: Add. +\nStep 2: 2 +"}],
     {"prompt": "1+1?", "completion": "Step 1: Add.\nStep 2: 2", "label": True, "steps": ["Step 1: Add.", "Step 2: 2"],
      "step_labels": [True, True]}),
    ("prm800k", [{"question": {"problem": "1+1?", "ground_truth_answer": "2"}, "label": {
        "finish_reason": "found_error", "steps": [
            {"completions": [{"text": "no", "rating": -1}], "human_completion": {"text": "Add."}},
            {"completions": [{"text": "5", "rating": -1}, {"text": "3", "rating": -1}], "chosen_completion": 1}]}}],
     {"prompt": "1+1?", "completion": "Add.\n3", "label": False, "answer": "2", "steps": ["Add.", "3"],
      "step_labels": [True, False]}),
    ("traces", [{"problem": "1+1?", "answer": "2", "generations": ["<think>easy</think>2"], "finish_reasons": ["stop"],
                 "correctness_math_verify": [True], "messages": [ASK, SAY]}],
     {"prompt": "1+1?", "completion": "2", "thinking": "easy", "answer": "2", "verifier": "math", "is_correct": True,
      "finish_reason": "stop"}),
    ("recorded", [{"question": "1+1?", "attempt": "2", "thinking_trajectories": ["easy"], "solution": "2"}],
     {"prompt": "1+1?", "completion": "2", "thinking": "easy", "solution": "2"}),
    ("logged", [{"custom_id": "r", "body": {"model": "m", "messages": [ASK]}, "response": {"body": {"choices": [
        {"message": SAY, "finish_reason": "stop"}]}}}],
     {"custom_id": "r", "messages": [ASKED], "completion": "2", "finish_reason": "stop"}),
    ("logged", [{"custom_id": "r", "params": {"system": "Think.", "messages": [ASK]}}],
     {"custom_id": "r", "messages": [{"role": "system", "content": "Think."}, ASKED]}),
    ("logged", [{"inputs": {"question": "1+1?"}, "outputs": {"answer": "2"}}], {"prompt": "1+1?", "answer": "2"}),
    ("logged", [{"request": {"contents": [{"role": "user", "parts": [{"text": "1+1?"}]}]}, "response": {"candidates": [
        {"content": {"role": "model", "parts": [{"text": "2"}]}, "finishReason": "MAX_TOKENS"}]}}],
     {"messages": [ASKED], "completion": "2", "finish_reason": "length"}),
    ("alternating", [{"id": "u", "data": ["1+1?", "2"]}], {"id": "u", "messages": [ASKED, SAID]}),
    ("awaiting", [{"messages": [ASK], "response": "2"}], {"messages": [ASKED], "completion": "2"}),
    ("dolphin", [{"messages": [ASK], "reasoning": "easy", "answer": "2", "model": "R1"}],
     {"messages": [ASKED], "completion": "2", "thinking": "easy", "model": "R1"}),
    ("prompt_completion", [{"prompt": "1+1?", "response": "2", "origin": "x"}],
     {"prompt": "1+1?", "completion": "2", "origin": "x"}),
    ("prompt_completion", [{"prompt": "1+1?", "completion": "<think>easy</think>2", "answer": "2"}],
     {"prompt": "1+1?", "completion": "2", "thinking": "easy", "answer": "2"}),
    ("prompt_completion_turns", [{"prompt": [ASK], "completion": [SAY]}], {"messages": [ASKED], "completion": "2"}),
    ("recorded", [{"query": "1+1?", "reasoning_content": "easy", "content": "2"}],
     {"prompt": "1+1?", "completion": "2", "thinking": "easy"}),
    ("recorded", [{"prompt": "1+1?", "thinking": "so long", "output": ""}],
     {"prompt": "1+1?", "completion": "", "thinking": "so long", "finish_reason": "length"}),
    ("graded", [{"question": "1+1?", "ground_truth": "Add.\n#### 2", "model": "m", "solution": "3", "is_correct": 0}],
     {"prompt": "1+1?", "completion": "3", "answer": "2", "solution": "Add.", "model": "m", "is_correct": 0}),
    ("graded", [{"question": "1+1?", "ground_truth": "Add.\nA: 2", "model": "m", "response": ""}],
     {"prompt": "1+1?", "completion": "", "answer": "2", "solution": "Add.", "model": "m"}),
    ("samples", [{"prompt": "1+1?", "samples": ["2"]}], {"prompt": "1+1?", "completion": "2"}),
    ("model_answer", [{"model": "m", "question": "Why?", "answer": "So."}],
     {"prompt": "Why?", "completion": "So.", "model": "m"}),
    ("question_text", [{"question": "Why?", "answer": "So " * 60}], {"prompt": "Why?", "completion": "So " * 60}),
    ("question_answer", [{"Question": "1+1?", "Answer": 2.0, "ID": 7}], {"prompt": "1+1?", "answer": "2", "ID": 7}),
    ("question_answer", [{"prompt": "1+1?", "answer": "long " * 100, "verifier": "judge"}],
     {"prompt": "1+1?", "answer": ("long " * 100).strip(), "verifier": "judge"}),
    ("gsm8k", [{"question": "1+1?", "answer": "Add.\n#### 2"}],
     {"prompt": "1+1?", "answer": "2", "solution": "Add.", "verifier": "math"}),
    ("math", [{"problem": "1+1?", "solution": r"It is $\boxed{\frac{4}{2}}$."}],
     {"prompt": "1+1?", "answer": r"\frac{4}{2}", "solution": r"It is $\boxed{\frac{4}{2}}$.", "verifier": "math"}),
    ("choice", [{"question": "1+1?", "choices": ["1", "2"], "answer": 1}],
     {"prompt": "1+1?\n\nA. 1\nB. 2", "answer": "B", "verifier": "choice"}),
    ("choice", [{"question": "1+1?", "options": ["A)1", "B)2"], "rationale": "Add.", "correct": "B"}],
     {"prompt": "1+1?\n\nA. 1\nB. 2", "answer": "B", "solution": "Add.", "verifier": "choice"}),
    ("choice", [{"question": "1+1?", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "2"}],
     {"prompt": "1+1?\n\nA. x\nB. y", "answer": "B", "verifier": "choice"}),
    ("choice", [{"question": "1+1?", "options": {"A": "x", "B": "y"}, "answer": "y"}],
     {"prompt": "1+1?\n\nA. x\nB. y", "answer": "B", "verifier": "choice"}),
    ("choice_columns", [{"question": "1+1?", "A": "1", "B": "2", "C": "3", "D": "4", "answer": "B"}],
     {"prompt": "1+1?\n\nA. 1\nB. 2\nC. 3\nD. 4", "answer": "B", "verifier": "choice"}),
    ("hh", [{"chosen": "\n\nHuman: 1+1?\n\nAssistant: 2", "rejected": "\n\nHuman: 1+1?\n\nAssistant: 3"}], PAIR),
    ("conversation_pair", [{"conversations": [USER], "chosen": GPT, "rejected": {"from": "gpt", "value": "3"}}], PAIR),
    ("conversations_apart", [{"chosen": [ASK, SAY], "rejected": [ASK, BAD]}], PAIR),
    ("prompt_pair", [{"prompt": "1+1?", "chosen": [ASK, SAY], "rejected": [ASK, BAD], "messages": [ASK, SAY]}],
     {**PAIR, "original_messages": [ASKED, SAID]}),
    ("prompt_pair", [{"prompt": "1+1?", "chosen": "2", "rejected": "3"}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("alpaca_pair", [{"instruction": "Add.", "input": "1 1", "output": "2", "rejected": "3", "chosen": "2"}],
     {"prompt": "Add.\n\n1 1", "chosen": "2", "rejected": "3", "output": "2"}),
    ("pairwise_12", [{"input": "1+1?", "output_1": "3", "output_2": "2", "label": 2}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("pairwise_01", [{"prompt": "1+1?", "response_0": "2", "response_1": "3", "better_response_id": 0}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("pairwise_ab", [{"prompt": "1+1?", "response_a": "2", "response_b": "3", "winner": "model_a"}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("ultrafeedback", [{"instruction": "1+1?", "completions": [
        {"response": "3", "overall_score": 10.0, "annotations": {"truth": {"Rating": "1"}, "help": {"Rating": "N/A"}}},
        {"response": "2", "overall_score": 1.0, "annotations": {"truth": {"Rating": "5"}, "help": {"Rating": "4"}}}]}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3", "chosen_score": 4.5, "rejected_score": 1.0}),
    ("webgpt", [{"question": {"full_text": "1+1?"}, "answer_0": "3", "answer_1": "2", "score_0": -1.0, "score_1": 1.0}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("kto_messages", [{"messages": [ASK, SAY], "label": True}],
     {"messages": [ASKED], "completion": "2", "label": True}),
    ("kto", [{"prompt": "1+1?", "completion": "3", "label": False}],
     {"prompt": "1+1?", "completion": "3", "label": False}),
    ("dialogue", [{"dialogue": "Doctor: How are you?\r\nPatient: Well.\nFather: He is.", "ID": "0"}],
     {"messages": [{"role": "assistant", "content": "How are you?"},
                   {"role": "user", "content": "Patient: Well.\nFather: He is."}], "ID": "0"}),
    ("openthoughts", [{"problem": "1+1?", "deepseek_reasoning": "easy", "deepseek_solution": "2", "source": "x",
                       "ground_truth_solution": r"So $\boxed{2}$."}],
     {"prompt": "1+1?", "completion": "2", "thinking": "easy", "answer": "2", "solution": r"So $\boxed{2}$.",
      "source": "x"}),
    ("openthoughts", [{"problem": "Add.", "deepseek_reasoning": "easy", "deepseek_solution": "print(2)",
                       "ground_truth_solution": None, "domain": "code"}],
     {"prompt": "Add.", "completion": "print(2)", "thinking": "easy", "domain": "code"}),
    ("r1_distill", [{"id": "r", "reannotated_assistant_content": "<think>easy</think>2", "problem": "1+1?",
                     "solution": "2", "verified": True}],
     {"id": "r", "prompt": "1+1?", "completion": "2", "thinking": "easy", "answer": "2", "verified": True}),
    ("r1_distill_turns", [{"problem": "1+1?", "reannotated_messages": [
        ASK, {"role": "assistant", "content": "<think>easy</think>2"}], "solution": "Add one\nand one."}],
     {"messages": [ASKED], "completion": "2", "thinking": "easy", "solution": "Add one\nand one."}),
    ("matched_solution", [{"domain": "physics", "problem": "g?", "matched_solution": "9.8 m/s^2"}],
     {"prompt": "g?", "answer": "9.8 m/s^2", "domain": "physics"}),
    ("matched_solution", [{"problem": "1+1?", "matched_solution": r"Add: $\boxed{2}$."}],
     {"prompt": "1+1?", "answer": "2", "solution": r"Add: $\boxed{2}$.", "verifier": "math"}),
    ("revised", [{"init_prompt": "1+1?", "init_response": "3", "critic_prompt": "Right?", "critic_response": "No.",
                  "revision_prompt": "Again.", "revision_response": "2"}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3", "critic_prompt": "Right?", "critic_response": "No.",
      "revision_prompt": "Again."}),
    ("countdown", [{"target": 98, "nums": [44, 19, 35]}],
     {"prompt": "Use the numbers 44, 19, 35, each exactly once, with + - * / to make 98.", "numbers": [44, 19, 35],
      "target": 98, "verifier": "countdown"}),
    ("messages", [{"prompt": [ASK], "answer": 2}], {"messages": [ASKED], "answer": "2"}),
    ("messages", [{"contents": [{"role": "user", "parts": [{"text": "1+1?"}]},
                                {"role": "model", "parts": [{"text": "2"}]}]}], {"messages": [ASKED, SAID]}),
    ("messages", [{"messages": '[{"role": "user", "content": "1+1?"}, {"from": "gpt", "value": "2"}]'}],
     {"messages": [ASKED, SAID]}),
    ("messages", [{"system_instruction": {"parts": [{"text": "Add."}]}, "contents": [
        {"role": "user", "parts": [{"text": "1+1?"}]}]}], {"messages": [{"role": "system", "content": "Add."}, ASKED]}),
    ("messages", [{"dialogue": [{"speaker": "User", "text": "1+1?"}, {"speaker": "AI", "text": "2"}]}],
     {"messages": [ASKED, SAID]}),
    ("prompt_completion_turns", [{"prompt": [ASK], "completion": [SAY], "label": True}],
     {"messages": [ASKED], "completion": "2", "label": True}),
    ("prompt_completion", [{"problem": "1+1?", "generated_solution": "It is 2.", "expected_answer": "2"}],
     {"prompt": "1+1?", "completion": "It is 2.", "answer": "2"}),
    ("preferred_output", [{"input": {"messages": [ASK], "tools": []}, "preferred_output": [SAY],
                           "non_preferred_output": [BAD]}], PAIR),
    ("ultrafeedback", [{"prompt": "\n\nHuman: 1+1?\n\nAssistant: ", "answers": [
        {"answer": "3", "rank": 7}, {"answer": "2", "rank": 1}]}], {"prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("ultrafeedback", [{"prompt": "\n\nHuman: 2?\n\nAssistant: 2.\n\nHuman: 1+1?\n\nAssistant:", "answers": [
        {"answer": "3", "rank": 7}, {"answer": "2", "rank": 1}]}],
     {**PAIR, "messages": [{"role": "user", "content": "2?"}, {"role": "assistant", "content": "2."}, ASKED]}),
    ("solved", [{"problem": "Print 2.", "solution": "```python\nprint(2)\n```", "lang": "python"}],
     {"prompt": "Print 2.", "completion": "```python\nprint(2)\n```", "lang": "python"}),
    ("question_answer", [{"context": "Rome is in Italy.", "question": "Where is Rome?", "answer": "Italy"}],
     {"prompt": "Rome is in Italy.\n\nWhere is Rome?", "answer": "Italy"}),
    ("exchanges", [{"conversation": [{"input": "1+1?", "output": "2"}]}], {"messages": [ASKED, SAID]}),
    ("exchanges", [{"conversation": [{"human": "1+1?", "assistant": None}]}], {"messages": [ASKED]}),
    ("pairwise_signed", [{"prompt": "1+1?", "response_1": "2", "response_2": "3", "preference_strength": -1}],
     {"prompt": "1+1?", "chosen": "2", "rejected": "3"}),
    ("pairwise_signed", [{"context": [ASK], "response1": "3", "response2": "2", "overall_preference": 3}], PAIR),
    ("arena", [{"conversation_a": [ASK, BAD], "conversation_b": [ASK, SAY], "winner": "model_b", "turn": 1}],
     {**PAIR, "turn": 1}),
    ("judged", [{"prompt": [ASK], "reward_model": {"ground_truth": "2", "style": "rule"}, "ability": "math"}],
     {"messages": [ASKED], "answer": "2", "ability": "math"}),
    ("judged", [{"prompt": [ASK], "reward_model": {"ground_truth": '["2"]'}}], {"messages": [ASKED], "answer": "2"}),
    ("judged", [{"prompt": [ASK], "reward_model": {"ground_truth": {"target": 2, "numbers": [1, 1]}}}],
     {"messages": [ASKED], "target": 2, "numbers": [1, 1]}),
    ("calls", [{"query": "1+1?", "answers": '[{"name": "add", "arguments": {"a": 1}}]', "tools": '[{"name": "add"}]'}],
     {"messages": [ASKED, {"role": "assistant", "content": "", "tool_calls": [
         {"type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}]}], "tools": '[{"name": "add"}]'}),
    ("call_transcript", [{"system": "SYSTEM: Add.", "chat": "USER: 1+1?\n\n\nASSISTANT: <functioncall> "
        "{\"name\": \"add\", \"arguments\": '{\"a\": 1}'} <|endoftext|>\n\n\nFUNCTION RESPONSE: 2\n\n\n"
        "ASSISTANT: 2 <|endoftext|>"}],
     {"messages": [{"role": "system", "content": "Add."}, ASKED, {"role": "assistant", "content": "", "tool_calls": [
         {"type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}]},
         {"role": "tool", "content": "2"}, SAID]}),
    ("input_output", [{"inputs": "1+1?", "targets": "2", "task": "sum"}],
     {"prompt": "1+1?", "completion": "2", "task": "sum"}),
    ("instructions", [{"instruction": "Add.", "input": "1 1"}], {"prompt": "Add.\n\n1 1"}),
    ("recorded", [{"question": "1+1?", "thinking": ["easy"], "completion": "2"}],
     {"prompt": "1+1?", "completion": "2", "thinking": "easy"}),
    ("alpaca", [{"instruction": "1+1?", "response": "2", "conversations": [USER, GPT]}],
     {"prompt": "1+1?", "completion": "2", "conversations": [USER, GPT]}),
    ("prompt_pair", [{"system": "Add.", "input": "1+1?", "chosen": "2", "rejected": "3"}],
     {**PAIR, "messages": [{"role": "system", "content": "Add."}, ASKED]}),
    ("prompts", [{"key": 1, "prompt": "Write.", "kwargs": [{"n": 1}]}],
     {"prompt": "Write.", "key": 1, "kwargs": [{"n": 1}]}),
]  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items() if inner is not None}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("name", "rows", "expected"), CASES, ids=[f"{case[0]}-{n}" for n, case in enumerate(CASES)])
def test_a_dialect_is_told_from_its_columns(name: str, rows: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    made = normalise(to_frame(rows))
    assert made.dialect == name
    assert made.failed.height == 0
    assert [_plain(row) for row in made.frame.to_dicts()] == [expected]


@pytest.mark.parametrize(("name", "rows", "expected"), CASES, ids=[f"{case[0]}-{n}" for n, case in enumerate(CASES)])
def test_our_own_words_are_a_dialect_of_their_own_accord(
    name: str, rows: list[dict[str, Any]], expected: dict[str, Any]
) -> None:
    """What came out goes in again unchanged: a finished data set can be the source of the next."""
    if name == "prompt_pair" and "original_messages" in expected:
        pytest.skip("keeps a second conversation beside")
    once = normalise(to_frame(rows)).frame
    again = normalise(once).frame
    assert again.select(sorted(again.columns)).equals(once.select(sorted(once.columns)))


def test_every_dialect_has_a_case() -> None:
    told = {name for name, _, _ in CASES} | {"oasst_tree", "oasst_messages", "chatgpt", "claude", "open_webui"}
    assert told == {name for name, dialect in DIALECTS.items() if not dialect.asked}


THINKS = "<think>\neasy\n</think>\n\n2"
SYSTEM = {"role": "system", "content": "Be kind."}
HEADS = [f"<|start_header_id|>{role}<|end_header_id|>" for role in ("system", "user", "assistant")]


@pytest.mark.parametrize(
    "text",
    [
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n2<|im_end|>",
        f"<|begin_of_text|>{HEADS[0]}\n\nBe kind.<|eot_id|>{HEADS[1]}\n\n1+1?<|eot_id|>{HEADS[2]}\n\n2<|eot_id|>",
        "<|system|>\nBe kind.</s>\n<|user|>\n1+1?</s>\n<|assistant|>\n2</s>",
        "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\n1+1? [/INST] 2 </s>",
        "Be kind.\n\n### Instruction:\n1+1?\n\n### Response:\n2",
        "Be kind. USER: 1+1? ASSISTANT: 2</s>",
        "<｜begin▁of▁sentence｜>Be kind.<｜User｜>1+1?<｜Assistant｜>2<｜end▁of▁sentence｜>",
    ],
)
def test_a_text_that_a_template_wrote_is_its_conversation(text: str) -> None:
    made = normalise(to_frame([{"text": text}]))
    assert (made.dialect, [_plain(row) for row in made.frame.to_dicts()]) == (
        "templated",
        [{"messages": [SYSTEM, ASK, SAY]}],
    )


def test_an_input_belongs_to_its_instruction_and_thinking_stands_apart() -> None:
    text = f"### Instruction:\nAdd.\n\n### Input:\n1 1\n\n### Response:\n{THINKS}"
    (row,) = normalise(to_frame([{"text": text}])).frame.to_dicts()
    assert row == {"messages": [{"role": "user", "content": "Add.\n\n1 1"}], "completion": "2", "thinking": "easy"}


def test_the_analysis_of_gpt_oss_is_thinking() -> None:
    said = (
        "user<|message|>1+1?",
        "assistant<|channel|>analysis<|message|>easy",
        "assistant<|channel|>final<|message|>2",
    )
    made = normalise(to_frame([{"text": "<|end|>".join(f"<|start|>{one}" for one in said) + "<|return|>"}]))
    assert made.frame.to_dicts() == [{"messages": [ASK], "completion": "2", "thinking": "easy"}]


def test_marks_within_what_is_said_stay() -> None:
    (row,) = normalise(
        to_frame([{"text": "### Human: Strike it.### Assistant: I say <s>it</s>.</s>"}])
    ).frame.to_dicts()
    assert row["messages"][1]["content"] == "I say <s>it</s>."


def test_prose_is_no_template() -> None:
    with pytest.raises(DataError, match="the dialect cannot be told"):
        normalise(to_frame([{"text": "He said: ### is a mark, and [INST] another."}]))


def test_a_column_that_may_answer_prompts_alone_is_named() -> None:
    made = normalise(to_frame([{"prompt": "1+1?", "canonical_solution": "2", "answer_type": None, "level": "easy"}]))
    note = "prompts alone, beside 'canonical_solution'; columns: {completion: canonical_solution} makes an answer of it"
    assert (made.dialect, made.notes) == ("prompts", (note,))


def test_a_tree_gives_one_conversation_for_each_last_answer() -> None:
    made = normalise(to_frame([{"id": "t", "message_tree_id": "t1", "prompt": TREE}]))
    assert made.dialect == "oasst_tree"
    turns = [[turn["content"] for turn in row] for row in made.frame["messages"].to_list()]
    assert turns == [["1+1?", "2", "Sure?", "Yes."], ["1+1?", "3"]]
    assert made.frame["id"].to_list() == ["t.1", "t.2"]
    assert made.frame["message_tree_id"].to_list() == ["t1", "t1"]


def test_a_tree_gives_pairs_when_asked_for_them() -> None:
    made = normalise(to_frame([{"prompt": TREE}]), "oasst_tree_pairs")
    assert [_plain(row) for row in made.frame.to_dicts()] == [
        {"messages": [ASKED], "chosen": "2", "rejected": "3", "rank_rejected": 1}
    ]


def test_trees_grow_from_rows_and_orphans_fail() -> None:
    made = normalise(pl.DataFrame(FLAT))
    assert sorted(row[-1]["content"] for row in made.frame["messages"].to_list()) == ["2", "3"]
    assert dict(zip(made.failed["message_id"], made.failed["reason"], strict=True)) == {
        "d": "the message it replies to is not in the data",
        "a": "a second message of the same id",
        **dict.fromkeys("efg", "it replies to itself, over others"),
    }
    pairs = normalise(pl.DataFrame(FLAT), "oasst_messages_pairs").frame.to_dicts()
    assert [(pair["chosen"], pair["rejected"]) for pair in pairs] == [("2", "3")]


def test_tool_calls_become_messages_a_template_can_render() -> None:
    turns = [
        {"from": "human", "value": "Weather?"},
        {"from": "function_call", "value": '{"name": "weather", "arguments": {"city": "Rome"}}'},
        {"from": "observation", "value": '{"sun": true}'},
        {"from": "gpt", "value": "Sunny."},
    ]
    made = normalise(to_frame([{"conversations": turns, "tools": '[{"name": "weather"}]'}]))
    messages = _plain(made.frame["messages"].to_list()[0])
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "assistant"]
    call = {"type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
    assert messages[1]["tool_calls"] == [call]
    assert made.frame["tools"][0] == '[{"name": "weather"}]'


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"messages": [ASK, ASK, SAY]}, "two turns of the user in a row"),
        ({"messages": [ASK, {"role": "assistant", "content": " "}]}, "a turn of the assistant is empty"),
        ({"messages": [ASK, {"role": "oracle", "content": "2"}]}, "unknown role 'oracle'"),
        ({"messages": []}, "a conversation without turns"),
        ({"messages": None}, "a conversation without turns"),
        (
            {"messages": [{"role": "user", "content": '[{"type":"text","text":"?"},{"type":"image_url"}]'}, SAY]},
            "a part of type 'image_url' is not text",
        ),
        ({"conversations": [USER, {"from": "function_call", "value": "no json"}]}, "a tool call is not JSON"),
        ({"instruction": "", "output": "2"}, "the instruction is empty"),
        ({"instruction": "1+1?", "output": None}, "the completion is empty"),
        ({"prompt": "1+1?", "chosen": "2", "rejected": "2 "}, "chosen and rejected are the same"),
        ({"prompt": None, "chosen": "2", "rejected": "3"}, "the prompt is empty"),
        ({"prompt": "1+1?", "chosen": "2", "rejected": ""}, "the rejected answer is empty"),
        ({"question": "1+1?", "choices": ["1", "2"], "answer": "3"}, "the answer is none of the options"),
        (
            {"input": "1+1?", "output_1": "2", "output_2": "3", "label": 0},
            "a tie, or a label that names neither answer",
        ),
    ],
)
def test_a_row_that_cannot_be_converted_fails_with_its_reason(row: dict[str, Any], reason: str) -> None:
    good = next(rows[0] for _, rows, _ in CASES if set(rows[0]) == set(row))
    made = normalise(to_frame([good, row]))
    assert made.frame.height == 1
    assert made.failed["reason"].to_list() == [reason]
    assert set(row) <= set(made.failed.columns)


WHOLE: dict[str, dict[str, Any]] = {
    "preferred_output": {"input": {"messages": [ASK]}, "preferred_output": [SAY], "non_preferred_output": [BAD]},
    "ultrafeedback": {
        "prompt": "1+1?", "completions": '[{"response": "2", "score": 1}, {"response": "3", "score": 0}]',
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("dialect", "row"),
    [
        ("preferred_output", {"input": None}),
        ("oasst_tree", {"prompt": {"text": "1+1?", "role": "prompter", "replies": 1}}),
        ("open_webui", {"chat": {"messages": [None]}}),
        ("ultrafeedback", {"completions": "[3]"}),
        ("prm800k", {"question": {"problem": "1+1?"}, "label": {"finish_reason": "solution", "steps": "none"}}),
        ("stepwise", {"prompt": "1+1?", "completions": ["2"], "labels": 1}),
        ("logged", {"request": {"messages": 3, "prompt": {"text": "1+1?"}}}),
    ],
)
def test_a_value_of_another_kind_than_its_dialect_knows_fails_its_row(dialect: str, row: dict[str, Any]) -> None:
    good = WHOLE.get(dialect)
    made = normalise(to_frame([good, {**good, **row}] if good else [row]), dialect)
    assert (made.frame.height, made.failed.height) == (1 if good else 0, 1)


def test_what_cannot_be_told_is_an_error_with_the_nearest_and_the_remedy() -> None:
    with pytest.raises(DataError) as caught:
        normalise(pl.DataFrame({"prompt": ["a"], "complettion": ["b"], "chosen": ["c"]}))
    assert "(prompt, complettion, chosen)" in str(caught.value)
    assert "prompt_completion: lacks completion" in str(caught.value)
    assert "columns: {completion: complettion}" in str(caught.value)
    with pytest.raises(DataError, match="do not fit the dialect 'alpaca'"):
        normalise(pl.DataFrame({"prompt": ["a"]}), "alpaca")
    with pytest.raises(DataError, match="unknown dialect 'alpacca'; did you mean 'alpaca'"):
        normalise(pl.DataFrame({"prompt": ["a"]}), "alpacca")
    with pytest.raises(DataError, match="there are none"):
        normalise(pl.DataFrame())


def test_two_that_fit_alike_are_a_question_for_the_user() -> None:
    both = to_frame([{"instruction": "a", "output": "b", "messages": [ASK, SAY]}])
    with pytest.raises(DataError, match="fit several dialects") as caught:
        normalise(both)
    assert "alpaca" in str(caught.value)
    assert "messages" in str(caught.value)
    assert normalise(both, "alpaca").frame["completion"].to_list() == ["b"]


def test_rows_of_several_dialects_are_to_be_told_apart_by_the_user() -> None:
    with pytest.raises(DataError, match="the rows are of several dialects") as caught:
        normalise(to_frame([{"instruction": "a", "output": "b"}, {"messages": [ASK, SAY]}, {"messages": [ASK, SAY]}]))
    assert re.search(r"alpaca: .*\(1 rows\)", str(caught.value))
    assert re.search(r"messages: .*\(2 rows\)", str(caught.value))


def test_a_column_of_texts_alone_can_be_named_as_the_prompt() -> None:
    texts = pl.DataFrame({"lang": ["de"], "text": ["Ein Satz, der lang genug ist."]})
    with pytest.raises(DataError, match=r"prompts without answers: columns: \{prompt: text\}"):
        normalise(texts)
    assert normalise(texts.rename({"text": "prompt"})).dialect == "prompts"


def test_answers_that_are_all_numbers_are_text() -> None:
    made = normalise(pl.DataFrame({"instruction": ["1+1?", "1/2?"], "output": [2.0, 0.5], "rank": [1, 2]}))
    assert made.dialect == "alpaca"
    assert made.frame.to_dicts()[1] == {"prompt": "1/2?", "completion": "0.5", "rank": 2}


def test_one_system_message_makes_conversations_of_all_rows() -> None:
    rows = [
        {"instruction": "a", "output": "b", "system": None},
        {"instruction": "c", "output": "d", "system": "Be kind."},
    ]
    made = normalise(to_frame(rows)).frame
    assert "prompt" not in made.columns
    assert [[turn["role"] for turn in row] for row in made["messages"].to_list()] == [["user"], ["system", "user"]]
    assert made["completion"].to_list() == ["b", "d"]


def test_a_prompt_beside_a_conversation_stays() -> None:
    frames = [to_frame([{"prompt": "1+1?", "messages": [ASKED, SAID]}]), to_frame([{"prompt": "2+2?"}])]
    assert even(frames) == frames


@given(st.lists(st.lists(st.sampled_from([*"pmctx"]), max_size=3), max_size=4))
def test_tables_brought_to_one_form_keep_every_row_and_say_each_part_in_one_place(tables: list[list[str]]) -> None:
    call = {"function": {"name": "f", "arguments": "{}"}}
    rows: dict[str, dict[str, Any]] = {
        "p": {"prompt": "1+1?"},
        "m": {"messages": [ASKED, SAID]},
        "c": {"messages": [ASKED], "completion": "2"},
        "t": {"messages": [ASKED, SAID | {"tool_calls": [call]}]},
        "x": {"prompt": "1+1?", "completion": "2"},
    }
    frames = [to_frame([rows[kind] for kind in table]) for table in tables if table]
    made = even(frames)
    assert [frame.height for frame in made] == [frame.height for frame in frames]
    got = [row for frame in made for row in frame.to_dicts()]
    kinds = [kind for table in tables for kind in table]
    chats, apart = set(kinds) & set("mct"), set(kinds) & set("cx")
    for kind, row in zip(kinds, got, strict=True):
        assert bool(row.get("prompt")) != bool(row.get("messages"))
        assert bool(row.get("messages")) == bool(chats)
        said = [turn["content"] for turn in row.get("messages") or []] + [row.get("prompt"), row.get("completion")]
        assert [text for text in said if text] == (["1+1?"] if kind == "p" else ["1+1?", "2"])
        assert (row.get("completion") == "2") == (kind in "cx" or (kind == "m" and bool(apart)))


def test_two_columns_for_one_part_are_a_question_for_the_user() -> None:
    with pytest.raises(
        DataError, match=r"columns 'output' and 'response' could both|'response' and 'output' could both"
    ):
        normalise(pl.DataFrame({"prompt": ["a"], "output": ["b"], "response": ["c"]}))


def test_columns_in_the_way_are_kept_aside() -> None:
    made = normalise(
        pl.DataFrame({"instruction": ["a"], "output": ["b"], "prompt": ["mine"], "prompt_id": [1]}), "alpaca"
    )
    assert made.frame.to_dicts() == [{"prompt": "a", "completion": "b", "original_prompt": "mine", "prompt_id": 1}]


def test_one_thinking_conversation_makes_all_end_before_their_answer() -> None:
    rows = [{"messages": [ASK, {"role": "assistant", "content": "<think>easy</think>2"}]}, {"messages": [ASK, SAY]}]
    made = normalise(to_frame(rows)).frame
    assert made["completion"].to_list() == ["2", "2"]
    assert made["thinking"].to_list() == ["easy", None]
    assert [len(turns) for turns in made["messages"].to_list()] == [1, 1]


def test_a_failed_row_is_whole_and_no_row_is_in_two_places() -> None:
    frame = pl.DataFrame(
        {"id": ["a", "b", "c"], "instruction": ["x", "", "z"], "output": ["1", "2", "3"], "n": [1, 2, 3]}
    )
    made = normalise(frame)
    assert made.frame["id"].to_list() == ["a", "c"]
    assert made.failed.drop("reason").equals(frame[1:2])


texts = st.none() | st.sampled_from(
    ["", " ", "x", "#### 1", "\n\nHuman: a\n\nAssistant: b", "<think>", "A: b\nC: d", "1", "user", "gpt", "[{}]", "2"]
)
scalars = texts | st.integers(-3, 3) | st.floats() | st.booleans()
fields = st.sampled_from(
    [
        "role",
        "content",
        "from",
        "value",
        "text",
        "label",
        "replies",
        "response",
        "score",
        "annotations",
        "type",
        "A",
        "B",
    ]
)
objects = st.dictionaries(fields, scalars | st.lists(scalars, max_size=2), max_size=5)
turns = st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "gpt", "system", "call"]), "content": texts}))
of_kind = {
    "text": texts, "turns": st.none() | turns, "texts": st.none() | st.lists(texts, max_size=2),
    "objects": st.none() | st.lists(objects, max_size=2), "object": st.none() | objects,
    "flag": st.none() | st.booleans(), "number": st.none() | st.integers(0, 2),
    "numbers": st.none() | st.lists(st.integers(0, 9) | st.none(), max_size=3),
    "choices": st.lists(scalars, max_size=3) | objects, "pairs": st.lists(st.lists(texts, max_size=3), max_size=2),
    "gold": scalars, "any": scalars | objects | st.lists(scalars, max_size=3) | turns,
}  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_table_is_normalised_or_refused_and_no_row_vanishes(data: st.DataObject) -> None:
    """Also when it is read as a dialect that it is none of."""
    name = data.draw(st.sampled_from([*DIALECTS]))
    parts = [*DIALECTS[name].needs.values(), *data.draw(st.permutations([*DIALECTS[name].may.values()]))[:2]]
    columns = {data.draw(st.sampled_from(part.names)): of_kind[part.kind] for part in parts}
    frame = to_frame(data.draw(st.lists(st.fixed_dictionaries(columns), max_size=4)))
    for dialect in (name, None):
        try:
            made = normalise(frame, dialect)
        except DataError:
            continue
        assert made.frame.height + made.failed.height >= (frame.height if "messages" not in made.dialect else 0)
        assert None not in made.failed["reason"].to_list()


REAL = {
    "sft_gpteacher/codegen": ("alpaca", 4535, 0), "sft_gpteacher/roleplay": ("alpaca", 1923, 0),
    "sft_alpaca1k_quality/alpaca_1k": ("alpaca", 999, 1), "sft_dolly/dolly_3k_rated": ("alpaca", 2996, 0),
    "sft_rasbt/instruction_1100": ("alpaca", 1100, 0), "sft_selfinstruct/seed_tasks": ("self_instruct", 175, 0),
    "sft_selfinstruct/user_oriented_252_davinci": ("alpaca", 252, 0),
    "sft_llamafactory/alpaca_en_999": ("alpaca", 999, 0), "sft_llamafactory/alpaca_zh_1000": ("alpaca", 1000, 0),
    "sft_llamafactory/glaive_toolcall_300": ("messages", 300, 0),
    "sft_llamafactory/reason_tool_use_50": ("messages", 50, 0),
    "pref_rasbt/preference_1100": ("alpaca_pair", 1094, 6), "pref_llmbar/llmbar": ("pairwise_12", 419, 0),
    "pref_llamafactory/dpo_en_300": ("conversation_pair", 300, 0),
    "pref_llamafactory/dpo_zh_300": ("conversation_pair", 300, 0),
    "pref_llamafactory/kto_en_300": ("kto_messages", 300, 0),
    "pref_hh_harmless/harmless_base_test": ("hh", 2299, 13), "pref_vicuna/answers": ("model_answer", 399, 1),
    "conv_oasst/oasst_tree_100": ("oasst_tree", 546, 0), "med_mtsdialog/dialogues": ("dialogue", None, None),
    "sampling_oasst/deepseek_v3_0324": ("graded", 789, 0), "sampling_oasst/oasst_sft0_3000": ("graded", 750, 0),
    "cot_misguided/qwq_32b": ("recorded", 159, 0), "cot_misguided/deepseek_r1_jan2025": ("recorded", 39, 0),
    "cot_planning/r1_blocksworld3": ("recorded", 100, 0), "cot_math500_r1/traces_70": ("recorded", 70, 0),
    "math_gsm8k/train": ("gsm8k", 7473, 0), "math_gsm8k/test": ("gsm8k", 1319, 0),
    "math_gsm8k/model_solutions_labelled": ("graded", 5276, 0),
    "math_hendrycks/math500": ("math", 500, 0), "math_hendrycks/math_test_5000": ("math", 5000, 0),
    "math_hendrycks/math_train_7474": ("question_answer", 7470, 4),
    "math_benchmarks/aime24": ("math", 30, 0), "math_benchmarks/aqua": ("choice", 254, 0),
    "math_benchmarks/mmlu_stem": ("choice", 3018, 0), "math_benchmarks/svamp": ("question_answer", 1000, 0),
    "math_benchmarks/cmath": ("question_answer", 600, 0), "math_benchmarks/minerva_math": ("math", 272, 0),
    "math_benchmarks/olympiadbench": ("question_answer", 675, 0), "math_benchmarks/amc23": ("question_answer", 40, 0),
    "math_rollouts_qwen25_3b/gsm8k": ("gsm8k", 1319, 0),
    "code_codet_samples/humaneval_codegen16b_n20": ("samples", 3280, 0),
    "if_ifeval/input_data_541": ("prompts", 541, 0), "if_ifeval/responses_gpt4_20231107": ("prompt_completion", 541, 0),
    "game_countdown/rgym_countdown_scored": ("graded", 600, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_data_is_read_in_its_own_dialect(shared_data: Path, name: str) -> None:
    dialect, height, failed = REAL[name]
    made = normalise(read(shared_data / f"{name}.jsonl.gz").frame)
    assert made.dialect == dialect
    if height is not None:
        assert (made.frame.height, made.failed.height) == (height, failed), Counter(made.failed["reason"].to_list())
    assert made.failed.height <= made.frame.height // 20
    for row in made.frame.select(name for name in made.frame.columns if name in WORDS).iter_rows(named=True):
        assert ("prompt" in row) != ("messages" in row)
        assert problem(row.get("messages") or [{"role": "user", "content": row.get("prompt")}]) is None
        assert "chosen" not in row or row["chosen"].strip() != row["rejected"].strip() != ""
        whole = dialect not in ("graded", "samples") and row.get("finish_reason") != "length"
        assert not whole or row.get("completion") is None or row["completion"].strip()
        assert "answer" not in row or row["answer"].strip()


def test_traces_that_never_answered_are_marked(shared_data: Path) -> None:
    made = normalise(read(shared_data / "cot_misguided" / "qwq_32b.jsonl.gz").frame).frame
    cut = made.filter(pl.col("finish_reason") == "length")
    assert cut.height == 17
    assert set(cut["completion"]) == {""}
    assert "17 rows were cut off" in normalise(read(shared_data / "cot_misguided" / "qwq_32b.jsonl.gz").frame).notes[0]


@pytest.mark.parametrize(
    "name", ["poetry_sonnets/shakespeare_sonnets", "lang_lingua/sentences_16", "pref_vicuna/gpt4_reviews"]
)
def test_real_data_of_no_dialect_is_refused_clearly(shared_data: Path, name: str) -> None:
    with pytest.raises(DataError, match="the dialect cannot be told from the columns"):
        detect(read(shared_data / f"{name}.jsonl.gz").frame)
