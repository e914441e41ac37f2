"""LeakKind.LATER: notes on columns that no power accuses, but that are related to what is known later."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from slipway.audit.bins import Coded
from slipway.audit.conditional_model import ConditionalModel
from slipway.audit.finding import Finding, Grade
from slipway.audit.proxies import Proxies
from slipway.audit.table import Prepared
from slipway.audit.thresholds import (
    RELATED_COLUMNS_CONTROL,
    RELATED_COLUMNS_CONTROLS,
    RELATED_COLUMNS_FEW_VALUES,
    RELATED_COLUMNS_FEWEST,
    RELATED_COLUMNS_LEAST_GAP,
)
from slipway.domain.leak import LeakKind

Floats = NDArray[np.float64]


def judge(table: Prepared, proxies: Proxies, reference: ConditionalModel) -> list[Finding]:
    """NOTEs: columns that nearly give an accused one, later twins of others, and growing counts.

    None is an accusation: each says what to ask. Copies of a noted column are noted, too.
    """
    notes: dict[str, Finding] = {}
    for note in (*_made_of(table, proxies, reference), *_twins(table), *_grown(table, proxies)):
        if note.column not in proxies.accused and note.column not in proxies.exempt:
            notes[note.column] = max(notes.get(note.column, note), note, key=lambda n: n.strength)
    return [*notes.values(), *_copies(table, proxies, reference, notes)]


def _made_of(table: Prepared, proxies: Proxies, reference: ConditionalModel) -> Iterator[Finding]:
    """Columns that all but give a number that is accused."""
    for accused in sorted(proxies.accused & set(table.values)):
        if table.kinds[accused] == "time":
            continue
        y = table.values[accused][reference.rows]
        for name in table.coded:
            share = explained(y, reference.columns[name])
            if name != accused and share >= proxies.knobs.related_share:
                yield _note(
                    name,
                    share,
                    f"it gives {share:.0%} of the spread of {accused}, which is accused",
                    f"Is it written together with {accused}?",
                )


def _twins(table: Prepared) -> Iterator[Finding]:
    """Of two columns that hold the same kind of thing, the one that is missing more often."""
    values = {n: _distinct(table, n) for n in table.coded}
    telling = [n for n, some in values.items() if len(some) >= RELATED_COLUMNS_FEW_VALUES]
    for one, two in combinations(telling, 2):
        shared = len(values[one] & values[two]) / min(len(values[one]), len(values[two]))
        first, second = sorted((one, two), key=lambda n: _missing(table, n))
        gap = _missing(table, second) - _missing(table, first)
        if (
            shared < 1 / 2
            or gap < RELATED_COLUMNS_LEAST_GAP
            or _missing(table, second) < 2 * _missing(table, first)
        ):
            continue
        yield _note(
            second,
            shared / 2,
            f"it holds the same kind of values as {first} and is missing in {gap:.1%} more of the rows,"
            " as the later one of two is",
            f"Is it known as early as {first}?",
        )


def _distinct(table: Prepared, name: str) -> set[float] | set[str]:
    """Values that mean something by themselves: words, or numbers that are no mere counts."""
    if name in table.words:
        return {word for word in table.words[name].dictionary.to_pylist() if word}
    known = table.values[name][np.isfinite(table.values[name])]
    some = np.unique(known)
    counts = table.kinds[name] == "time" or (some == np.floor(some)).all()
    return set() if counts or len(some) > len(known) / 2 else set(some.tolist())


def _missing(table: Prepared, name: str) -> float:
    return float((table.coded[name].code == 0).mean())


def _grown(table: Prepared, proxies: Proxies) -> Iterator[Finding]:
    """Numbers that go with the time at which the outcome came, among rows of one outcome."""
    for accused in sorted(proxies.accused & set(table.values)):
        shows_time = table.dated and table.kinds[accused] == "time" and proxies.is_strong(accused)
        if not shows_time or table.time is None:
            continue
        gap = table.values[accused] - table.time
        for yes in (True, False):
            rows = np.flatnonzero((table.design.targets[0].yes == yes) & np.isfinite(gap))
            if len(rows) >= RELATED_COLUMNS_FEWEST:
                yield from _with_time(table, proxies, accused, gap, rows)


def _with_time(
    table: Prepared, proxies: Proxies, accused: str, gap: Floats, rows: NDArray[np.intp]
) -> Iterator[Finding]:
    coded = {n: c.taken(rows) for n, c in table.coded.items() if n not in proxies.accused}
    rest = rankdata(gap[rows])
    for _ in range(min(RELATED_COLUMNS_CONTROLS, len(coded))):
        name = max(coded, key=lambda n: explained(rest, coded[n]))
        if explained(rest, coded[name]) < RELATED_COLUMNS_CONTROL:
            break
        rest = rest - means(rest, coded.pop(name))
    for name in coded:
        if name not in table.values or table.kinds[name] == "time":
            continue
        x = rankdata(np.nan_to_num(table.values[name][rows], nan=-np.inf))
        r = float(np.corrcoef(x, rest)[0, 1]) if x.std() * rest.std() > 0 else 0.0
        if abs(r) >= proxies.knobs.grown:
            yield _note(
                name,
                abs(r),
                f"among rows of one outcome it goes with the time of {accused} (correlation {r:.2f}):"
                " it may be counted or changed until the outcome comes",
                "Is it a count or a state that still changes after the row's time?",
            )


def _copies(
    table: Prepared, proxies: Proxies, reference: ConditionalModel, notes: dict[str, Finding]
) -> Iterator[Finding]:
    for name in table.coded:
        if name in notes or name in proxies.accused or name in proxies.exempt:
            continue
        copied = sorted(reference.copies(name, list(notes)))
        if copied:
            yield _note(
                name,
                notes[copied[0]].strength,
                f"{copied[0]} all but says it",
                notes[copied[0]].question,
            )


def explained(y: Floats, coded: Coded) -> float:
    """Share of the rank variance of ``y`` [n] between the bins of a column (correlation ratio)."""
    known = np.isfinite(y)
    if known.sum() < RELATED_COLUMNS_FEWEST:
        return 0.0
    rank = rankdata(y[known])
    part = coded.taken(known)
    left, whole = float(((rank - means(rank, part)) ** 2).sum()), float(rank.var() * len(rank))
    spare = (len(rank) - 1) / max(len(rank) - len(np.unique(part.code)), 1)
    return 1 - spare * left / whole if whole > 0 else 0.0


def means(y: Floats, coded: Coded) -> Floats:
    """Mean of ``y`` [n] in each row's bin."""
    n = np.bincount(coded.code, minlength=coded.size)
    found: Floats = (np.bincount(coded.code, y, coded.size) / np.maximum(n, 1))[coded.code]
    return found


def _note(name: str, strength: float, evidence: str, question: str) -> Finding:
    return Finding(name, LeakKind.LATER, Grade.NOTE, strength, evidence, question)
