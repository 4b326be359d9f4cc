"""How the house models are trained, and what the shipped `house` can do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.engines.local_model import find_model
from curate.sources import procedural

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from trainers.house import solver, solver_card, training  # noqa: E402  only where the extra [train] is

FOLDER = find_model("house")
FEW = {"equations": 40, "countdown": 40}


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return transformers.AutoTokenizer.from_pretrained(FOLDER)


@settings(deadline=None)
@given(text=st.text())
def test_any_text_comes_back_from_its_tokens(tokenizer: Any, text: str) -> None:
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokenizer.decode(tokens, clean_up_tokenization_spaces=False) == text


def test_a_digit_is_always_a_token_of_its_own(tokenizer: Any) -> None:
    digits = [token for token in tokenizer.get_vocab() if any(sign.isdigit() and sign.isascii() for sign in token)]
    assert sorted(digits) == list("0123456789")


def test_the_template_marks_exactly_what_the_assistant_says(tokenizer: Any) -> None:
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "1 + 1?"},
        {"role": "assistant", "content": "<think>\n1 + 1 = 2\n</think>\n2"},
        {"role": "user", "content": "2 + 2?"},
        {"role": "assistant", "content": "4"},
    ]
    encoded = tokenizer.apply_chat_template(chat, return_assistant_tokens_mask=True, return_dict=True)
    said = [token for token, own in zip(encoded["input_ids"], encoded["assistant_masks"], strict=True) if own]
    assert tokenizer.decode(said) == "<think>\n1 + 1 = 2\n</think>\n2<|im_end|>4<|im_end|>"
    asked = tokenizer.apply_chat_template(chat[:2], tokenize=False, add_generation_prompt=True)
    assert tokenizer.apply_chat_template(chat, tokenize=False).startswith(asked)
    assert asked.endswith("<|im_start|>assistant\n")


def test_a_conversation_is_encoded_up_to_the_end_token_and_split_at_the_answer(tokenizer: Any) -> None:
    chats = solver.conversations(0, FEW, drills=10)
    for chat, (tokens, learned) in zip(chats, training.encode(tokenizer, chats), strict=True):
        text = tokenizer.apply_chat_template([turn._asdict() for turn in chat], tokenize=False)
        assert tokenizer.decode(tokens) == text.rstrip("\n")
        assert [tokenizer.decode(tokens[start:stop]) for start, stop in learned] == [chat[-1].content + "<|im_end|>"]


def test_of_several_turns_those_are_learned_that_say_so(tokenizer: Any) -> None:
    chat = [
        training.Turn("system", "4", learned=False),
        training.Turn("user", "1 + 1 = 2?", learned=True),
        training.Turn("assistant", "4", learned=False),
        training.Turn("user", "1 + 1 = 2?", learned=False),
        training.Turn("assistant", "4", learned=True),
        training.Turn("user", "4", learned=False),
    ]
    ((tokens, learned),) = training.encode(tokenizer, [chat])
    said = "".join(f"<|im_start|>{turn.role}\n{turn.content}<|im_end|>\n" for turn in chat[:-1]).rstrip("\n")
    assert tokenizer.decode(tokens) == said
    assert [tokenizer.decode(tokens[start:stop]) for start, stop in learned] == ["1 + 1 = 2?<|im_end|>", "4<|im_end|>"]
    assert learned[1][1] == len(tokens)


def test_training_never_sees_a_problem_of_the_test_side() -> None:
    for kind in FEW:
        for chat in solver.conversations(0, {kind: 60}, drills=0):
            problem = chat[-2].content
            for instruction in solver.INSTRUCTIONS:
                problem = problem.removesuffix(instruction)
            assert procedural.split_of(kind, problem) == "train"


def test_the_loss_is_that_of_the_answers_alone(tokenizer: Any) -> None:
    model = training.make_model(tokenizer, seed=0)
    rows = training.encode(tokenizer, solver.conversations(0, FEW, drills=10))[:3]
    expected, tokens = 0.0, 0
    for ids, ((prompt, _),) in rows:
        labels = torch.tensor([[-100] * prompt + ids[prompt:]])
        answer = len(ids) - prompt
        expected += model(input_ids=torch.tensor([ids]), labels=labels).loss.item() * answer
        tokens += answer
    assert training.loss_of(model, rows).item() == pytest.approx(expected / tokens, rel=1e-4)


def test_the_same_seed_trains_the_same_weights_and_the_loss_falls(tokenizer: Any, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rows = training.encode(tokenizer, solver.conversations(0, FEW, drills=10)) * 16
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        model = training.make_model(tokenizer, seed=1)
        before = training.loss_of(model, rows[:8]).item()
        log = training.train(model, rows, steps=6, batch_size=32, seed=1)
        assert training.loss_of(model, rows[:8]).item() < before - 0.1
        assert log[-1]["step"] == 6
        training.save(model, tokenizer, folder)
    torch.set_num_threads(threads)
    weights = [(folder / "model.safetensors").read_bytes() for folder in folders]
    assert weights[0] == weights[1]
    assert (
        json.loads((folders[0] / "tokenizer_config.json").read_text())["tokenizer_class"] == "PreTrainedTokenizerFast"
    )
    assert (folders[0] / "chat_template.jinja").read_text() == (FOLDER / "chat_template.jinja").read_text()


def test_every_batch_is_full_and_a_round_has_no_row_twice() -> None:
    rows = [training.Encoded([row] * (1 + row % 7), [(0, 1)]) for row in range(solver.BATCH * training.WINDOW)]
    stream = training.batches(rows, solver.BATCH, seed=0)
    seen = [row for _ in range(training.WINDOW) for row in next(stream)]
    assert sorted(ids[0] for ids, _ in seen) == list(range(len(rows)))


def test_the_shipped_model_is_small_and_its_card_tells_its_measurement() -> None:
    assert (FOLDER / "model.safetensors").stat().st_size < 5_000_000
    metrics = json.loads((FOLDER / "metrics.json").read_text())
    card = (FOLDER / "README.md").read_text()
    assert metrics["training"]["command"] in card
    for kind, figures in metrics["held_out"]["kinds"].items():
        assert f"| {kind} | {100 * figures['pass@1']:.0f} |" in card
    assert set(metrics["held_out"]["kinds"]) == {*procedural.KINDS, "all"}


@pytest.mark.slow
def test_the_shipped_model_does_what_its_card_says() -> None:
    stated = json.loads((FOLDER / "metrics.json").read_text())["held_out"]["kinds"]["all"]
    measured = solver_card.measure(FOLDER, rows=30, samples=4)["kinds"]["all"]
    assert measured["pass@1"] == pytest.approx(stated["pass@1"], abs=0.08)
    assert measured["well_formed"] > 0.95
