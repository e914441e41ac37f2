"""Requests for one answer each, alone or in a batch: every row is a request of its own in the log."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from slipway.data.catalog import ANSWER
from slipway.domain.events import Exposure
from slipway.domain.json_value import Json
from slipway.domain.line import DType, Line, OutcomeKind, Single
from slipway.serving.assignment import arm_of
from slipway.serving.rank import Array, LineServer
from slipway.serving.requests import MAX_WORD, parse_json, refuse

MAX_ROWS = 200
"""Rows of one batch."""

FARTHEST = 1e12
"""Largest size of an outcome: what is beyond is a mistake of a unit."""


class AskedRow(NamedTuple):
    """Who asks, and what the caller knows."""

    user: str
    context: dict[str, Any]


class AnswerServer(LineServer):
    """Answers one value for each row; see :class:`LineServer` for everything else."""

    def __post_init__(self) -> None:
        super().__post_init__()
        coded = [c for c in self.line.context if c.dtype is DType.CODE and c.words]
        self._codes = {c.name: {word: c.words.index(word) for word in c.words} for c in coded}

    async def predict(self, body: bytes, started: float) -> bytes:
        """The answer's JSON to ``{"user", "context"}`` or ``{"rows": [...]}`` of such.

        Raises BadInput for what the caller did wrong, before any row is answered, and NotReady.
        """
        raw = parse_json(body)
        if "rows" not in raw:
            return orjson.dumps(await self._answered(_row(raw, "body"), started))
        rows, others = raw["rows"], sorted(set(raw) - {"rows"})
        if others or not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ROWS:
            found = others or (len(rows) if isinstance(rows, list) else rows)
            raise refuse("rows", found, f"a list of 1 to {MAX_ROWS} rows, and nothing beside it")
        asked = [_row(each, f"rows[{place}]") for place, each in enumerate(rows)]
        for row in asked:
            self.contract.context(self._coded(row.context))
        # side by side, so that a model which is slow per call is asked once for all of them
        answers = await asyncio.gather(*(self._answered(row, started) for row in asked))
        return orjson.dumps({"answers": answers})

    def outcome_ranges(self) -> dict[str, tuple[float, float]]:
        """The line's own outcomes, by the word they are sent under."""
        ranges = {
            OutcomeKind.BINARY: (0.0, 1.0),
            OutcomeKind.CONTINUOUS: (-FARTHEST, FARTHEST),
        }
        return {o.event: ranges.get(o.kind, (0.0, FARTHEST)) for o in self.line.outcomes}

    def outcome_item(self) -> str | None:
        """Outcomes name no item: there is one answer a request."""
        return ANSWER

    def _coded(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """Words of a category as their codes; an unknown word stays, and the contract decides."""
        found = dict(context)
        for name, codes in self._codes.items():
            value = context.get(name)
            if isinstance(value, str) and value in codes:
                found[name] = codes[value]
        return found

    async def _answered(self, row: AskedRow, started: float) -> dict[str, Any]:
        served, features = self.served, self.features
        if served is None or features is None:
            raise self._not_ready("features" if features is None else "release state")
        now, release = self.clock.at(time.time()), served.release
        context = self.contract.context(self._coded(row.context), now)
        arm = arm_of(row.user, self.line, release)
        matrix = features.matrix(row.user, context, [ANSWER], now)
        matrix = self.contract.features(matrix, features.as_of, now)
        scores = await self.scoring.first_in_time(served, served.chains[arm], matrix)
        seconds = time.perf_counter() - started
        shown = Exposure(
            request_id=self.ids.issue(self.line.name),
            user=row.user,
            requested_at=now,
            arm=arm.value,
            version=scores.model.version,
            stage=release.stage,
            epoch=release.epoch,
            latency_ms=seconds * 1e3,
            fallback=scores.fallback,
            features_as_of=features.as_of,
            items=[ANSWER],
            positions=[1],
            propensities=[1.0],
            scores=scores.probability,
            features=matrix,
            values=features.words(matrix, context),
        )
        shown, logged = await self._recorded(served, shown, matrix, seconds - scores.seconds)
        words = ("request_id", "arm", "version", "stage")
        found = {word: getattr(shown, word) for word in words}
        found["answer"] = float(scores.probability[0])
        return found if logged else found | {"logged": False}

    def _with_shadow_answer(
        self,
        shown: Exposure,
        answer: Array,
        ranking: Array,  # noqa: ARG002 - one answer is one number
        order: Sequence[int],  # noqa: ARG002
    ) -> Exposure:
        return replace(shown, shadow_score=float(answer[0]))


def server_of(line: Line) -> type[LineServer]:
    """What answers for a line of its kind."""
    return AnswerServer if isinstance(line.exposure, Single) else LineServer


def _row(raw: Json, where: str) -> AskedRow:
    if not isinstance(raw, dict):
        raise refuse(where, raw, "an object")
    for word in raw:
        if word not in ("user", "context"):
            raise refuse(where, word, "one of user, context")
    user, context = raw.get("user"), raw.get("context")
    if not isinstance(user, str) or not 0 < len(user) <= MAX_WORD:
        raise refuse(f"{where}.user", user, f"a string of 1 to {MAX_WORD} characters")
    if context is not None and not isinstance(context, dict):
        raise refuse(f"{where}.context", context, "an object")
    return AskedRow(user, context or {})
