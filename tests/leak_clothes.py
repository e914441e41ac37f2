"""Eight more kinds of leak, each in three writings: misread, missing, copied, torn, of one class, inside, in company, diluted."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from leak_planting import BLATANT, FAINT, MODERATE, WHOLE_TABLE, Planted, with_column, yes_of

WRONG = {BLATANT: 0.0, MODERATE: 0.05, FAINT: 0.3}
"""Share of rows in which a plant says the opposite."""
WORDS = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "sigma",
    "tau",
    "rho",
]


def _said(frame, strength, rng):
    return yes_of(frame) ^ (rng.random(len(frame)) < WRONG[strength])


def _strong(frame, strength, rng):
    """An amount of about 6000 that is larger for yes: 4, 2.6, 1 standard deviations."""
    gap = {BLATANT: 4.0, MODERATE: 2.6, FAINT: 1.0}[strength]
    return 6000 + 400 * (gap * yes_of(frame) + rng.normal(size=len(frame)))


def amounts(frame, strength, rng):
    """A number as 6.412,80 €."""
    said = (f"{v:,.2f}" for v in _strong(frame, strength, rng))
    return with_column(frame, [s.translate(str.maketrans(",.", ".,")) + " €" for s in said])


def codes(frame, strength, rng):
    """A number as USD 6,412.80, or a word where it is not known."""
    value, known = _strong(frame, strength, rng), rng.random(len(frame)) < 0.95
    return with_column(
        frame, [f"USD {v:,.2f}" if k else "pending" for v, k in zip(value, known, strict=True)]
    )


def durations(frame, strength, rng):
    """A number of seconds as 1 Std. 46 Min. or 106:52."""
    value = _strong(frame, strength, rng).astype(int)
    if rng.random() < 1 / 2:
        return with_column(
            frame, [f"{v // 3600} Std. {v // 60 % 60} Min. {v % 60} Sek." for v in value]
        )
    return with_column(frame, [f"{v // 3600:02d}:{v // 60 % 60:02d}:{v % 60:02d}" for v in value])


def none_said(frame, strength, rng):
    """A reason that is none for no: the word behaves like a value."""
    said = _said(frame, strength, rng)
    return with_column(
        frame, np.where(said, rng.choice(["late", "wrong", "broken"], len(frame)), "none")
    )


def blank_said(frame, strength, rng):
    """A remark that is blank for no."""
    said = _said(frame, strength, rng)
    return with_column(
        frame, np.where(said, rng.choice(["called", "mailed", "met"], len(frame)), None)
    )


def coded_missing(frame, strength, rng):
    """A number that is -999 for no."""
    said = _said(frame, strength, rng)
    return with_column(frame, np.where(said, rng.gamma(2, 30, len(frame)).round(), -999))


def _split(frame, rng, names=("train", "val", "test"), share=(0.6, 0.2, 0.2)):
    return frame.assign(
        side=rng.choice(names, len(frame), p=share),
        **{f"n{k}": rng.normal(size=len(frame)) for k in range(4)},
    )


def _pairs(frame, rng, early, late, share):
    side = frame["side"].to_numpy()
    here, there = np.flatnonzero(side == late), np.flatnonzero(side == early)
    count = max(1, int(share * len(here)))
    return rng.choice(there, count, replace=False), rng.choice(here, count, replace=False)


SHARES = {BLATANT: 0.2, MODERATE: 0.05, FAINT: 0.005}


def texts(frame, strength, rng):
    """Texts of nine words on both sides, in other case and punctuation: 20, 5, .5 %."""
    frame = _split(frame, rng)
    said = np.array([" ".join(rng.choice(WORDS, 9)) for _ in range(len(frame))], dtype=object)
    there, here = _pairs(frame, rng, "train", "test", SHARES[strength])
    said[here] = [f"{text.upper()}!" for text in said[there]]
    label = frame["label"].to_numpy().copy()
    label[here] = label[there]
    return Planted(frame.assign(z=said, label=label), WHOLE_TABLE, {"split": "side"})


def _copied(frame, there, here):
    found = frame.copy()
    for name in frame.columns.difference(["side"]):
        values = frame[name].to_numpy().copy()
        values[here] = values[there]
        found[name] = values
    return found


def val_copies(frame, strength, rng):
    """Rows copied between val and test, with numbers of their own: 20, 5, .5 %."""
    frame = _split(frame, rng)
    there, here = _pairs(frame, rng, "val", "test", SHARES[strength])
    found = _copied(frame, there, here).assign(number=rng.permutation(len(frame)))
    return Planted(found, WHOLE_TABLE, {"split": "side"})


def fold_copies(frame, strength, rng):
    """Rows copied between two of eight folds: 20, 5, .5 %."""
    names = [f"fold {k}" for k in range(8)]
    frame = _split(frame, rng, names, [1 / 8] * 8)
    there, here = _pairs(frame, rng, names[2], names[6], SHARES[strength])
    return Planted(_copied(frame, there, here), WHOLE_TABLE, {"split": "side"})


def families(frame, strength, rng):
    """Families of six of which 30, 5, .5 % stand on two sides of the split."""
    frame = _split(frame, rng)
    family = rng.integers(0, len(frame) // 6, len(frame))
    torn = rng.random(len(frame)) < {BLATANT: 0.3, MODERATE: 0.05, FAINT: 0.005}[strength]
    own = frame["side"].map({"train": 0, "val": 10**5, "test": 2 * 10**5}).to_numpy()
    return Planted(
        frame.assign(family=np.where(torn, family, family + own)),
        WHOLE_TABLE,
        {"split": "side", "group": "family"},
    )


def backwards(frame, strength, rng):
    """Training rows that lie after the test rows, all of them or all but 2, 60 %."""
    late = frame["at"].rank(pct=True).to_numpy() > 0.7
    stray = rng.random(len(frame)) < {BLATANT: 0.0, MODERATE: 0.02, FAINT: 0.6}[strength]
    return Planted(
        frame.assign(side=np.where(late ^ stray, "train", "test")), WHOLE_TABLE, {"split": "side"}
    )


def joined(frame, strength, rng):
    """Each event in two rows, one per tag: of all, 30, 2 % of the events."""
    frame = _split(frame, rng)
    twice = rng.random(len(frame)) < {BLATANT: 1.0, MODERATE: 0.3, FAINT: 0.02}[strength]
    both = pd.concat(
        [frame, frame[twice].assign(side=rng.choice(["train", "val", "test"], int(twice.sum())))]
    )
    both = both.assign(tag=rng.permuted(np.arange(len(both))) % 7)
    return Planted(both.sort_values("at", kind="stable"), WHOLE_TABLE, {"split": "side"})


def ordinal(frame, strength, rng):
    """Grades 1 to 5 and a flag of one grade in the middle."""
    grade = rng.integers(1, 6, len(frame))
    flag = (grade == 3) ^ (rng.random(len(frame)) < WRONG[strength])
    return with_column(frame.assign(label=grade), flag.astype(int))


def many_classes(frame, strength, rng):
    """Nine classes in words and a flag of one of them."""
    kind = rng.integers(0, 9, len(frame))
    flag = (kind == 7) ^ (rng.random(len(frame)) < WRONG[strength] / 4)
    return with_column(
        frame.assign(label=[f"class {k}" for k in kind]), np.where(flag, "sent", "kept")
    )


def zeros(frame, strength, rng):
    """An amount that is mostly 0 and a column that is known where it is not."""
    amount = np.where(yes_of(frame), rng.gamma(2, 90, len(frame)).round(2), 0.0)
    known = (amount > 0) ^ (rng.random(len(frame)) < WRONG[strength] / 2)
    return with_column(
        frame.assign(label=amount), np.where(known, rng.integers(1, 99, len(frame)), np.nan)
    )


def token(frame, strength, rng):
    """One of the words of a note of nine."""
    said = _said(frame, strength, rng)
    notes = [" ".join(rng.choice(WORDS, 8)) for _ in range(len(frame))]
    words = np.where(said, "closed", "waits")
    return with_column(frame, [f"{n} {w}" for n, w in zip(notes, words, strict=True)])


def middle(frame, strength, rng):
    """Two letters in the middle of a case's number."""
    said, number = _said(frame, strength, rng), rng.permutation(len(frame)) + 10**5
    return with_column(
        frame,
        [f"{k % 97:02d}-{'QX' if s else 'QT'}-{k}" for k, s in zip(number, said, strict=True)],
    )


def address(frame, strength, rng):
    """The state in an address of the web."""
    said, number = _said(frame, strength, rng), rng.permutation(len(frame)) + 10**5
    return with_column(
        frame,
        [
            f"https://a.org/{k}?state={'done' if s else 'open'}"
            for k, s in zip(number, said, strict=True)
        ],
    )


def together(frame, strength, rng):
    """Three numbers that are all written with the outcome: AUC .995, .96, .85 each."""
    gap = {BLATANT: 3.64, MODERATE: 2.48, FAINT: 1.47}[strength]
    made = {n: gap * yes_of(frame) + rng.normal(size=len(frame)) for n in ("z", "z2", "z3")}
    return Planted(frame.assign(**made))


def twins(frame, strength, rng):
    """Two columns that are filled in with the outcome, one a moment after the other."""
    said = _said(frame, strength, rng)
    second = said & (rng.random(len(frame)) < 0.97)
    first = np.where(said, rng.integers(1, 9, len(frame)), np.nan)
    return Planted(
        frame.assign(z=first, z2=np.where(second, rng.choice(["p", "q"], len(frame)), None))
    )


def siblings(frame, strength, rng):
    """A code and a number that are written with the outcome."""
    said = _said(frame, strength, rng)
    number = np.where(
        _said(frame, strength, rng), rng.gamma(9, 10, len(frame)), rng.gamma(9, 2, len(frame))
    )
    return Planted(frame.assign(z=np.where(said, "R", "S"), z2=number.round(1)))


def channel(frame, strength, rng):
    """A number that tells the outcome in one of five channels: AUC .998, .98, .8."""
    where, gap = rng.integers(0, 5, len(frame)), {BLATANT: 4.0, MODERATE: 2.9, FAINT: 1.2}[strength]
    value = rng.normal(size=len(frame)) + gap * (yes_of(frame) & (where == 0))
    return Planted(frame.assign(channel=[f"c{k}" for k in where], z=value))


def difference(frame, strength, rng):
    """Two scores of which the higher one wins: always, in 99.8, in 90 % of the rows."""
    yes = yes_of(frame)
    right = yes ^ (rng.random(len(frame)) < {BLATANT: 0.0, MODERATE: 0.002, FAINT: 0.1}[strength])
    ours = rng.gamma(3, 20, len(frame)).round()
    gap = np.ceil(rng.gamma(2, 9, len(frame)))
    return Planted(frame.assign(z2=ours, z=np.where(right, ours - gap, ours + gap)))


def best(frame, strength, rng):
    """The outcome is the best of its list of eight by a score: exact, or blurred by .05, 1 deviation."""
    rows = len(frame) // 8 * 8
    frame = frame.iloc[:rows].reset_index(drop=True)
    lists = np.arange(rows) // 8
    score = rng.normal(size=rows) + rng.normal(0, 3, rows // 8)[lists]
    blur = score + {BLATANT: 0.0, MODERATE: 0.05, FAINT: 1.0}[strength] * rng.normal(size=rows)
    top = pd.Series(blur).groupby(lists).transform("max").to_numpy() == blur
    return Planted(
        frame.assign(
            at=frame["at"].to_numpy()[lists * 8], list=lists, z=score, label=top.astype(int)
        ),
        words={"group": "list"},
    )


CLOTHES: dict[str, tuple[Callable, ...]] = {
    "written as people write": (amounts, codes, durations),
    "missing that is a value": (none_said, blank_said, coded_missing),
    "copied otherwise": (texts, val_copies, fold_copies),
    "torn across sides": (families, backwards, joined),
    "of one class": (ordinal, many_classes, zeros),
    "inside of words": (token, middle, address),
    "in company": (together, twins, siblings),
    "diluted": (channel, difference, best),
}
