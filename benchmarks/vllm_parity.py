"""Tokens/s of our vLLM engine over those of a plain `LLM.generate`, for the same prompts in the same process.

    python benchmarks/vllm_parity.py [--model DIR] [--rows 512] [--max-tokens 128] [--repeat 3]

Claim: at least 0.95, though answers leave as they finish and few requests are inside at a time. Both sides sample with
a seed for each row; `LLM.generate` gets its prompts as text, already in the chat template, and returns only at the end.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

from curate.engines.base import Request, Sampling
from curate.engines.vllm_engine import VllmEngine, sampling_params


def requests(rows: int, max_tokens: int) -> list[Request]:
    sampling = Sampling(max_tokens=max_tokens)
    return [
        Request(str(n), str(n), ({"role": "user", "content": f"What is {n} + {n * 7 % 90}?"},), sampling, seed=n)
        for n in range(rows)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="house")
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()

    engine = VllmEngine(options.model)
    llm = engine.llm
    asked = requests(options.rows, options.max_tokens)
    tokenizer = llm.get_tokenizer()
    prompts = [
        tokenizer.apply_chat_template(list(request.messages), add_generation_prompt=True, tokenize=False)
        for request in asked
    ]
    settings = [sampling_params(request, {}) for request in asked]

    def plain() -> int:
        outputs = llm.generate(prompts, settings, use_tqdm=False)
        return sum(len(output.outputs[0].token_ids) for output in outputs)

    def ours() -> int:
        return sum(completion.completion_tokens for bundle in engine.complete(asked) for completion in bundle)

    sides = {"LLM.generate": plain, "our engine": ours}
    wall: dict[str, list[float]] = {name: [] for name in sides}
    cpu: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(options.repeat + 1):
        for name, side in sides.items():
            llm.reset_prefix_cache()
            start, cpu_start = time.perf_counter(), time.process_time()
            tokens = side()
            if turn:  # the first is warm-up
                wall[name].append(tokens / (time.perf_counter() - start))
                cpu[name].append(tokens / (time.process_time() - cpu_start))
    floor, cpu_floor = median(wall["LLM.generate"]), median(cpu["LLM.generate"])
    print(f"{options.rows} rows of at most {options.max_tokens} tokens, {options.model}, median of {options.repeat}")
    print("|              | tokens/s | ratio | tokens/CPU-s | ratio |")
    for name in sides:
        speed, cpu_speed = median(wall[name]), median(cpu[name])
        print(
            f"| {name:12} | {speed:8,.0f} | {speed / floor:5.2f} | {cpu_speed:12,.0f} | {cpu_speed / cpu_floor:5.2f} |"
        )
    engine.close()


if __name__ == "__main__":
    main()
