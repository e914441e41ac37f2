"""Each check of this section fails on the one thing it is about, and says it."""

from dataclasses import replace

import pytest
from slipway.domain.champion_check import ColumnWorth
from slipway.domain.errors import NotComputable
from slipway.readiness import data_checks as checks
from slipway.readiness.facts import ValidationFacts
from support.checked_champion import CHECKED

IDLE = ColumnWorth("hour", 0.001, -0.002)
FAILED = ValidationFacts("r1", success=False, expectations={"training": 27})
CASES = [
    (checks.schema, {"validation": None}, "no training table"),
    (checks.schema, {"validation": FAILED}, "not all held"),
    (checks.beneficial, {"checked": None}, "version 2 was not checked yet: slipway readiness feed"),
    (checks.beneficial, {"checked": replace(CHECKED, version="1")}, "version 2 was not checked"),
    (checks.beneficial, {"checked": replace(CHECKED, worths=(IDLE,))}, "to version 2: hour"),
    (checks.beneficial, {"checked": replace(CHECKED, worths=())}, "reads no column"),
    (checks.beneficial, {"state": None}, "no champion yet"),
    (checks.cost, {"past": ()}, "no verdict of latency_offline or latency"),
    (checks.meta_level, {"audited": None}, "not audited|were audited yet"),
    (checks.meta_level, {"audited": ("position", "hour")}, "accuses hour',"),
    (checks.privacy, {"expired": None}, "not counted"),
    (checks.privacy, {"expired": 2}, "2 items"),
    (checks.feature_code, {"validation": FAILED}, "0 proofs"),
]


@pytest.mark.parametrize(("check", "changed", "said"), CASES)
def test_what_is_missing_is_said(ready, check, changed, said):
    """It holds with the fact and does not without it."""
    assert check(ready)
    with pytest.raises(NotComputable, match=said):
        check(replace(ready, **changed))
