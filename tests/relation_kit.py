"""Years of a model that is served on: inputs drift with the seasons, and from a week on the relation may change."""

from dataclasses import dataclass

import numpy as np
from slipway.domain.watch_policy import WatchPolicy
from slipway.monitoring.drift import Judged, judge
from slipway.monitoring.relation import LAG, Place, added, changes, reference
from slipway.monitoring.slots import followed
from slipway.stats.residual_change import sums_of

CHANGED = ("level", "slope", "turned", "one value")
"""What a relation may do: outcomes a fifth rarer, follow the score at half its slope, turn round with one input, and be 40 % rarer in a fifth of the rows."""


@dataclass(frozen=True)
class World:
    """``rows`` a week with ``columns`` inputs of sd 1 whose means wander; the model is a little wrong in ``wrong`` sd.

    Of two versions one serves until week ``promoted`` and in its last ``canary`` weeks the next one beside it.
    """

    weeks: int = 52
    rows: int = 7000
    columns: int = 6
    season: float = 0.3
    wrong: float = 0.1
    wobble: float = 0.01
    promoted: int = 10_000
    canary: int = 2

    def sums(self, seed: int, changed: str = "", at: int = 10_000, shifted: float = 0.0):
        """The sums of each week; ``shifted`` moves all inputs by so many sd from week ``at`` on."""
        rng = np.random.default_rng(seed)
        beta = rng.normal(0, 0.5, self.columns)
        models = [beta + rng.normal(0, self.wrong, self.columns) for _ in range(2)]
        phase = rng.uniform(0, 2 * np.pi, self.columns)
        for week in range(self.weeks):
            mean = self.season * np.sin(2 * np.pi * week / 52 + phase)
            x = rng.standard_normal((self.rows, self.columns)) + mean
            x += shifted * (week >= at)
            truth = -1.5 + x @ beta + rng.normal(0, self.wobble)
            if week >= at:
                truth = _changed(changed, x, truth, beta)
            y = rng.random(self.rows) < 1 / (1 + np.exp(-truth))
            share = float(week >= self.promoted) or 0.25 * (week >= self.promoted - self.canary)
            second = rng.random(self.rows) < share
            yield self._summed(x, y, second, models)

    def _summed(self, x, y, second, models):
        found = {}
        for number, own in enumerate((~second, second)):
            if own.any():
                p = 1 / (1 + np.exp(1.5 - x[own] @ models[number]))
                columns = {f"x{k}": x[own, k] for k in range(self.columns)} | {"score": p}
                for name, values in columns.items():
                    edges = (-0.8, -0.25, 0.25, 0.8) if name != "score" else (0.1, 0.16, 0.22, 0.32)
                    place = np.searchsorted(edges, values)
                    found[Place(str(number), name)] = sums_of(p, y[own], place, 5)
        return found


def _changed(changed, x, truth, beta):
    if changed == "level":
        return truth - 0.3
    if changed == "slope":
        return -1.5 + 0.5 * (truth + 1.5)
    if changed == "turned":
        largest = np.argmax(np.abs(beta))
        return truth - 2 * x[:, largest] * beta[largest]
    if changed == "one value":
        return truth - 0.6 * (x[:, 0] > 0.8)
    return truth


def judged(world: World, seed: int, policy: WatchPolicy | None = None, **planted) -> Judged:
    """A year that was watched, as the step does it."""
    policy = policy or WatchPolicy()
    weeks = list(world.sums(seed, **planted))
    periods = []
    for t, week in enumerate(weeks):
        until = max(0, t - LAG)
        older = added(weeks[max(0, until - policy.reference) : until])
        before = reference(older, added(weeks[until:t]))
        periods.append(changes(week, before, "click", "score", policy))
    own = WatchPolicy(alpha=policy.alpha * policy.relation_weight)
    return judge(followed(periods), own, columns=1, segments=world.columns + 1, lag=LAG)
