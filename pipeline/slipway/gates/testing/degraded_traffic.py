"""Requests made worse: failing, slower, or fewer blocks of them."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from slipway.domain.measurement import Traffic


def failing(traffic: Traffic, share: float) -> Traffic:
    """At least a share of the candidate's requests fall back, and of the shadow's fail."""
    fallbacks, errors = traffic.fallbacks.copy(), traffic.shadow_errors
    fallbacks[:, 1] = np.maximum(fallbacks[:, 1], np.ceil(traffic.requests[:, 1] * share))
    errors = np.maximum(errors, np.ceil(traffic.shadow_requests * share))
    return replace(traffic, fallbacks=fallbacks, shadow_errors=errors)


def slowed(traffic: Traffic, buckets: int) -> Traffic:
    """The candidate's answers, and the shadow's, moved up by some buckets."""

    def up(histogram: NDArray[np.int64]) -> NDArray[np.int64]:
        moved = np.roll(histogram, buckets, axis=-1)
        moved[..., -1] += moved[..., :buckets].sum(axis=-1)
        moved[..., :buckets] = 0
        return moved

    latency = traffic.latency.copy()
    latency[:, 1] = up(latency[:, 1])
    return replace(traffic, latency=latency, shadow_latency=up(traffic.shadow_latency))


def among(traffic: Traffic, keep: NDArray[np.bool_]) -> Traffic:
    """Only the blocks where ``keep`` [B] is true."""
    return Traffic(*(getattr(traffic, name)[keep] for name in Traffic.__slots__))
