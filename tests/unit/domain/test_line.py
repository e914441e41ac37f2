"""The availability contract of a column: declared whole, without contradictions, or refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from slipway.domain.errors import BadConfig
from slipway.domain.line import Availability, Column, Source, Unfit
from slipway.domain.mean import Mean, PerList
from slipway.examples.films.line import LINE

DAY = timedelta(days=1)
AS_OF = {"entity": ("user",), "source": Source.LOG, "lag": DAY}


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({}, "column ctr.available == None, must be one of request, as_of, decision, after"),
        ({"available": "soon"}, "column ctr.available == 'soon', must be one of"),
        ({"available": Availability.AS_OF}, "column ctr.entity == None, must be named"),
        ({"available": "as_of", "entity": ("user",)}, "column ctr.source == None, must be log"),
        ({"available": "as_of", **AS_OF, "source": Source.OUTCOME}, "must be log"),
        ({"available": "as_of", **AS_OF, "lag": timedelta(0)}, "column ctr.lag == '0:00:00'"),
        (
            {"available": "request", "entity": ("user",), "source": Source.CLOCK, "lag": DAY},
            "0 for the others",
        ),
        ({"available": "as_of", **AS_OF, "unfit": Unfit.REFUSE}, "unless the caller sends"),
    ],
)
def test_a_column_without_its_contract_is_refused(declared, said):
    """What is missing or contradicts itself is named in one line."""
    with pytest.raises(BadConfig) as refusal:
        Column("ctr", **declared)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_plain_words_will_do():
    """A declaration may say the word instead of naming the constant."""
    assert Column("ctr", "as_of", **AS_OF).may_be_input
    told = Column("clicked", "after", entity=("user",), source=Source.OUTCOME, lag=DAY)
    assert not told.may_be_input


def test_a_line_has_exactly_one_label():
    """Without a label, or with two, nobody could say what is predicted."""
    assert LINE.label.name == "clicked"
    with pytest.raises(BadConfig, match="exactly one column that is known after"):
        replace(LINE, columns=LINE.features).label  # noqa: B018 - the property refuses


def test_the_label_of_the_feed_matures_as_the_line_says():
    """The outcome's lag and the line's maturity are one number."""
    assert LINE.label.lag == LINE.maturity


def test_segments_and_means_are_of_declared_columns():
    """A segment or a mean of a column that nobody declared is refused before any log is read."""
    policy = replace(LINE.policy, means=(Mean("length", "minutes", PerList.MEAN),))
    for wrong in ({"segments": ("nothing",)}, {"live_segments": ("nothing",)}, {"policy": policy}):
        with pytest.raises(BadConfig, match="must be one of age_band"):
            replace(LINE, **wrong)


@pytest.mark.parametrize(("window", "timeout"), [(28, 21.0), (28, 111.9), (6, 20.0)])
def test_a_time_out_that_the_outcomes_can_never_meet_is_refused(window, timeout):
    """Four stages that each wait for their outcomes take four windows: a shorter time-out ends every release."""
    policy = replace(LINE.policy, timeout_days=timeout)
    with pytest.raises(BadConfig) as refusal:
        replace(LINE, maturity=window * DAY, policy=policy)
    assert "policy.timeout_days" in str(refusal.value)
    assert f"{window * 4:g}" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_time_out_of_all_windows_is_long_enough():
    """Late outcomes are no fault of a line: with days enough for every stage it is declared."""
    policy = replace(LINE.policy, timeout_days=112.0)
    assert replace(LINE, maturity=28 * DAY, policy=policy).maturity == 28 * DAY
