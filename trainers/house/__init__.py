"""Makes the models that ship inside `curate`: `house`, which answers problems, and `house-writer`, which writes them.

    python -m trainers.house --model house --out DIR

Each is a Qwen3 of about a million parameters, trained from scratch on procedural problems and measured on held-out
ones. The same command gives the same weights on one machine and set of libraries: one thread, fixed seed, no clock.
"""
