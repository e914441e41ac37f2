"""The chain of released comparisons: what stands adds up, what was returned does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from slipway.domain.errors import BadInput
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Evidence, Verdict
from slipway.evidence.champion_chain import GATE as NAME
from slipway.evidence.champion_chain import LINK, LINK_VARIANCE, reference_of

POLICY = Policy()


@pytest.fixture
def now():
    """The time of the look."""
    return datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def candidate(now):
    """A freshly offered version."""
    return Candidate("7", "f", "adam", Origin.SCHEDULED, now, Stage.OFFERED, now)


def released(candidate, version, at, link):
    """The two lines of a release that count here: into the review, and out of it."""
    evidence = (
        Evidence("anything", link or 0.0, "log ratio", id=LINK),
        Evidence("its spread", 1e-4, "squared log ratio", id=LINK_VARIANCE),
    )
    verdict = Verdict(NAME, Conclusion.PASS, "proven", evidence)
    who = replace(candidate, version=version)
    known = {"line": "feed", "epoch": 1, "at": at, "actor": "t", "share": 0.5, "reason": "r"}
    yield Transition(
        **known,
        from_stage=Stage.CANARY_50,
        to_stage=Stage.APPROVAL,
        candidate=who,
        champion=None,
        verdicts=(verdict,) if link else (),
    )
    yield Transition(
        **known, from_stage=Stage.APPROVAL, to_stage=Stage.CHAMPION, candidate=who, champion=version
    )


def test_links_of_standing_releases_add_up(candidate, now):
    """A first release has no link; later ones add ratio and variance."""
    lines = [
        *released(candidate, "1", now - timedelta(days=30), None),
        *released(candidate, "2", now - timedelta(days=20), -0.01),
        *released(candidate, "3", now - timedelta(days=10), 0.004),
    ]
    assert reference_of([], POLICY, now) == (0.0, 0.0)
    assert reference_of(lines[:2], POLICY, now) == (0.0, 0.0)
    assert reference_of(lines, POLICY, now) == pytest.approx((-0.006, 2e-4))


def test_a_returned_champion_takes_its_link_away(candidate, now):
    """After the previous champion is back, the chain ends with it again."""
    lines = [
        *released(candidate, "2", now - timedelta(days=20), -0.01),
        *released(candidate, "3", now - timedelta(days=10), -0.009),
    ]
    back = replace(lines[-1], from_stage=Stage.CHAMPION, to_stage=Stage.RETURNED, champion="2")
    assert reference_of([*lines, back], POLICY, now) == pytest.approx((-0.01, 1e-4))


def test_old_releases_leave_the_chain(candidate, now):
    """What was released before ``creep_days`` is part of the reference itself."""
    old = now - timedelta(days=POLICY.creep_days + 1)
    lines = [
        *released(candidate, "2", old, -0.01),
        *released(candidate, "3", now - timedelta(days=10), -0.005),
    ]
    assert reference_of(lines, POLICY, now) == pytest.approx((-0.005, 1e-4))


def reworded(lines, names, ids):
    """The same release, whose evidence has other names and ids."""
    (verdict,) = lines[0].verdicts
    evidence = tuple(
        replace(item, name=name, id=of)
        for item, name, of in zip(verdict.evidence, names, ids, strict=True)
    )
    return [replace(lines[0], verdicts=(replace(verdict, evidence=evidence),)), *lines[1:]]


def test_a_ledger_from_before_ids_is_read_by_the_names_it_has(candidate, now):
    """Evidence that was written with labels alone keeps its place in the chain."""
    lines = list(released(candidate, "2", now - timedelta(days=10), -0.01))
    old = reworded(lines, ("log ratio to the champion", "its variance"), ("", ""))
    assert reference_of(old, POLICY, now) == reference_of(lines, POLICY, now) != (0.0, 0.0)


def test_a_link_that_cannot_be_found_is_an_error(candidate, now):
    """A verdict without the comparison it was released on is no comparison of nothing: one clear line."""
    lines = list(released(candidate, "2", now - timedelta(days=10), -0.01))
    with pytest.raises(BadInput, match="champion_log_ratio") as refusal:
        reference_of(reworded(lines, ("ratio of logs", "its variance"), ("", "")), POLICY, now)
    assert "\n" not in str(refusal.value)
