"""A red team for reward functions: attacks on any reward callable, and a reading of its source.

    report = redteam("path/to/rewards.py:accuracy")     # or "package.module:function", or the name of a reward of ours
    print(report)

    attacker     one reward under attack, and how it is satisfied
    on_answers   attacks by what is answered
    on_calls     attacks by how the reward is called
    running      all of them, one after the other

The function is imported and called in a process of its own, never here. That process is no sandbox: the module is
code its user chose to run; the attacks are harmless texts (the worst creates an empty file in a temporary folder).
"""

from __future__ import annotations

from rewards.redteaming.findings import Finding, Report
from rewards.redteaming.running import redteam

__all__ = ["Finding", "Report", "redteam"]
