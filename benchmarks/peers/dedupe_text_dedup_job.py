"""Near copies by text-dedup's command, two processes.

python dedupe_text_dedup_job.py IN OUT THRESHOLD
"""

from __future__ import annotations

import subprocess
import sys

from datasets import load_from_disk

BANDS = {0.7: (20, 6), 0.8: (16, 8)}


def main(source: str, target: str, threshold: float) -> None:
    bands, size = BANDS[threshold]
    command = [
        sys.executable, "-m", "text_dedup.minhash", "--path", "parquet", "--data_files", source, "--split", "train",
        "--cache_dir", f"{target}.cache", "--output", f"{target}.out", "--column", "text", "--batch_size", "10000",
        "--num_perm", str(bands * size), "--b", str(bands), "--r", str(size), "--threshold", str(threshold),
        "--ngram", "5", "--num_proc", "2",
    ]  # fmt: skip
    subprocess.run(command, check=True)
    load_from_disk(f"{target}.out").to_parquet(target)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
