"""Magpie: an aligned model given the bare beginning of a user's turn writes the user's words itself.

Source: Magpie (arXiv 2406.08464) and its code, github.com/magpie-align/magpie. The step is `curate.steps.magpie`; here
are its parts without an engine: the beginning of a turn, made from a chat template, and what counts as an instruction.
"""
