"""What every gate obeys, whatever it judges: run these checks on a gate of your own too.

    for name, check in yield_gate_checks(my_gate.judge, measure(Scene(effect=0.05), policy), policy):
        check()

A check raises AssertionError with the gate's verdict, or whatever the gate raised.
"""

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from slipway.domain.errors import SlipwayError
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.policies import JudgedBy
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evidence.release_evidence import accumulate
from slipway.gates.testing import degraded
from slipway.gates.testing.degraded import Measured

Judge = Callable[[Any, Any], Verdict]

BROKEN = (float("nan"), float("inf"), -float("inf"))
SHORTEST_REASON = 10


class Traits(NamedTuple):
    """What a gate is about, where it differs from most.

    ``one_arm``: the candidate alone is enough to judge it. ``users``: its evidence is users' clicks,
    so one user is none. ``gain_is_bad``: more clicks never help.
    """

    one_arm: bool = False
    users: bool = True
    gain_is_bad: bool = False


TRAITS = {
    "errors": Traits(one_arm=True, users=False),
    "dwell": Traits(one_arm=True, users=False),
    "shadow": Traits(users=False),
    "latency": Traits(users=False),
    "guardrails": Traits(users=False),
    "sample_ratio": Traits(users=False),
    "too_good_live": Traits(gain_is_bad=True),
}
"""Traits of Slipway's own gates, where they are not the usual ones."""


class Subject(NamedTuple):
    """A gate, measurements on which it passes, and its policy."""

    judge: Judge
    good: Measured
    policy: JudgedBy
    traits: Traits = Traits()

    def conclude(self, measured: Measured) -> Conclusion:
        """The conclusion on other measurements."""
        return self.judge(measured, self.policy).conclusion

    def read(self, raw: dict[str, Any]) -> Measured:
        """Measurements from the JSON that gates are fed from."""
        return type(self.good).from_dict(json.loads(json.dumps(raw)))


def yield_gate_checks(
    judge: Judge,
    good: Measured,
    policy: JudgedBy,
    traits: Traits | None = None,
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Name and check, one after the other; ``good`` are measurements on which the gate passes."""
    subject = Subject(judge, good, policy, traits or Traits())
    both = (says_why, is_deterministic, refuses_broken_numbers, is_undecided_without_data)
    live = (
        is_undecided_on_one_arm,
        knows_the_arms_apart,
        needs_more_than_one_user,
        forgets_nothing,
    )
    checks = (*both, is_monotone, *(live if isinstance(good, LiveMeasurements) else ()))
    for check in checks:
        yield check.__name__, partial(check, subject)


def says_why(subject: Subject) -> None:
    """The good passes with a reason that a person can read, and evidence that survives JSON."""
    verdict = subject.judge(subject.good, subject.policy)
    assert verdict.conclusion is Conclusion.PASS, verdict
    assert len(verdict.reason) > SHORTEST_REASON, verdict
    assert verdict.evidence, verdict
    assert Verdict.from_dict(json.loads(json.dumps(verdict.to_dict()))) == verdict, verdict


def is_deterministic(subject: Subject) -> None:
    """Twice the same, also after a trip through JSON; the measurement is left as it was."""
    raw = copy.deepcopy(subject.good.to_dict())
    first = subject.judge(subject.good, subject.policy)
    assert first == subject.judge(subject.good, subject.policy), first
    assert first == subject.judge(subject.read(raw), subject.policy), first
    assert subject.good.to_dict() == raw, "the gate changed what it judged"


def refuses_broken_numbers(subject: Subject) -> None:
    """NaN or infinity anywhere in what a gate may read is an exception, never a verdict."""
    raw = degraded.shortened(subject.good).to_dict()
    for path in _numbers(raw):
        for number in BROKEN:
            try:
                verdict = subject.judge(
                    type(subject.good).from_dict(_poked(raw, path, number)), subject.policy
                )
            except SlipwayError:
                continue
            raise AssertionError(f"{path} = {number} gave {verdict}")


def is_undecided_without_data(subject: Subject) -> None:
    """Nothing measured promotes nothing."""
    verdict = subject.judge(degraded.nothing(subject.good), subject.policy)
    assert verdict.conclusion is Conclusion.UNDECIDED, verdict


def is_monotone(subject: Subject) -> None:
    """Whatever becomes worse, the conclusion never becomes better, step by step; and something does."""
    good = worst = subject.conclude(subject.good)
    for name, worsened in degraded.steps(subject.good, gains=subject.traits.gain_is_bad):
        before = good
        for measured in worsened:
            now = subject.conclude(measured)
            assert now >= before, f"{name}: {before.name} became {now.name}"
            before, worst = now, max(worst, now)
    assert worst > good, "nothing that became worse was noticed"


def is_undecided_on_one_arm(subject: Subject) -> None:
    """Traffic of the control alone, or of the candidate alone, is no comparison."""
    assert isinstance(subject.good, LiveMeasurements)
    for silent in ("control", "candidate"):
        if subject.traits.one_arm and silent == "control":
            continue
        alone = degraded.silenced(subject.good, silent)
        in_shadow = subject.good.stage is Stage.SHADOW and silent == "control"
        verdict = subject.judge(alone, subject.policy)
        assert in_shadow or verdict.conclusion is Conclusion.UNDECIDED, (silent, verdict)


def knows_the_arms_apart(subject: Subject) -> None:
    """With the arms swapped, a candidate that was better is never judged better."""
    assert isinstance(subject.good, LiveMeasurements)
    if subject.traits.gain_is_bad or subject.traits.one_arm:
        return
    swapped = degraded.swapped(subject.good)
    assert subject.conclude(swapped) >= subject.conclude(subject.good), "swapped arms are better"


def needs_more_than_one_user(subject: Subject) -> None:
    """One user, however often it comes, is no evidence about users."""
    assert isinstance(subject.good, LiveMeasurements)
    verdict = subject.judge(degraded.one_user(subject.good), subject.policy)
    assert not subject.traits.users or verdict.conclusion is not Conclusion.PASS, verdict


def forgets_nothing(subject: Subject) -> None:
    """With half of the blocks folded into the past, or all of them, it concludes the same."""
    good, policy = subject.good, subject.policy
    assert isinstance(good, LiveMeasurements)
    assert isinstance(policy, Policy)
    if not good.stage.is_live:
        return
    expected = subject.judge(good, policy)
    blocks = sorted({*good.clicks.start_s.tolist(), *good.traffic.start_s.tolist()})
    for place in (len(blocks) // 2, len(blocks)):
        head, tail = degraded.cut(good, blocks[place] if place < len(blocks) else blocks[-1] + 1)
        verdict = subject.judge(replace(tail, past=accumulate(head, policy)), policy)
        assert verdict.conclusion is expected.conclusion, (verdict, expected)
        pairs = zip(verdict.evidence, expected.evidence, strict=True)
        assert all(np.isclose(a.estimate, b.estimate, rtol=1e-4) for a, b in pairs), verdict


def _numbers(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths to the first number of every list and to every number in nested JSON."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _numbers(part, (*path, key))
    elif isinstance(value, list | tuple) and len(value):
        yield from _numbers(value[0], (*path, 0))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def _poked(raw: dict[str, Any], path: Sequence[Any], number: float) -> dict[str, Any]:
    """``raw`` with the number at ``path`` replaced."""
    out: dict[str, Any] = json.loads(json.dumps(raw, default=str))
    at: Any = out
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = number
    return out
