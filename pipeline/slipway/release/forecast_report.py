"""A forecast in plain words: what the policy will do at the line's traffic. Pure."""

from collections.abc import Iterator
from typing import Any

from slipway.domain.policy import Policy
from slipway.release.forecast import Forecast, forecast, released_in_time
from slipway.release.required_sample import Flow, Need, blocked, needs

WANTED = 0.8
"""Share of equal candidates that a policy worth having releases in time."""

FACTORS = (2, 5, 10, 30, 100, 300, 1000)
NEVER = (
    "How long a release takes is not known: the line's log has no outcomes yet that were summed up. Ask "
    "again after a day of traffic."
)


def outlook(flow: Flow | None, policy: Policy) -> dict[str, Any]:
    """What ``slipway policy explain --json`` adds: traffic, needs, forecasts and whether it decides."""
    if flow is None:
        return {"traffic": None, "decides": None}
    return {
        "traffic": flow._asdict(),
        "needs": [need._asdict() for need in needs(flow, policy)],
        "forecasts": [one._asdict() for one in _played(flow, policy)],
        "decides": released_in_time(flow, policy) >= WANTED,
    }


def forecast_text(flow: Flow | None, policy: Policy) -> str:
    """The same for people."""
    if flow is None:
        return NEVER
    played = _played(flow, policy)
    parts = (
        _verdict(flow, policy, played[0]),
        "",
        _traffic(flow),
        "",
        "What a candidate as good as the champion needs, of its own users:",
        *(_needed(need) for need in needs(flow, policy)),
        _rules(flow),
        "",
        f"What becomes of candidates within {policy.timeout_days:g} days, by their true effect:",
        *_fates(played),
    )
    return "\n".join(parts)


def _played(flow: Flow, policy: Policy) -> list[Forecast]:
    effects = (0.0, policy.margin, -policy.margin, -0.05, -0.10)
    return [forecast(flow, policy, effect) for effect in dict.fromkeys(effects)]


def _verdict(flow: Flow, policy: Policy, equal: Forecast) -> str:
    if released_in_time(flow, policy) >= WANTED and equal.days is not None:
        return (
            f"This policy can decide at the line's traffic: a candidate as good as the champion takes "
            f"{_days(equal.days)} on average from its first exposure to the review, and "
            f"{equal.released:.0%} of them get there within {policy.timeout_days:g} days."
        )
    if why := blocked(flow, policy):
        return f"THIS POLICY CANNOT DECIDE at the line's traffic: {why}."
    enough = (f for f in FACTORS if released_in_time(flow, policy, factor=f) >= WANTED)
    factor = next(enough, None)
    more = f"about {factor:g} x the traffic" if factor else f"more than {FACTORS[-1]} x the traffic"
    longest = max(needs(flow, policy), key=lambda need: need.days)
    return (
        f"THIS POLICY CANNOT DECIDE at the line's traffic: hardly any candidate as good as the champion "
        f"gets through within {policy.timeout_days:g} days, and none that is not proven safe is released. "
        f"The longest proof takes {_days(longest.days)}: {longest.show}. It needs {more}, or wider "
        "margins, or more days (timeout_days)."
    )


def _traffic(flow: Flow) -> str:
    worth = "Users' clicks are as good as independent."
    if flow.design_effect > 1:
        worth = f"Clicks cluster by user: {flow.design_effect:.1f} exposures say as much as one."
    return (
        f"Traffic in the last {_days(flow.days)} of the log: {_number(flow.lists_per_day)} lists a day "
        f"with {_number(flow.exposures_per_day)} exposures, {flow.click_rate:.1%} clicked. {worth}"
    )


def _needed(need: Need) -> str:
    where = f"{need.stage} at {need.share:.0%}"
    return (
        f"  {where:<17} {_number(need.amount):>12} {need.unit:<9} {_days(need.days):>11}"
        f"  to show: {need.show}"
    )


def _rules(flow: Flow) -> str:
    if flow.rules_ratio is None:
        return (
            "Champion and rules were not both seen yet: how soon the rules are beaten is not known."
        )
    return f"The rules get {flow.rules_ratio:.0%} of the champion's clicks per exposure."


def _fates(played: list[Forecast]) -> Iterator[str]:
    yield f"  {'clicks':<8}{'released':>10}{'after':>12}{'returned':>11}{'undecided':>11}"
    for one in played:
        took = _days(one.days) if one.days is not None else "-"
        word = f"{100 * one.effect:+.0f} %" if one.effect else "equal"
        yield (
            f"  {word:<8}{one.released:>10.1%}{took:>12}{one.returned:>11.1%}{one.timed_out:>11.1%}"
        )


def _days(days: float) -> str:
    if days < 1:
        return f"{24 * days:.1f} hours"
    return f"{days:.1f} days"


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")
