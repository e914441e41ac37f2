"""The canary stages of a policy: how many users, for how long, and what lets a candidate on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from slipway.domain.config import check_knobs, knob
from slipway.domain.errors import BadConfig
from slipway.domain.stage import CANARY_STAGES, Stage


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
    min_hours: float = knob(
        24.0, unit="hours", about="24 means a whole day", at_least=0, at_most=8760
    )
    harm_excluded: float = knob(
        0.1, unit="relative effect", about="0.1 means 10 % fewer clicks", above=0, at_most=0.9
    )

    def __post_init__(self) -> None:
        check_knobs(self, f"policy.{self.stage}")


DEFAULT_CANARY = (
    CanaryRule(Stage.CANARY_1, 0.01, 24.0, 0.15),
    CanaryRule(Stage.CANARY_5, 0.05, 24.0, 0.06),
    CanaryRule(Stage.CANARY_25, 0.25, 24.0, 0.03),
    CanaryRule(Stage.CANARY_50, 0.50, 24.0, 0.02),
)


def check_canary(rules: Sequence[CanaryRule]) -> None:
    """Raise BadConfig unless every stage has its rule, and each shows more users and leaves no more harm open."""
    stages = tuple(rule.stage for rule in rules)
    if stages != CANARY_STAGES:
        raise BadConfig(
            "policy.canary",
            found=[str(s) for s in stages],
            expected=f"the stages {[str(s) for s in CANARY_STAGES]} in this order",
            next_step="declare one rule for each canary stage",
        )
    for before, after in pairwise(rules):
        if after.share <= before.share:
            raise BadConfig(
                f"policy.{after.stage}.share",
                found=after.share,
                expected=f"above the {before.share} of {before.stage}",
                next_step="shares grow from stage to stage",
            )
        if after.harm_excluded > before.harm_excluded:
            raise BadConfig(
                f"policy.{after.stage}.harm_excluded",
                found=after.harm_excluded,
                expected=f"at most the {before.harm_excluded} of {before.stage}",
                next_step="the more users, the less harm may be left open",
            )
