"""Answers to one prompt, judged side by side by aspects. The step is `curate.steps.judge`."""
