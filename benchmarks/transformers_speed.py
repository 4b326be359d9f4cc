"""Tokens a CPU-second of our transformers engine over those of `model.generate`, for the same prompts in one process.

    python benchmarks/transformers_speed.py [--model DIR] [--rows 200] [--batch-size 64] [--repeat 3]

Claim: at least 2 on 200 problems of mixed lengths with the house model and one thread, sampled at temperature 1.
`model.generate` gets batches of the same size, padded on the left: once as the prompts come, once sorted by length.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from random import Random
from statistics import median

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from curate.engines.base import Request, Sampling
from curate.engines.local_model import find_model
from curate.engines.transformers_engine import TransformersEngine
from curate.sources import procedural

MAX_TOKENS = 160


def mixed_prompts(rows: int) -> list[str]:
    share = -(-rows // len(procedural.KINDS))
    prompts = [prompt for kind in procedural.KINDS for prompt in procedural.generate(kind, share, seed=7)["prompt"]]
    Random(1).shuffle(prompts)
    return prompts[:rows]


def ours(model: str, prompts: list[str], batch_size: int) -> Callable[[], int]:
    engine = TransformersEngine(model, batch_size=batch_size, device="cpu", threads=1)
    sampling = Sampling(max_tokens=MAX_TOKENS)
    requests = [
        Request(f"{n:06d}", str(n), ({"role": "user", "content": prompt},), sampling, seed=n)
        for n, prompt in enumerate(prompts)
    ]
    return lambda: sum(done.completion_tokens for bundle in engine.complete(requests) for done in bundle)


def plain(model: str, prompts: list[str], batch_size: int, *, by_length: bool) -> Callable[[], int]:
    folder = find_model(model)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    network = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    end = tokenizer.eos_token_id

    def run() -> int:
        chats = [[{"role": "user", "content": prompt}] for prompt in prompts]
        texts = tokenizer.apply_chat_template(chats, tokenize=False, add_generation_prompt=True)
        if by_length:
            texts.sort(key=len, reverse=True)
        tokens = 0
        for start in range(0, len(texts), batch_size):
            batch = tokenizer(
                texts[start : start + batch_size], return_tensors="pt", padding=True, add_special_tokens=False
            )
            written = network.generate(
                batch["input_ids"],
                attention_mask=batch["attention_mask"],
                do_sample=True,
                top_k=0,
                max_new_tokens=MAX_TOKENS,
            )[:, batch["input_ids"].shape[1] :].tolist()
            tokens += sum(row.index(end) + 1 if end in row else len(row) for row in written)
        return tokens

    return run


def speed(run: Callable[[], int]) -> float:
    began = time.process_time()
    tokens = run()
    return tokens / (time.process_time() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="house")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    prompts = mixed_prompts(options.rows)
    runs = {
        "ours": ours(options.model, prompts, options.batch_size),
        "generate": plain(options.model, prompts, options.batch_size, by_length=False),
        "generate, sorted": plain(options.model, prompts, options.batch_size, by_length=True),
    }
    for run in runs.values():
        run()
    speeds: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.repeat):
        for name, run in runs.items():
            speeds[name].append(speed(run))
    print(f"{'':20}{'tokens/cpu-s':>14}{'ours is':>10}")
    for name, measured in speeds.items():
        print(f"{name:20}{median(measured):14.0f}{median(speeds['ours']) / median(measured):9.2f}x")


if __name__ == "__main__":
    main()
