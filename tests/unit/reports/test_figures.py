"""Pictures show what was measured, and pages of real runs need no network."""

import re
from dataclasses import replace

import pytest
import review_kit
from slipway.domain.verdict import Conclusion, Verdict
from slipway.examples.films.line import LINE
from slipway.reports import comparison, evidence, figures, page
from slipway.reports.validation import write_page
from slipway.settings import Settings
from slipway.validation.check import check
from support import sample_measurements

CURVE = ((0.05, 0.06, 900), (0.2, 0.18, 900), (0.4, 0.43, 900))


def test_calibration_is_drawn_where_it_was_measured(tmp_path):
    """With a curve the page gains one picture; without one it has none of it."""
    measured = sample_measurements.held_out()
    kwargs = {"title": "t", "facts": {}, "verdicts": [], "brief": review_kit.brief(LINE)}
    without = evidence.write_offline(tmp_path / "a", measured=measured, **kwargs)
    curved = replace(measured, calibration_curve=CURVE)
    drawn = evidence.write_offline(tmp_path / "b", measured=curved, **kwargs)
    assert {f.name for f in drawn} - {f.name for f in without} == {"calibration"}
    assert (tmp_path / "b" / "calibration.png").read_bytes() == drawn[-1].png


def test_other_numbers_give_another_picture():
    """The picture follows the curve, and equal curves give equal bytes."""
    measured = replace(sample_measurements.held_out(), calibration_curve=CURVE)
    other = replace(measured, calibration_curve=((0.05, 0.2, 900), *CURVE[1:]))
    assert figures.calibration(measured) == figures.calibration(measured)
    assert figures.calibration(measured).png != figures.calibration(other).png


@pytest.mark.parametrize("gates", [1, 12, 60])
def test_a_description_fits_whatever_it_says(gates):
    """However many gates and however long their reasons, the registry can hold it."""
    verdicts = [Verdict(f"gate_{i}", Conclusion.PASS, "a | b " * 400) for i in range(gates)]
    text = page.description(
        lead="a good candidate",
        facts={"fingerprint": "f" * 64, "evidence digest": "e" * 64},
        verdicts=verdicts,
        images=["get-artifact?path=a.png"] * 2,
    )
    assert len(text) < page.LONGEST
    assert "a good candidate" in text
    assert text.count("| gate_") == gates


def test_the_page_of_a_stopped_run_works_offline(frame, line, tmp_path):
    """The real checkpoint's findings on a leaking recipe: named on a page that loads nothing."""
    leaking = line.recipe_with({"inputs": [*line.recipe.inputs, "position"]})
    suites = Settings.from_environment({}).suites
    found = check(
        "training", frame, line, leaking, suites, tmp_path / "docs", cut="2026-01-26T12:00:00+00:00"
    )
    html = write_page([found], tmp_path / "page").read_text()
    assert "position is set by the ranking itself (decision)" in html
    assert not re.search(r"(src|href)=\"(?!data:)", html)
    assert "http" not in html.replace("http-equiv", "")


def test_what_a_leaning_recipe_paid_and_won_is_said():
    """The churn picture says what the recipe paid of log-loss and what its plain fit had changed."""
    leaning = sample_measurements.held_out(worth=(0.0012, 0.0004, 0.1, 0.22))
    assert "paid 0.12 % of log-loss" in comparison.churn(leaning).caption
    assert "22% of the top" in comparison.churn(leaning).caption
    assert comparison.worth(sample_measurements.held_out()) == ""


def test_each_picture_says_what_chance_explains():
    """Floor, gain and churn name what lies beyond chance and what does not."""
    measured = sample_measurements.held_out()
    drawn = {figure.name: figure for figure in comparison.figures(measured, LINE.policy)}
    assert set(drawn) == {"floor", "gain", "churn"}
    assert "Beyond it: items changed in the top 10" in drawn["floor"].caption
    assert "beyond the noise floor" in drawn["gain"].caption
