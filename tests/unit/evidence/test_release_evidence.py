"""Who came in which stage: counted as long as the arms' fractions are those of its beginning."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.release import Arm, Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.evidence.release_evidence import seen_by_step

AT = datetime(2026, 3, 2, tzinfo=UTC)
WHO = Candidate("2", "f", "adam", Origin.MANUAL, AT, Stage.CANARY_1, AT)
FIRST = Transition("feed", 3, AT, "t", None, Stage.CANARY_1, 0.01, "so", WHO, "1")
STEPS = (FIRST, replace(FIRST, epoch=7, to_stage=Stage.CANARY_5))
CHAMPION, PREVIOUS = list(Arm).index(Arm.CHAMPION), list(Arm).index(Arm.PREVIOUS)


def seen(epochs, moved=(), arm=CHAMPION):
    """Users by stage; the user of each row is the epoch it came at."""
    at = np.array(epochs, np.int64)
    found = seen_by_step(at.astype(np.uint64), np.full(len(at), arm), at, STEPS, moved)
    return {step: keys.tolist() for (step, _), keys in found.items()}


def test_a_hold_back_that_ends_in_mid_stage_ends_its_count():
    """Its users then go to the other arms: they would look like a broken split. The next stage counts anew."""
    assert seen(range(3, 10)) == {0: [3, 4, 5, 6], 1: [7, 8, 9]}
    assert seen(range(3, 10), moved=[5]) == {0: [3, 4], 1: [7, 8, 9]}
    assert seen(range(3, 10), moved=[2, 9]) == {0: [3, 4, 5, 6], 1: [7, 8]}
    assert seen(range(3, 10), moved=[7]) == {0: [3, 4, 5, 6], 1: [7, 8, 9]}


def test_users_of_the_hold_back_are_an_arm_of_their_own():
    """They are counted beside the others, under the arm's own name."""
    at = np.array([4], np.int64)
    found = seen_by_step(at.astype(np.uint64), np.array([PREVIOUS]), at, STEPS)
    assert {of: keys.tolist() for of, keys in found.items()} == {(0, "previous"): [4]}


@given(st.lists(st.integers(3, 12), max_size=30), st.sets(st.integers(1, 12), max_size=4))
def test_every_counted_user_came_before_the_hold_back_moved(epochs, moved):
    """No row of a stage is counted behind a change that came after the stage began, and no other is lost."""
    found = seen(epochs, sorted(moved))
    for step, (first, end) in enumerate(((3, 7), (7, 99))):
        cut = min([end, *(epoch for epoch in moved if first < epoch < end)])
        expected = sorted({epoch for epoch in epochs if first <= epoch < cut})
        assert found.get(step, []) == expected
