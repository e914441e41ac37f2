"""Nothing is misread in silence: what does not fit is counted, named and still looked at."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from audit_kit import audited
from slipway.audit import readings
from slipway.audit.finding import Grade

ROWS = 1200


def column(words):
    return pa.array(words).dictionary_encode()


def told(seed=3):
    """Rows with a label and a number that nobody knows before it."""
    rng = np.random.default_rng(seed)
    yes = rng.random(ROWS) < 0.3
    at = pd.Timestamp("2026-02-01") + pd.to_timedelta(np.arange(ROWS), unit="h")
    return pd.DataFrame({"at": at, "label": yes.astype(int), "x": rng.normal(size=ROWS)}), yes, rng


@pytest.mark.parametrize(
    "write",
    [
        lambda v: f"{v:.2f}".replace(".", ","),
        lambda v: f"{v:,.2f}".replace(",", "T").replace(".", ",").replace("T", "."),
        lambda v: f"USD {v:,.2f}",
        lambda v: f"{v:,.2f} kr",
        lambda v: f"CHF {v:,.2f}".replace(",", "'"),
        lambda v: f"{v:.1f} kg",
        lambda v: f"{v / 10:.2f} %",
        lambda v: f"{v:.0f} ± 3",
        lambda v: f"{v // 60:.0f}h{v % 60 // 1:02.0f}",
    ],
)
def test_a_leak_is_found_in_any_writing(write):
    """The same amounts in another locale, currency or unit: accused as the plain numbers are."""
    frame, yes, rng = told()
    amount = 5000 + 1500 * yes + rng.normal(0, 250, ROWS)
    found = audited(frame.assign(z=[write(v) for v in amount]))
    assert found.grade("z") is Grade.LEAK
    assert found.powers["z"].auc > 0.98


@pytest.mark.parametrize("bad", ["0000-00-00", "unknown", "00/00/0000", "to be announced"])
def test_few_unreadable_dates_do_not_hide_the_others(bad):
    """Some cells that are no date are named; the others are still compared with the row's time."""
    frame, _, rng = told()
    late = rng.random(ROWS) < 0.06
    shift = np.where(late, 40, -rng.integers(1, 99, ROWS))
    said = (frame["at"] + pd.to_timedelta(shift, unit="h")).dt.strftime("%Y-%m-%d %H:%M:%S")
    said[rng.random(ROWS) < 0.02] = bad
    found = audited(frame.assign(z=said))
    assert "after the row" in found.of("z")[0].evidence
    assert any(bad in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("write", "bad"),
    [
        (lambda t: t.dt.strftime("%Y%m%d%H%M%S"), "00000000000000"),
        (lambda t: t.dt.strftime("%Y%m%d%H%M"), "999999999999"),
        (lambda t: t.dt.strftime("%Y%m%d"), "0"),
        (lambda t: t.dt.as_unit("ms").astype("int64").astype(str), "0"),
        (lambda t: t.dt.as_unit("s").astype("int64").astype(str), "-1"),
    ],
)
@pytest.mark.parametrize("as_words", [True, False])
def test_times_written_as_numbers_are_compared_with_the_row(write, bad, as_words):
    """Compact dates and counts since 1970 are times; the few numbers that are none are named."""
    frame, _, rng = told()
    late = rng.random(ROWS) < 0.06
    shift = np.where(late, 40, -rng.integers(1, 99, ROWS))
    said = write(frame["at"] + pd.to_timedelta(shift, unit="h")).astype(object)
    said[rng.random(ROWS) < 0.005] = bad
    found = audited(frame.assign(updated_at=said if as_words else said.astype("int64")))
    assert "after the row" in found.of("updated_at")[0].evidence
    assert any("do not fit" in remark for remark in found.remarks)


def test_numbers_of_the_size_of_times_are_numbers():
    """What only looks like seconds since 1970 stays a number, unless its name says that it is a time."""
    frame, _, rng = told()
    found = audited(frame.assign(customer=rng.integers(4 * 10**8, 4 * 10**9, ROWS)))
    assert found.readings["customer"] == "number"


def test_words_among_numbers_are_looked_at_as_words():
    """A word written with the outcome among honest numbers is found, and so are words that are none."""
    frame, yes, rng = told()
    said = np.char.mod("%d", rng.integers(0, 900, ROWS)).astype(object)
    said[yes & (rng.random(ROWS) < 0.4)] = "refunded"
    said[~yes & (rng.random(ROWS) < 0.2)] = "see note"
    assert audited(frame.assign(z=said)).grade("z").accuses


def test_what_does_not_fit_is_counted_and_named():
    """A column keeps its reading; the share and the commonest misfits are said."""
    found = readings.of_words(
        {"z": column(["1,5", "2,5", "3,75", "n/k", "n/k", "??"] + ["4,5"] * 9)}
    )["z"]
    assert (found.unfit, found.examples) == (3, ("n/k", "??"))
    assert "decimal comma" in found.said
    assert found.share == pytest.approx(0.8)


def test_other_columns_decide_what_is_ambiguous():
    """Beside 0,25 a cell of 1,234 is a decimal; beside 0.25 it is in the thousands."""
    for other, first in (("0,25", 1.234), ("0.25", 1234.0)):
        found = readings.of_words({"a": column(["1,234", "2,500"]), "b": column([other, "7"])})
        assert next(iter(found["a"].values)) == first
        assert not found["a"].others


def test_classes_written_as_numbers_are_asked_one_by_one():
    """A flag that tells kind 4 of 7 is found, whether the kinds are 4 or k4."""
    frame, _, rng = told()
    kind = rng.integers(1, 8, ROWS)
    frame = frame.assign(label=kind, z=((kind == 4) ^ (rng.random(ROWS) < 0.01)).astype(int))
    for label in (frame["label"], "k" + frame["label"].astype(str)):
        assert audited(frame.assign(label=label)).accused == ("z",)


def test_a_letter_is_named_not_its_code():
    """Where an identifier begins with M: the page says M."""
    frame, yes, rng = told()
    first = np.where(yes & (rng.random(ROWS) < 0.5), "M", rng.choice(list("ABCDEFGH"), ROWS))
    number = rng.permutation(900_000)[:ROWS]
    found = audited(frame.assign(z=[f"{a}{n:06d}" for a, n in zip(first, number, strict=True)]))
    assert any("its first letter is 'M'" in f.evidence for f in found.of("z"))


def test_a_range_of_dates_is_written_as_dates():
    """A subgroup by time names days, not microseconds."""
    days = pd.Series(pd.date_range("2026-01-01", periods=40, freq="D"))
    read = readings.of_words({"z": column(days.dt.strftime("%d.%m.%Y").tolist())})["z"]
    from slipway.audit import bins

    assert bins.numbers(read.values, bins.moment).names[1] == "2026-01-01"


def test_a_person_may_say_how_a_column_is_read(tmp_path):
    """Numbers as words, a decimal comma, dates by month: as somebody says, or a clear refusal."""
    from slipway.audit.run import audit
    from slipway.domain.errors import BadInput

    frame, _, rng = told()
    frame = frame.assign(
        code=rng.integers(1, 9, ROWS),
        price=[f"{v:.3f}" for v in rng.uniform(1, 9, ROWS)],
        when="01/02/2026",
    )
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    asked = ("code=words", "price=decimal-comma", "when=month-first")
    found = audit(path, label="label", time=("at",), read=asked)
    assert found.readings["code"] == "words"
    assert "decimal comma" in found.readings["price"]
    assert found.readings["when"] == "time"
    for said, expected in (
        ("code=colour", "number, decimal-comma"),
        ("no=words", "'no'"),
        ("code=date", "cells that read as date"),
    ):
        with pytest.raises(BadInput, match=expected):
            audit(path, label="label", read=(said,))


def test_the_page_lists_how_each_column_was_read():
    """Page and JSON say it for every column."""
    from slipway.reports import audit as report

    frame, _, rng = told()
    found = audited(frame.assign(z=[f"{v:.1f} kg" for v in rng.normal(50, 9, ROWS)]))
    assert "number in kg" in report.html(found, "t.csv")
    assert {c["column"]: c["read_as"] for c in report.to_dict(found, "t.csv")["columns"]} == {
        "x": "number",
        "z": "number in kg",
    }


def test_thousands_with_points_are_no_small_decimals(tmp_path):
    """In a file of decimal commas 1.250 is more than 980, although 1.250 alone reads as a decimal."""
    from slipway.audit.run import audit

    frame, yes, rng = told()
    amount = np.round(950 + 300 * yes + rng.normal(0, 40, ROWS))
    frame = frame.assign(
        z=[f"{v:,.0f}".replace(",", ".") for v in amount],
        x=[f"{v:.2f}".replace(".", ",") for v in frame["x"]],
    )
    frame.to_csv(tmp_path / "t.csv", sep=";", index=False)
    assert audit(tmp_path / "t.csv", label="label", time=("at",)).powers["z"].auc > 0.98
    frame.drop(columns="x").to_csv(tmp_path / "u.csv", sep=";", index=False)
    assert audit(tmp_path / "u.csv", label="label", time=("at",)).grade("z") is Grade.LEAK


@pytest.mark.parametrize(
    "write",
    [
        lambda s: f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}",
        lambda s: f"{s // 60}m {s % 60}s",
        lambda s: f"PT{s // 60}M{s % 60}S",
        lambda s: f"{s} sec",
        lambda s: f"0 days {s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}",
    ],
)
def test_durations_are_numbers_however_they_are_written(write):
    """The length of a call is one number, in any writing."""
    lasted = [30, 261, 59, 3700, 600] * 12
    found = readings.of_words({"z": column([write(s) for s in lasted])})["z"]
    assert np.array_equal(found.values, lasted)
    assert not found.unfit


def test_dates_whose_order_nobody_knows_are_looked_at_both_ways():
    """03/04/2026 without a day beyond 12: the other order is audited as well, unless somebody says."""
    days = [f"{d:02d}/{m:02d}/2026" for d in range(1, 13) for m in range(1, 13)]
    both = readings.of_words({"z": column(days)})["z"]
    assert any("month first" in about for about, _ in both.others)
    assert not readings.of_words({"z": column([*days, "25/04/2026"])})["z"].others


@pytest.mark.parametrize("form", ["%Y%m%d", "%d.%m.%y", "%m/%d/%y", "%d-%b-%y", "%Y/%m/%d"])
def test_other_forms_of_dates_are_compared_with_the_rows_time(form, tmp_path):
    """A date after its row is found in any of the field's forms, from a CSV as from words."""
    from slipway.audit.run import audit

    frame, _, rng = told()
    shift = np.where(rng.random(ROWS) < 0.06, 9, -rng.integers(1, 99, ROWS))
    said = (frame["at"] + pd.to_timedelta(shift, unit="D")).dt.strftime(form)
    frame.assign(z=said).to_csv(tmp_path / "t.csv", index=False)
    found = audit(tmp_path / "t.csv", label="label", time=("at",))
    assert "after the row" in found.of("z")[0].evidence
