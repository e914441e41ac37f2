"""LeakKind.PROXY: rare values, missing ones or a range of a column in which the label is decided."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.bins import Coded
from slipway.audit.conditional_model import ConditionalModel, block_rate
from slipway.audit.derived_views import MISSING, View
from slipway.audit.design import Design, Target
from slipway.audit.finding import Finding, Grade, squash
from slipway.audit.proxies import Proxies
from slipway.audit.thresholds import LEAK_SETS_FEW_WORDS
from slipway.stats.pure_bins import odds_multiple, others_spread

Floats = NDArray[np.float64]
WHO_WRITES = "Who writes this value, and is it written only once the outcome is known?"


TINY = 1e-9


class Subgroup(NamedTuple):
    """The bin ``code`` whose odds of target ``target`` are at least ``multiple`` times expected.

    ``pure`` is how many exceptions were expected where there is none; 0 where there is one.
    """

    multiple: float
    code: int
    target: int
    pure: float = 0.0


class CountedRows(NamedTuple):
    """``weight`` [n] counts copies of a row once; ``usual`` [n] is each target's rate in the row's time block.

    ``group`` int64[n]: the rows of one group in one bin are one witness, as a state's in a few years are.
    """

    weight: Floats
    usual: tuple[Floats, ...]
    group: NDArray[np.int64] | None = None

    def of(self, coded: Coded) -> Floats:
        """Weights [n] in the bins of a column."""
        if self.group is None:
            return self.weight
        key = self.group.astype(np.int64) * coded.size + coded.code
        _, at = np.unique(key, return_inverse=True)
        held = np.bincount(at, self.weight)
        found: Floats = self.weight / np.maximum(held[at], 1.0)
        return found


def judge(
    proxies: Proxies,
    reference: ConditionalModel,
    weight: Floats,
    group: NDArray[np.int64] | None = None,
) -> list[Finding]:
    """Findings on subgroups of columns that are not accused yet, the purest first.

    ``weight`` [n] counts copies of a row once: a booking repeated a hundred times is one booking.
    """
    rows = CountedRows(
        weight, tuple(block_rate(proxies.design, t.yes) for t in proxies.design.targets), group
    )
    candidates = {}
    for key, view in proxies.views.items():
        if view.column in proxies.accused or key in proxies.exempt:
            continue
        each = [_subgroup(proxies, view, k, rows) for k in range(len(proxies.design.targets))]
        some = [found for found in each if _asked(found, proxies)]
        if some:
            candidates[key] = max(some)
    found = []
    for key in sorted(candidates, key=lambda k: -candidates[k].multiple)[
        : proxies.knobs.most_judged
    ]:
        if proxies.views[key].column not in proxies.accused:
            known = _known_of_one(proxies, proxies.views[key], candidates[key])
            found.append(known or _judge(proxies, key, reference, rows))
    return [finding for finding in found if finding is not None]


def _known_of_one(proxies: Proxies, view: View, subgroup: Subgroup) -> Finding | None:
    """What is known of one outcome alone, or blank for one alone: such blanks vouch for each other, so nobody is asked."""
    if view.about != MISSING or subgroup.pure < proxies.knobs.pure_expected:
        return None
    proxies.accused.add(view.column)
    return _finding(proxies, view, subgroup)


def _subgroup(
    proxies: Proxies, view: View, k: int, given: CountedRows, expected: Floats | None = None
) -> Subgroup:
    design, knobs = proxies.design, proxies.knobs
    target = design.targets[k]
    hoped = given.usual[k] if expected is None else expected
    rows, hits, rate, blocks = corner_counts(
        view.coded, design, target, given.of(view.coded), hoped
    )
    multiple = odds_multiple(np.minimum(hits, rows), rows, rate, z=knobs.z_purity)
    wide = blocks >= max(1.0, knobs.pure_blocks * design.blocks)
    share = float(target.yes.mean())
    pure = np.zeros(len(rows))
    # of a number the lowest values may well lie on one side of a cut: the young earn less than most
    if share <= knobs.pure_common and not target.is_cut:
        pure = np.where(rows - hits < TINY, _unlikely(rows, rate, view), pure)
    if 1 - share <= knobs.pure_common and not target.is_cut:
        pure = np.where(hits < TINY, _unlikely(rows, 1 - rate, view), pure)
    wide &= rows >= knobs.pure_rows
    pure[~wide], multiple[~wide] = 0.0, 1.0
    best = int(np.argmax(pure)) if pure.max() >= knobs.pure_expected else int(np.argmax(multiple))
    if multiple[best] > 1 and _mixed(view, design, k, given, best) >= knobs.mixed:
        return Subgroup(1.0, best, k)
    return Subgroup(float(multiple[best]), best, k, float(pure[best]))


def _unlikely(rows: Floats, rate: Floats, view: View) -> Floats:
    """Exceptions that are expected among ``rows``; of a flag the surprise that there is none, in nats: more where rates are low.

    A rare class within a rare one has few rows, each of them unlikely.
    """
    if view.coded.size > LEAK_SETS_FEW_WORDS:
        found: Floats = rows * (1 - rate)
        return found
    return -rows * np.log(np.clip(rate, TINY, 1.0))


def _asked(subgroup: Subgroup, proxies: Proxies) -> bool:
    knobs = proxies.knobs
    return subgroup.multiple >= knobs.pure_asked or subgroup.pure >= knobs.pure_expected


def _mixed(view: View, design: Design, k: int, given: CountedRows, code: int) -> float:
    """How far the other values differ: where all do, as identifiers' may, a pure one is no news."""
    rows, hits, rate, _ = corner_counts(
        view.coded, design, design.targets[k], given.of(view.coded), given.usual[k]
    )
    return others_spread(hits, rows, rate, code)


def _surprise(subgroup: Subgroup) -> tuple[float, float]:
    return subgroup.pure, subgroup.multiple


def corner_counts(
    coded: Coded, design: Design, target: Target, weight: Floats, expected: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Per bin [size]: effective rows and yes, expected rate, time blocks that it reaches."""
    size = coded.size
    hits: Floats = np.bincount(coded.code, weight * target.yes, size).astype(float)
    key = design.block * np.int64(size) + coded.code
    reach = np.bincount(key, weight, design.blocks * size).reshape(design.blocks, size)
    rows: Floats = reach.sum(axis=0)
    hoped = np.bincount(coded.code, weight * expected, size) / np.maximum(rows, 1e-9)
    return rows, hits, hoped, (reach > 0).sum(axis=0).astype(float)


def _judge(
    proxies: Proxies, key: str, reference: ConditionalModel, given: CountedRows
) -> Finding | None:
    view, knobs = proxies.views[key], proxies.knobs
    others = proxies.vouching([key], reference, np.inf)
    worst = Subgroup(1.0, 0, 0)
    for k in range(len(proxies.design.targets)):
        if not _asked(_subgroup(proxies, view, k, given), proxies):
            continue
        expected = _expected(proxies, key, k, others, reference)
        worst = max(worst, _subgroup(proxies, view, k, given, expected), key=_surprise)
    if worst.multiple < knobs.pure_asked and worst.pure < knobs.pure_expected:
        return None
    found = _finding(proxies, view, worst)
    if found.grade.accuses:
        proxies.accused.add(view.column)
    return found


def _expected(
    proxies: Proxies, key: str, k: int, others: list[str], reference: ConditionalModel
) -> Floats:
    """Per row, the mean that the other columns predict for the rows of its bin."""
    predicted = reference.predict(others, k)
    own, whole = reference.columns[key], proxies.views[key].coded
    n = np.bincount(own.code, minlength=own.size)
    mean = np.bincount(own.code, predicted, own.size) / np.maximum(n, 1)
    base = np.bincount(
        whole.code, block_rate(proxies.design, proxies.design.targets[k].yes), whole.size
    ) / np.maximum(np.bincount(whole.code, minlength=whole.size), 1)
    per_row: Floats = np.where(n > 0, mean, base)[whole.code]
    return per_row


def _finding(proxies: Proxies, view: View, subgroup: Subgroup) -> Finding:
    target = proxies.design.targets[subgroup.target]
    inside = view.coded.code == subgroup.code
    rows, hits = int(inside.sum()), int(target.yes[inside].sum())
    knobs, grade = proxies.knobs, Grade.NOTE
    if subgroup.multiple >= knobs.pure or subgroup.pure >= knobs.pure_expected:
        grade = Grade.LEAK if subgroup.multiple >= knobs.pure_leak else Grade.SUSPECT
    subject = "it" if view.about == MISSING else view.about or "it"
    where = f"{subject} is {view.coded.names[subgroup.code]}"
    return Finding(
        view.column,
        view.kind,
        grade,
        squash(np.log10(subgroup.multiple)),
        f"where {where}, {target.name} in {hits:,} of {rows:,} rows, against"
        f" {target.yes.mean():.1%} overall: odds at least {subgroup.multiple:.0f} times away from what"
        " the other columns expect",
        WHO_WRITES,
        {"rows": rows, "yes": hits, "odds_multiple": subgroup.multiple},
    )
