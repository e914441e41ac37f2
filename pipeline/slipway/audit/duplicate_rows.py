"""LeakKind.OVERLAP: the same row, exactly or nearly, in training and in the test period."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from slipway.audit import digest, rejoined_rows
from slipway.audit.chance_copies import expected
from slipway.audit.finding import WHOLE_TABLE, Finding, Grade
from slipway.audit.knobs import Knobs
from slipway.audit.near_copies import NO_TWINS, Twins, beyond, equal_rows, near, unusual
from slipway.audit.repeated_texts import Text, equal_in, own_texts, similar_in, thinned
from slipway.audit.shared_groups import worst_of
from slipway.audit.split_sides import SidePair
from slipway.audit.table import Prepared, index_of
from slipway.audit.thresholds import (
    DUPLICATE_ROWS_BY_CHANCE,
    DUPLICATE_ROWS_NEIGHBOURS_AGREE,
    DUPLICATE_ROWS_UNLIKELY,
    NEAR_COPIES_UNIQUE,
)
from slipway.domain.leak import LeakKind

Floats = NDArray[np.float64]


def judge(table: Prepared, knobs: Knobs) -> list[Finding]:
    """Exact copies anywhere (a note), exact and near copies on any two sides."""
    repeated = _repeated(table)
    found = [repeated] if repeated else []
    if table.sides is None:
        return found
    names = _telling(table)
    texts, least = list(own_texts(table)), (knobs.twin_share, knobs.twin_kappa)
    equal, alike = [], []
    for pair in table.sides.pairs():
        exact = equal_rows(_digest(table, names), pair) if names else NO_TWINS
        equal.append(_exact(table, names, exact, pair, knobs))
        close = beyond(near(table, names, pair, knobs), exact)
        again = rejoined_rows.all_but_one(names, _columns(table, names), pair)
        if again is not None and len(again.twins.late):
            words, torn = f"are equal, but for {again.column}, to", beyond(again.twins, exact)
            equal.append(_copies(table, torn, again.pair, words, least, knobs))
            close = beyond(close, torn) if equal[-1] else close  # one fact is told once
        if len(close.late) and unusual(table, names, pair, len(close.late), knobs):
            alike.append(_near_copies(table, close, pair, "are nearly equal to", knobs))
        for column, same in (*_same_texts(texts, pair), *_same_numbers(table, pair)):
            if len(beyond(same, exact).late):
                equal.append(_copies(table, same, pair, f"have the same {column} as", least, knobs))
        asked = thinned(pair)
        for text in texts:
            words = f"have, but for a few words, the same {text.column} as"
            similar = beyond(Twins(*similar_in(text, asked)), Twins(*equal_in(text, asked)))
            alike.append(_near_copies(table, similar, asked, words, knobs))
    return [*found, *worst_of(equal), *worst_of(alike)]


def _same_texts(texts: list[Text], pair: SidePair) -> Iterator[tuple[str, Twins]]:
    for text in texts:
        yield f"{text.column} (but for case, spaces and punctuation)", Twins(*equal_in(text, pair))


def _same_numbers(table: Prepared, pair: SidePair) -> Iterator[tuple[str, Twins]]:
    """Numbers of cases on both sides; an amount, whose neighbours have the same outcome, is none."""
    yes = table.design.targets[0].yes
    for name in table.coded:
        if name == table.group_name or table.kinds[name] == "time" or not _counts(table, name):
            continue
        values = table.values[name]
        known = np.isfinite(values)
        fine = pair._replace(early=pair.early & known, late=pair.late & known)
        same = equal_rows(digest.of_rows([values], table.rows), fine)
        if (
            len(same.late)
            and kappa(yes, _neighbours(values, same, fine)) < DUPLICATE_ROWS_NEIGHBOURS_AGREE
        ):
            yield name, same


def _neighbours(values: Floats, same: Twins, pair: SidePair) -> Twins:
    """For each late row the early row of the next higher value."""
    early = np.flatnonzero(pair.early)
    early = early[np.argsort(values[early], kind="stable")]
    at = np.searchsorted(values[early], values[same.late], side="right")
    return Twins(same.late, early[np.minimum(at, len(early) - 1)])


def _exact(
    table: Prepared, names: list[str], exact: Twins, pair: SidePair, knobs: Knobs
) -> Finding | None:
    """Exact copies, unless as many rows would be equal by chance."""
    found = _copies(table, exact, pair, "are equal to", (knobs.twin_share, knobs.twin_kappa), knobs)
    if found is None:
        return None
    chance = expected(_columns(table, names), pair)
    if len(exact.late) < DUPLICATE_ROWS_BY_CHANCE * chance:
        return None
    return found


def _telling(table: Prepared) -> list[str]:
    """Columns but the identifiers: a copied row gets a new number."""
    rows = table.rows
    return [
        name
        for name in table.coded
        if name != table.group_name
        and not (
            name in table.words and len(table.words[name].dictionary) >= NEAR_COPIES_UNIQUE * rows
        )
        and not _counts(table, name)
    ]


def _counts(table: Prepared, name: str) -> bool:
    """Whether the numbers of a column are unique whole numbers."""
    values = table.values.get(name)
    if values is None or table.kinds[name] == "time":
        return values is not None
    known = values[np.isfinite(values)]
    whole = bool(len(known) and (known == np.floor(known)).all())
    return whole and len(np.unique(known)) >= NEAR_COPIES_UNIQUE * len(known)


def _digest(table: Prepared, names: list[str]) -> digest.Digest:
    return digest.of_rows(_columns(table, names), table.rows)


def _columns(table: Prepared, names: list[str]) -> list[digest.Column]:
    return [table.values[n] if n in table.values else index_of(table.words[n]) for n in names]


def _near_copies(
    table: Prepared, near: Twins, pair: SidePair, words: str, knobs: Knobs
) -> Finding | None:
    """Near copies; where all have one outcome, only if any rows as many would hardly agree as well."""
    yes = table.design.targets[0].yes
    share = float(yes.mean())
    if (
        len(np.unique(yes[near.late])) == 1
        and (share**2 + (1 - share) ** 2) ** len(near.late) > DUPLICATE_ROWS_UNLIKELY
    ):
        return None
    return _copies(table, near, pair, words, (knobs.near_share, knobs.near_kappa), knobs)


def _copies(
    table: Prepared,
    twins: Twins,
    pair: SidePair,
    words: str,
    least: tuple[float, float],
    knobs: Knobs,
) -> Finding | None:
    least_share, least_kappa = least
    tested = int(pair.late.sum())
    count = len(twins.late)
    share = count / max(tested, 1)
    if count < knobs.twin_rows or share < least_share:
        return None
    agree = kappa(table.design.targets[0].yes, twins)
    if agree < least_kappa:
        return None
    grade = Grade.LEAK if share >= knobs.twin_leak else Grade.SUSPECT
    return Finding(
        WHOLE_TABLE,
        LeakKind.OVERLAP,
        grade,
        share,
        f"{count:,} of {tested:,} {pair.late_name} rows ({share:.1%}) {words} a {pair.early_name}"
        f" row, and their labels agree beyond chance (kappa {agree:.2f})",
        "Were rows copied or joined twice? Keep each real event on one side of the split.",
        {"rows": count, "share": share, "kappa": agree},
    )


def kappa(yes: NDArray[np.bool_], twins: Twins) -> float:
    """Cohen's (1960) kappa of the labels of pairs: 1 for copies, about 0 for strangers.

    Where all pairs hold one outcome, as copies of one class do, nothing speaks against them: 1.
    """
    a, b = yes[twins.late], yes[twins.early]
    if not len(a):
        return 0.0
    seen = float((a == b).mean())
    chance = float(a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean()))
    return (seen - chance) / (1 - chance) if chance < 1 else 1.0


def _repeated(table: Prepared) -> Finding | None:
    """Rows that repeat an earlier row in all values; copies count once in the probes."""
    repeated = round(table.rows - float(table.weight.sum()))
    share = repeated / table.rows
    if share < 1 / 1000:
        return None
    return Finding(
        WHOLE_TABLE,
        LeakKind.OVERLAP,
        Grade.NOTE,
        share,
        f"{repeated:,} rows ({share:.1%}) repeat another row in all values but the label",
        "Are these real events, or was a join or export done twice?",
        {"rows": repeated, "share": share},
    )
