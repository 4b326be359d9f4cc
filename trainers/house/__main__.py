"""Train, save, measure, and write the model card."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from curate.shipped import MODELS
from trainers.house import solver, solver_card, writer, writer_card
from trainers.house.training import encode, make_model, make_tokenizer, save, say, train

RECIPES: dict[str, tuple[Any, Any]] = {"house": (solver, solver_card), "house-writer": (writer, writer_card)}


def main() -> None:
    """Make one of the models."""
    parser = argparse.ArgumentParser(prog="python -m trainers.house", description=__doc__)
    parser.add_argument("--model", choices=MODELS, default="house")
    parser.add_argument("--out", type=Path, required=True, help="folder of the model")
    parser.add_argument("--steps", type=int, help="optimizer steps, where they are not the model's own")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    import torch

    data, card = RECIPES[options.model]
    steps = options.steps or data.STEPS
    torch.set_num_threads(1)
    began = time.process_time()
    chats = data.conversations(options.seed)
    texts = (turn.content for chat in chats[: data.TOKENIZER_ROWS] for turn in chat)
    tokenizer = make_tokenizer(texts, data.VOCABULARY)
    rows = encode(tokenizer, chats)
    model = make_model(tokenizer, options.seed)
    say(f"{len(rows)} conversations, {sum(weight.numel() for weight in model.parameters())} parameters")
    log = train(model, rows, steps, data.BATCH, options.seed)
    save(model, tokenizer, options.out)
    training = {
        "command": f"python -m trainers.house --model {options.model} --out DIR --steps {steps} --seed {options.seed}",
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "conversations": len(rows),
        "cpu_seconds": round(time.process_time() - began),
        "loss": log,
        **({"prompts": writer.prompts_digest()} if options.model == "house-writer" else {}),
    }
    card.write_card(options.out, training, card.measure(options.out))


if __name__ == "__main__":
    main()
