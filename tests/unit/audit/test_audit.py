"""Leaks are found, honest columns are left in peace, whatever they are called."""

import json

import numpy as np
import pytest
from audit_kit import audited, honest
from slipway.audit.finding import WHOLE_TABLE, Grade
from slipway.domain.leak import LeakKind
from slipway.reports import audit as report


def planted(**columns):
    frame = honest()
    yes = frame["label"].to_numpy() == 1
    rng = np.random.default_rng(9)
    return audited(frame.assign(**{name: make(yes, rng) for name, make in columns.items()}))


@pytest.fixture(scope="module")
def clean():
    return audited(honest())


def test_honest_columns_are_not_accused(clean):
    """Strong, weak, empty, wordy and drifting honest columns: nobody has to answer."""
    assert clean.accused == ()


def test_a_proxy_of_time_is_a_note_and_no_accusation(clean):
    """What predicts only through the weeks is named a proxy of time."""
    assert clean.grade("rate_of_month") is Grade.NOTE
    assert "proxy of time" in clean.of("rate_of_month")[0].evidence


@pytest.mark.parametrize(
    "make",
    [
        lambda yes, rng: yes.astype(float),
        lambda yes, rng: np.where(yes, "paid", "open"),
        lambda yes, rng: yes + rng.normal(0, 0.35, len(yes)),
        lambda yes, rng: np.where(yes, rng.gamma(2, 9, len(yes)), np.nan),
        lambda yes, rng: yes & (rng.random(len(yes)) < 0.2),
        lambda yes, rng: np.where(yes & (rng.random(len(yes)) < 0.2), "X9", "A1"),
    ],
    ids=["copy", "words", "noisy copy", "missing unless yes", "rare flag", "rare word"],
)
def test_a_proxy_of_the_label_is_accused_alone(make):
    """Copies, missingness and rare values: the planted column is accused, and only it."""
    assert planted(z=make).accused == ("z",)


def test_decided_corners_name_value_rows_and_odds():
    """The evidence of a corner says where, how many rows, and against what."""
    (finding, *_) = planted(
        z=lambda yes, rng: np.where(yes & (rng.random(len(yes)) < 0.2), "X9", "A1")
    ).of("z")
    assert "'X9'" in finding.evidence
    assert finding.numbers["yes"] == finding.numbers["rows"] > 100


def test_identifiers_that_carry_the_outcome_are_found():
    """A last digit or first letter of an identifier that tells the label is hidden there."""
    numbers = planted(
        z=lambda yes, rng: rng.permutation(len(yes)) * 20 + 2 * rng.integers(0, 5, len(yes)) + yes
    )
    letters = planted(
        z=lambda yes, rng: [
            f"{'Q' if y else 'R'}{k:06x}"
            for k, y in zip(rng.permutation(len(yes)), yes, strict=True)
        ]
    )
    assert numbers.of("z")[0].kind == LeakKind.HIDDEN
    assert letters.grade("z") is Grade.LEAK


def test_a_place_in_the_list_is_found_by_group():
    """A column that counts the items of each request is a decision."""
    frame = honest().assign(request=np.arange(6000) // 10)
    frame["at"] = frame["at"].to_numpy()[frame["request"] * 10]
    rng = np.random.default_rng(3)
    frame["slot"] = np.concatenate([rng.permutation(10) for _ in range(600)])
    found = audited(frame, group="request")
    assert [(f.kind, f.grade) for f in found.of("slot")] == [(LeakKind.DECISION, Grade.LEAK)]
    assert found.accused == ("slot",)


def test_a_count_of_a_users_history_is_no_place():
    """1, 2, 3 in the order of time is known at the request."""
    frame = honest()
    user = np.random.default_rng(4).integers(0, 500, len(frame))
    frame["visit"] = frame.groupby(user).cumcount() + 1
    assert audited(frame.assign(user=user), group="user").grade("visit") < Grade.SUSPECT


def test_copied_rows_across_the_split_are_found():
    """Training rows copied into the test period, exactly or with jitter, overlap."""
    frame = honest()
    rng = np.random.default_rng(5)
    columns = ["strong", "weak", "noise", "kind", "rate_of_month", "flag", "label"]
    exact, near = frame.copy(), frame.copy()
    late, early = np.arange(5400, 5700), rng.choice(3000, 300, replace=False)
    exact.loc[late, columns] = frame.loc[early, columns].to_numpy()
    near.loc[late, columns] = frame.loc[early, columns].to_numpy()
    near.loc[late, "noise"] += rng.normal(0, 0.01, 300)
    near = near.assign(**{f"n{k}": rng.normal(size=len(frame)) for k in range(4)})
    near.loc[late, [f"n{k}" for k in range(4)]] = near.loc[
        early, [f"n{k}" for k in range(4)]
    ].to_numpy()
    for found in (audited(exact), audited(near)):
        assert [f.kind for f in found.of(WHOLE_TABLE) if f.grade.accuses] == [LeakKind.OVERLAP]


def test_groups_on_both_sides_of_a_named_split_are_told():
    """With a declared split, a user on both sides is a suspect."""
    frame = honest()
    frame["user"] = np.random.default_rng(6).integers(0, 900, len(frame))
    frame["part"] = np.where(np.arange(len(frame)) < 4500, "train", "test")
    found = audited(frame, group="user", split="part")
    assert [f.kind for f in found.of(WHOLE_TABLE) if f.grade is Grade.SUSPECT] == [LeakKind.OVERLAP]


def test_a_file_sorted_by_the_label_is_found():
    """Glued parts, one per outcome, hide it in the order: a note on the file, which no column answers for."""
    frame = honest().sort_values("label", kind="stable")
    found = audited(frame.drop(columns="at"), time=())
    assert [(f.kind, f.grade) for f in found.of(WHOLE_TABLE)] == [(LeakKind.HIDDEN, Grade.NOTE)]
    assert found.accused == ()


def test_a_date_after_the_fact_is_found_by_its_distance():
    """A date whose distance to the row's time tells the label was written later."""
    frame = honest()
    rng = np.random.default_rng(7)
    days = np.where(frame["label"] == 1, rng.integers(0, 3, 6000), rng.integers(3, 60, 6000))
    frame["closed"] = frame["at"] + days * np.timedelta64(1, "D")
    assert [f.kind for f in audited(frame).of("closed") if f.grade.accuses] == [LeakKind.LATER]


@pytest.mark.parametrize("label", ["number", "classes", "words"])
def test_other_labels_work_too(label):
    """Numbers, three classes and words: the copy is accused, honest columns are not."""
    frame = honest()
    rng = np.random.default_rng(8)
    score = frame["strong"] + frame["weak"].fillna(0) + rng.normal(size=len(frame))
    classes = np.digitize(score, [-1, 1])
    made = {
        "number": score,
        "classes": classes,
        "words": np.array(["low", "middle", "high"])[classes],
    }
    frame["label"] = made[label]
    frame["z"] = made[label] * 3 if label == "number" else np.array([7, 2, 5])[classes]
    assert audited(frame).accused == ("z",)


def test_page_and_json_tell_the_same(tmp_path):
    """HTML and JSON rank alike, load nothing from elsewhere, and carry the question."""
    found = planted(z=lambda yes, rng: yes * 1.0)
    page, data = report.write(found, "<table>.csv", tmp_path)
    told = json.loads(data.read_text())
    html = page.read_text()
    assert told["columns"][0]["column"] == "z"
    assert told["accused"] == ["z"]
    assert found.of("z")[0].question in html
    assert "&lt;table&gt;.csv" in html
    assert "http" not in html


def test_equal_tables_give_equal_answers():
    """Two audits of one table are the same, bit for bit."""
    assert report.to_dict(audited(honest(2000)), "t") == report.to_dict(audited(honest(2000)), "t")
