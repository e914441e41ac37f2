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
from slipway.domain.interleaved import Interleaved
from slipway.domain.loop import LoopMeasurements
from slipway.domain.measurement import LiveMeasurements, OfflineMeasurements
from slipway.domain.paired_shadow import PairedShadow
from slipway.domain.policies import JudgedBy, ReleasePolicy
from slipway.domain.policy import Policy
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements
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
WATCH = ("watch_harm", "sample_ratio", "errors", "latency", "means")
LIVE = ("shadow", *CANARY, *LEAVING, WATCH[0])

CLUSTERS_NEED_CHAMPION = ("ids_kept", "cluster_turnover")
CLUSTERS = (*CLUSTERS_NEED_CHAMPION, "cluster_inertia", "cluster_sizes")
"""Offline gates of a line of clusters; ``sorted_unseen`` is the one of its shadow and approval."""

SORTED_UNSEEN = "sorted_unseen"

FEEDBACK_LOOP = "feedback_loop"
"""Judged by the watch, week by week, and told to whoever decides about the next release.

It is in no panel: its weeks are the champion's, and a FAIL would refuse the candidate that ends the loop.
"""


PREDICTIONS_NEED_CHAMPION = (
    "answer_shift",
    "latency_offline",
    "offline_loss",
    "offline_segments",
    "offline_gain",
)
PREDICTIONS = ("parity", *PREDICTIONS_NEED_CHAMPION, "beats_rules_loss", "answer_level")
"""Offline gates of a line that gives one answer a request."""

PAIRED_SHADOW = "paired_shadow"
"""Decides an exogenous outcome in the shadow; the stages after it guard errors and latency."""

BOTH_OFFLINE = ("parity", "latency_offline")
"""Gates that judge offline measurements of rankings and of predictions alike."""

INTERLEAVING = "interleaving"
"""Returns what users like less where both models' lists are one; proves no margin."""

UNPAIRED = ("sample_ratio", "errors", "latency", "dwell")
"""What is asked of a canary whose quality was decided in the shadow."""


def gates_for(
    stage: Stage, *, has_champion: bool, policy: ReleasePolicy | None = None
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
    if isinstance(policy, PredictionPolicy):
        return _predictions_panel(stage, policy, has_champion=has_champion)
    return _listed_panel(stage, policy, has_champion=has_champion)


def _listed_panel(stage: Stage, policy: Policy | None, *, has_champion: bool) -> tuple[str, ...]:
    idle: tuple[str, ...] = () if has_champion else (*NEED_CHAMPION, *LIVE_NEED_CHAMPION)
    if policy is None or not policy.means:
        idle = (*idle, "means")
    if policy is not None and not policy.both_weekday_types:
        idle = (*idle, "kinds_of_day")
    if stage is Stage.CHAMPION and (policy is None or policy.no_hold_back):
        idle = (*idle, "latency", "means")  # the rules are no model to be as fast or as good as
    return tuple(gate for gate in _panel(stage) if gate not in idle)


def _predictions_panel(
    stage: Stage, policy: PredictionPolicy, *, has_champion: bool
) -> tuple[str, ...]:
    """Paired outcomes are decided in the shadow; others by the split, as clicks are."""
    if stage is Stage.OFFERED:
        return tuple(g for g in PREDICTIONS if has_champion or g not in PREDICTIONS_NEED_CHAMPION)
    if not policy.paired:
        panel = _listed_panel(stage, policy, has_champion=has_champion)
        return tuple(g for g in panel if g != "beats_rules_live" or policy.rules_share)
    if stage is Stage.SHADOW:
        return ("shadow", PAIRED_SHADOW)
    idle = () if has_champion else LIVE_NEED_CHAMPION
    guards = UNPAIRED if stage in CANARY_STAGES else UNPAIRED[:-1]
    live = stage in CANARY_STAGES or stage is Stage.APPROVAL
    if stage is Stage.CHAMPION:
        return ("sample_ratio", "errors")
    return tuple(gate for gate in guards if gate not in idle) if live else ()


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
        Stage.INTERLEAVED: (INTERLEAVING,),
        Stage.APPROVAL: GUARDS,
        Stage.CHAMPION: WATCH,
    }.get(stage, ())


Measured = (
    LiveMeasurements
    | OfflineMeasurements
    | PredictionMeasurements
    | PairedShadow
    | ClusterMeasurements
    | SortedUnseen
    | LoopMeasurements
    | Interleaved
)
"""What any gate may judge."""


def judge(
    name: str,
    measurements: Measured,
    policy: JudgedBy,
) -> Verdict:
    """The verdict of gate ``name``.

    Raises UnknownReference for a gate that does not exist and NotComputable where the numbers
    behind the gate are undefined.
    """
    kinds: dict[str, tuple[type, ...]] = {
        **dict.fromkeys(OFFLINE, (OfflineMeasurements,)),
        **dict.fromkeys(PREDICTIONS, (PredictionMeasurements,)),
        **dict.fromkeys(BOTH_OFFLINE, (OfflineMeasurements, PredictionMeasurements)),
        PAIRED_SHADOW: (PairedShadow,),
        INTERLEAVING: (Interleaved,),
        **dict.fromkeys(LIVE, (LiveMeasurements,)),
        **dict.fromkeys(CLUSTERS, (ClusterMeasurements,)),
        SORTED_UNSEEN: (SortedUnseen,),
        FEEDBACK_LOOP: (LoopMeasurements,),
    }
    if name not in kinds:
        raise UnknownReference(
            "gate",
            found=name,
            expected=f"one of {', '.join(kinds)}",
            next_step="correct the gate's name",
        )
    if not isinstance(measurements, kinds[name]):
        expected = " or ".join(kind.__name__ for kind in kinds[name])
        raise _undefined(name, type(measurements).__name__, expected)
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
