"""What is collected of a line is what lies there; what cannot be collected says so and scores 0."""

import json

import pytest
from slipway.domain.errors import BadInput, UnknownReference
from slipway.steps import readiness
from support.checked_champion import CHECKED


def test_an_empty_home_scores_nothing_by_itself(home):
    """Nothing is guessed of a line that never ran; retention is all that already holds."""
    found = readiness.of("feed")
    assert found.final == 0
    assert [item.id for item in found.items if item.points] == ["data5"]


def test_runs_are_grouped_by_their_causes(home):
    """Two with equal causes learned the same; a third of other rows is no rerun of theirs."""
    for name, rows, learned in (("a", "1", "x"), ("b", "1", "x"), ("c", "2", "y")):
        folder = home / "work" / "feed" / "runs" / name
        folder.mkdir(parents=True)
        digests = {"snapshot": rows, "environment": "e", "learned": learned}
        (folder / "trained.json").write_text(json.dumps({"digests": digests}))
    found = readiness.collect("feed").reruns
    assert (found.runs, found.same, found.different, found.environments) == (3, 1, 0, 1)


def test_what_cannot_be_read_is_missing_with_its_reason(home):
    """A damaged file is no evidence."""
    folder = home / "work" / "feed" / "consistency"
    folder.mkdir(parents=True)
    (folder / "20260301.json").write_text("{")
    facts = readiness.collect("feed")
    assert facts.consistency is None
    assert "could not be collected" in facts.missing["consistency"]
    item = next(i for i in readiness.of("feed").items if i.id == "monitor3")
    assert (item.points, "could not be collected" in item.evidence) == (0.0, True)


def test_a_page_is_made_whatever_is_damaged_of_one_line(home):
    """A run that goes while it is looked at, and confirmations that are none, take no page away."""
    (home / "work" / "feed" / "runs").mkdir(parents=True)
    (home / "work" / "feed" / "runs" / "gone").symlink_to(home / "nowhere")
    assert readiness.final_or_none("feed") == 0
    assert readiness.in_words("feed").startswith("0 of 7")
    (home / "readiness").mkdir()
    (home / "readiness" / "feed.json").write_text("[" * 100_000)
    assert readiness.final_or_none("feed") is None
    assert readiness.in_words("feed") == ""


def test_what_was_checked_of_the_champion_is_kept_and_read_back(home):
    """Without a champion nothing is checked; a damaged file is no evidence, and says so."""
    assert readiness.check_champion("feed") is None
    (home / "readiness").mkdir()
    kept = home / "readiness" / "feed.champion.json"
    kept.write_text(json.dumps(CHECKED.to_dict()))
    assert readiness.collect("feed").checked == CHECKED
    kept.write_text("{}")
    facts = readiness.collect("feed")
    assert facts.checked is None
    assert "could not be collected" in facts.missing["checked"]


def test_a_word_is_kept_with_its_person(home):
    """The last one of an item counts; bad words and damaged files are refused in one line."""
    readiness.confirm("feed", "data2", by="rita", reason="each alone")
    readiness.confirm("feed", "data2", by="ruth", reason="again")
    assert readiness.confirmed("feed")["data2"].by == "ruth"
    with pytest.raises(BadInput, match="must be a sentence"):
        readiness.confirm("feed", "data2", by="rita", reason=" ")
    with pytest.raises(UnknownReference, match="must be one of"):
        readiness.confirm("food", "data2", by="rita", reason="x")
    (home / "readiness" / "feed.json").write_text("[]")
    with pytest.raises(BadInput, match="restore or remove"):
        readiness.of("feed")
