"""What ranks: features in, click probabilities and a ranking out."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from slipway.domain.errors import BadInput, SlipwayError

Array = npt.NDArray[np.float64]

_LOWEST = 1e-12  # keeps the log-odds of a model that is certain finite

Model = Callable[[Array], tuple[Array, Array]]
"""From features float64[n, F] in line order to ``(probability[n], log_odds[n])``."""


FAULTS = (Exception, SystemExit)
"""Whatever one version may raise while it is loaded or asked: a problem of that version alone."""


def fault(error: BaseException) -> str:
    """What a version raised, in one line."""
    words = " ".join(str(error).split())
    return words if isinstance(error, SlipwayError) else f"{type(error).__name__}: {words}"


class Ranker(Protocol):
    """Whatever answers features float64[n, F] of the line, in declared order."""

    @property
    def examination(self) -> tuple[float, ...]:
        """P(a position is looked at), from the top; empty: unknown."""

    def score(self, features: Array) -> tuple[Array, Array]:
        """Probability of a click once looked at, and the ranking score; float64[n] each."""


@dataclass(frozen=True, eq=False)
class LoadedRanker:
    """One version in memory, ready to answer.

    ``category_boost`` float64[codes] is added to the log-odds of the category at ``category_column``;
    ``folder`` is where it was read from, None where it never was stored.
    """

    line: str
    kind: str
    fingerprint: str
    model: Model
    examination: tuple[float, ...] = ()
    category_boost: Array | None = None
    category_column: int | None = None
    folder: Path | None = None
    compiled: bool = False

    @property
    def batched(self) -> bool:
        """Whether requests should be gathered: a slow call, and cheap rows."""
        return self.kind in {"sklearn", "estimator"} and not self.compiled

    def score(self, features: Array) -> tuple[Array, Array]:
        """``(probability[n], ranking_score[n])`` of ``features`` float64[n, F] in line order.

        The ranking score is the log-odds plus the boost of the item's category; the probability is
        the model's own. Raises BadInput where the model answers something not finite, or not one
        number for each row.
        """
        probability, ranking = self.model(features)
        for answer in (probability, ranking):
            if np.shape(answer) != (len(features),):
                raise self._refuse(
                    f"shape {np.shape(answer)}", f"one for each of {len(features)} rows"
                )
        if self.category_boost is not None and self.category_column is not None:
            codes = features[:, self.category_column]
            known = (codes >= 0) & (codes < len(self.category_boost))
            index = np.where(known, codes, 0).astype(np.intp)
            ranking = ranking + np.where(known, self.category_boost[index], 0.0)
        if not np.isfinite(ranking).all():
            raise self._refuse("not finite", "a number per item")
        return probability, ranking

    def _refuse(self, found: str, expected: str) -> BadInput:
        return BadInput(
            f"scores of {self.line}",
            found=found,
            expected=expected,
            next_step="look at the model's leaves and inputs",
        )


def log_odds(probability: Array) -> Array:
    """log(p / (1 - p)), finite also where the model is certain."""
    clipped = np.clip(probability, _LOWEST, 1 - _LOWEST)
    odds: Array = np.log(clipped) - np.log1p(-clipped)
    return odds
