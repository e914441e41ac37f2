"""A release of a few steps, and a ledger that holds it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from slipway.domain.release import LineState, fold
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.release.transitions import offer

ROAD = (Stage.SHADOW, Stage.CANARY_1, Stage.CANARY_5)


@pytest.fixture
def offered(candidate, now):
    """The first line of a release, with a verdict."""
    verdict = Verdict("parity", Conclusion.PASS, "equal", (Evidence("rows", 0, "rows"),))
    return offer(LineState("feed"), candidate, now=now, actor="test", verdicts=[verdict])[0]


@pytest.fixture
def steps(offered):
    """Four steps of one release, from the offer to 5 % of users."""
    found = [offered]
    for hours, stage in enumerate(ROAD, start=1):
        last, at = found[-1], offered.at + timedelta(hours=hours)
        moved = replace(last.candidate, stage=stage, stage_since=at)
        share = {Stage.CANARY_1: 0.01, Stage.CANARY_5: 0.05}.get(stage, 0.0)
        found.append(
            replace(
                last, epoch=last.epoch + 1, at=at, from_stage=last.to_stage, to_stage=stage,
                share=share, candidate=moved, reason=f"to {stage}",
            )
        )  # fmt: skip
    return tuple(found)


@pytest.fixture
def returned(steps):
    """The step that takes the candidate of ``steps`` off."""
    return away(steps)


def away(steps):
    """The next step after ``steps``: their candidate is returned."""
    last = steps[-1]
    state = fold("feed", steps)
    gone = replace(last.candidate, stage=Stage.RETURNED)
    return replace(
        last, epoch=state.epoch + 1, from_stage=last.to_stage, to_stage=Stage.RETURNED, share=0.0,
        reason="harm", candidate=gone,
    )  # fmt: skip
