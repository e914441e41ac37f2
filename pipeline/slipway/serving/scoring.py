"""Ask the models of an arm in turn, until one answers in time."""

import asyncio
import logging
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from slipway.artifact.ranker import FAULTS, fault
from slipway.serving import metrics
from slipway.serving.requests import refuse
from slipway.serving.served import ServableModel, Served

Array = npt.NDArray[np.float64]

AS_ASKED = ServableModel("as-asked", None, key="as-asked")
"""Who the log says answered where even the rules erred: the items as they came."""

log = logging.getLogger("uvicorn.error")


@dataclass(frozen=True, slots=True)
class Scores:
    """A model's answer; ``fallback`` if it is not the first one, ``seconds`` it took to score."""

    model: ServableModel
    probability: Array
    ranking: Array
    fallback: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class ModelScoring:
    """Asks the models of one line; ``budget_s`` is how long one may take before the next is asked."""

    line: str
    budget_s: float

    async def first_in_time(
        self, served: Served, chain: tuple[ServableModel, ...], matrix: Array
    ) -> Scores:
        """Ask the models in turn; the last one may take its time.

        Where even that one errs, the items stay in the order in which they were asked for.
        """
        for place, model in enumerate(chain):
            if model.ranker is None:
                continue
            begun = time.perf_counter()
            try:
                probability, ranking = await self.ask(model, matrix)
            except TimeoutError:  # late, which says nothing of the version: the machine may be busy
                continue
            except FAULTS as error:
                self.faulty(served, model, error)
                continue
            seconds = time.perf_counter() - begun
            if seconds <= self.budget_s or place == len(chain) - 1:
                return Scores(model, probability, ranking, place > 0, seconds)
        even = np.full(len(matrix), 0.5)
        return Scores(AS_ASKED, even, np.zeros(len(matrix)), fallback=True, seconds=0.0)

    def faulty(self, served: Served, model: ServableModel, error: BaseException) -> None:
        """Count what a version raised, and say it once for each release state."""
        metrics.model_errors(self.line, model.version).inc()
        if model.key not in served.problems:
            served.problems[model.key] = fault(error)
            log.warning("%s: %s when asked: %s", self.line, model.key, fault(error))

    async def ask(
        self, model: ServableModel, matrix: Array, within_s: float | None = None
    ) -> tuple[Array, Array]:
        """Probabilities and ranking scores of one model, each float64[n]; TimeoutError where it is late.

        It has ``within_s`` seconds, the whole budget where nothing is said.
        """
        if model.batcher:
            left_s = self.budget_s if within_s is None else within_s
            return await asyncio.wait_for(model.batcher.score(matrix), left_s)
        if model.ranker is None:
            raise refuse("ranker", None, "loaded")
        return model.ranker.score(matrix)
