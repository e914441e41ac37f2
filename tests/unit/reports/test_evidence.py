"""The page a reviewer decides on says every reason and needs nothing from elsewhere."""

import json
import re

import pytest
import review_kit
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.gates import gates_for, judge
from slipway.reports import evidence, page
from slipway.reports.validation import write_page
from slipway.validation.result import ExpectationResult, ValidationResult
from support import sample_measurements

POLICY = Policy()
PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module")
def live():
    return sample_measurements.measure(
        sample_measurements.SampleRelease(effect=-0.2, segment_effects={"genre=1": -0.2}), POLICY
    )


def panel(measured, stage=Stage.CANARY_50):
    return [judge(gate, measured, POLICY) for gate in gates_for(stage, has_champion=True)]


def test_the_offline_page_holds_every_reason_and_every_picture_inside(tmp_path):
    """All verdicts stand on the page with their reasons, and no address is loaded from it."""
    measured = sample_measurements.held_out()
    verdicts = panel(measured, Stage.OFFERED)
    drawn = evidence.write_offline(
        tmp_path,
        title="feed",
        brief=review_kit.brief(review_kit.FEED),
        facts={"a": "b"},
        measured=measured,
        verdicts=verdicts,
    )
    html = (tmp_path / "evidence.html").read_text()
    assert all(v.gate in html for v in verdicts)
    assert html.count("data:image/svg+xml;base64,") == len(drawn) == 7
    assert {"floor", "gain", "churn", "category_mix"} <= {f.name for f in drawn}
    assert not re.search(r"(src|href)=\"(?!data:|#)", html)
    assert all((tmp_path / f"{f.name}.png").read_bytes().startswith(PNG) for f in drawn)
    stored = json.loads((tmp_path / "verdicts.json").read_text())
    assert [Verdict.from_dict(v) for v in stored] == verdicts


def test_equal_measurements_give_equal_pages(tmp_path, live):
    """A page drawn twice is the same, byte for byte, so that evidence can be digested."""
    for name in ("one", "two"):
        evidence.write_live(
            tmp_path / name,
            title="t",
            brief=review_kit.brief(review_kit.FEED, Stage.CANARY_50),
            facts={},
            live=live,
            verdicts=panel(live),
        )
    files = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert "evidence.png" in files
    for name in files:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_worst_verdict_stands_first(live):
    """A reader sees what stopped a release before what passed."""
    table = page.verdict_table("gates", panel(live))
    assert table.rows[0].word == "FAIL"
    words = [Conclusion[row.word] for row in table.rows]
    assert words == sorted(words, reverse=True)


def test_reasons_are_escaped():
    """Markup in a reason is shown, not run."""
    verdict = Verdict("harm", Conclusion.FAIL, "<script>alert(1)</script>")
    html = page.render(
        title="t",
        lead="l",
        conclusion=Conclusion.FAIL,
        facts={},
        tables=[page.verdict_table("gates", [verdict])],
    )
    assert "<script>" not in html


def test_the_short_version_fits_the_registry_whatever_the_reasons():
    """Long reasons are cut, so that a description never exceeds what PostgreSQL holds."""
    verdicts = [Verdict(f"gate_{i}", Conclusion.PASS, "long | reason " * 90) for i in range(12)]
    text = page.description(lead="x", facts={"digest": "0" * 64}, verdicts=verdicts)
    assert len(text) < 4500
    assert text.count("\n| gate_") == 12


def test_the_validation_page_names_what_was_not_met(tmp_path):
    """The page of a stopped run says which column broke which expectation."""
    found = ExpectationResult(
        "position is known at inference", "inputs", "position", False, "decision"
    )
    result = ValidationResult("training", "feed", "r", 10, False, (found,), "file:///docs")
    html = write_page([result], tmp_path).read_text()
    assert "position is known at inference" in html
    assert "FAIL" in html
    assert json.loads((tmp_path / "validation.json").read_text())[0]["success"] is False
