"""One list of two models: drafted for each user alike, within the time that one answer has."""

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from slipway.artifact.ranker import FAULTS
from slipway.domain.interleaved import DraftedList, DraftState
from slipway.serving.assignment import coins_of
from slipway.serving.scoring import ModelScoring, Scores
from slipway.serving.served import Served
from slipway.stats.exploration import places_in
from slipway.stats.interleaving import credits_of, draft

Array = npt.NDArray[np.float64]


class MixedList(NamedTuple):
    """Rows of the request's items from the top, P(each stands there), and how it came about.

    ``positions`` are where the candidate's own list has them, 0 below it; None where it has none.
    """

    order: list[int]
    propensity: list[float]
    drafted: DraftedList
    positions: list[int] | None = None


async def mixed(
    served: Served, scoring: ModelScoring, user: str, matrix: Array, control: Scores, length: int
) -> MixedList:
    """The list of ``user``: of both models, or the control's where it cannot be of both.

    Both models have ``scoring.budget_s`` together.
    """
    ranked = np.argsort(-control.ranking, kind="stable")
    own = ranked[:length].tolist()
    alone = [1.0] * len(own)
    candidate = served.interleaved
    if candidate is None or control.fallback or len(ranked) < 2:  # noqa: PLR2004 - one item alone
        return MixedList(own, alone, DraftedList(DraftState.UNFIT))
    other = await _ranking(served, scoring, matrix, scoring.budget_s - control.seconds)
    if other is None:
        return MixedList(own, alone, DraftedList(DraftState.FAILED))
    if own == other[:length].tolist():
        return MixedList(own, alone, DraftedList(DraftState.EQUAL), places_in(other, own, length))
    coins = coins_of(user, served.release.line, candidate.version, (len(own) + 1) // 2)
    curve = control.model.ranker.examination if control.model.ranker else ()
    try:
        found = draft(ranked.tolist(), other.tolist(), length, coins)
        credit = credits_of(
            ranked.tolist(), other.tolist(), found.items, curve or _discounted(length)
        )
    except ValueError:  # more drafts than can be followed, or a curve that is none
        return MixedList(own, alone, DraftedList(DraftState.UNFIT), places_in(other, own, length))
    drafted = DraftedList(
        DraftState.DRAFTED,
        found.by_candidate,
        tuple(credit.control.tolist()),
        tuple(credit.candidate.tolist()),
    )
    order = list(found.items)
    return MixedList(order, credit.propensity.tolist(), drafted, places_in(other, order, length))


async def _ranking(
    served: Served, scoring: ModelScoring, matrix: Array, left_s: float
) -> npt.NDArray[np.intp] | None:
    """The candidate's ranking; None where it erred or took longer than ``left_s``."""
    candidate, begun = served.interleaved, time.perf_counter()
    if candidate is None or candidate.ranker is None:
        return None
    try:
        _, ranking = await scoring.ask(candidate, matrix, left_s)
    except TimeoutError:
        return None
    except FAULTS as error:
        scoring.faulty(served, candidate, error)
        return None
    late = time.perf_counter() - begun > left_s
    return None if late else np.argsort(-ranking, kind="stable")


def _discounted(length: int) -> Sequence[float]:
    """How likely a place is looked at where the control does not say: the usual discount of ranks."""
    found: list[float] = (1 / np.log2(np.arange(2, length + 2))).tolist()
    return found
