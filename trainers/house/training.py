"""The training of the house models: a plain torch loop over conversations.

At this size one optimizer step takes a third of a second on one core, and what a full trainer does around each step
(collators, callbacks, gradient scaling, logging) would cost more than it gives.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from curate.engines.local_model import HOUSE, find_model

if TYPE_CHECKING:
    import torch

SHAPE: Final = {
    "hidden_size": 128,
    "intermediate_size": 384,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,  # vLLM's attention wants 64 or more
}
CONTEXT: Final = 1024
END: Final = "<|im_end|>"
PIECES: Final = r"[0-9]| ?[A-Za-z]+|[^A-Za-z0-9]+"  # what a token may not cross

WINDOW: Final = 32  # batches whose rows are sorted by length together
LEARNING_RATE: Final = 4e-3
WARMUP: Final = 100
WEIGHT_DECAY: Final = 0.1


class Turn(NamedTuple):
    """One message. learned: whether the model is to write it."""

    role: str
    content: str
    learned: bool


Chat = list[Turn]


class Encoded(NamedTuple):
    """Token ids of a conversation, and from where to where it is learned, shape (learned turns, 2)."""

    tokens: list[int]
    learned: list[tuple[int, int]]


def make_tokenizer(texts: Iterable[str], vocabulary: int) -> Any:
    """Byte-level BPE over words and runs of signs; a digit always stands alone. The template is the shipped one."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PIECES), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special, tags = ["<|endoftext|>", "<|im_start|>", END], ["<think>", "</think>"]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(tags),
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens(tags)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token="<|endoftext|>",  # noqa: S106
        chat_template=(find_model(HOUSE) / "chat_template.jinja").read_text(encoding="utf-8"),
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def encode(tokenizer: Any, chats: list[Chat]) -> list[Encoded]:
    """Token ids up to and with the end of the last turn that is learned.

    A turn that is learned is cut into tokens by itself, as the model writes it; what stands before it, as one text.
    """
    messages = [[{"role": turn.role, "content": turn.content} for turn in chat] for chat in chats]
    texts = tokenizer.apply_chat_template(messages, tokenize=False)
    parts = [_parts(text, chat) for text, chat in zip(texts, chats, strict=True)]
    ids = iter(tokenizer([part for row in parts for part in row], add_special_tokens=False)["input_ids"])
    return [_joined([next(ids) for _ in row]) for row in parts]


def _parts(text: str, chat: Chat) -> list[str]:
    """What is given and what is learned, in turn."""
    parts: list[str] = []
    at = given = 0
    for turn in chat:
        body = turn.content + END
        start = text.index(body, at)
        at = start + len(body)
        if turn.learned:
            parts += [text[given:start], body]
            given = at
    return parts


def _joined(parts: list[list[int]]) -> Encoded:
    tokens: list[int] = []
    learned: list[tuple[int, int]] = []
    for place, part in enumerate(parts):
        if place % 2:
            learned.append((len(tokens), len(tokens) + len(part)))
        tokens += part
    return Encoded(tokens, learned)


def make_model(tokenizer: Any, seed: int) -> Any:
    """A Qwen3 with random weights and tied embeddings."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = Qwen3Config(
        **SHAPE,
        vocab_size=len(tokenizer),
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config)


def batches(rows: list[Encoded], size: int, seed: int) -> Iterator[list[Encoded]]:
    """Batches of so many rows without end; rows of like length stand together, so that little is padding."""
    rng = Random(seed)  # noqa: S311  reproducible on purpose
    while True:
        order = rng.sample(range(len(rows)), len(rows))
        for start in range(0, len(order) - size * WINDOW + 1, size * WINDOW):
            window = sorted(order[start : start + size * WINDOW], key=lambda row: len(rows[row].tokens))
            groups = [window[at : at + size] for at in range(0, len(window), size)]
            rng.shuffle(groups)
            yield from ([rows[row] for row in group] for group in groups)


def loss_of(model: Any, batch: list[Encoded]) -> torch.Tensor:
    """Mean negative log-likelihood of the learned tokens; nothing else is asked of the head."""
    import torch
    from torch.nn.functional import cross_entropy

    longest = max(len(tokens) for tokens, _ in batch)
    inputs = torch.tensor([tokens + [0] * (longest - len(tokens)) for tokens, _ in batch])
    answers = torch.zeros(inputs.shape, dtype=torch.bool)
    for row, (_, learned) in enumerate(batch):
        for start, stop in learned:
            answers[row, start:stop] = True
    hidden = model.model(input_ids=inputs[:, :-1], use_cache=False).last_hidden_state  # causal, padding comes last
    return cross_entropy(model.lm_head(hidden[answers[:, 1:]]), inputs[:, 1:][answers[:, 1:]])


def train(model: Any, rows: list[Encoded], steps: int, batch_size: int, seed: int) -> list[dict[str, float]]:
    """Warm-up and cosine decay to nothing. Returns the mean loss of every 100 steps."""
    import torch

    optimizers = _optimizers(model)
    schedules = [
        torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: min((step + 1) / WARMUP, 0.5 * (1 + math.cos(math.pi * step / steps)))
        )
        for optimizer in optimizers
    ]
    log: list[dict[str, float]] = []
    recent: list[float] = []
    began = time.monotonic()
    for step, batch in zip(range(1, steps + 1), batches(rows, batch_size, seed), strict=False):
        loss = loss_of(model, batch)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            schedule.step()
        model.zero_grad()
        recent.append(loss.item())
        if step % 100 == 0 or step == steps:
            log.append({"step": step, "loss": round(sum(recent) / len(recent), 4)})
            recent = []
            say(f"step {step} of {steps}: loss {log[-1]['loss']:.4f}, {time.monotonic() - began:.0f} s")
    return log


def _optimizers(model: Any) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside, which halves the steps needed here; AdamW for the embeddings and the norms."""
    import torch

    from trainers.muon import Muon

    embeddings = model.get_input_embeddings().weight
    matrices = [weight for weight in model.parameters() if weight.ndim == 2 and weight is not embeddings]
    norms = [weight for weight in model.parameters() if weight.ndim == 1]
    others = [{"params": [embeddings], "weight_decay": WEIGHT_DECAY}, {"params": norms, "weight_decay": 0.0}]
    return [
        Muon(matrices, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY),
        torch.optim.AdamW(others, lr=LEARNING_RATE, betas=(0.9, 0.98)),
    ]


def save(model: Any, tokenizer: Any, out: Path) -> None:
    """Write the folder of the model: weights in bfloat16, tokenizer, template, settings."""
    import torch

    out.mkdir(parents=True, exist_ok=True)
    model.to(torch.bfloat16).save_pretrained(out)
    tokenizer.save_pretrained(out)
    settings = out / "tokenizer_config.json"
    config = json.loads(settings.read_text(encoding="utf-8"))
    config["tokenizer_class"] = "PreTrainedTokenizerFast"  # the name that transformers 4 and 5 both know
    config.pop("backend", None)
    settings.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def say(line: str) -> None:
    """A line for who waits."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
