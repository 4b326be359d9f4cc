"""Cleaning of plain polars frames: what the steps `dedupe`, `decontaminate`, `filter` and `select` call.

| package | function | step |
|---|---|---|
| `duplicates` | `dedupe` | dedupe |
| `contamination` | `decontaminate` | decontaminate |
| `rules` | `filter_rows` | filter |
| `selection` | `select` | select |

Each function takes a frame and returns a `curate.step.Result`; none needs a recipe, an engine or a run.
"""
