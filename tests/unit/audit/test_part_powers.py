"""A leak of one system's rows is found in them, and honest parts are left in peace."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import audited, honest
from slipway.audit.finding import Grade

CHANNELS = ["mail", "web", "phone", "shop"]


def with_channel(seed):
    """Honest columns, and a channel of which one holds a tenth of the rows."""
    frame = honest(rows=4000, seed=seed)
    rng = np.random.default_rng(seed + 100)
    channel = rng.choice(CHANNELS, len(frame), p=[0.1, 0.5, 0.2, 0.2])
    return frame.assign(channel=channel), channel == "mail", rng


@pytest.mark.parametrize("numeric", [True, False])
def test_a_leak_of_one_channel_is_found_there(numeric):
    """A column that only one channel writes after the outcome is weak overall and accused all the same."""
    frame, mail, rng = with_channel(1)
    usual = rng.normal(0, 3, len(frame)) if numeric else rng.choice(list("pqrs"), len(frame))
    yes = frame["label"] == 1
    near = np.where(yes, 2, -2) + rng.normal(0, 0.5, len(yes))
    after = near if numeric else np.where(yes, "q", "p")
    found = audited(frame.assign(code=np.where(mail, after, usual)))
    assert found.grade("code") is Grade.SUSPECT
    assert "channel is 'mail'" in found.of("code")[0].evidence
    assert set(found.accused) == {"code"}


@pytest.mark.parametrize("seed", range(4))
def test_a_cause_that_matters_in_one_channel_is_no_leak(seed):
    """What tells the outcome well in one channel, but not nearly without error, is an honest interaction."""
    frame, mail, rng = with_channel(seed)
    cause = rng.normal(size=len(frame))
    label = np.where(mail, cause + rng.normal(size=len(frame)) > 0.5, frame["label"] == 1)
    assert audited(frame.assign(cause=cause, label=label.astype(int))).accused == ()


def test_people_of_many_rows_count_once():
    """Seventeen people of ten years each: their region tells who earns much, and nothing of anybody else."""
    rng = np.random.default_rng(2)
    person = np.repeat(np.arange(150), 10)
    level = rng.normal(size=150)
    frame = pd.DataFrame(
        {
            "person": person,
            "educ": rng.integers(8, 17, 150)[person],
            "region": rng.choice(list("nsew"), 150)[person],
            "label": (level[person] + 0.3 * rng.normal(size=1500) > 1).astype(int),
        }
    )
    assert audited(frame, time=(), group="person").accused == ()
