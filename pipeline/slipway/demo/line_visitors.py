"""Visitors of any line's world: requests drawn from its columns, and what really comes of each answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from slipway.demo.column_draws import Floats, Ints
from slipway.demo.line_world import DrawnVisits, TrafficWorld
from slipway.demo.visitors import Call, Consequence, Scenario
from slipway.domain.answer_shapes import Single
from slipway.domain.line import Column, DType, Line, OutcomeKind, Supplied
from slipway.domain.outcomes import Outcome

BATCH = 20
"""Rows of one call of a line that predicts."""
SOON_S = 360.0
"""Mean event seconds between an answer and what comes of it, where a day is not even waited for."""
LATE_FROM, LATE_TO = 0.2, 0.9
"""Of a window of days or weeks: when in it an outcome comes."""
DAY = timedelta(days=1)


def delays(rng: np.random.Generator, of: Outcome, n: int) -> Floats:
    """Seconds [n] until an outcome comes: minutes, or a good part of a window of days or weeks."""
    window = of.window.total_seconds()
    if of.window >= DAY:
        return rng.uniform(LATE_FROM, LATE_TO, n) * window
    return rng.exponential(min(SOON_S, window / 20), n)


def is_sent(of: Outcome, values: Floats) -> "np.typing.NDArray[np.bool_]":
    """Which outcomes are reported: a measurement always, what may come only where it came."""
    measured = of.kind is OutcomeKind.CONTINUOUS or of.exogenous
    return np.ones(values.shape, bool) if measured else values > 0


@dataclass(frozen=True, slots=True, eq=False)
class LineCall:
    """One call with one visit or several."""

    world: TrafficWorld
    rng: np.random.Generator
    seen: DrawnVisits
    verb: str
    body: dict[str, Any]

    @property
    def visits(self) -> int:
        """Visits in the call."""
        return len(self.seen.users)

    def outcomes(self, answer: dict[str, Any], scenario: Scenario) -> Iterator[Consequence]:
        """What comes of the answers, by each declared outcome."""
        answers = answer.get("answers", [answer])
        shown = self._shown(answers)
        effect = np.array([scenario.effects.get(str(a["version"]), 0.0) for a in answers])
        if self.verb == "predict":
            said = np.array([a["answer"] for a in answers], np.float64)
            effect = (1 + effect) * (1 + self.world.response(said)) - 1
        found = self.world.outcomes(self.rng, self.seen, shown, effect)
        for of in self.world.line.outcomes:
            values = found[of.name]
            rows, places = is_sent(of, values).nonzero()
            for row, place, delay in zip(
                rows.tolist(),
                places.tolist(),
                delays(self.rng, of, len(rows)).tolist(),
                strict=True,
            ):
                yield Consequence(
                    delay,
                    {
                        "request_id": answers[row]["request_id"],
                        "item": self.world.items[shown[row, place]],
                        "kind": of.event,
                        "value": float(values[row, place]),
                    },
                )

    def _shown(self, answers: Sequence[dict[str, Any]]) -> Ints:
        if self.verb == "predict":
            return np.zeros((len(answers), 1), np.int64)
        place = {item: at for at, item in enumerate(self.world.items)}
        return np.array([[place[one["item"]] for one in a["items"]] for a in answers], np.int64)


class LineVisitors:
    """Who comes in the world of a line."""

    def __init__(self, world: TrafficWorld, seed: int) -> None:
        self._world, self._rng = world, np.random.default_rng(seed)
        self._single = isinstance(world.line.exposure, Single)

    def intensity(self, at: float) -> float:
        """Visits at a time, in relation to their mean."""
        return float(self._world.intensity(np.array([at]))[0])

    def calls(self, at: float, n: int) -> Sequence[Call]:
        """``n`` visits of a time: lists one by one, single answers some at a time."""
        visits, size = self._world.visits(self._rng, np.full(n, at)), BATCH if self._single else 1
        return [self._call(visits.where(np.arange(k, min(n, k + size)))) for k in range(0, n, size)]

    def _call(self, seen: DrawnVisits) -> LineCall:
        rows = [self._row(seen, k) for k in range(len(seen.users))]
        if self._single:
            return LineCall(self._world, self._rng, seen, "predict", {"rows": rows})
        items = [self._world.items[place] for place in seen.offered[0].tolist()]
        return LineCall(self._world, self._rng, seen, "rank", {**rows[0], "items": items})

    def _row(self, seen: DrawnVisits, k: int) -> dict[str, Any]:
        context = {}
        for column in self._world.line.context:
            value = sent_value(column, seen.sent[column.name][k], seen.at[k])
            if value is not None:
                context[column.name] = value
        return {"user": self._world.users[seen.users[k]], "context": context}


def sent_value(column: Column, value: Any, at: float) -> Any:  # what JSON holds
    """A drawn value as a caller sends it; None where it is missing."""
    if value is None or value != value:  # noqa: PLR0124 - NaN alone
        return None
    plain: Any = str(value) if not column.dtype.is_numeric else float(value)
    if column.dtype is DType.CODE:
        plain = int(value)
    if isinstance(column.origin, Supplied):
        before = datetime.fromtimestamp(at, UTC) - SUPPLIED_BEFORE
        return {"value": plain, "as_of": before.isoformat()}
    return plain


SUPPLIED_BEFORE = timedelta(hours=2)
"""How old a value of a feature store is when it is sent."""


def named(line: Line) -> str:
    """What a line's visitors are shown, in a word."""
    return "answers" if isinstance(line.exposure, Single) else "lists"
