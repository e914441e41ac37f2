"""What the panel of a stage amounts to: one conclusion and its reason. Pure."""

from collections.abc import Sequence

from slipway.domain.policies import ReleasePolicy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict, panel_conclusion
from slipway.gates import gates_for


def weigh(
    stage: Stage, verdicts: Sequence[Verdict], *, has_champion: bool, policy: ReleasePolicy
) -> tuple[Conclusion, str]:
    """Conclusion and reason of the panel of ``stage``; a missing verdict counts as undecided."""
    panel = gates_for(stage, has_champion=has_champion, policy=policy)
    given = {verdict.gate for verdict in verdicts}
    missing = tuple(gate for gate in panel if gate not in given)
    conclusion = panel_conclusion(verdicts)
    worst = [v for v in verdicts if v.conclusion is conclusion]
    if missing and conclusion is not Conclusion.FAIL:
        return Conclusion.UNDECIDED, f"no verdict from {', '.join(missing)}"
    if conclusion is Conclusion.PASS:
        every = "its one gate" if len(verdicts) == 1 else f"all {len(verdicts)} gates"
        return conclusion, f"{every} passed"
    if not worst:
        return conclusion, "no verdicts"
    return conclusion, "; ".join(f"{v.gate}: {v.reason}" for v in worst)
