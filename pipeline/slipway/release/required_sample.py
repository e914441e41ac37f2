"""What a policy needs to decide about a candidate that is equal to the champion. Pure.

Expected evidence in the rule's normal limit: about a difference at a distance d, information I is
worth d^2 I / 2 nats, and the rule wants ln e of them after its mixture's weight.
"""

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from slipway.domain.policy import Policy
from slipway.stats.mixtures import information_for
from slipway.stats.rate import FEWER

HOURS_A_DAY = 24


class Flow(NamedTuple):
    """A line's traffic by its log: exposures, lists and users of all arms together.

    ``click_rate`` in clicks per exposure, ``design_effect`` the control's (at least 1),
    ``rules_ratio`` the rules' click rate over the champion's (None: not both were seen), ``means``
    level and variance of one list, users counted whole, by name.
    """

    days: float
    exposures_per_day: float
    lists_per_day: float
    click_rate: float
    design_effect: float
    rules_ratio: float | None = None
    means: Mapping[str, tuple[float, float]] = {}


class Need(NamedTuple):
    """What it takes to ``show`` something: an amount of the candidate's own ``unit``, and days."""

    stage: str
    share: float
    show: str
    amount: float
    unit: str
    days: float


def needs(flow: Flow, policy: Policy) -> tuple[Need, ...]:
    """To leave the shadow and each canary stage, then what full release needs besides, in the last one."""
    return (
        _shadow(flow, policy),
        *_stages(flow, policy),
        *_clicks(flow, policy),
        _errors(flow, policy),
        *_lists(flow, policy),
    )


def blocked(flow: Flow, policy: Policy) -> str | None:
    """Why no candidate that is only as good as the champion is ever released, if that is so."""
    if flow.rules_ratio is not None and flow.rules_ratio >= 1:
        return (
            "the rules get as many clicks as the champion, and who is only as good as the champion can "
            "never be proven better than the rules"
        )
    answers = flow.lists_per_day * rest(policy) * policy.shadow_min_hours / HOURS_A_DAY
    answers = max(answers, policy.shadow_min_requests)
    if answers < policy.latency_min_reference:
        return (
            f"the shadow ends after about {answers:.0f} of the champion's answers, and latency is judged "
            f"by {policy.latency_min_reference} of them: raise shadow_min_requests to that number, or "
            "lower latency_min_reference"
        )
    return None


def rest(policy: Policy) -> float:
    """The share of traffic that champion and candidate have between them.

    Whom the champion before still answers is in neither arm: a watch may last as long as the release.
    """
    held_back = 0.0 if policy.no_hold_back else policy.previous_share
    return 1 - policy.rules_share - policy.explore_share - held_back


def _shadow(flow: Flow, policy: Policy) -> Need:
    requests = policy.shadow_min_requests
    days = max(
        requests / (flow.lists_per_day * rest(policy)), policy.shadow_min_hours / HOURS_A_DAY
    )
    return Need("shadow", 0.0, "it scores the champion's requests", requests, "lists", days)


def _errors(flow: Flow, policy: Policy) -> Need:
    """Requests without any error after which they are proven rare (:func:`slipway.stats.rate.below`)."""
    last, limit = policy.canary[-1], policy.max_error_rate
    each = math.log1p(-min(FEWER) * limit) - math.log1p(-limit)
    lists = (math.log(1 / policy.beta) + math.log(len(FEWER))) / each
    said = f"fewer than {limit:.2%} errors, where none occurs"
    a_day = flow.lists_per_day * rest(policy) * last.share
    return Need(last.stage.value, last.share, said, lists, "lists", lists / a_day)


def _stages(flow: Flow, policy: Policy) -> Iterator[Need]:
    for rule in policy.canary:
        info = information_for(policy.advance_e, -math.log1p(-rule.harm_excluded))
        said = f"not {rule.harm_excluded:.0%} fewer clicks, at {policy.advance_e:g} to 1"
        need = _exposures(flow, policy, rule.stage.value, rule.share, said, info)
        least = max(need.amount, policy.min_exposures)
        yield need._replace(amount=least, days=need.days * least / need.amount)


def _clicks(flow: Flow, policy: Policy) -> Iterator[Need]:
    last = policy.canary[-1]
    info = information_for(1 / policy.beta, -math.log1p(-policy.margin))
    said = f"not {policy.margin:.0%} fewer clicks, at {1 / policy.beta:g} to 1"
    yield _exposures(flow, policy, last.stage.value, last.share, said, info)
    info = information_for(policy.advance_e, -math.log1p(-policy.creep_margin))
    said = (
        f"not {policy.creep_margin:.0%} fewer clicks in {policy.creep_days:g} days of releases, at "
        f"{policy.advance_e:g} to 1"
    )
    yield _exposures(flow, policy, last.stage.value, last.share, said, info)
    if policy.both_weekday_types:
        info = information_for(policy.day_e, -math.log1p(-policy.day_harm_excluded))
        said = (
            f"not {policy.day_harm_excluded:.0%} fewer clicks on weekends, at {policy.day_e:g} to 1"
        )
        yield _exposures(flow, policy, last.stage.value, last.share, said, info)
    if flow.rules_ratio is not None and flow.rules_ratio < 1:
        ours, theirs = rest(policy) * last.share, policy.rules_share
        of_both = ours * theirs / (ours + theirs)
        a_day = flow.exposures_per_day * flow.click_rate / flow.design_effect * of_both
        weakest = -math.log(min(policy.harm_weights))
        wanted = math.log(1 / policy.beta) + weakest
        days = 2 * wanted / math.log(flow.rules_ratio) ** 2 / a_day
        amount = days * flow.exposures_per_day * ours
        said = "more clicks than the rules"
        yield Need(last.stage.value, last.share, said, amount, "exposures", days)


def _lists(flow: Flow, policy: Policy) -> Iterator[Need]:
    last = policy.canary[-1]
    slow = information_for(1 / policy.beta, math.log(policy.latency_margin))
    amounts = {
        f"not {policy.latency_margin:g} x as many answers slower than p{100 * q:g}": slow / (1 - q)
        for q in policy.latency_quantiles
    }
    for mean in policy.means:
        if mean.name in flow.means:
            level, variance = flow.means[mean.name]
            info = information_for(1 / policy.beta, mean.margin * level)
            worse = "less" if mean.more_is_better else "more"
            amounts[f"not {mean.margin:.0%} {worse} {mean.name}"] = info * variance
    a_day = flow.lists_per_day * rest(policy) * last.share
    for said, amount in amounts.items():
        lists = amount / (1 - last.share)
        yield Need(last.stage.value, last.share, said, lists, "lists", lists / a_day)


def _exposures(
    flow: Flow, policy: Policy, stage: str, share: float, show: str, info: float
) -> Need:
    amount = info * flow.design_effect / (flow.click_rate * (1 - share))
    a_day = flow.exposures_per_day * rest(policy) * share
    return Need(stage, share, show, amount, "exposures", amount / a_day)
