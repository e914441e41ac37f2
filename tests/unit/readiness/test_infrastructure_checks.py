"""Each check of this section fails on the one thing it is about, and says it."""

from dataclasses import replace

import pytest
from slipway.domain.errors import NotComputable
from slipway.readiness import infrastructure_checks as checks
from slipway.readiness.facts import RerunFacts

CASES = [
    (checks.reproducible, {"reruns": RerunFacts(3, 0, 0, 1)}, "0 groups"),
    (checks.reproducible, {"reruns": RerunFacts(3, 1, 1, 1)}, "1 did not"),
    (checks.unit_tested, {"past": ()}, "no verdict of parity"),
    (checks.integrated, {"past": ()}, "no run went"),
    (checks.validated, {"past": ()}, "no version entered"),
    (checks.debuggable, {"consistency": None}, "computed again yet"),
    (checks.canaried, {"past": ()}, "did not go through canary_1"),
    (checks.rolled_back, {"drill": None}, "slipway drill feed"),
]


@pytest.mark.parametrize(("check", "changed", "said"), CASES)
def test_what_is_missing_is_said(ready, check, changed, said):
    """It holds with the fact and does not without it."""
    assert check(ready)
    with pytest.raises(NotComputable, match=said):
        check(replace(ready, **changed))


def test_a_panel_that_was_left_out_is_named(ready):
    """A version that entered the shadow without verdicts was not validated."""
    bare = tuple(replace(step, verdicts=()) for step in ready.past)
    with pytest.raises(NotComputable, match="without verdicts in the shadow: version 1"):
        checks.validated(replace(ready, past=bare))
