"""A model card is filled from evidence; what is missing is asked for, and the rules' table names real fields."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
import review_kit
from markdown_kit import HOSTILE, visible
from slipway.domain.card import NO_CARD, Card
from slipway.domain.stage import Stage
from slipway.domain.verdict import Conclusion, Verdict
from slipway.lines import changes
from slipway.lines.definition import compiled
from slipway.reports import evidence
from slipway.reports.review import card
from slipway.reports.review.brief import HELD_OUT, EffectBeside, Findings

FOUND = Findings(
    "Measured on 10 rows.",
    (Verdict("ndcg", Conclusion.PASS, "well"),),
    compared=(EffectBeside("clicks", HELD_OUT, 0.1, 0.0, 0.2),),
)
FEED, POSTS = (replace(line, card=NO_CARD) for line in (review_kit.FEED, review_kit.POSTS))
FILLED = Card("Order films for a visitor.", "Not for children.", "the feed's team", "Olga Lind")


def fields(line=FEED):
    """Field → what it says, and the source."""
    made = card.card(review_kit.brief(line, Stage.APPROVAL), FOUND)
    return {field.name: field for field in made}


def test_a_card_without_an_owner_says_so():
    """Each field that only a person knows is asked for by name, with where to declare it."""
    made = fields()
    for name in ("owner", "overseer", "intended use", "limits"):
        assert made[name].source == "missing"
        assert f"This card is without {'an ' if name[0] in 'oi' else ''}{name}" in made[name].said
        assert "card=Card(" in made[name].said


def test_what_a_person_declared_is_carried():
    """Owner, overseer, use and limits stand in the card as they were declared in the line."""
    made = fields(replace(FEED, card=FILLED))
    assert (made["owner"].said, made["owner"].source) == ("the feed's team", "a person")
    assert made["overseer"].said == "Olga Lind"
    assert "missing" not in {field.source for field in made.values()} - {made["factors"].source}


def test_the_rest_is_filled_from_evidence_and_ledger():
    """Data, metrics, risk and oversight need nobody to type them; no record is no training data."""
    made = fields()
    assert "2026-02-23 to 2026-03-02, 60,000 rows" in made["training data"].said
    assert "clicks are 10.0 % better" in made["metrics"].said
    assert made["conclusions"].said.startswith("1 of 1 gate passed")
    assert "not of adam" in made["human oversight"].said
    unknown = replace(review_kit.brief(FEED), run={})
    assert {f.name: f.source for f in card.card(unknown, FOUND)}["training data"] == "missing"


def test_the_card_is_a_file_of_the_evidence_and_a_part_of_the_page(tmp_path):
    """Machines read it, people read it, and both read the same."""
    evidence.write_unexposed(
        tmp_path,
        title="posts version 7",
        brief=review_kit.brief(POSTS, Stage.APPROVAL),
        facts={},
        verdicts=FOUND.verdicts,
    )
    kept = json.loads((tmp_path / "card.json").read_text())
    assert kept["owner"]["source"] == "missing"
    assert kept["owner"]["says"] in (tmp_path / "card.md").read_text()
    assert "This card is without an owner" in (tmp_path / "evidence.html").read_text()


@pytest.mark.parametrize("said", HOSTILE)
def test_words_of_a_card_are_shown_and_not_obeyed(said):
    """Links, pictures and HTML in a segment's name or a person's words stay text."""
    _, inline = visible(card.as_text(said, (card.CardField("limits", said, card.PERSON),)))
    assert {token.type for token in inline} <= {"text", "em_open", "em_close"}


def test_a_card_changes_words_and_no_number():
    """A line that declares none has the definition it had; one that does is another by words alone."""
    plain, told = (compiled(line) for line in (FEED, replace(FEED, card=FILLED)))
    assert "card" not in plain.content
    assert {c.effect for c in changes.changes(plain, told)} == {changes.ChangeEffect.WORDS}


@pytest.fixture(scope="module")
def table():
    """The rows of the table of rules."""
    text = (Path(card.__file__).parent / "REGULATION.md").read_text()
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in text.splitlines()
        if row.startswith("|")
    ]
    return rows[2:]


def test_the_table_of_rules_names_fields_that_a_card_has(table):
    """Every field that the table promises is one of the card's, and every duty says who fills it."""
    known = set(fields())
    for rule, _, where, by in table:
        for part in re.findall(r"card: ((?:\*[^*]+\*(?:, )?)+)", where):
            assert set(re.findall(r"\*([^*]+)\*", part)) <= known, rule
        assert by in {"machine", "human", "machine and human", "human and machine"}
    assert {"12", "14", "19"} <= set(re.findall(r"art\. (\d+)", " ".join(row[0] for row in table)))
    assert sum("SR 26-2" in row[0] for row in table) >= 4
