"""The canary stages of a policy: how many users, for how long, and what lets a candidate on."""

from dataclasses import dataclass

from pipeline.domain.config import check_knobs, knob
from pipeline.domain.stage import Stage


@dataclass(frozen=True, slots=True)
class CanaryRule:
    """One canary stage: its traffic, its minimum dwell, and what must be excluded to leave it.

    ``harm_excluded`` h: the candidate leaves only when the e-value against θ <= -h (relative
    effect on the primary metric) reaches ``Policy.advance_e``.
    """

    stage: Stage
    share: float = knob(
        0.01, unit="fraction of users", about="0.01 means 1 % of users", above=0, at_most=0.5
    )
    min_hours: float = knob(24.0, unit="hours", about="24 means a whole day", at_least=0)
    harm_excluded: float = knob(
        0.1, unit="relative effect", about="0.1 means 10 % fewer clicks", above=0, below=1
    )

    def __post_init__(self) -> None:
        check_knobs(self, f"policy.{self.stage}")


DEFAULT_CANARY = (
    CanaryRule(Stage.CANARY_1, 0.01, 24.0, 0.15),
    CanaryRule(Stage.CANARY_5, 0.05, 24.0, 0.06),
    CanaryRule(Stage.CANARY_25, 0.25, 24.0, 0.03),
    CanaryRule(Stage.CANARY_50, 0.50, 24.0, 0.02),
)
