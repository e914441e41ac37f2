"""A line of which every check holds, from which tests take one thing away at a time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from slipway.domain.release import Candidate, Origin, Transition, fold
from slipway.domain.stage import RELEASE_STAGES, Stage
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.readiness.facts import ConsistencyFacts, ReadinessFacts, RerunFacts, ValidationFacts
from slipway.release.drills import Drill
from support.checked_champion import CHECKED

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
GATES = (
    "parity",
    "latency_offline",
    "log_loss",
    "segments",
    "beats_rules",
    "harm",
    "errors",
    "latency",
)


def verdicts(effect=0.1):
    """All gates pass; less loss offline, and an effect online."""
    loss = Evidence("log-loss over the rules", -0.05, "relative difference", -0.06, -0.04)
    clicks = Evidence("clicks", effect, "relative effect", effect - 0.01, effect + 0.01)
    evidence = {"beats_rules": (loss,), "harm": (clicks,)}
    return tuple(Verdict(g, Conclusion.PASS, "fine", evidence.get(g, ())) for g in GATES)


def release(version, first_epoch, **words):
    """A good release of one version, from the offer to the champion."""
    at = NOW - timedelta(days=3)
    before, steps = None, []
    for epoch, stage in enumerate(RELEASE_STAGES, first_epoch):
        who = Candidate(version, version, "adam", Origin.SCHEDULED, at, stage, at)
        champion = version if stage is Stage.CHAMPION else None
        steps.append(
            Transition(
                "feed", epoch, at, "t", before, stage, 0.0, "approved by rita: fine", who, champion,
                verdicts(**words),
            )
        )  # fmt: skip
        before = stage
    return steps


@pytest.fixture
def ready():
    """Facts on which every check of the rubric holds."""
    past = (*release("1", 1), *release("2", 9))
    return ReadinessFacts(
        line="feed",
        now=NOW,
        inputs=("hour",),
        timeout_days=21.0,
        state=fold("feed", past),
        past=past,
        validation=ValidationFacts("r1", success=True, expectations={"training": 27, "proofs": 4}),
        audited=(),
        planned=True,
        expired=0,
        reruns=RerunFacts(4, 1, 0, 1),
        consistency=ConsistencyFacts("20260308", 1000, ()),
        drift_weeks=9,
        stale=("a champion of 1 week lost +1.00% (+- 0.20%) to a fresh model in 3 weeks",),
        checked=CHECKED,
        drill=Drill("feed", NOW, "ops", "2", "1", 16, 0.5, 30.0, 2, True, ()),
    )


@pytest.fixture
def contradicted(ready):
    """The same, but the second release lost online what it won offline."""
    past = (*release("1", 1), *release("2", 9, effect=-0.2))
    return replace(ready, past=past)
