"""Copies on two sides of a split are found by what tells rows apart; what chance repeats is none."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import audited
from slipway.audit.finding import WHOLE_TABLE, Grade

ROWS = 1500
WORDS = [
    "cloud",
    "train",
    "winter",
    "table",
    "lamp",
    "doctor",
    "travel",
    "bread",
    "silver",
    "river",
    "stone",
    "music",
    "garden",
    "paper",
    "window",
    "yellow",
    "market",
    "engine",
    "forest",
    "candle",
    "summer",
    "bridge",
    "coffee",
    "mirror",
    "ocean",
    "pencil",
    "rocket",
    "velvet",
]


def sides(rng, rows=ROWS):
    return np.where(rng.random(rows) < 0.7, "train", "test")


def texts(seed=1):
    """Twelve words a row, a label that they do not tell, and a split."""
    rng = np.random.default_rng(seed)
    said = [" ".join(rng.choice(WORDS, 12)) for _ in range(ROWS)]
    return pd.DataFrame({"text": said, "label": rng.random(ROWS) < 0.4, "split": sides(rng)})


def copied(frame, rewrite=lambda text, rng: text, columns=("text", "label"), count=60):
    """Training rows copied into the test rows, their text written otherwise."""
    frame, rng = frame.copy(), np.random.default_rng(2)
    here = rng.choice(np.flatnonzero(frame["split"] == "test"), count, replace=False)
    there = rng.choice(np.flatnonzero(frame["split"] == "train"), count, replace=False)
    for name in columns:
        frame.loc[here, name] = frame.loc[there, name].to_numpy()
    if "text" in columns:
        frame.loc[here, "text"] = [rewrite(text, rng) for text in frame.loc[here, "text"]]
    return frame


def accusations(frame):
    found = audited(frame, time=(), split="split").of(WHOLE_TABLE)
    return [f.evidence for f in found if f.grade.accuses]


def one_word_changed(text, rng):
    said = text.split()
    said[rng.integers(len(said))] = str(rng.choice(WORDS))
    return " ".join(said)


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text, _: text,
        lambda text, _: text.title(),
        lambda text, _: f" {text.replace(' ', ',  ')}!",
        one_word_changed,
    ],
    ids=["same", "case", "punctuation", "one word"],
)
def test_texts_that_alone_tell_rows_apart_are_held_against_each_other(rewrite):
    """Whatever their case, spaces and punctuation, and a word changed, texts on two sides are copies."""
    (evidence,) = accusations(copied(texts(), rewrite))
    assert "text" in evidence


@pytest.mark.parametrize("beside", [True, False])
def test_texts_of_strangers_are_left_in_peace(beside):
    """Different texts, and equal texts of rows whose labels differ as those of any rows, are no copies."""
    frame = copied(texts(), columns=("text",)) if beside else texts()
    assert accusations(frame) == []


def test_a_number_of_a_case_on_both_sides_is_a_copy_and_an_amount_is_not():
    """Equal case numbers with equal labels are copies; equal amounts, beside alike ones, are not."""
    rng = np.random.default_rng(3)
    frame = texts().drop(columns="text").assign(case=rng.choice(10**7, ROWS, replace=False))
    assert "case" in accusations(copied(frame, columns=("case", "label")))[0]
    balance = rng.choice(12_000, ROWS)
    rich = frame.drop(columns="case").assign(balance=balance, label=balance > 5000)
    assert [e for e in accusations(rich) if "balance" in e] == []


@pytest.mark.parametrize("rate", [0.03, 0.3])
def test_copies_of_one_class_are_copies(rate):
    """Rows of the rarer class drawn again and again before the split: all copies share one label."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame(rng.normal(size=(ROWS, 3)).round(2), columns=list("abc"))
    frame = frame.assign(kind=rng.integers(0, 4, ROWS), label=rng.random(ROWS) < rate)
    again = frame[frame["label"]].sample(n=400, replace=True, random_state=1)
    frame = pd.concat([frame, again]).sample(frac=1, random_state=2).reset_index(drop=True)
    frame["split"] = sides(rng, len(frame))
    assert "are equal to a train row" in accusations(frame)[0]


def few_values(seed, rows=ROWS):
    """270 combinations; the label follows from one column and some noise."""
    rng = np.random.default_rng(seed)
    odour = rng.integers(0, 9, rows)
    return pd.DataFrame(
        {
            "odour": odour,
            "gill": rng.integers(0, 2, rows),
            "cap": rng.integers(0, 5, rows),
            "size": rng.integers(0, 3, rows),
            "label": (odour < 4) ^ (rng.random(rows) < 0.02),
            "split": sides(rng, rows),
        }
    )


def test_rows_of_few_values_are_equal_by_chance():
    """In 16 honest tables of few, partly dependent, values no equal rows are taken for copies."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        frame = few_values(seed, 600)
        mood = rng.normal(size=600)
        asked = {
            f"q{k}": np.clip(np.round(3 + mood + rng.normal(size=600)), 1, 5) for k in range(5)
        }
        survey = pd.DataFrame(asked).assign(label=mood > 0, split=sides(rng, 600))
        assert [e for f in (frame, survey) for e in accusations(f)] == []


def test_copies_beside_chance_are_still_found():
    """One column of many values is enough: equal amounts are no chance."""
    rng = np.random.default_rng(5)
    frame = few_values(5).assign(
        amount=rng.gamma(2, 50, ROWS).round(1), label=rng.random(ROWS) < 0.4
    )
    assert accusations(frame) == []
    (evidence,) = accusations(copied(frame, columns=[n for n in frame if n != "split"]))
    assert "are equal to a train row" in evidence
    assert audited(frame, time=(), split="split").grade("amount") is Grade.CLEAR
