"""An event that a join repeats is one event, and a past that then holds its own label is named."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import START, audited
from slipway.audit.finding import WHOLE_TABLE, Grade
from slipway.domain.leak import LeakKind


def answers(seed=1, users=40, each=12):
    """Answers of users, two in five of them once per skill; the features of the past are made per event."""
    rng = np.random.default_rng(seed)
    n = users * each
    user = np.repeat([f"u{k:02}" for k in range(users)], each)
    at = START + pd.to_timedelta(np.cumsum(rng.integers(20, 600, n)), unit="s")
    skilled = rng.beta(3, 2, users).repeat(each)
    frame = pd.DataFrame(
        {
            "user": user,
            "problem": [f"p{k:02}" for k in rng.integers(0, 40, n)],
            "at": at,
            "label": (rng.random(n) < skilled).astype(int),
        }
    )
    frame = with_past(frame)
    frame = frame.loc[np.repeat(np.arange(n), rng.choice([1, 2, 3], n, p=[0.6, 0.3, 0.1]))]
    return frame.assign(skill=[f"s{k}" for k in rng.integers(0, 12, len(frame))]).reset_index(
        drop=True
    )


def with_past(frame):
    """What each row knows of the rows before it, of the same user."""
    before = frame.groupby("user")["label"]
    return frame.assign(
        previous=before.shift(1).fillna(-1).astype(int),
        right_so_far=before.cumsum() - frame["label"],
        row_of_user=before.cumcount(),
        rate=before.transform(lambda y: (y.cumsum() - y + 1) / (np.arange(len(y)) + 2)),
    )


PAST = ["previous", "right_so_far", "rate"]


def named(frame, **words):
    found = audited(frame, **words)
    return [f.column for f in found.accusations if f.kind is LeakKind.LOOK_AHEAD], found


@pytest.mark.parametrize("words", [{"group": "user"}, {}], ids=["group", "no group"])
def test_a_past_that_is_made_of_repeated_rows_holds_the_own_label(words):
    """Previous answer, answers right so far and their rate: each takes the row before for the past."""
    accused, found = named(with_past(answers()), **words)
    assert {"previous", "right_so_far"} <= set(accused)
    assert "row_of_user" not in accused
    several = [f for f in found.of(WHOLE_TABLE) if "stand in several rows" in f.evidence]
    assert [f.grade for f in several] == [Grade.SUSPECT]
    assert "skill" in several[0].evidence


def test_a_label_in_words_and_a_file_in_any_order_are_no_obstacle():
    """The previous answer is told by what it stands for, and the rows of an event are of no order."""
    frame = with_past(answers()).sample(frac=1, random_state=1)
    said = {1: "right", 0: "wrong", -1: "first"}
    frame = frame.assign(label=frame["label"].map(said), previous=frame["previous"].map(said))
    assert "previous" in named(frame.drop(columns=["rate", "right_so_far"]), group="user")[0]


def test_a_past_that_is_made_of_events_is_honest():
    """Repeated after the features were made: the rows are named in a note, and no feature."""
    accused, found = named(answers(), group="user")
    assert accused == []
    assert max(f.grade for f in found.of(WHOLE_TABLE)) is Grade.NOTE


def test_several_events_at_one_time_are_several_events():
    """Items of one request have labels of their own."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "at": START + pd.to_timedelta(np.repeat(np.arange(150), 6) * 60, unit="s"),
            "request": np.repeat([f"r{k}" for k in range(150)], 6),
            "x": rng.normal(size=900),
            "kind": rng.choice(list("abc"), 900),
            "label": rng.random(900) < 0.3,
        }
    )
    assert audited(frame, group="request").of(WHOLE_TABLE) == ()
