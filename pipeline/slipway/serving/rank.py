"""One ranking request, from its body to the answer, with its exposure in the log in between."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import orjson

from slipway.artifact.ranker import FAULTS
from slipway.data.feature_table import FeatureTable
from slipway.data.log import LogWriter
from slipway.domain.errors import NotComputable, UnknownReference
from slipway.domain.events import Exposure, record_of
from slipway.domain.line import Line, Listed
from slipway.domain.release import Arm
from slipway.serving import metrics
from slipway.serving.assignment import arm_of
from slipway.serving.contract import Contract
from slipway.serving.interleave import mixed
from slipway.serving.logbook import Logbook
from slipway.serving.request_ids import RequestIds
from slipway.serving.requests import Ranges, parse_outcomes, parse_rank, ranges_of
from slipway.serving.scoring import ModelScoring
from slipway.serving.served import Served
from slipway.settings import EventClock
from slipway.stats import exploration
from slipway.stats.exploration import places_in

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

EXPLORE_VERSION = "explore"
"""Who the log says answered where chance did."""


class NotReady(NotComputable):
    """The line has no features or no state yet: the catalogue or a first feature table is missing."""


@dataclass
class LineServer:
    """Answers for one line in one worker; a background task replaces ``clock``, ``served`` and
    ``features`` as a whole, and a request works with what it found when it came.

    ``budget_s`` is how long the assigned arm may take to score before the next one answers; ``sync_s`` as
    :class:`Logbook` has it.
    """

    line: Line
    ids: RequestIds
    writer: LogWriter
    clock: EventClock
    budget_s: float
    served: Served | None = None
    features: FeatureTable | None = None
    chance: random.Random = field(default_factory=random.SystemRandom)
    contract: Contract = field(init=False)
    scoring: ModelScoring = field(init=False)
    _ranges: Ranges = field(init=False)
    sync_s: float = 0.0
    book: Logbook = field(init=False)

    def __post_init__(self) -> None:
        self.contract = Contract(self.line)
        self.scoring = ModelScoring(self.line.name, self.budget_s)
        self.book = Logbook(self.line.name, self.writer, self.sync_s)
        self._ranges = ranges_of(self.line)

    async def rank(self, body: bytes, started: float) -> bytes:
        """The answer's JSON; ``started`` is ``perf_counter()`` when the request came.

        Raises BadInput or UnknownReference for what the caller did wrong and NotReady.
        """
        served, features = self.served, self.features
        if served is None or features is None:
            raise self._not_ready("features" if features is None else "release state")
        ask = parse_rank(body)
        now = self.clock.at(time.time())
        context = self.contract.context(ask.context, now)
        release = served.release
        arm = arm_of(ask.user, self.line, release)
        matrix = features.matrix(ask.user, context, ask.items, now)
        matrix = self.contract.features(matrix, features.as_of, now)
        scores = await self.scoring.first_in_time(served, served.chains[arm], matrix)
        ranked = np.argsort(-scores.ranking, kind="stable")
        both, length = None, self.line.list_length
        if arm is Arm.INTERLEAVED:
            both = await mixed(served, self.scoring, ask.user, matrix, scores, length)
        order, propensity = both[:2] if both else self._chosen(arm, ranked)
        positions, seen = list(range(1, len(order) + 1)), matrix.take(order, axis=0)
        as_ranked = both is None and arm is not Arm.EXPLORE
        seconds = time.perf_counter() - started
        shown = Exposure(
            request_id=self.ids.issue(self.line.name),
            user=ask.user,
            requested_at=now,
            arm=arm.value,
            version=EXPLORE_VERSION if arm is Arm.EXPLORE else scores.model.version,
            stage=release.stage,
            epoch=release.epoch,
            latency_ms=seconds * 1e3,
            fallback=scores.fallback,
            features_as_of=features.as_of,
            items=[ask.items[place] for place in order],
            positions=positions,
            propensities=propensity,
            scores=scores.probability[order],
            items_offered=len(ranked),
            drafted=both.drafted.to_text() if both else None,
            model_positions=positions if as_ranked else places_in(ranked, order, length),
            shadow_positions=both.positions if both else None,
            features=seen,
            values=features.words(seen, context),
        )
        rest_s = seconds - scores.seconds
        shown, logged = await self._recorded(served, shown, matrix, rest_s, order)
        return _answer(shown, logged=logged)

    def outcomes(self, body: bytes) -> bytes:
        """The acknowledgement of a batch of outcomes that is in the log; the whole batch or nothing of it.

        It may be given once ``book.kept()`` is done.

        Sending a batch again is harmless: the first arrival of an outcome counts. Raises BadInput,
        UnknownReference for a request that was not made here, and OSError where the log is not
        writable.
        """
        found = parse_outcomes(
            body, self.outcome_ranges(), self.clock.at(time.time()), self.outcome_item()
        )
        for place, outcome in enumerate(found):
            if not self.ids.issued(self.line.name, outcome.request_id):
                raise UnknownReference(
                    f"outcomes[{place}].request_id",
                    found=outcome.request_id,
                    expected=f"one that /v1/{self.line.name}/rank has answered",
                    next_step="send back the request_id of the answer",
                )
        self.book.outcomes([record_of(outcome) for outcome in found])
        metrics.outcomes(self.line.name).inc(len(found))
        return orjson.dumps({"accepted": len(found)})

    def stale_s(self) -> float:
        """Seconds of event time by which the features in use are older than the line allows."""
        if self.features is None:
            return 0.0
        return self.contract.stale_s(self.features.as_of, self.clock.at(time.time()))

    def _chosen(self, arm: Arm, ranked: Indices) -> tuple[list[int], list[float]]:
        """Rows of the shown items from the top, and each one's probability to be there."""
        offered, shown = len(ranked), min(len(ranked), self.line.list_length)
        if arm is Arm.EXPLORE and isinstance(self.line.exposure, Listed):
            how = self.line.exposure.exploration
            drawn = exploration.draw(how, offered, self.line.list_length, self.chance)
            return ranked[drawn.order].tolist(), drawn.propensity
        return ranked[:shown].tolist(), [1.0] * shown

    async def _recorded(
        self,
        served: Served,
        shown: Exposure,
        matrix: Array,
        rest_s: float,
        order: Sequence[int] = (0,),
    ) -> tuple[Exposure, bool]:
        """The exposure with its shadow's answer, and whether the log has it; ``rest_s`` as there.

        ``order`` are the rows of ``matrix`` that are shown. What chance chose is ranked by the shadow, too, as it
        alone shows what neither ranking would; its cost is that of the champion's requests.
        """
        if served.shadow and shown.arm == Arm.CHAMPION.value:
            shown = await self._shadow(served, shown, matrix, rest_s, order)
        elif served.shadow and shown.arm == Arm.EXPLORE.value:
            beside = await self._shadow(served, shown, matrix, rest_s, order)
            shown = replace(shown, shadow_positions=beside.shadow_positions)
        logged = await self.book.exposure(shown)
        metrics.latency(self.line.name, shown.arm).observe(shown.latency_ms / 1e3)
        if shown.fallback:
            metrics.fallbacks(self.line.name, shown.arm).inc()
        return shown, logged

    async def _shadow(
        self, served: Served, shown: Exposure, matrix: Array, rest_s: float, order: Sequence[int]
    ) -> Exposure:
        """What the candidate would have cost: its scoring plus the ``rest_s`` of the answer."""
        shadow = served.shadow
        assert shadow is not None
        begun = time.perf_counter()
        ok = False
        if shadow.ranker is not None:
            try:
                answer, ranking = await self.scoring.ask(shadow, matrix)
                shown, ok = self._with_shadow_answer(shown, answer, ranking, order), True
            except TimeoutError:
                pass
            except FAULTS as error:
                self.scoring.faulty(served, shadow, error)
        seconds = time.perf_counter() - begun
        return replace(
            shown,
            shadow_version=shadow.version,
            shadow_latency_ms=(seconds + rest_s) * 1e3 if shadow.ranker else None,
            shadow_ok=ok and seconds <= self.scoring.budget_s,
        )

    def _with_shadow_answer(
        self,
        shown: Exposure,
        answer: Array,  # noqa: ARG002 - of a list its places are kept
        ranking: Array,
        order: Sequence[int],
    ) -> Exposure:
        """What the shadow answered: of a list the places it gives to what is shown."""
        ranked = np.argsort(-ranking, kind="stable")
        return replace(shown, shadow_positions=places_in(ranked, order, self.line.list_length))

    def outcome_ranges(self) -> Ranges:
        """Kinds of outcomes that are taken, and the values of each."""
        return self._ranges

    def outcome_item(self) -> str | None:
        """The item of an outcome that names none; None: each must name its own."""
        return None

    def _not_ready(self, what: str) -> NotReady:
        return NotReady(
            f"{what} of {self.line.name}",
            found="absent",
            expected="loaded",
            next_step="write the catalogue and compute the features, then ask again",
        )


def _answer(shown: Exposure, *, logged: bool) -> bytes:
    places = zip(shown.items, shown.positions, strict=True)
    items = [{"item": item, "position": position} for item, position in places]
    words = ("request_id", "arm", "version", "stage")
    body = {word: getattr(shown, word) for word in words} | {"items": items}
    return orjson.dumps(body if logged else body | {"logged": False})
