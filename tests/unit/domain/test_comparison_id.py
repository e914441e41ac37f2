"""Ids decide, labels are for people: every id survives being written, old texts are mapped."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain import comparison_id
from slipway.domain.accumulated_evidence import AccumulatedEvidence
from slipway.domain.comparison_id import ComparisonId
from slipway.domain.errors import BadInput

PLAIN = (
    comparison_id.PRIMARY,
    comparison_id.OVER_RULES,
    comparison_id.WORKING_DAYS,
    comparison_id.WEEKENDS,
    comparison_id.ERRORS,
    comparison_id.SHADOW_ERRORS,
)
WORDS = st.text(min_size=1, max_size=12)
IDS = st.one_of(
    st.sampled_from(PLAIN),
    WORDS.map(comparison_id.mean),
    WORDS.map(comparison_id.segment),
    st.floats(0.5, 1, exclude_max=True).map(comparison_id.latency),
    st.floats(0.5, 1, exclude_max=True).map(comparison_id.shadow_latency),
)


@given(one=IDS, other=IDS)
def test_an_id_is_read_back_and_no_two_are_written_alike(one, other):
    """Whatever a mean or segment is called, its text is its own."""
    assert ComparisonId.parse(str(one)) == one
    assert (str(one) == str(other)) == (one == other)


@pytest.mark.parametrize("text", ["clicks", "segment", "primary:x", "", "latency p99"])
def test_what_is_no_id_is_refused(text):
    """Texts of another version are one clear line, never another comparison."""
    with pytest.raises(BadInput, match="comparison"):
        ComparisonId.parse(text)


def test_every_label_of_before_ids_has_its_id():
    """What looks were keyed by maps to what has that label now."""
    ids = (
        *PLAIN,
        comparison_id.mean("diversity"),
        *map(comparison_id.latency, (0.95, 0.99, 0.999)),
    )
    for one in ids:
        assert ComparisonId.of_label(one.label) == one
    assert ComparisonId.of_label("genre=3") == comparison_id.segment("genre=3")


def test_a_past_that_was_keyed_by_labels_is_read():
    """Old looks keep their sums and peaks; new ones are keyed by ids, also where a mean is called like one."""
    keys = {"clicks": "primary", "age_band=1": "segment:age_band=1", "weekends": "mean:weekends"}
    old = AccumulatedEvidence().to_dict() | {"peaks": dict.fromkeys(keys, 1.0)}
    del old["keyed_by"]
    past = AccumulatedEvidence.from_dict(json.loads(json.dumps(old)))
    assert {str(one) for one in past.peaks} == set(keys.values())
    assert AccumulatedEvidence.from_dict(json.loads(json.dumps(past.to_dict()))).peaks == past.peaks
