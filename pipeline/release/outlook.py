"""A forecast in plain words: what the policy will do at the line's traffic. Pure."""

from typing import Any

from pipeline.domain.policy import Policy
from pipeline.release.forecast import Flow, Forecast, Need, forecast, needs, traffic_for

WANTED = 0.8
"""Share of equal candidates that a policy worth having releases in time."""

FACTORS = (2, 5, 10, 30, 100, 1000)
NEVER = "no traffic was logged yet: nothing can be said of the days a release takes"


def outlook(flow: Flow | None, policy: Policy) -> dict[str, Any]:
    """What ``slipway policy explain --json`` adds: traffic, needs, forecasts and whether it decides."""
    if flow is None:
        return {"traffic": None, "decides": None}
    played = _played(flow, policy)
    return {
        "traffic": flow._asdict(),
        "needs": [need._asdict() for need in needs(flow, policy)],
        "forecasts": [one._asdict() for one in played],
        "decides": played[0].released >= WANTED,
    }


def told(flow: Flow | None, policy: Policy) -> str:
    """The same for people."""
    if flow is None:
        return NEVER
    equal, *others = _played(flow, policy)
    lead = (
        f"At this line's traffic ({_number(flow.exposures_per_day)} exposures a day, "
        f"{flow.click_rate:.1%} clicked, users cluster {flow.kappa:.1f} x; {flow.days:.0f} days of "
        "log), to leave a stage an equal candidate needs of its own"
    )
    parts = [
        lead,
        *(_needed(need) for need in needs(flow, policy)),
        "",
        _verdict(flow, policy, equal),
        *(_fate(one) for one in (equal, *others)),
        _rules(flow),
    ]
    return "\n".join(part for part in parts if part is not None)


def _played(flow: Flow, policy: Policy) -> list[Forecast]:
    effects = (0.0, policy.margin, -policy.margin, -0.05, -0.10)
    return [forecast(flow, policy, effect) for effect in dict.fromkeys(effects)]


def _needed(need: Need) -> str:
    return f"  {need.name:<16} {_number(need.amount):>12} {need.unit}: {_days(need.days)}"


def _verdict(flow: Flow, policy: Policy, equal: Forecast) -> str:
    if equal.released >= WANTED and equal.days is not None:
        return (
            f"A neutral candidate takes {_days(equal.days)} from its first exposure on average, and "
            f"{equal.released:.0%} of them are released within {policy.timeout_days:g} days."
        )
    factor = traffic_for(flow, policy, WANTED, FACTORS)
    more = f"about {factor:g} x the traffic" if factor else "more than 1000 x the traffic"
    return (
        f"THIS POLICY CANNOT DECIDE HERE: {equal.released:.0%} of neutral candidates would be released "
        f"within {policy.timeout_days:g} days. It needs {more}, a margin above {policy.margin:.0%}, or "
        "more days (timeout_days)."
    )


def _fate(one: Forecast) -> str:
    word = f"{100 * one.effect:+.0f} % clicks" if one.effect else "equal clicks"
    took = f", after {_days(one.days)}" if one.days is not None else ""
    return (
        f"  {word:<12} released {one.released:>6.1%}{took}; returned {one.returned:.1%}; "
        f"undecided {one.timed_out:.1%}"
    )


def _rules(flow: Flow) -> str | None:
    if flow.rules_ratio is None:
        return "No traffic of champion and rules beside each other yet: how soon the rules are beaten is unknown."
    if flow.rules_ratio >= 1:
        return (
            f"The rules get {flow.rules_ratio:.0%} of the champion's clicks per exposure: a candidate "
            "that is only as good as the champion can never be proven better than the rules."
        )
    return (
        f"The rules get {flow.rules_ratio:.0%} of the champion's clicks per exposure; a candidate must "
        "prove that it beats them, too."
    )


def _days(days: float) -> str:
    if days < 1:
        return f"{24 * days:.1f} hours"
    return f"{days:.1f} days"


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")
