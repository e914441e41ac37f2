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
