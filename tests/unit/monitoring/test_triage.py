"""An off-policy value triages and releases nothing."""

from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.verdict import Conclusion
from slipway.monitoring.triage import triage, unknown
from slipway.stats.off_policy import OffPolicy

GOOD = OffPolicy(
    difference=0.03, se=0.01, lower=0.01, upper=0.05, champion=0.5, position_based=0.035, item_position=0.1,
    item_position_se=0.1, kappa=0.5, support=0.99, effective=40_000,
)  # fmt: skip


def concluded(**change):
    return triage(GOOD._replace(**change), LoopPolicy()).conclusion


def test_a_loss_of_the_margin_decides():
    """Excluded is PASS, proven is FAIL, neither is UNDECIDED."""
    assert concluded() is Conclusion.PASS
    assert concluded(difference=-0.06, lower=-0.09, upper=-0.03) is Conclusion.FAIL
    assert concluded(difference=-0.01, lower=-0.03, upper=0.01) is Conclusion.UNDECIDED


def test_without_overlap_or_with_a_contradicted_model_nothing_is_decided():
    """However good the number looks."""
    assert concluded(support=0.38) is Conclusion.UNDECIDED
    assert concluded(effective=12.0) is Conclusion.UNDECIDED
    assert concluded(item_position=0.9) is Conclusion.UNDECIDED
    assert "contradicted" in triage(GOOD._replace(item_position=0.9), LoopPolicy()).reason
    assert unknown("no explored lists").conclusion is Conclusion.UNDECIDED


def test_support_and_effective_size_are_shown():
    """Whoever reads a value sees what it stands on."""
    names = [e.name for e in triage(GOOD, LoopPolicy()).evidence]
    assert {"support", "effective", "without a click model"} <= set(names)
