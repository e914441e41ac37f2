"""Whether a word stands for a missing value is asked of the column, never of the word alone."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from audit_kit import audited
from slipway.audit import missing
from slipway.audit.run import audit
from slipway.domain.errors import BadInput

ROWS = 900


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def labelled(tmp_path, label, name="t.csv", **columns):
    frame = pd.DataFrame(columns | {"label": label})
    frame.to_csv(tmp_path / name, index=False)
    return tmp_path / name


def test_none_is_a_class_beside_minor_and_major(tmp_path, rng):
    """A flag that tells "none" from any damage is found: the word is an answer."""
    label = rng.choice(["none", "minor", "major"], ROWS)
    flag = (label == "none") ^ (rng.random(ROWS) < 0.01)
    path = labelled(tmp_path, label, z=flag, x=rng.normal(size=ROWS))
    found = audit(path, label="label")
    assert found.accused == ("z",)
    assert any("'none' in the label" in remark for remark in found.remarks)


def test_none_is_an_answer_among_numbers_too(tmp_path, rng):
    """0, 1 and a frequent "none" are three answers; nobody's rows vanish."""
    label = rng.choice(["0", "1", "none"], ROWS)
    flag = (label == "none") ^ (rng.random(ROWS) < 0.01)
    found = audit(labelled(tmp_path, label, z=flag, x=rng.normal(size=ROWS)), label="label")
    assert found.accused == ("z",)
    assert not any("no label" in said for said in found.reservations)


def test_na_beside_yes_and_no_is_no_answer_and_that_is_loud(tmp_path, rng):
    """Rows whose outcome is not known are left out, and the answer says how many."""
    label = rng.choice(["yes", "no", "NA"], ROWS)
    found = audit(labelled(tmp_path, label, x=rng.normal(size=ROWS)), label="label")
    assert "have no label" in found.reservations[0]
    assert len(found.facts["label"].split(",")) == 1


def test_a_label_that_is_blank_for_no_is_offered(tmp_path, rng):
    """One value and blanks: refused with the way to say that blank is an answer, which then works."""
    yes = rng.random(ROWS) < 0.3
    path = labelled(tmp_path, np.where(yes, "churned", ""), z=yes * 3.5, x=rng.normal(size=ROWS))
    with pytest.raises(BadInput, match="--read label=blank-is-value"):
        audit(path, label="label")
    assert audit(path, label="label", read=("label=blank-is-value",)).accused == ("z",)


def test_two_ways_to_be_missing_are_kept_apart(tmp_path, rng):
    """NA among numbers that also have blanks: where NA is written with the outcome, it is found."""
    yes = rng.random(ROWS) < 0.3
    said = np.char.mod("%.2f", rng.normal(50, 9, ROWS)).astype(object)
    said[rng.random(ROWS) < 0.3] = ""
    said[yes & (rng.random(ROWS) < 0.5)] = "NA"
    found = audit(labelled(tmp_path, yes, z=said, x=rng.normal(size=ROWS)), label="label")
    assert found.grade("z").accuses
    assert "'NA'" in found.of("z")[0].evidence


def test_csv_and_words_give_the_same_numbers(tmp_path, rng):
    """Numbers with NA are the same from a CSV, from words of a data frame, and as plain numbers."""
    yes = rng.random(ROWS) < 0.3
    plain = np.where(rng.random(ROWS) < 0.2, np.nan, np.round(yes + rng.normal(0, 2, ROWS), 3))
    said = pd.Series(plain).map(lambda v: "NA" if np.isnan(v) else f"{v}")
    one = audit(labelled(tmp_path, yes, z=said), label="label")
    two = audited(pd.DataFrame({"z": said, "label": yes}), time=())
    three = audited(pd.DataFrame({"z": plain, "label": yes}), time=())
    assert one.powers == two.powers == three.powers
    assert one.findings == two.findings == three.findings


@pytest.mark.parametrize(
    ("said", "classes"),
    [(["a", "none"], 2), (["EU", "NA", "AS", "SA"], 4), (["yes", "no", "NA"], 2)],
)
def test_null_words_of_a_label(said, classes):
    """One of several regions, the only other answer, or no answer: by what stands beside it."""
    column, _ = missing.of_label(pa.array(said).dictionary_encode())
    assert len(column.drop_null().unique()) == classes
