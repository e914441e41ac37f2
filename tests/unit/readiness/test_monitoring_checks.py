"""Each check of this section fails on the one thing it is about, and says it."""

from dataclasses import replace

import pytest
from slipway.domain.errors import NotComputable
from slipway.readiness import monitoring_checks as checks
from slipway.readiness.facts import ConsistencyFacts, RerunFacts

CASES = [
    (checks.dependencies, {"reruns": RerunFacts(0, 0, 0, 0)}, "no run was kept"),
    (checks.invariants, {"drift_weeks": None}, "compared with those before"),
    (checks.skew, {"consistency": None}, "computed again yet"),
    (
        checks.skew,
        {"consistency": ConsistencyFacts("d", 9, ("hour",))},
        "columns differ on d: hour",
    ),
    (checks.fresh, {"timeout_days": 1.0}, "more than the 1 days"),
    (checks.fresh, {"state": None}, "nothing was offered"),
    (checks.stable, {"past": ()}, "no verdict of parity"),
    (checks.performance, {"past": ()}, "no verdict of latency"),
    (checks.quality, {"state": None}, "no champion"),
    (checks.quality, {"ledger_faults": ("edited",)}, "not sound: edited"),
]


@pytest.mark.parametrize(("check", "changed", "said"), CASES)
def test_what_is_missing_is_said(ready, check, changed, said):
    """It holds with the fact and does not without it."""
    assert check(ready)
    with pytest.raises(NotComputable, match=said):
        check(replace(ready, **changed))
