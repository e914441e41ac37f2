"""Do loops alarm, and healthy lines not, also where the believed places are wrong?"""

from dataclasses import replace

import numpy as np
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.verdict import Conclusion
from slipway.gates import FEEDBACK_LOOP, judge
from slipway.monitoring.loop_simulation import Learner, simulate

from tests.support.loop_worlds import fresh_scores, loop_world

WEEKS, SOON, WORLDS, REQUESTS = 14, 6, 20, 400_000
WRONG = 0.6
"""Exponent of the looks that are believed: the tenth place is believed to be looked at twice as much or more."""


def first_alarm(measured, policy):
    """Weeks judged until the first FAIL; None without one."""
    judged = 0
    for end in range(1, len(measured.weeks) + 1):
        seen = replace(measured, weeks=measured.weeks[:end])
        judged += seen.weeks[-1].gap is not None
        if judge(FEEDBACK_LOOP, seen, policy).conclusion is Conclusion.FAIL:
            return judged
    return None


def table(_):
    """Lines of the page, each as it is known."""
    policy = LoopPolicy()
    yield f"{WORLDS} worlds, {WEEKS} weeks of the healthy and {SOON} of the naive learners, {REQUESTS:,} requests a week, 2 % of them explored; a week is judged from the first that has two weeks of explored clicks before it."
    yield ""
    yield "| learner | places believed | alarm within 2 weeks judged | alarm at all | mean gap | value at the end, of the best |"
    yield "|---|---|---|---|---|---|"
    for learner in reversed(list(Learner)):
        weeks = WEEKS if learner is Learner.POSITION_BASED else SOON
        for wrong in (1.0, WRONG):
            alarms, gaps, values = [], [], []
            for seed in range(WORLDS):
                world = loop_world(seed, REQUESTS)
                found = simulate(
                    world,
                    learner,
                    fresh_scores(seed),
                    weeks,
                    policy,
                    np.random.default_rng(seed),
                    believed=world.theta**wrong,
                )
                alarms.append(first_alarm(found.measured, policy))
                gaps += [week.gap.mean for week in found.measured.weeks if week.gap]
                values.append(found.value[-1])
            soon = sum(at is not None and at <= 2 for at in alarms)
            ever = sum(at is not None for at in alarms)
            places = "right" if wrong == 1 else f"looks^{wrong:g}"
            yield (
                f"| {learner} | {places} | {soon} of {WORLDS} | {ever} of {WORLDS} | {np.mean(gaps):+.3f} | {np.mean(values):.3f} |"
            )
