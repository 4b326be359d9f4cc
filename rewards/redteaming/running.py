"""Run the attacks against one reward and collect what they found."""

from __future__ import annotations

from rewards.redteaming import on_answers, on_calls
from rewards.redteaming.attacker import Attacker, footing
from rewards.redteaming.families import FUNCTION
from rewards.redteaming.findings import SEVERITIES, Report
from rewards.redteaming.session import Session, locate
from rewards.redteaming.source_checks import check_source

PROGRAM_PATIENCE = 4  # what runs programs gives each some 10 s
ATTACKS = (
    on_answers.completions,
    on_answers.golds,
    on_answers.pairs,
    on_answers.programs,
    on_answers.code,
    on_answers.exhausting,
    on_answers.stuffing,
    on_calls.batch,
    on_calls.state,
    on_calls.modes,
    on_calls.nulls,
    on_answers.sameness,  # last: it looks at all values
)


def redteam(written: str, timeout_s: float = 5.0) -> Report:
    """Attack a reward. written: `path/file.py:function`, `package.module:function` or a name of ours.

    timeout_s: for one call, four times that where programs are run; one that takes longer is killed and is a finding.
    Raises RewardError when the function cannot be loaded or is of no known form.
    """
    target = locate(written)
    with Session(target, timeout_s) as session:
        attacker = Attacker(target, session)
        attacker.footing = footing(attacker)
        if attacker.footing.family in ("program", FUNCTION):
            session.timeout_s = PROGRAM_PATIENCE * timeout_s
        for attack in ATTACKS:
            attack(attacker)
        on_calls.pickled(attacker, timeout_s)
        if session.about["source"]:
            for finding in check_source(session.about["source"], session.about["function"]):
                attacker.add(finding)
        found = sorted(attacker.found.values(), key=lambda finding: SEVERITIES.index(finding.severity))
        return Report(written, attacker.form.kind, attacker.footing.family, session.calls, found)
