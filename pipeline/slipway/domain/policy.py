"""The policy of a line: every number that decides, with its unit and its range."""

from dataclasses import dataclass
from functools import partial

from slipway.domain import former_names
from slipway.domain.canary import DEFAULT_CANARY, CanaryRule, check_canary
from slipway.domain.config import check_knobs, knob, reviewers_knob
from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig
from slipway.domain.interleave_policy import InterleavePolicy
from slipway.domain.mean import Mean, check_means
from slipway.domain.policy_checks import check_mixture, check_time
from slipway.domain.shares import check_shares, why_nobody
from slipway.domain.stage import Stage

TINY, MANY, YEAR_H = 1e-9, 1_000_000_000, 365 * 24
"""The least error or weight, the most counts and the most hours that a policy may ask for."""

error = partial(knob, unit="probability", at_least=TINY, below=0.5)
weight = partial(knob, unit="weight", at_least=TINY, at_most=1)
count = partial(knob, at_least=1, at_most=MANY)
days = partial(knob, unit="days", at_most=365)


@dataclass(frozen=True, slots=True)
class Policy(InterleavePolicy):
    """Thresholds of a line's releases (sources: module docstrings of ``slipway.stats``)."""

    # error budgets over the whole release
    alpha: float = error(0.05, about="P(return | no effect)")
    beta: float = error(0.01, about="P(release | harm of the margin)")
    margin: float = knob(0.02, unit="relative effect", about="0.02 means 2 %", above=0, at_most=0.9)
    harm_effects: tuple[float, ...] = knob(
        (0.02, 0.045, 0.09, 0.18),
        unit="relative effect",
        about="harms the mixture looks for",
        above=0,
        at_most=0.9,
    )
    harm_weights: tuple[float, ...] = knob(
        (0.15, 0.30, 0.27, 0.28), unit="weight", about="they sum to 1", above=0, at_most=1
    )
    primary_weight: float = weight(0.95, about="share of alpha for the primary metric")
    guardrail_weight: float = weight(0.04, about="share of alpha for all guardrails")
    segment_weight: float = weight(0.01, about="share of alpha for all segments")
    # traffic
    rules_share: float = knob(
        0.05, unit="fraction of users", about="permanent hold-out of the rules", above=0, below=0.5
    )
    explore_share: float = knob(
        0.02, unit="fraction of users", about="randomised lists", above=0, below=0.5
    )
    canary: tuple[CanaryRule, ...] = DEFAULT_CANARY
    advance_e: float = knob(5.0, unit="e-value", about="evidence to leave a canary stage", above=1)
    shadow_min_hours: float = knob(
        24.0, unit="hours", about="24 means a whole day", at_least=0, at_most=YEAR_H
    )
    shadow_min_requests: int = count(
        1000, unit="requests", about="shadow scores before any exposure"
    )
    min_exposures: int = count(
        1000, unit="exposures", about="candidate exposures in each canary stage"
    )
    seen_share: float = knob(
        0.05, unit="fraction of usual hourly traffic", about="less is not seen", above=0, below=1
    )
    absence_alpha: float = error(0.01, about="P(an hour counts as unseen | both arms are on)")
    both_weekday_types: bool = True  # full release wants the next two on each kind of day
    day_harm_excluded: float = knob(
        0.05, unit="relative effect", about="on working days, and on weekends", above=0, at_most=0.9
    )
    day_e: float = knob(20.0, unit="e-value", about="evidence for it on each kind of day", above=1)
    timeout_days: float = days(21.0, about="undecided for longer ends the release", above=0)
    watch_days: float = days(28.0, about="watch after full release, of time seen", at_least=0)
    watch_restart_days: float = days(
        2.0, about="after which the watch begins an e-process again", at_least=0.25
    )
    previous_share: float = knob(
        0.05,
        unit="fraction of users",
        about="hold-back: the previous champion's, while the new one is watched",
        at_least=0,
        below=0.5,
    )
    reviewers: int = reviewers_knob()
    drill_max_age_days: float = days(
        0.0,
        about="the last rollback drill before a promotion is at most so old; 0: none is asked for",
        at_least=0,
    )
    no_previous_because: str = ""  # why nobody is held back, where previous_share is 0
    # sample ratio and guardrails on live traffic
    srm_alpha: float = error(0.01, about="false alarms of the sample-ratio test")
    latency_quantiles: tuple[float, ...] = knob(
        (0.95, 0.99), unit="quantile", about="of the champion's latency", above=0.5, below=1
    )
    latency_ratios: tuple[float, ...] = knob(
        (1.15, 1.35, 1.7, 2.5, 4.0),
        unit="ratio",
        about="exceedance ratios looked for",
        above=1,
        at_most=25,
    )
    latency_tolerance: float = knob(
        1.1, unit="ratio", about="1.1: a tenth more slow answers are no harm", at_least=1
    )
    latency_min_reference: int = count(
        1000, unit="requests", about="champion requests behind the threshold"
    )
    max_error_rate: float = knob(
        0.01,
        unit="fraction of requests",
        about="fallbacks of the candidate",
        at_least=TINY,
        below=0.999,
    )
    latency_margin: float = knob(
        1.5,
        unit="ratio",
        about="1.5: half as many slow answers again must be excluded for full release",
        above=1,
        at_most=20,
    )
    means: tuple[Mean, ...] = ()
    min_users: int = knob(
        200,
        unit="users",
        about="control users behind the variance of a mean",
        at_least=2,
        at_most=MANY,
    )
    history_days: float = days(
        28.0, about="of each user before the release, to sharpen means", at_least=0
    )
    too_good_live: float = knob(
        0.5,
        unit="relative effect",
        about="a gain in clicks above it must be explained",
        above=0,
        at_most=9,
    )
    creep_margin: float = knob(
        0.02,
        unit="relative effect",
        about="loss to the reference champion, all releases",
        above=0,
        below=1,
    )
    creep_days: float = knob(
        365.0, unit="days", about="how old the reference may be", above=0, at_most=3650
    )
    # offline
    logloss_margin: float = knob(
        0.005, unit="relative loss", about="0.005 means .5 % worse", above=0, below=1
    )
    ndcg_margin: float = knob(
        0.01, unit="relative NDCG", about="0.01 means 1 % worse", above=0, below=1
    )
    calibration_margin: float = knob(
        0.02, unit="click probability", about="expected calibration error", above=0, below=1
    )
    segment_margin: float = knob(
        0.03, unit="relative loss", about="worst segment of items or users", above=0, below=1
    )
    too_good: float = knob(
        0.30, unit="relative loss", about="a gain above it must be explained", above=0, below=1
    )
    category_mix_max: float = knob(
        0.15,
        unit="total variation distance",
        about="0.15: 15 % of the places changed category beyond the noise floor",
        formerly=former_names.CATEGORY_MIX_MAX,
        above=0,
        below=1,
    )
    overlap_min: float = knob(
        0.35, unit="fraction of the list", about="top-k overlap with the champion", above=0, below=1
    )
    latency_ratio_max: float = knob(
        1.5, unit="ratio of medians", about="paired, candidate over champion", above=1
    )
    quality_alpha: float = error(0.05, about="one-sided error of offline comparisons")
    noise_budget: float = knob(
        2.0,
        unit="plain trainings",
        about="what measuring the noise floor may cost: 2 is two trainings' time",
        at_least=1,
        at_most=20,
    )
    prove_gain: bool = True  # a changed recipe claims a gain: inside the noise floor is UNDECIDED

    def __post_init__(self) -> None:
        settle_types(self, "policy")
        check_knobs(self, "policy")
        check_mixture(self)
        check_canary(self.canary)
        check_means(self.means)
        check_shares(self)
        check_time(self)

    @property
    def no_hold_back(self) -> str:
        """Why no user keeps the previous champion after a promotion; nothing where some do."""
        return why_nobody(self)

    def rule(self, stage: Stage) -> CanaryRule:
        """The rule of a canary stage; the approval stage keeps the last canary's rule."""
        for rule in self.canary:
            if rule.stage is stage:
                return rule
        if stage is Stage.APPROVAL:
            return self.canary[-1]
        raise BadConfig(
            "policy.canary",
            found=str(stage),
            expected="a canary stage",
            next_step="ask for the rule of a stage with traffic",
        )
