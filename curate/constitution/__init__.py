"""A constitution: principles by which a model criticises its own answers and writes them anew.

Source: Constitutional AI (arXiv 2212.08073), the supervised part. The step is `curate.steps.critique`; here are the
principles and the chats they are asked in. The words of `default.yaml` and of the requests are ours.
"""
