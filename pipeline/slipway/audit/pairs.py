"""LeakKind.PROXY: two columns that predict the label together and hardly alone, as a difference does."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.audit.conditional_model import ConditionalModel
from slipway.audit.finding import Finding, Grade, squash
from slipway.audit.power import beyond, scored
from slipway.audit.proxies import Proxies
from slipway.audit.table import Prepared
from slipway.audit.threshold import cuts_through
from slipway.audit.thresholds import PAIRS_MOST
from slipway.domain.leak import LeakKind
from slipway.stats import discriminant
from slipway.stats.separation import distance

Floats = NDArray[np.float64]

ASK = "Is one of the two written with the outcome, or the outcome computed from both?"
SAID = {"sum": "a weighted sum of it and", "product": "a product of powers of it and"}


class Pair(NamedTuple):
    """Two columns, how they are joined, and the target that they may predict."""

    first: str
    second: str
    how: str
    target: int


def judge(table: Prepared, proxies: Proxies, reference: ConditionalModel) -> list[Finding]:
    """Findings on pairs of numbers or times; both columns of a pair are named.

    A start and an end, a distance and a speed: each honest to look at, and their difference or
    product is the label. Pairs count that tell it far better than either alone and than all other
    columns together.
    """
    found: list[Finding] = []
    if len(reference.rows) < proxies.knobs.pair_rows:
        return found
    matrices = {"sum": _matrix(table, proxies, reference.rows, as_log=False)}
    matrices["product"] = _matrix(table, proxies, reference.rows, as_log=True)
    for how, (names, x) in matrices.items():
        for pair in _promising(names, x, how, reference, proxies):
            if {pair.first, pair.second} & (proxies.accused | proxies.paired):
                continue
            score = discriminant.score(
                np.column_stack([x[:, names.index(pair.first)], x[:, names.index(pair.second)]]),
                reference.design.targets[pair.target].yes,
            )
            found += _judge(pair, score, proxies, reference)
    return found


def _matrix(
    table: Prepared, proxies: Proxies, rows: NDArray[np.intp], *, as_log: bool
) -> tuple[list[str], Floats]:
    """Columns that are mostly known and vary, with the mean of their time block taken off."""
    mostly = 0.5
    names, columns = [], []
    for name, values in table.values.items():
        x = values[rows]
        known = np.isfinite(x)
        if name not in table.coded or name in proxies.exempt or known.mean() < mostly:
            continue
        if as_log:
            if table.kinds[name] == "time" or (x[known] <= 0).any():
                continue
            x = np.log(np.where(known, x, 1.0))
        names.append(name)
        columns.append(_within_blocks(x, known, table.design.block[rows]))
    names = names[: proxies.knobs.model_columns]
    return names, np.column_stack(columns[: len(names)]) if names else np.zeros((len(rows), 0))


def _within_blocks(x: Floats, known: NDArray[np.bool_], block: NDArray[np.int32]) -> Floats:
    """Gap to the mean of the time block; 0 where the value is unknown."""
    n = np.bincount(block[known], minlength=int(block.max()) + 1)
    mean = np.bincount(block[known], x[known], len(n)) / np.maximum(n, 1)
    found: Floats = np.where(known, x - mean[block], 0.0)
    return found


def _promising(
    names: list[str], x: Floats, how: str, reference: ConditionalModel, proxies: Proxies
) -> Iterator[Pair]:
    knobs = proxies.knobs
    if len(names) < 2:  # noqa: PLR2004 - a pair
        return
    for k, target in enumerate(reference.design.targets):
        alone, both = discriminant.pairs(x, target.yes)
        gain = both - np.maximum(alone[:, None], alone[None, :])
        worth = np.triu((both >= knobs.pair_candidate) & (gain >= knobs.pair_gain / 2), 1)
        order = np.argwhere(worth)
        order = order[np.argsort(-both[tuple(order.T)], kind="stable")][:PAIRS_MOST]
        yield from (Pair(names[i], names[j], how, k) for i, j in order)


def _judge(
    pair: Pair, score: Floats, proxies: Proxies, reference: ConditionalModel
) -> list[Finding]:
    knobs, target = proxies.knobs, reference.design.targets[pair.target]
    if not cuts_through(score, target.yes):
        return []
    own = scored(score, reference.design, target)
    sure, reached = distance(own.above(knobs.z_power)), distance(own.auc)
    alone = max(
        s.within for k, s in proxies.strengths.items() if proxies.views[k].column in pair[:2]
    )
    if sure < knobs.pair or reached - alone < knobs.pair_gain:
        return []
    others = proxies.vouching(pair[:2], reference, reached + knobs.alike)
    together = scored(reference.predict(others, pair.target), reference.design, target)
    ahead = beyond(own, together, target, knobs.z_power)
    if ahead.whole < knobs.excess or ahead.surer < knobs.excess_sure:
        return []
    proxies.paired.update(pair[:2])
    # either without the other tells no secret: the stronger may vouch for others
    proxies.accused.add(min(pair[:2], key=lambda name: proxies.strengths[name].within))
    grade = Grade.LEAK if sure >= knobs.near_perfect else Grade.SUSPECT
    return [
        Finding(
            name,
            LeakKind.PROXY,
            grade,
            squash(sure),
            f"{SAID[pair.how]} {other} predicts whether {target.name} with AUC {own.auc:.3f}"
            f" ± {2 * own.se:.3f} among rows of like time; all other columns together reach"
            f" {together.auc:.3f}",
            ASK,
            {"auc": own.auc, "se": own.se, "others": together.auc, "beyond": ahead.whole},
            (other,),
        )
        for name, other in (pair[:2], pair[1::-1])
    ]
