"""Numbers are read as people write them, whatever the locale, currency or unit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.audit.number_words import cell, read


def written(value, mark, thousands, places=2):
    """``value`` with another decimal sign and thousands' separator."""
    said = f"{value:,.{places}f}"
    return said.replace(",", "T").replace(".", mark).replace("T", thousands)


@given(
    values=st.lists(
        st.integers(-(10**9), 10**9).map(lambda v: v / 100), min_size=2, max_size=30, unique=True
    ),
    locale=st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'"), (".", ""), (",", "")]),
    around=st.sampled_from(
        ["{}", "$ {}", "{} €", "USD {}", "CHF {}", "{}%", "{} kg", "Rs. {}", "{} EUR"]
    ),
)
def test_any_writing_gives_the_same_numbers(values, locale, around):
    """Decimal sign, thousands, currency and unit change nothing."""
    said = [around.format(written(v, *locale)) for v in values]
    found = read(said, [1] * len(said))
    assert found is not None
    assert found.values == pytest.approx(values)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("(1,234.50)", -1234.5),
        ("12.50-", -12.5),
        ("\u22123.5", -3.5),
        ("$-3.5", -3.5),
        ("₹ 3,00,000.5", 300000.5),
        ("1.5e3", 1500.0),
        (".5", 0.5),
        ("R$3.5", 3.5),
    ],
)
def test_signs_brackets_and_powers(said, value):
    """Brackets, a sign behind, the typographic minus, Indian thousands: one value each."""
    assert cell(said).values[0] == value


@pytest.mark.parametrize(
    "said",
    ["12 Main Street", "k1", "QX-12", "0000-00-00", "12:30", "12.05.2026", "3 Mar", "p000", ""],
)
def test_what_is_no_number(said):
    """Identifiers, dates, times of day and addresses are none."""
    assert cell(said) is None


def test_limits_lie_just_beside_their_number():
    """<2.0 is below 2.0, >500 above 500."""
    found = read(["<2.0", "2.0", "500", ">500"], [1, 1, 1, 1]).values
    assert (np.diff(found) > 0).all()


def test_units_that_belong_together_are_compared():
    """900 g is less than 1 kg, 3K less than 2M."""
    assert read(["900 g", "1 kg"], [1, 1]).values.tolist() == [900, 1000]
    assert read(["3K", "2.5M", "700"], [1, 1, 1]).values.tolist() == [3000, 2.5e6, 700]


def test_currencies_that_cannot_be_compared_keep_their_name():
    """A column of two currencies can be asked for its currency as well."""
    assert read(["USD 1", "EUR 2"], [1, 1]).affix == ("USD", "EUR")


def test_what_could_be_both_is_read_both_ways():
    """1,234 beside 7 may be thousands or decimals, unless the file's other columns say so."""
    said, once = ["1,234", "7", "12,500"], [1, 1, 1]
    found = read(said, once)
    assert found.values.tolist() == [1234, 7, 12500]
    assert found.other.tolist() == [1.234, 7, 12.5]
    known = read(said, once, comma=True)
    assert known.other is None
    assert known.values.tolist() == [1.234, 7, 12.5]


def test_seats_and_stock_codes_are_no_numbers():
    """12A and 12C name seats: the letter is no unit."""
    said = [f"{k}{letter}" for k in range(9) for letter in "ACEF"]
    found = read(said, [1] * len(said))
    assert found is None or np.isfinite(found.values).mean() < 0.5
