"""Pools that grow by feeding on themselves: the parts of self_instruct and evolve that ask no model.

Sources: Self-Instruct (arXiv 2212.10560; github.com/yizhongw/self-instruct) and Evol-Instruct (WizardLM, arXiv
2304.12244). The steps are `curate.steps.self_instruct` and `curate.steps.evolve`.
"""
