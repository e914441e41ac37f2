"""Requests ahead of the evidence: judged with it as all blocks at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slipway.domain.blocks import Traffic
from slipway.domain.comparison_id import ERRORS
from slipway.domain.measurement import Arrived, LiveMeasurements
from slipway.domain.policy import Policy
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.evidence import user_table
from slipway.evidence.add import JudgedRelease, Requests, with_requests
from slipway.evidence.release_evidence import ReleaseEvidence, accumulate_requests
from slipway.gates import judge
from slipway.stats.histogram import BUCKETS
from slipway.stats.rate import above

T0 = datetime(2026, 1, 5, 6, tzinfo=UTC)
POLICY = replace(Policy(), latency_min_reference=50)
WHO = Candidate("2", "f", "adam", Origin.MANUAL, T0, Stage.CANARY_1, T0, T0)
STEP = Transition("feed", 3, T0, "t", None, Stage.CANARY_1, 0.01, "because", WHO, "1")
HOURS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=5
)
REFERENCE = np.bincount(np.arange(200) % 20, minlength=BUCKETS)


def look(now):
    """A look at the release without blocks."""
    return LiveMeasurements("feed", "2", Stage.CANARY_1, now, T0, T0, has_champion=True)


def traffic(hours, first=0):
    """One block an hour: (control requests, candidate requests, failed ones of them)."""
    rows = np.array(hours, np.int64).reshape(-1, 3)
    start = int(T0.timestamp()) + 3600 * (first + np.arange(len(rows)))
    fallbacks = np.stack((0 * rows[:, 0], np.minimum(rows[:, 1], rows[:, 2])), axis=1)
    latency = np.zeros((len(rows), 2, BUCKETS), np.int64)
    latency[:, 0, 5], latency[:, 1, 25] = rows[:, 0], rows[:, 1]
    nothing = np.zeros(len(rows), np.int64)
    return Traffic(
        start,
        np.full(len(rows), "canary_1"),
        rows[:, :2],
        fallbacks,
        latency,
        nothing,
        nothing,
        np.zeros((len(rows), BUCKETS), np.int64),
    )


def evidence(hours):
    """Evidence of matured hours, for what is asked of requests."""
    whole = traffic(hours)
    past = accumulate_requests(
        replace(look(T0 + timedelta(days=9)), traffic=whole, reference_latency=REFERENCE), POLICY
    )
    table = user_table.none(3)
    seen = {(0, "candidate"): np.array([1], np.uint64)}
    return ReleaseEvidence(
        "k",
        T0 + timedelta(hours=len(hours)),
        table,
        table,
        np.zeros((5, 5)),
        past,
        REFERENCE,
        seen=seen,
    )


def ahead(known, hours, first=0):
    """What is known of requests with these hours ahead of the evidence."""
    users = {
        (0, "candidate"): np.array([2, 1, 2], np.uint64),
        (0, "rules"): np.array([7], np.uint64),
    }
    nothing = np.zeros(BUCKETS, np.int64)
    release = JudgedRelease([STEP], look(T0 + timedelta(days=9)))
    return with_requests(known, Requests(traffic(hours, first), nothing, users), release, POLICY)


@settings(max_examples=30, deadline=None)
@given(HOURS, HOURS)
def test_requests_ahead_conclude_what_all_of_them_do(matured, new):
    """Counts, peaks and the verdicts on errors and latency are those of all blocks in one look."""
    known, whole = ahead(evidence(matured), new, len(matured)), traffic([*matured, *new])
    assert known.past.requests.tolist() == whole.requests.sum(axis=0).tolist()
    process = above(whole.requests[:, 1], whole.fallbacks[:, 1], limit=POLICY.max_error_rate)
    assert known.past.peaks[ERRORS] == pytest.approx(process.log_peak)
    blank = look(T0 + timedelta(days=9))
    one = replace(blank, arrived=Arrived(past=known.past, reference_latency=known.reference))
    other = replace(blank, arrived=Arrived(whole, reference_latency=known.reference))
    for gate in ("errors", "latency"):
        assert judge(gate, one, POLICY).conclusion is judge(gate, other, POLICY).conclusion


def test_without_requests_ahead_the_evidence_is_the_matured_one():
    """Nothing is computed again that has matured: the very same past."""
    known = evidence([(5, 5, 0)])
    release = JudgedRelease([STEP], look(T0 + timedelta(days=9)))
    none = Requests(Traffic(), np.zeros(BUCKETS, np.int64), {})
    found = with_requests(known, none, release, POLICY)
    assert found.past is known.past
    assert found.reference.tolist() == REFERENCE.tolist()


@pytest.mark.parametrize(
    ("stages", "own"),
    [
        ({2: Stage.SHADOW, 3: Stage.CANARY_1}, range(2, 12)),
        ({2: Stage.SHADOW, 3: Stage.CANARY_1, 5: Stage.RETURNED}, range(2, 5)),
        (
            {
                2: Stage.SHADOW,
                3: Stage.CANARY_1,
                5: Stage.RETURNED,
                7: Stage.OFFERED,
                8: Stage.SHADOW,
                9: Stage.CANARY_1,
            },
            [2, 3, 4, 8, 9, 10, 11],
        ),
        ({1: Stage.OFFERED, 2: Stage.REJECTED, 3: Stage.OFFERED, 4: Stage.SHADOW}, range(4, 12)),
        ({3: Stage.CANARY_1}, range(3, 12)),
    ],
)
def test_a_release_covers_its_own_epochs_each_time(stages, own):
    """From a shadow to the end; what others did between two tries is none of its evidence."""
    steps = [replace(STEP, epoch=epoch, to_stage=stage) for epoch, stage in stages.items()]
    release = JudgedRelease(steps, look(T0 + timedelta(days=9)))
    found = release.covers(np.arange(12))
    assert np.flatnonzero(found).tolist() == list(own)


def test_users_are_counted_once_in_a_stage():
    """Who comes again in a later hour is the same user."""
    seen = ahead(evidence([(5, 5, 0)]), [(5, 5, 0)], 1).seen
    assert {of: keys.tolist() for of, keys in seen.items()} == {
        (0, "candidate"): [1, 2],
        (0, "rules"): [7],
    }
