"""Makes the house model: the small language model that ships inside `curate` and answers its embedded default.

    python -m trainers.house --out DIR

A Qwen3 of about a million parameters is trained from scratch on procedural problems with worked solutions, then
measured on held-out ones. This is the first version of the project's own trainer, a plain torch loop: at this size one
optimizer step takes a third of a second on one core, and what a full trainer does around each step (collators,
callbacks, gradient scaling, logging) would cost more than it gives.

The same command gives the same weights on one machine and set of libraries: one thread, fixed seed, no clock.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from curate.engines.local_model import HOUSE, find_model
from curate.sources import procedural

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
VOCABULARY: Final = 640
TOKENIZER_ROWS: Final = 20_000  # conversations that the tokens are chosen from
CONTEXT: Final = 1024
PIECES: Final = r"[0-9]| ?[A-Za-z]+|[^A-Za-z0-9]+"  # what a token may not cross

STEPS: Final = 2400
BATCH: Final = 32  # conversations a step
WINDOW: Final = 32  # batches whose rows are sorted by length together
LEARNING_RATE: Final = 4e-3
WARMUP: Final = 100
WEIGHT_DECAY: Final = 0.1

ROWS: Final = {
    "arithmetic": 18_000,
    "countdown": 18_000,
    "equations": 12_000,
    "fractions": 9_000,
    "ordering": 12_000,
    "percent": 6_000,
    "remainders": 8_000,
    "sequences": 12_000,
    "units": 9_000,
}
DRILLS: Final = 24_000
DRILL: Final = 12  # sums in one
SYSTEMS: Final = (
    "You are a helpful assistant.",
    "You solve problems step by step.",
    "Put the final answer in \\boxed{}.",
)
INSTRUCTIONS: Final = (
    "Please reason step by step, and put your final answer within \\boxed{}.",
    "Put your final answer within \\boxed{}.",
    "Think first, then give the answer in \\boxed{}.",
    "Let's think step by step.",
)

Chat = list[dict[str, str]]
Encoded = tuple[list[int], int]
"""Token ids of a conversation, and how many of them are the prompt."""


def conversations(seed: int, rows_of: Mapping[str, int] = ROWS, drills: int = DRILLS) -> list[Chat]:
    """The training set, mixed: so many problems of each kind, some with a system message or an instruction; drills."""
    rng = Random(seed)  # noqa: S311  reproducible on purpose
    rows: list[tuple[str, str]] = []
    for kind, count in rows_of.items():
        table = procedural.generate(kind, count, seed, split="train")
        rows += zip(table["prompt"], table["completion"], strict=True)
    chats = [_conversation(prompt, completion, rng) for prompt, completion in rows]
    chats += [drill(rng) for _ in range(drills)]
    rng.shuffle(chats)
    return chats


def drill(rng: Random) -> Chat:
    """A dozen sums to copy and complete: the arithmetic that all kinds share, with nothing around it."""
    sums = [_sum(rng) for _ in range(DRILL)]
    asked = "\n".join(left for left, _ in sums)
    done = "\n".join(f"{left} = {right}" for left, right in sums)
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": done}]


def _sum(rng: Random) -> tuple[str, int]:
    """One line of a drill: both sides of the equals sign."""
    a, b = rng.randint(1, rng.choice((20, 99, 200))), rng.randint(1, rng.choice((20, 99)))
    small, large = rng.randint(2, 9), rng.randint(2, rng.choice((9, 15, 40)))
    kind = rng.randrange(6)
    if kind == 0:
        return f"{small * large} / {small}", large
    if kind == 1:
        return f"{large} * {small}", large * small
    if kind == 2:
        rest = rng.randrange(small)
        return f"{small * large + rest} - {small} * {large}", rest
    return (f"{a} + {b}", a + b) if kind == 3 else (f"{a} - {b}", a - b)


def _conversation(prompt: str, completion: str, rng: Random) -> Chat:
    """One in ten has a system message, one in five an instruction after the problem."""
    chat = [{"role": "system", "content": rng.choice(SYSTEMS)}] if rng.random() < 0.1 else []
    if rng.random() < 0.2:
        prompt = f"{prompt}{rng.choice((' ', chr(10), chr(10) * 2))}{rng.choice(INSTRUCTIONS)}"
    return [*chat, {"role": "user", "content": prompt}, {"role": "assistant", "content": completion}]


def make_tokenizer(texts: Iterable[str]) -> Any:
    """Byte-level BPE over words and runs of signs; a digit always stands alone. The template is the shipped one."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    split = pre_tokenizers.Split(Regex(PIECES), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special, tags = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], ["<think>", "</think>"]
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(tags),
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens(tags)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",  # noqa: S106  no secret
        pad_token="<|endoftext|>",  # noqa: S106
        chat_template=(find_model(HOUSE) / "chat_template.jinja").read_text(encoding="utf-8"),
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def encode(tokenizer: Any, chats: list[Chat]) -> list[Encoded]:
    """Token ids up to and with the end of the answer."""
    prompts = tokenizer.apply_chat_template([chat[:-1] for chat in chats], tokenize=False, add_generation_prompt=True)
    full = tokenizer.apply_chat_template(chats, tokenize=False)
    answers = [text[len(prompt) :].rstrip("\n") for text, prompt in zip(full, prompts, strict=True)]
    heads = tokenizer(prompts, add_special_tokens=False)["input_ids"]
    tails = tokenizer(answers, add_special_tokens=False)["input_ids"]
    return [(head + tail, len(head)) for head, tail in zip(heads, tails, strict=True)]


def make_model(tokenizer: Any, seed: int) -> Any:
    """A Qwen3 with random weights and tied embeddings."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = Qwen3Config(
        **SHAPE,
        vocab_size=VOCABULARY,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Qwen3ForCausalLM(config)


def batches(rows: list[Encoded], seed: int) -> Iterator[list[Encoded]]:
    """Batches without end; rows of like length stand together, so that little is padding."""
    rng = Random(seed)  # noqa: S311  reproducible on purpose
    while True:
        order = rng.sample(range(len(rows)), len(rows))
        for start in range(0, len(order) - BATCH * WINDOW + 1, BATCH * WINDOW):
            window = sorted(order[start : start + BATCH * WINDOW], key=lambda row: len(rows[row][0]))
            groups = [window[at : at + BATCH] for at in range(0, len(window), BATCH)]
            rng.shuffle(groups)
            yield from ([rows[row] for row in group] for group in groups)


def loss_of(model: Any, batch: list[Encoded]) -> torch.Tensor:
    """Mean negative log-likelihood of the answers' tokens; nothing else is asked of the head."""
    import torch
    from torch.nn.functional import cross_entropy

    longest = max(len(tokens) for tokens, _ in batch)
    inputs = torch.tensor([tokens + [0] * (longest - len(tokens)) for tokens, _ in batch])
    answers = torch.zeros(inputs.shape, dtype=torch.bool)
    for row, (tokens, prompt) in enumerate(batch):
        answers[row, prompt : len(tokens)] = True
    hidden = model.model(input_ids=inputs[:, :-1], use_cache=False).last_hidden_state  # causal, padding comes last
    return cross_entropy(model.lm_head(hidden[answers[:, 1:]]), inputs[:, 1:][answers[:, 1:]])


def train(model: Any, rows: list[Encoded], steps: int, seed: int) -> list[dict[str, float]]:
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
    for step, batch in zip(range(1, steps + 1), batches(rows, seed), strict=False):
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
            _say(f"step {step} of {steps}: loss {log[-1]['loss']:.4f}, {time.monotonic() - began:.0f} s")
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


def main() -> None:
    """Train, save, measure, and write the model card."""
    parser = argparse.ArgumentParser(prog="python -m trainers.house", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    parser.add_argument("--steps", type=int, default=STEPS, help=f"optimizer steps (default {STEPS})")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    import torch

    from trainers.house_metrics import measure, write_card

    torch.set_num_threads(1)
    began = time.process_time()
    chats = conversations(options.seed)
    tokenizer = make_tokenizer(message["content"] for chat in chats[:TOKENIZER_ROWS] for message in chat)
    rows = encode(tokenizer, chats)
    model = make_model(tokenizer, options.seed)
    _say(f"{len(rows)} conversations, {sum(weight.numel() for weight in model.parameters())} parameters")
    log = train(model, rows, options.steps, options.seed)
    save(model, tokenizer, options.out)
    training = {
        "command": f"python -m trainers.house --out DIR --steps {options.steps} --seed {options.seed}",
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "conversations": len(rows),
        "cpu_seconds": round(time.process_time() - began),
        "loss": log,
    }
    write_card(options.out, training, measure(options.out))


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
