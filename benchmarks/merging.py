"""Merging against mergekit: the same models, the same method, each a process of its own; CPU seconds and peak memory.

    python benchmarks/merging.py --install           # once: mergekit 0.1.5 in an environment of its own, .venv-peers
    python benchmarks/merging.py [--mib 300] [--repeat 3]

Claims: at least as fast as mergekit, with a lower peak of memory, the tensors equal to the last bits of float32. Peak
is the largest resident memory of the process without the pages of files it reads (RssAnon), sampled every 5 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
PEER = ROOT / ".venv-peers" / "mergekit"
METHODS = ("linear", "slerp", "ties")


def install() -> None:
    subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
    wanted = ["torch==2.13.0", "transformers==5.19.0", "mergekit==0.1.5"]
    subprocess.run([PEER / "bin" / "pip", "install", "-q", *wanted], check=True)


def make_models(folder: Path, mib: int) -> dict[str, Path]:
    """A base and two models of about `mib` MiB of float32 each."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    layers = max(2, mib // 13)
    config = LlamaConfig(vocab_size=8000, hidden_size=512, intermediate_size=1536, num_hidden_layers=layers,
                         num_attention_heads=8, num_key_value_heads=4, tie_word_embeddings=False)  # fmt: skip
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    made = {}
    for name in ("base", "left", "right"):
        made[name] = folder / name
        model.save_pretrained(made[name])
        with torch.no_grad():
            for weight in model.parameters():
                weight.add_(0.01 * torch.randn_like(weight))
    return made


def our_command(method: str, models: dict[str, Path], out: Path) -> list[str]:
    base = ["--base", str(models["base"])] if method == "ties" else []
    density = ["--density", "0.5", "--density", "0.5"] if method == "ties" else []
    names = [str(models["left"]), str(models["right"])]
    code = "from curate.cli import main; main()"
    return [sys.executable, "-c", code, "merge", *names, "--method", method, *base, *density, "--out", str(out)]


def their_command(method: str, models: dict[str, Path], out: Path) -> list[str]:
    config: dict[str, object] = {"merge_method": method, "dtype": "float32"}
    if method == "slerp":
        config |= {"base_model": str(models["left"]), "parameters": {"t": 0.5}}
        config["models"] = [{"model": str(models[name])} for name in ("left", "right")]
    else:
        parameters = {"weight": 1.0} | ({"density": 0.5} if method == "ties" else {})
        config["models"] = [{"model": str(models[name]), "parameters": parameters} for name in ("left", "right")]
        if method == "ties":
            config["base_model"] = str(models["base"])
    path = out.with_suffix(".yaml")
    path.write_text(json.dumps(config))
    return [str(PEER / "bin" / "mergekit-yaml"), str(path), str(out)]


def run(command: list[str]) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and peak RssAnon in MiB of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env, text=True)
    peak = [0.0]

    def sample() -> None:
        status = Path(f"/proc/{process.pid}/status")
        while process.poll() is None:
            try:
                lines = status.read_text().splitlines()
            except OSError:
                return
            peak[0] = max(peak[0], *(int(one.split()[1]) / 1024 for one in lines if one.startswith("RssAnon")), 0.0)
            time.sleep(0.005)

    watcher = threading.Thread(target=sample)
    watcher.start()
    _, error = process.communicate()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{command[:2]} failed:\n{error[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.perf_counter() - began, peak[0]


def largest_difference(ours: Path, theirs: Path) -> float:
    from trainers.merging.checkpoint import Checkpoint

    a, b = Checkpoint.of(ours), Checkpoint.of(theirs)
    return max(float((a.tensor(name).float() - b.tensor(name).float()).abs().max()) for name in a.kinds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--mib", type=int, default=300)
    parser.add_argument("--repeat", type=int, default=3)
    wanted = parser.parse_args()
    if wanted.install:
        install()
        return
    with tempfile.TemporaryDirectory() as scratch:
        models = make_models(Path(scratch), wanted.mib)
        size = sum(file.stat().st_size for file in models["left"].glob("*.safetensors")) / 2**20
        print(f"models of {size:.0f} MiB; medians of {wanted.repeat}")
        print(f"{'method':10}{'our CPU s':>12}{'theirs':>9}{'ratio':>8}{'our MiB':>10}{'theirs':>9}{'difference':>12}")
        for method in METHODS:
            found: dict[str, list[tuple[float, float, float]]] = {"ours": [], "theirs": []}
            for _ in range(wanted.repeat):
                for who, command in (("ours", our_command), ("theirs", their_command)):
                    out = Path(scratch) / who
                    shutil.rmtree(out, ignore_errors=True)
                    found[who].append(run(command(method, models, out)))
            ours, theirs = (tuple(median(column) for column in zip(*found[who], strict=True)) for who in found)
            apart = largest_difference(Path(scratch) / "ours", Path(scratch) / "theirs")
            print(
                f"{method:10}{ours[0]:12.2f}{theirs[0]:9.2f}{ours[0] / theirs[0]:8.2f}"
                f"{ours[2]:10.0f}{theirs[2]:9.0f}{apart:12.1e}"
            )


if __name__ == "__main__":
    main()
