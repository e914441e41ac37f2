"""A group on any two sides of a split, and sides whose times contradict what they are for, are named."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import START, audited
from slipway.audit.finding import WHOLE_TABLE, Grade

ROWS = 900


def patients(sides, torn, seed=1):
    """Nine slices of each of 100 patients, a patient on one of ``sides``; ten lie on both of ``torn``."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(100), 9)
    side = np.array(sides)[np.arange(100) % len(sides)][patient]
    both = patient < 10
    side[both] = np.array(torn)[np.arange(both.sum()) % 2]
    frame = pd.DataFrame(
        {
            "patient": [f"p{k:03}" for k in patient],
            "density": rng.normal(size=ROWS),
            "split": side,
            "label": rng.random(ROWS) < 0.4,
        }
    )
    return frame.sample(frac=1, random_state=seed)


def grades(frame, **words):
    found = audited(frame, time=(), **words)
    return [(f.grade, f.evidence) for f in found.of(WHOLE_TABLE)]


@pytest.mark.parametrize(
    "torn", [("train", "val"), ("train", "test"), ("val", "test")], ids="-".join
)
def test_a_group_on_any_two_sides_is_suspected(torn):
    """Whichever two of three sides share patients, both are named in the order of their use."""
    ((grade, evidence),) = grades(
        patients(("train", "val", "test"), torn), group="patient", split="split"
    )
    assert grade is Grade.SUSPECT
    assert f"of the {torn[1]} rows" in evidence
    assert f"that is in {torn[0]}, too" in evidence


@pytest.mark.parametrize("sides", [("Train", "train ", "TEST"), (0, 1, 2), tuple("abcdefgh")])
def test_whole_groups_are_left_in_peace_however_the_sides_are_called(sides):
    """Case and spaces make no side; numbers and folds are sides, too."""
    clean = patients(sides, (sides[0], sides[0]))
    assert grades(clean, group="patient", split="split") == []
    torn = patients(sides, (sides[0], sides[2]))
    assert grades(torn, group="patient", split="split")[0][0] is Grade.SUSPECT


def test_rows_without_group_or_side_are_no_group_and_no_side():
    """Missing patients are not one patient, and a missing side is not held against another."""
    frame = patients(("train", "test"), ("train", "train"))
    number = pd.Series(frame["patient"].str[1:].astype(float))
    frame["patient"] = number.where(np.arange(ROWS) % 4 > 0)
    lost = frame.assign(split=frame["split"].where(np.arange(ROWS) % 5 > 0))
    assert grades(frame, group="patient", split="split") == []
    assert grades(lost, group="patient", split="split") == []


@pytest.mark.parametrize(
    ("how", "grade"),
    [
        ("by time", None),
        ("torn", Grade.SUSPECT),
        ("backwards", Grade.SUSPECT),
        ("drawn", Grade.NOTE),
    ],
)
def test_the_order_of_time_across_sides(how, grade):
    """Trained on the future, or a torn split by time: suspected; a split that was drawn: a note."""
    rng = np.random.default_rng(2)
    place = np.arange(ROWS)
    side = np.where(place < 600, "train", np.where(place < 750, "val", "test"))
    if how == "torn":
        side[rng.choice(np.arange(600, ROWS), 20, replace=False)] = "train"
    if how == "backwards":
        side = side[::-1]
    if how == "drawn":
        side = rng.permutation(side)
    frame = pd.DataFrame(
        {
            "at": START + pd.to_timedelta(place * 3600, unit="s"),
            "x": rng.normal(size=ROWS),
            "split": side,
            "label": rng.random(ROWS) < 0.4,
        }
    )
    found = audited(frame, split="split").of(WHOLE_TABLE)
    assert [f.grade for f in found] == ([] if grade is None else [grade])
