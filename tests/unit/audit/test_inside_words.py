"""A label that hides inside of words is found on rows it was not looked for on, and named."""

import numpy as np
import pandas as pd
import pytest
from audit_kit import audited
from slipway.audit.finding import Grade
from slipway.domain.leak import LeakKind

ROWS = 800
COMMON = [f"word{k}" for k in range(300)]


PARTS = ("its character", "its part", "holds", "remainder")


def drawn(rng, k, some="0123456789"):
    return "".join(rng.choice(list(some), k))


def text(rng, word=None):
    """Eight words as frequent as words are, and perhaps another among them."""
    chance = 1 / np.arange(1, len(COMMON) + 1)
    said = list(rng.choice(COMMON, 8, p=chance / chance.sum()))
    said.insert(int(rng.integers(8)), word or "")
    return " ".join(said)


def audit_of(make, seed=1, rows=ROWS):
    """The audit of a table whose column ``z`` is made of each row's outcome."""
    rng = np.random.default_rng(seed)
    yes = rng.random(rows) < 0.35
    plan = rng.choice(["basic", "plus", "pro"], rows)
    made = [make(y, rng) for y in yes]
    return audited(pd.DataFrame({"plan": plan, "z": made, "label": yes}), time=())


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda y, rng: text(rng, "Approved," if y else "declined"), ("approved", "declined")),
        (
            lambda y, rng: text(rng, rng.choice(["granted", "accepted"]) if y else None),
            ("granted",),
        ),
        (lambda y, rng: text(rng, "closed" if y and rng.random() < 0.9 else None), ("closed",)),
    ],
    ids=["two words", "synonyms", "most of them"],
)
def test_a_word_inside_a_text_is_found_and_named(make, named):
    """Among other words, in any case, one of a few that say the outcome."""
    found = audit_of(make)
    assert found.accused == ("z",)
    assert any(f"'{word}'" in found.of("z")[0].evidence for word in named)


def luhn(word):
    digits = [int(c) for c in reversed(word)]
    return sum(sum(divmod(2 * d, 10)) if k % 2 else d for k, d in enumerate(digits)) % 10


def until(fits, rng, size=9):
    return next(word for word in iter(lambda: drawn(rng, size), None) if fits(word))


@pytest.mark.parametrize(
    ("make", "part"),
    [
        (lambda y, rng: f"C{drawn(rng, 5)}-Q{'X' if y else 'T'}-{drawn(rng, 6)}", "'QX'"),
        (lambda y, rng: f"{'AX' if y else 'AY'}{drawn(rng, 7)}", "letters"),
        (
            lambda y, rng: (
                f"{drawn(rng, rng.integers(3, 7))}{'PK' if y else 'NL'}{drawn(rng, rng.integers(3, 7))}"
            ),
            "part 2",
        ),
        (lambda y, rng: "K" + until(lambda w: (luhn(w) == 0) == y, rng), "Luhn"),
        (
            lambda y, rng: 10**9 + int(until(lambda w: ((10**9 + int(w)) % 11 == 0) == y, rng)),
            "by 11",
        ),
        (
            lambda y, rng: int("4" + drawn(rng, 3) + ("7" if y else "3") + drawn(rng, 5)),
            "character 6",
        ),
    ],
    ids=["middle", "prefix", "moving", "check digit", "modulus", "middle digit"],
)
def test_a_code_inside_a_number_of_a_case_is_found_and_named(make, part):
    """In the middle, in front, at no fixed place, or in how its digits add up."""
    found = audit_of(make)
    assert found.accused == ("z",)
    worst = [f for f in found.of("z") if f.grade is Grade.LEAK]
    assert {f.kind for f in worst} == {LeakKind.HIDDEN}
    assert any(part in f.evidence for f in worst)


def test_honest_numbers_names_and_texts_are_left_in_peace():
    """Of eight tables of numbers, names and texts with weak words no part of a value is accused."""
    inside = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        yes = rng.random(400) < 0.3
        frame = pd.DataFrame(
            {
                "case": [f"{drawn(rng, 2, 'ABCD')}-{drawn(rng, 6)}" for _ in yes],
                "number": [int(drawn(rng, 9)) for _ in yes],
                "name": [f"{drawn(rng, 5, 'abcdef')}, {rng.choice(['Mr', 'Mrs'])}" for _ in yes],
                "note": [
                    text(rng, rng.choice(["sun", "rain"], p=[0.4, 0.6] if y else [0.6, 0.4]))
                    for y in yes
                ],
                "hash": [f"{rng.integers(2**62):016x}" for _ in yes],
                "label": yes,
            }
        )
        said = [f.evidence for f in audited(frame, time=()).accusations]
        inside += [e for e in said if any(word in e for word in PARTS)]
    assert inside == []


def test_letters_of_a_text_follow_from_its_words():
    """Reviews in which bad words are commoner for yes: the first letter goes with them, and hides nothing."""
    rng = np.random.default_rng(1)
    words = [
        "good",
        "bad",
        "slow",
        "fast",
        "broken",
        "nice",
        "price",
        "service",
        "again",
        "never",
        "staff",
        "hotel",
        "dirty",
        "clean",
    ]
    yes = rng.random(1500) < 0.3
    weight = np.array(
        [
            [2.0 if (w in {"bad", "broken", "never", "dirty"}) == u else 1.0 for w in words]
            for u in (False, True)
        ]
    )
    weight /= weight.sum(axis=1, keepdims=True)
    said = [" ".join(rng.choice(words, 8, p=weight[int(u)])) for u in yes]
    assert audited(pd.DataFrame({"review": said, "label": yes.astype(int)}), time=()).accused == ()
