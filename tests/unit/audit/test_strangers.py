"""What tables of strangers hold: strong honest causes, leaks in company, numbers and dates as people write them."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import START, audited
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from slipway.audit import clock
from slipway.audit.finding import Grade
from slipway.domain.errors import BadInput
from slipway.domain.leak import LeakKind
from slipway.reports import audit as report

ROWS = 6000


def rows(seed=3):
    """A generator, and the times of :data:`ROWS` rows over 90 days."""
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.integers(0, 90 * 86_400, ROWS))
    return rng, START + pd.to_timedelta(seconds, unit="s")


@pytest.mark.parametrize("load", [load_breast_cancer, load_wine, load_digits])
def test_measurements_that_tell_a_class_together_are_left_in_peace(load):
    """Tumours, wines, digits: strong and honest, in many columns, written with few decimals."""
    frame = load(as_frame=True).frame.sample(frac=1, random_state=1)
    assert audited(frame, label="target", time=()).accused == ()


def test_a_strong_cause_of_its_own_is_told_from_what_follows_from_the_outcome():
    """Two columns as strong: the cause stands beside the others, the effect goes with them."""
    rng, at = rows()
    others = rng.normal(size=(ROWS, 3))
    cause = rng.normal(size=ROWS)
    yes = others.sum(axis=1) / 2 + 3 * cause + rng.logistic(size=ROWS) > 1
    frame = pd.DataFrame(others, columns=["a", "b", "c"]).assign(at=at, label=yes)
    effect = 2.0 * yes + rng.normal(size=ROWS)
    assert audited(frame.assign(z=cause)).accused == ()
    assert audited(frame.assign(z=effect)).accused == ("z",)


def test_leaks_do_not_vouch_for_each_other():
    """A bonus that leavers never get is found although an exit interview tells them as well."""
    rng, at = rows()
    yes = rng.random(ROWS) < 0.25
    frame = pd.DataFrame(
        {
            "at": at,
            "label": yes,
            "honest": rng.normal(size=ROWS) + 0.7 * yes,
            "interview": np.where(yes & (rng.random(ROWS) < 0.7), rng.integers(1, 6, ROWS), np.nan),
            "bonus": np.where(yes | (rng.random(ROWS) < 0.15), 0, rng.integers(1, 9, ROWS) * 500),
        }
    )
    assert set(audited(frame).accused) == {"interview", "bonus"}


def test_a_strong_feature_of_a_number_does_not_look_ahead():
    """Yesterday's sales tell today's in every shop; nobody needs tomorrow's for that."""
    rng = np.random.default_rng(2)
    days, shops = 200, 40
    level = rng.gamma(3, 40, shops)[:, None] * (1 + 0.3 * np.sin(np.arange(days) / 30))
    sold = rng.poisson(level).astype(float)
    frame = pd.DataFrame(
        {
            "at": np.tile(pd.date_range("2026-01-01", periods=days, tz="UTC"), shops),
            "shop": np.repeat(np.arange(shops), days),
            "label": sold.ravel(),
            "day_before": np.roll(sold, 1, axis=1).ravel(),
            "weeks_before": np.roll(sold, 7, axis=1).ravel(),
        }
    )
    frame = frame[frame["at"] >= "2026-01-08"]
    assert audited(frame, group="shop").accused == ()


def test_a_mean_of_all_other_rows_looks_ahead():
    """A leave-one-out mean per item lies lower where the own label is high."""
    rng, at = rows()
    item = rng.integers(0, 300, ROWS)
    yes = (rng.random(ROWS) < rng.beta(2, 3, 300)[item]).astype(float)
    frame = pd.DataFrame({"at": at, "item": item, "label": yes})
    total, n = (frame.groupby("item")["label"].transform(how) for how in ("sum", "size"))
    found = audited(frame.assign(z=(total - yes + 2) / (n + 4)))
    assert found.of("z")[0].grade is Grade.LEAK
    assert found.of("z")[0].kind is LeakKind.LOOK_AHEAD


def test_a_number_that_decides_alone_blames_no_partner():
    """Zero or a sum: the column itself is the leak, the noise beside it is not."""
    rng, at = rows()
    yes = rng.random(ROWS) < 0.4
    frame = pd.DataFrame({"at": at, "label": yes, "noise": rng.normal(size=ROWS)})
    frame["z"] = np.where(yes, rng.integers(1, 99, ROWS) * 100, 0)
    assert audited(frame).accused == ("z",)


@pytest.mark.parametrize(
    "form", ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%B %d, %Y", "%d-%b-%Y", "%Y%m%d"]
)
def test_dates_are_read_in_one_form_as_people_write_them(form, tmp_path):
    """Rows dated in words lie in the order of their days: no month is taken for a day."""
    rng, at = rows()
    days = pd.Series(at).dt.floor("D")
    yes = rng.random(ROWS) < 0.3
    closed = days + pd.to_timedelta(np.where(yes, 2, 30) + rng.integers(0, 3, ROWS), unit="D")
    frame = pd.DataFrame({"at": days.dt.strftime(form), "label": yes, "x": rng.normal(size=ROWS)})
    found = audited(frame.assign(z=closed.dt.strftime("%b %d, %Y")))
    assert found.accused == ("z",)
    assert "after the row" in found.of("z")[0].evidence


def test_amounts_are_read_as_numbers():
    """1,234.50 EUR and 12 % are numbers, and their length says no more than their value."""
    rng, at = rows()
    x = rng.normal(size=ROWS)
    yes = rng.random(ROWS) < 1 / (1 + np.exp(-1.5 * x))
    said = [f"{v:,.2f} €" for v in np.exp(x + 6)]
    share = [f"{v:.1f}%" for v in rng.uniform(0, 100, ROWS)]
    found = audited(pd.DataFrame({"at": at, "label": yes, "amount": said, "share": share}))
    assert found.accused == ()
    assert found.powers["amount"].within > 0.75


def test_a_time_that_only_counts_is_not_compared_with_dates():
    """Rows numbered 0, 1, 2 and a date of birth: nothing says which came first."""
    rng, at = rows()
    frame = pd.DataFrame({"at": np.arange(ROWS), "label": rng.random(ROWS) < 0.3})
    assert audited(frame.assign(born=at - pd.Timedelta("9000D"))).accused == ()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    """The report's folder is a file: said in one line, and nothing is written."""
    (tmp_path / "there").write_text("mine")
    rng, at = rows()
    found = audited(pd.DataFrame({"at": at, "label": rng.random(ROWS) < 0.3, "x": 1.0}))
    with pytest.raises(BadInput, match="a folder that can be made and written"):
        report.write(found, "t.csv", tmp_path / "there")
    assert (tmp_path / "there").read_text() == "mine"


@pytest.mark.parametrize(
    ("said", "months"),
    [
        (["03/04/2024", "25/04/2024"], [4, 4]),
        (["03/04/2024", "04/25/2024"], [3, 4]),
        (["03.04.2024 14:05", "04.05.2024 09:00"], [4, 5]),
        (["Mar-2024", "Dec-2023"], [3, 12]),
        (["room 1204", "room 2000"], None),
    ],
)
def test_a_column_of_dates_is_read_in_one_form(said, months):
    """03/04 is in April beside 25/04, and in March beside 04/25; a room number is no date."""
    found = clock.read_words(said, np.ones(len(said), dtype=np.int64))
    assert (None if found is None else list(pd.to_datetime(found, unit="us").month)) == months


def test_a_few_rows_of_equal_time_say_nothing_about_the_order():
    """Four pairs of rows share a second, and yes comes last in each: no more than four coins."""
    rng, at = rows()
    yes = rng.random(ROWS) < 0.02
    at = at + pd.to_timedelta(np.arange(ROWS), unit="us")
    first = np.flatnonzero(yes[1:] & ~yes[:-1])[:4]
    at = np.where(np.isin(np.arange(ROWS), first + 1), np.roll(at, 1), at)
    frame = pd.DataFrame(
        {"at": pd.to_datetime(at, utc=True), "label": yes, "x": rng.normal(size=ROWS)}
    )
    assert audited(frame).of("") == ()


def test_classes_that_many_words_tell_are_easy_and_no_leak():
    """Mushrooms: each of four words tells the poisonous ones, and so do the others without it."""
    rng, _ = rows()
    bad = rng.random(ROWS) < 0.48

    def word(good, ill, wrong):
        return np.where(
            bad ^ (rng.random(ROWS) < wrong),
            rng.choice(list(ill), ROWS),
            rng.choice(list(good), ROWS),
        )

    frame = pd.DataFrame(
        {
            "odor": word("nal", "fyspc", 0.005),
            "print": word("nkw", "hr", 0.02),
            "gill": word("nw", "bg", 0.06),
            "ring": word("pe", "lf", 0.08),
            "cap": rng.choice(list("xfkb"), ROWS),
            "label": bad,
        }
    )
    assert audited(frame, time=()).accused == ()


def test_what_was_cleared_may_vouch_for_what_is_weaker():
    """The hour before tells a load best, and so is no news in the hour a day before."""
    rng = np.random.default_rng(7)
    hour = np.arange(ROWS) % 24
    rest = np.zeros(ROWS)
    for k, step in enumerate(rng.normal(0, 2, ROWS - 1)):
        rest[k + 1] = 0.9 * rest[k] + step
    load = 50 + 15 * np.sin(hour / 24 * 2 * np.pi) + rest
    frame = pd.DataFrame(
        {
            "at": pd.date_range("2026-01-01", periods=ROWS, freq="h", tz="UTC"),
            "hour": hour,
            "label": load,
            "hour_before": np.roll(load, 1),
            "day_before": np.roll(load, 24),
            "temperature": rng.normal(size=ROWS),
        }
    )
    assert audited(frame.iloc[30:]).accused == ()


@pytest.mark.parametrize(("zeros", "said"), [(0.0, False), (0.8, True)])
def test_a_number_that_falls_with_the_season_is_mature_and_one_that_is_not_there_yet_is_not(
    zeros, said
):
    """Loads sink towards spring, as they never did in this table; sums that are 0 have not come."""
    rng = np.random.default_rng(4)
    year = np.arange(ROWS) / ROWS
    value = 50 + 2.5 * np.cos(2 * np.pi * np.maximum(year - 0.7, 0)) + rng.normal(0, 3, ROWS)
    value[(year > 0.94) & (rng.random(ROWS) < zeros)] = 0
    at = pd.date_range("2025-09-01", periods=ROWS, freq="h", tz="UTC")
    found = audited(pd.DataFrame({"at": at, "label": value, "x": rng.normal(size=ROWS)}))
    assert bool(found.of("")) is said
