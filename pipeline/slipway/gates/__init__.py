"""Measurements and policy in, verdict out: one gate, one file, one function ``judge``.

Gates have no clock, no table and no random number; two calls on equal measurements conclude the
same. No data never passes, and a number that is not finite is an exception.

Two watermarks. ``errors``, ``latency``, ``sample_ratio`` and ``shadow`` need no outcome and judge every
request that has arrived: what fails at once is returned at once. All others judge what has matured:
``harm`` and the gates about clicks and means because arms are compared on whole outcomes alone,
``stage_evidence`` and ``dwell`` because exposures whose outcomes are unknown are not yet seen, and
``guardrails`` because full release is proven on one common stretch of time.
"""

from importlib import import_module

from slipway.domain.cluster_measurements import ClusterMeasurements, SortedUnseen
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.errors import NotComputable, UnknownReference
from slipway.domain.measurement import LiveMeasurements, OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.stage import CANARY_STAGES, Stage
from slipway.domain.verdict import Verdict

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
LEAVING = ("non_inferiority", "kinds_of_day", "beats_rules_live", "guardrails", "margin_creep")
WATCH = ("harm", "sample_ratio", "errors")
LIVE = ("shadow", *CANARY, *LEAVING)

CLUSTERS_NEED_CHAMPION = ("ids_kept", "cluster_turnover")
CLUSTERS = (*CLUSTERS_NEED_CHAMPION, "cluster_inertia", "cluster_sizes")
"""Offline gates of a line of clusters; ``sorted_unseen`` is the one of its shadow and approval."""

SORTED_UNSEEN = "sorted_unseen"


def gates_for(
    stage: Stage, *, has_champion: bool, policy: Policy | ClusterPolicy | None = None
) -> tuple[str, ...]:
    """Names of the gates whose verdicts decide about a candidate in ``stage``.

    An OFFERED candidate is judged by its offline panel; in CHAMPION stage the watch goes on; a
    release that ended otherwise has no panel. Means have a gate where ``policy`` declares some, and
    kinds of day unless it does without.

    >>> gates_for(Stage.SHADOW, has_champion=True)
    ('shadow',)
    """
    if isinstance(policy, ClusterPolicy):
        return _clusters_panel(stage, has_champion=has_champion)
    idle: tuple[str, ...] = () if has_champion else (*NEED_CHAMPION, *LIVE_NEED_CHAMPION)
    if policy is None or not policy.means:
        idle = (*idle, "means")
    if policy is not None and not policy.both_weekday_types:
        idle = (*idle, "kinds_of_day")
    return tuple(gate for gate in _panel(stage) if gate not in idle)


def _clusters_panel(stage: Stage, *, has_champion: bool) -> tuple[str, ...]:
    if stage is Stage.OFFERED:
        return tuple(g for g in CLUSTERS if has_champion or g not in CLUSTERS_NEED_CHAMPION)
    return (SORTED_UNSEEN,) if stage in (Stage.SHADOW, Stage.APPROVAL) else ()


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
    name: str,
    measurements: LiveMeasurements | OfflineMeasurements | ClusterMeasurements | SortedUnseen,
    policy: Policy | ClusterPolicy,
) -> Verdict:
    """The verdict of gate ``name``.

    Raises UnknownReference for a gate that does not exist and NotComputable where the numbers
    behind the gate are undefined.
    """
    kinds: dict[str, type] = {
        **dict.fromkeys(OFFLINE, OfflineMeasurements),
        **dict.fromkeys(LIVE, LiveMeasurements),
        **dict.fromkeys(CLUSTERS, ClusterMeasurements),
        SORTED_UNSEEN: SortedUnseen,
    }
    if name not in kinds:
        raise UnknownReference(
            "gate",
            found=name,
            expected=f"one of {', '.join(kinds)}",
            next_step="correct the gate's name",
        )
    if not isinstance(measurements, kinds[name]):
        raise _undefined(name, type(measurements).__name__, kinds[name].__name__)
    try:
        verdict: Verdict = import_module(f"slipway.gates.{name}").judge(measurements, policy)
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
