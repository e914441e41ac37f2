"""Visitors of the film shop: each asks for a ranked list and clicks what the world makes them click."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from slipway.demo.visitors import CANDIDATES, CLICK_DELAY_S, Call, Consequence, Scenario
from slipway.domain.line import Line
from slipway.examples.films.item_sampling import Floats, Shelf
from slipway.examples.films.world import HOUR_S, World


@dataclass(frozen=True, slots=True, eq=False)
class FilmVisit:
    """One visit; ``attraction`` is that of each film on offer, ``luck`` [places] decides its clicks."""

    world: World
    rng: np.random.Generator
    body: dict[str, Any]
    attraction: dict[str, float]
    luck: Floats
    verb: str = "rank"
    visits: int = 1

    def outcomes(self, answer: dict[str, Any], scenario: Scenario) -> Iterator[Consequence]:
        """Clicks on the films that were looked at and liked."""
        effect = 1.0 + scenario.effects.get(str(answer["version"]), 0.0)
        for shown, luck in zip(answer["items"], self.luck.tolist(), strict=False):
            look = self.world.examination[shown["position"] - 1]
            if luck < look * self.attraction[shown["item"]] * effect:
                of = {"request_id": answer["request_id"], "item": shown["item"]}
                yield Consequence(
                    self.rng.exponential(CLICK_DELAY_S), {**of, "kind": "click", "value": 1}
                )


class FilmVisitors:
    """Who comes to the shop of films."""

    def __init__(self, world: World, line: Line, seed: int) -> None:
        self._world, self._line, self._rng = world, line, np.random.default_rng(seed)
        self._shelf: tuple[int, Shelf] | None = None

    def intensity(self, at: float) -> float:
        """Visits at a time, in relation to their mean."""
        return float(self._world.intensity(at))

    def calls(self, at: float, n: int) -> Sequence[Call]:
        """``n`` visits of a time."""
        hour, world = int(at // HOUR_S), self._world
        if self._shelf is None or self._shelf[0] != hour:
            self._shelf = (hour, world.shelf(self._rng, at))
        users = world.visitors(self._rng, at, n)
        items = self._shelf[1].draw(self._rng, n, CANDIDATES)
        attraction = world.attraction(users[:, None], items, np.full((n, 1), at))
        luck = self._rng.random((n, self._line.list_length))
        return [
            self._visit(int(users[k]), items[k].tolist(), attraction[k], luck[k]) for k in range(n)
        ]

    def _visit(self, user: int, places: list[int], attraction: Floats, luck: Floats) -> FilmVisit:
        world = self._world
        items = [world.items[place] for place in places]
        context = {"age_band": int(world.age_band[user])}
        body = {"user": world.users[user], "context": context, "items": items}
        liked = dict(zip(items, attraction.tolist(), strict=True))
        return FilmVisit(world, self._rng, body, liked, luck)
