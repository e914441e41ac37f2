"""Verdicts: a conclusion with a reason, and panels that are as bad as their worst."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.errors import BadInput
from slipway.domain.verdict import (
    Conclusion,
    Evidence,
    Verdict,
    evidence_digest,
    panel_conclusion,
)


def verdict(conclusion=Conclusion.PASS, gate="harm", estimate=0.1):
    return Verdict(gate, conclusion, "because", (Evidence("effect", estimate, "relative"),))


def test_a_verdict_cannot_exist_without_a_reason():
    """An empty reason is refused."""
    with pytest.raises(BadInput, match="reason"):
        Verdict("harm", Conclusion.PASS, "  ")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_evidence_is_finite_or_an_error(value):
    """NaN and infinity never hide in a verdict."""
    with pytest.raises(BadInput, match="finite"):
        Evidence("effect", value, "relative")


@given(st.lists(st.sampled_from(list(Conclusion))))
def test_a_panel_is_as_bad_as_its_worst_and_undecided_when_empty(conclusions):
    """No verdicts are no promotion; otherwise the worst one counts."""
    panel = panel_conclusion(verdict(c) for c in conclusions)
    assert panel is (max(conclusions) if conclusions else Conclusion.UNDECIDED)


def test_a_verdict_survives_the_road_through_json():
    """What is written to the ledger is read back equal."""
    assert Verdict.from_dict(verdict().to_dict()) == verdict()


def test_the_evidence_digest_changes_with_any_number_and_not_with_order():
    """An approval is bound to every number it was given for, in whatever order they came."""
    one, two = verdict(gate="a"), verdict(gate="b")
    assert evidence_digest("m", [one, two]) == evidence_digest("m", [two, one])
    assert evidence_digest("m", [one, two]) != evidence_digest("n", [one, two])
    assert evidence_digest("m", [one]) != evidence_digest("m", [verdict(gate="a", estimate=0.2)])


def test_ids_of_evidence_are_kept_and_change_no_digest():
    """Evidence without an id is written as before there were ids; an approval is bound to the same."""
    plain = Verdict("gate", Conclusion.PASS, "fine", (Evidence("ratio", 0.1, "log ratio"),))
    named = replace(plain, evidence=(replace(plain.evidence[0], id="ratio"),))
    assert "id" not in plain.to_dict()["evidence"][0]
    assert Verdict.from_dict(json.loads(json.dumps(named.to_dict()))) == named
    assert evidence_digest("m", [named]) == evidence_digest("m", [plain])
