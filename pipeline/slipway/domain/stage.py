"""Where a candidate stands on its way down the slipway."""

from enum import StrEnum


class Stage(StrEnum):
    """Stages in the order of a good release, then the ways a release can end."""

    OFFERED = "offered"  # registered with offline verdicts, not yet judged by the reconciler
    SHADOW = "shadow"  # scores live requests, answers none
    INTERLEAVED = "interleaved"  # one list of both models' for a few users; where the policy has it
    CANARY_1 = "canary_1"
    CANARY_5 = "canary_5"
    CANARY_25 = "canary_25"
    CANARY_50 = "canary_50"
    APPROVAL = "approval"  # still at the last canary share, waits for the reviewer
    CHAMPION = "champion"
    REJECTED = "rejected"  # stopped before any exposure
    RETURNED = "returned"  # taken off live traffic
    TIMED_OUT = "timed_out"  # undecided for too long; never a promotion
    SUPERSEDED = "superseded"  # a newer candidate was offered while this one was queued

    @property
    def is_final(self) -> bool:
        """Whether the candidate's release is over."""
        return self in FINAL_STAGES

    @property
    def is_live(self) -> bool:
        """Whether users may be answered by the candidate in this stage."""
        return self in LIVE_STAGES


CANARY_STAGES = (Stage.CANARY_1, Stage.CANARY_5, Stage.CANARY_25, Stage.CANARY_50)
LIVE_STAGES = frozenset((*CANARY_STAGES, Stage.APPROVAL))
MEETS_USERS = LIVE_STAGES | {Stage.INTERLEAVED}
"""Stages in which users see something of the candidate: all of its list, or what was drafted of it."""
FINAL_STAGES = frozenset(
    (Stage.CHAMPION, Stage.REJECTED, Stage.RETURNED, Stage.TIMED_OUT, Stage.SUPERSEDED)
)
BAD_ENDINGS = frozenset((Stage.REJECTED, Stage.RETURNED, Stage.TIMED_OUT))
"""Decisions against a model: it is not offered again unless a person reopens it."""
RELEASE_STAGES = (Stage.OFFERED, Stage.SHADOW, *CANARY_STAGES, Stage.APPROVAL, Stage.CHAMPION)
"""Without the one that a policy may put in between."""


def label(stage: Stage) -> str:
    """How a sentence says it.

    >>> label(Stage.TIMED_OUT)
    'timed out'
    """
    return stage.value.replace("_", " ")


def next_stage(stage: Stage, stages: tuple[Stage, ...] = RELEASE_STAGES) -> Stage:
    """The stage after ``stage`` in the ``stages`` of a good release.

    >>> next_stage(Stage.SHADOW)
    <Stage.CANARY_1: 'canary_1'>

    A stage that a policy does not have any more is left for the one that comes after it.
    """
    order = list(Stage)
    return next(then for then in stages if order.index(then) > order.index(stage))
