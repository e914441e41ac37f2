"""Each planted kind of leak is accused where it was planted, and nothing else is."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import audited, honest
from leak_plants import BLATANT, MODERATE, PLANTS, STRENGTHS, WHOLE_TABLE, Planted
from leak_tables import SIMULATED, clean
from slipway.audit.finding import Grade

CASES = [(kind, plant) for kind, plants in PLANTS.items() for plant in plants]


def planted(plant, strength, seed=0, name="shop"):
    frame = clean(name, seed, None).frame
    return plant(frame, strength, np.random.default_rng([seed, len(strength)]))


@pytest.mark.parametrize(("kind", "plant"), CASES, ids=[plant.__name__ for _, plant in CASES])
def test_blatant_plants_are_found(kind, plant):
    """The planted column (or the table) is accused."""
    leak = planted(plant, BLATANT)
    found = audited(leak.frame, **leak.words)
    assert leak.where in found.accused or (leak.noted and found.of(leak.where))
    if plant.__name__ != "glued":
        assert kind in {f.kind for f in found.of(leak.where) if f.grade.accuses}


@pytest.mark.parametrize("name", SIMULATED)
def test_clean_tables_are_left_in_peace(name):
    """No column of a clean table is accused of a leak."""
    found = audited(clean(name, 1, None).frame)
    assert [f for f in found.findings if f.grade is Grade.LEAK] == []


def test_strengths_are_all_plantable():
    """Every kind can be planted in every strength, and names where it is to be found."""
    for _, plant in CASES:
        for strength in STRENGTHS:
            leak = planted(plant, strength)
            assert isinstance(leak, Planted)
            assert leak.where == WHOLE_TABLE or leak.where in leak.frame


def test_an_honest_rate_of_the_past_is_no_look_ahead():
    """A mean over strictly earlier rows of an item is left alone; with the own row it is not."""
    frame = honest(4000)
    rng = np.random.default_rng(2)
    item = rng.integers(0, 40, len(frame))
    by = frame["label"].groupby(item)
    past = by.transform(lambda y: (y.cumsum() - y + 1) / (np.arange(len(y)) + 3))
    own = by.transform(lambda y: (y.cumsum() + 1) / (np.arange(len(y)) + 4))
    names = [f"item {k}" for k in item]
    assert audited(frame.assign(item=names, z=past)).accused == ()
    assert audited(frame.assign(item=names, z=own)).accused == ("z",)


def test_parts_of_a_computed_label_are_all_named():
    """Cnt = casual + registered: both parts are named, whatever else is in the table."""
    frame = honest(2000)
    rng = np.random.default_rng(3)
    one, two = rng.poisson(20, 2000), rng.poisson(50, 2000)
    found = audited(frame.assign(one=one, two=two, label=one + two))
    assert set(found.accused) == {"one", "two"}
    assert "one and two" in found.of("one")[0].evidence


def test_scaling_on_the_training_rows_alone_is_honest():
    """Standardised by the training rows' mean: nothing of the test period is in it."""
    frame = honest(3000)
    raw = np.random.default_rng(4).gamma(2, 3, 3000) + np.linspace(0, 2, 3000)
    early = raw[:2400]
    assert audited(frame.assign(z=(raw - early.mean()) / early.std())).accused == ()
    assert audited(frame.assign(z=(raw - raw.mean()) / raw.std())).accused == ("z",)


def test_an_updated_copy_of_a_column_is_told():
    """Where the assigned room differs from the reserved one, the guest came: the copy is newer."""
    frame = honest(4000)
    rng = np.random.default_rng(5)
    rooms = np.array(list("ABCDEF"))
    reserved = rooms[rng.integers(0, 6, 4000)]
    changed = (frame["label"] == 0) & (rng.random(4000) < 0.25)
    assigned = np.where(changed, rooms[rng.integers(0, 6, 4000)], reserved)
    found = audited(frame.assign(reserved=reserved, assigned=assigned))
    assert found.grade("assigned") is Grade.SUSPECT
    assert "reserved" in found.of("assigned")[0].evidence


def test_a_label_that_falls_every_winter_is_no_immature_one():
    """A fall at the end that the history knows is no accusation."""
    frame = honest(6000)
    rng = np.random.default_rng(6)
    wave = 0.3 + 0.25 * np.cos(np.linspace(0, 8 * np.pi, 6000) + np.pi)
    assert audited(frame.assign(label=(rng.random(6000) < wave).astype(int))).of(WHOLE_TABLE) == ()


def test_moderate_needs_no_luck():
    """One moderate plant of each way to know the label is found in another table, too."""
    for _, plant in CASES:
        if plant.__name__ in {"missing", "words", "encoded", "digits", "later", "copies"}:
            leak = planted(plant, MODERATE, seed=3, name="classes")
            assert leak.where in audited(leak.frame, **leak.words).accused, plant.__name__


@pytest.mark.parametrize("how", ["difference", "product"])
def test_two_columns_that_tell_the_label_together_are_both_named(how):
    """A start and an end, a distance and a speed: harmless alone, the label together."""
    frame = honest(4000)
    rng = np.random.default_rng(11)
    lasted = np.where(frame["label"] == 1, 1.0, 2.5) + rng.gamma(4, 0.1, 4000)
    one = rng.normal(20, 3, 4000) if how == "difference" else rng.lognormal(3, 0.5, 4000)
    two = one + lasted if how == "difference" else lasted / one
    found = audited(frame.assign(one=one, two=two))
    assert set(found.accused) == {"one", "two"}
    assert "it and two" in found.of("one")[0].evidence


def test_a_strong_pair_of_honest_columns_is_left_alone():
    """Two strong honest columns are stronger together, as they may."""
    frame = honest(5000)
    rng = np.random.default_rng(12)
    one, two = rng.normal(size=5000), rng.normal(size=5000)
    yes = one + two + rng.normal(size=5000) > 0
    assert audited(frame.assign(one=one, two=two, label=yes)).accused == ()


def test_a_date_to_come_that_tells_the_label_is_asked_about():
    """Even where other columns tell the label as well, a date after the row has to be explained."""
    frame = honest(4000)
    rng = np.random.default_rng(13)
    yes = frame["label"] == 1
    days = np.where(yes, 1, 6) + rng.exponential(2, 4000)
    twin = np.where(yes, 1, 6) + rng.exponential(2, 4000)
    frame = frame.assign(ends=frame["at"] + pd.to_timedelta(days, unit="D"), twin=twin)
    assert "ends" in audited(frame).accused


def test_a_strong_column_that_only_follows_from_the_label_is_asked_about():
    """As strong as all others together, but tied to them through the label alone: written later."""
    frame = honest(5000)
    rng = np.random.default_rng(14)
    yes = (2.5 * frame["strong"] + 2.5 * rng.normal(size=5000) > 0).to_numpy()
    frame = frame.assign(label=yes, other=frame["strong"] * 2 + 2.5 * yes + rng.normal(size=5000))
    effect = np.where(yes ^ (rng.random(5000) < 0.05), "done", "open")
    assert "z" in audited(frame.assign(z=effect)).accused


def histories(rows=4000, things=40):
    """Things whose outcomes persist: most have nearly always the same one."""
    rng = np.random.default_rng(15)
    rate = rng.beta(0.15, 0.15, things)
    thing = rng.integers(0, things, rows)
    names = np.array([f"thing {k}" for k in range(things)])
    label = (rng.random(rows) < rate[thing]).astype(int)
    return honest(rows).assign(label=label, thing=names[thing]), label, rng


def test_a_thing_whose_outcome_never_changed_is_no_news_among_such_things():
    """One value with one outcome is a leak in a column of mixed ones, and none where all are pure."""
    frame, label, rng = histories()
    found = audited(frame)
    assert not [f for f in found.of("thing") if "odds at least" in f.evidence]
    code = rng.choice([f"c{k}" for k in range(30)], len(frame))
    code = np.where(label.astype(bool) & (rng.random(len(frame)) < 0.3), "X9", code)
    assert "code" in audited(frame.drop(columns="thing").assign(code=code)).accused


def test_an_hour_is_no_place_in_lists_of_consecutive_hours():
    """A clock runs on from list to list; a place starts again with each."""
    frame = honest(4000)
    hours = pd.Timestamp("2026-01-05", tz="UTC") + pd.to_timedelta(np.arange(4000), unit="h")
    lists = (np.arange(4000) + 3) // 8
    place = (np.arange(4000) + 3) % 8
    frame = frame.assign(hour=hours.hour, place=place, at=hours, list=lists)
    frame["at"] = frame.groupby("list")["at"].transform("min")
    assert audited(frame, group="list").accused == ("place",)


@pytest.mark.parametrize("days", ["", "3D"])
def test_no_column_answers_for_an_order_that_the_label_made(days):
    """Sorted by outcome, whole or per day: rates of the past, hours and row numbers look like leaks."""
    rng = np.random.default_rng(16)
    rows = 4000
    frame = honest(rows)
    hour = np.arange(rows) % 24
    label = (rng.random(rows) < np.where((hour > 6) & (hour < 20), 0.97, 0.03)).astype(int)
    season = np.linspace(5, 7, rows).round(3)
    frame = frame.assign(hour=hour, number=np.arange(rows), season=season, label=label)
    frame["at"] = frame["at"].dt.floor(days) if days else frame["at"]
    frame = frame.sort_values(["at", "label"] if days else ["label"], kind="stable")
    found = audited(frame if days else frame.drop(columns="at"), time=("at",) if days else ())
    assert set(found.accused) <= {WHOLE_TABLE}
    assert "sorted" in found.of(WHOLE_TABLE)[0].evidence or found.accused == (WHOLE_TABLE,)
