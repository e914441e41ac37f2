"""The page *Watch*."""

from dataclasses import replace

from slipway.monitoring import page
from slipway.monitoring.notes import DriftReport, Note

NOTE = Note(
    "hour",
    "all",
    "missing",
    "2026-03-02",
    None,
    1.0,
    1e-9,
    "hour <b> missing in +100% of rows",
    ("age",),
)
DRIFT = DriftReport(
    "feed",
    ("2026-02-23", "2026-03-02"),
    ("hour", "age"),
    ((-9.0, 3.0), (-9.0, -9.0)),
    (("", "moved"), ("", "")),
    (NOTE,),
    (),
    (),
)


def test_a_note_stands_on_the_page_with_its_week_and_picture():
    """What moved, since when, what moved beside it, and the heat map; words are no markup."""
    said = page.html("feed", DRIFT)
    assert "hour &lt;b&gt; missing in +100% of rows" in said
    assert "from the week of 2026-03-02" in said
    assert "moved most beside it: age" in said
    assert "data:image/" in said
    assert ">NOTE</span></h1>" in said


def test_only_a_page_that_is_served_leads_elsewhere_and_is_searched():
    """A file that is kept has neither links nor a script; rows carry their word for the filter."""
    kept = page.html("feed", DRIFT)
    assert "<script" not in kept
    assert "<nav" not in kept
    served = page.html("feed", DRIFT, links={"a <b>": "../needs"})
    assert '<a href="../needs" target="_blank" rel="noopener">a &lt;b&gt;</a>' in served
    assert 'role="search"' in served
    assert 'data-word="' in served


def test_a_line_nobody_looked_at_is_not_clear():
    """Without a comparison, or without a column that is known, the page is UNDECIDED; else CLEAR."""
    assert ">UNDECIDED</span></h1>" in page.html("feed", None)
    assert ">UNDECIDED</span></h1>" in page.html(
        "feed", replace(DRIFT, notes=(), not_known=("hour", "age"))
    )
    assert ">CLEAR</span></h1>" in page.html("feed", replace(DRIFT, notes=(), not_known=("age",)))


def test_a_report_comes_back_from_json():
    """What is written is what is read."""
    assert DriftReport.from_dict(DRIFT.to_dict()) == DRIFT
