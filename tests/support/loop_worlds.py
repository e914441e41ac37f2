"""Worlds in which a model may feed on its own clicks."""

import numpy as np
from slipway.monitoring.loop_simulation import LoopWorld

ITEMS, SEGMENTS, LENGTH = 80, 6, 10


def loop_world(seed, requests=200_000):
    """All items are offered each time, so that what is never shown is never learned; places differ much."""
    rng = np.random.default_rng(seed)
    logit = -2.6 + rng.normal(0, 0.7, ITEMS) + rng.normal(0, 0.5, (SEGMENTS, ITEMS))
    return LoopWorld(
        attraction=1 / (1 + np.exp(-logit)),
        theta=1 / np.arange(1, LENGTH + 1) ** rng.uniform(0.5, 1.1),
        segments=rng.dirichlet(np.full(SEGMENTS, 8.0)),
        offered=ITEMS,
        requests=requests,
        rules=logit + rng.normal(0, 1, logit.shape),
        explore_share=0.02,
        rules_share=0.05,
    )


def fresh_scores(seed):
    """Scores of a model that knows nothing yet."""
    return 0.1 + np.random.default_rng((seed, 3)).normal(0, 0.001, (SEGMENTS, ITEMS))
