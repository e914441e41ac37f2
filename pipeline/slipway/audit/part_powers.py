"""LeakKind.PROXY: a column that tells the label in one part of the table and nowhere else.

A leak that one system writes (one kind of ballot, one channel) is diluted over the table: .72 overall
where it is .97 in its own rows.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from slipway.audit.conditional_model import ConditionalModel
from slipway.audit.design import Design
from slipway.audit.finding import Finding, Grade, squash
from slipway.audit.knobs import Knobs
from slipway.audit.power import Alone, alone, beyond, scored
from slipway.audit.proxies import WRITTEN_WHEN, Proxies
from slipway.domain.leak import LeakKind
from slipway.stats.separation import distance

Mask = NDArray[np.bool_]
MOST_PARTS = 12
"""Values of a column from which it no longer names parts of a table."""


class TablePart(NamedTuple):
    """The rows bool[n] in which the column of ``key`` has its value ``code``, and their design."""

    key: str
    code: int
    rows: Mask
    design: Design


class BestColumn(NamedTuple):
    """The column that tells a target best in a part, by ``gap`` d' better than any other."""

    key: str
    target: int
    power: Alone
    gap: float


def judge(
    proxies: Proxies, reference: ConditionalModel, group: NDArray[np.int64] | None
) -> list[Finding]:
    """SUSPECT for what is near perfect in a part that another column names, and weak in all other rows.

    No other column, nor all others together, may come near it in that part. The bound of its AUC allows for the number of
    questions that were asked (Bonferroni).
    """
    knobs = proxies.knobs
    group = None if group is None else group[reference.rows]
    keys = [k for k, v in proxies.views.items() if not v.about and k not in proxies.exempt]
    parts = [p for p in _parts(keys, proxies, reference) if _many_groups(p, group, knobs)]
    questions = len(parts) * len(keys) * len(reference.design.targets)
    z = float(-ndtri(ndtr(-knobs.z_power) / max(questions, 1)))
    found = []
    for part in parts:
        for best in _bests(part, keys, reference, knobs.prior_rows):
            column = proxies.views[best.key].column
            # few rows lie in one block of time with others of the part: they agree by chance
            sure = distance(min(best.power.within.above(z), best.power.overall.above(z)))
            if column in proxies.accused or sure < knobs.part or best.gap < knobs.lone_gap:
                continue
            outside = _within(reference.design, ~part.rows)
            coded = reference.columns[best.key].taken(~part.rows)
            elsewhere = alone(coded, outside, outside.targets[best.target], knobs.prior_rows)
            weak = distance(elsewhere.within.auc) < knobs.strong
            if (
                weak
                and not _elsewhere_too(best, part, parts, reference, knobs)
                and _ahead(proxies, part, best, reference)
            ):
                proxies.accused.add(column)
                found.append(_finding(proxies, part, best, elsewhere))
    return found


def _elsewhere_too(
    best: BestColumn,
    part: TablePart,
    parts: list[TablePart],
    reference: ConditionalModel,
    knobs: Knobs,
) -> bool:
    """Whether it tells the target as well in another part of the same name: a rule of the table, and no one's own."""
    for other in parts:
        if other.key == part.key and other.code != part.code:
            coded = reference.columns[best.key].taken(other.rows)
            target = other.design.targets[best.target]
            if (
                distance(alone(coded, other.design, target, knobs.prior_rows).within.auc)
                >= knobs.strong
            ):
                return True
    return False


def _ahead(
    proxies: Proxies, part: TablePart, best: BestColumn, reference: ConditionalModel
) -> bool:
    """Whether it tells the target far better in the part than all other columns together."""
    others = proxies.vouching([best.key], reference, np.inf)
    predicted = reference.predict(sorted({*others, part.key}), best.target)[part.rows]
    target = part.design.targets[best.target]
    together = scored(predicted, part.design, target)
    ahead = beyond(best.power.within, together, target, proxies.knobs.z_power)
    return ahead.whole >= proxies.knobs.excess and ahead.sure >= proxies.knobs.excess_sure


def _parts(keys: list[str], proxies: Proxies, reference: ConditionalModel) -> Iterator[TablePart]:
    """Parts of at most half of the rows in which each outcome is frequent enough to be told."""
    fewest = proxies.knobs.part_rows
    main = reference.design.targets[0].yes
    for key in keys:
        coded = reference.columns[key]
        if proxies.views[key].column in proxies.accused or coded.size > MOST_PARTS + 1:
            continue
        for code in range(coded.size):
            rows = coded.code == code
            yes = int(main[rows].sum())
            if fewest <= min(yes, int(rows.sum()) - yes) and rows.mean() <= 0.5:  # noqa: PLR2004
                yield TablePart(key, code, rows, _within(reference.design, rows))


def _many_groups(part: TablePart, group: NDArray[np.int64] | None, knobs: Knobs) -> bool:
    """Whether as many groups as rows are needed hold each outcome: ten rows of one person are no ten people."""
    if group is None:
        return True
    held, yes = group[part.rows], part.design.targets[0].yes
    return min(len(np.unique(held[yes])), len(np.unique(held[~yes]))) >= knobs.part_rows


def _within(design: Design, rows: Mask) -> Design:
    targets = tuple(replace(target, yes=target.yes[rows]) for target in design.targets)
    return replace(design, targets=targets, block=design.block[rows], fold=design.fold[rows])


def _bests(
    part: TablePart, keys: list[str], reference: ConditionalModel, prior: float
) -> Iterator[BestColumn]:
    others = [key for key in keys if key != part.key]
    coded = {key: reference.columns[key].taken(part.rows) for key in others}
    for k, target in enumerate(part.design.targets):
        powers = {key: alone(coded[key], part.design, target, prior) for key in others}
        ranked = sorted(others, key=lambda key: -powers[key].within.auc)
        if ranked:
            first, *rest = (distance(powers[key].within.auc) for key in ranked[:2])
            yield BestColumn(ranked[0], k, powers[ranked[0]], first - max([0.0, *rest]))


def _finding(proxies: Proxies, part: TablePart, best: BestColumn, elsewhere: Alone) -> Finding:
    here, there = best.power.within, elsewhere.within
    where = proxies.views[part.key]
    return Finding(
        proxies.views[best.key].column,
        LeakKind.PROXY,
        Grade.SUSPECT,
        squash(distance(here.auc)),
        f"where {where.column} is {where.coded.names[part.code]} ({part.rows.sum():,} of the rows that were"
        f" asked), it tells whether {proxies.design.targets[best.target].name} with AUC {here.auc:.3f} ±"
        f" {2 * here.se:.3f}; in all other rows with {there.auc:.3f}",
        f"{WRITTEN_WHEN} Who writes it where {where.column} is {where.coded.names[part.code]}?",
        {"auc": here.auc, "se": here.se, "elsewhere": there.auc, "rows": float(part.rows.sum())},
    )
