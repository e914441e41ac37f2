"""The 28 items of the ML Test Score, in the paper's order.

Breck, Cai, Nielsen, Salib, Sculley: *The ML Test Score: A Rubric for ML Production Readiness and Technical
Debt Reduction*, IEEE Big Data 2017. An item without a check needs a person's judgement and is confirmed by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from slipway.readiness import data_checks, infrastructure_checks, model_checks, monitoring_checks
from slipway.readiness.facts import ReadinessFacts

Check = Callable[[ReadinessFacts], str]
"""Returns the evidence that an item holds; raises NotComputable with why it does not, or could not run."""


class Section(StrEnum):
    """The four sections of seven items."""

    DATA = "features and data"
    MODEL = "model development"
    INFRASTRUCTURE = "ML infrastructure"
    MONITORING = "monitoring"


@dataclass(frozen=True, slots=True)
class RubricItem:
    """One item: its id, the paper's words, and the check that computes it; None: by hand alone."""

    id: str
    section: Section
    words: str
    check: Check | None


def _section(section: Section, word: str, *items: tuple[str, Check | None]) -> list[RubricItem]:
    return [
        RubricItem(f"{word}{number}", section, words, check)
        for number, (words, check) in enumerate(items, start=1)
    ]


ITEMS: tuple[RubricItem, ...] = (
    *_section(
        Section.DATA,
        "data",
        ("Feature expectations are captured in a schema", data_checks.schema),
        ("All features are beneficial", data_checks.beneficial),
        ("No feature's cost is too much", data_checks.cost),
        ("Features adhere to meta-level requirements", data_checks.meta_level),
        ("The data pipeline has appropriate privacy controls", data_checks.privacy),
        ("New features can be added quickly", None),
        ("All input feature code is tested", data_checks.feature_code),
    ),
    *_section(
        Section.MODEL,
        "model",
        ("Model specs are reviewed and submitted", model_checks.reviewed),
        ("Offline and online metrics correlate", model_checks.correlate),
        ("All hyperparameters have been tuned", None),
        ("The impact of model staleness is known", model_checks.staleness),
        ("A simpler model is not better", model_checks.simpler),
        ("Model quality is sufficient on important data slices", model_checks.slices),
        ("The model is tested for considerations of inclusion", model_checks.inclusive),
    ),
    *_section(
        Section.INFRASTRUCTURE,
        "infra",
        ("Training is reproducible", infrastructure_checks.reproducible),
        ("Models are unit tested", infrastructure_checks.unit_tested),
        ("The ML pipeline is integration tested", infrastructure_checks.integrated),
        ("Model quality is validated before serving", infrastructure_checks.validated),
        ("The model is debuggable", infrastructure_checks.debuggable),
        ("Models are canaried before serving", infrastructure_checks.canaried),
        ("Serving models can be rolled back", infrastructure_checks.rolled_back),
    ),
    *_section(
        Section.MONITORING,
        "monitor",
        ("Dependency changes result in notification", monitoring_checks.dependencies),
        ("Data invariants hold for inputs", monitoring_checks.invariants),
        ("Training and serving are not skewed", monitoring_checks.skew),
        ("Models are not too stale", monitoring_checks.fresh),
        ("Models are numerically stable", monitoring_checks.stable),
        ("Computing performance has not regressed", monitoring_checks.performance),
        ("Prediction quality has not regressed", monitoring_checks.quality),
    ),
)
