"""Measurements and policy in, verdict out: one gate, one file, one function ``judge``.

Gates have no clock, no table and no random number; two calls on equal measurements conclude the
same. No data never passes, and a number that is not finite is an exception.
"""

from importlib import import_module

from pipeline.domain.errors import NotComputable, UnknownReference
from pipeline.domain.measurement import LiveMeasurements, OfflineMeasurements
from pipeline.domain.policy import Policy
from pipeline.domain.stage import CANARY_STAGES, Stage
from pipeline.domain.verdict import Verdict

NEED_CHAMPION = ("stability", "latency_offline", "log_loss", "ndcg", "segments", "gain")
"""Offline gates that compare with the champion; a first release has none."""

OFFLINE = ("parity", *NEED_CHAMPION, "beats_rules", "calibration")
"""In the order in which a reader wants to know what was wrong."""

LIVE_NEED_CHAMPION = ("latency", "means", "guardrails", "margin_creep")
"""Live gates that compare with the champion: in a first release late answers count as errors, and
the rules are no model whose means must be kept."""

GUARDS = ("harm", "sample_ratio", "errors", "latency", "means", "too_good_live")
"""Gates that stop a release at any time while users are answered by it."""

CANARY = (*GUARDS, "stage_evidence", "dwell")
LEAVING = ("non_inferiority", "beats_rules_live", "guardrails", "margin_creep")
WATCH = ("harm", "sample_ratio", "errors")
LIVE = ("shadow", *CANARY, *LEAVING)


def gates_for(stage: Stage, *, has_champion: bool, policy: Policy | None = None) -> tuple[str, ...]:
    """Names of the gates whose verdicts decide about a candidate in ``stage``.

    An OFFERED candidate is judged by its offline panel; in CHAMPION stage the watch goes on; a
    release that ended otherwise has no panel. Means have a gate where ``policy`` declares some.

    >>> gates_for(Stage.SHADOW, has_champion=True)
    ('shadow',)
    """
    idle: tuple[str, ...] = () if has_champion else (*NEED_CHAMPION, *LIVE_NEED_CHAMPION)
    if policy is None or not policy.means:
        idle = (*idle, "means")
    return tuple(gate for gate in _panel(stage) if gate not in idle)


def _panel(stage: Stage) -> tuple[str, ...]:
    if stage in CANARY_STAGES:
        return (*CANARY, *LEAVING) if stage is CANARY_STAGES[-1] else CANARY
    return {
        Stage.OFFERED: OFFLINE,
        Stage.SHADOW: ("shadow",),
        Stage.APPROVAL: GUARDS,
        Stage.CHAMPION: WATCH,
    }.get(stage, ())


def judge(
    name: str, measurements: LiveMeasurements | OfflineMeasurements, policy: Policy
) -> Verdict:
    """The verdict of gate ``name``.

    Raises UnknownReference for a gate that does not exist and NotComputable where the numbers
    behind the gate are undefined.
    """
    if name not in OFFLINE + LIVE:
        raise UnknownReference(
            "gate",
            found=name,
            expected=f"one of {', '.join(OFFLINE + LIVE)}",
            next_step="correct the gate's name",
        )
    expected = OfflineMeasurements if name in OFFLINE else LiveMeasurements
    if not isinstance(measurements, expected):
        raise _undefined(name, type(measurements).__name__, expected.__name__)
    try:
        verdict: Verdict = import_module(f"pipeline.gates.{name}").judge(measurements, policy)
    except ValueError as error:
        raise _undefined(name, str(error), "measurements on which it is defined") from error
    return verdict


def _undefined(name: str, found: str, expected: str) -> NotComputable:
    return NotComputable(
        f"gate {name}",
        found=found,
        expected=expected,
        next_step="repair the measurement; no verdict was given",
    )
