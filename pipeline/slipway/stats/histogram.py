"""Latency histograms: 64 fixed, log-spaced buckets, so that histograms of any time add up."""

import numpy as np
import numpy.typing as npt

BUCKETS = 64
LOWEST_MS = 0.05
HIGHEST_MS = 5000.0

LATENCY_EDGES_MS: npt.NDArray[np.float64] = np.round(
    np.geomspace(LOWEST_MS, HIGHEST_MS, BUCKETS - 1), 9
)
"""float64[63], ms: bucket ``b`` holds ``edges[b - 1] <= latency < edges[b]``.

Bucket 0 is everything below .05 ms and bucket 63 everything from 5000 ms on. One bucket is a step of
20 %. Rounded, so that the edges are the same numbers on every machine.
"""


def bucket_of(latency_ms: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """The bucket (0 to 63) of each latency in ms; shape as given.

    >>> bucket_of([0.01, 0.05, 1.0, 9999.0]).tolist()
    [0, 1, 17, 63]
    """
    return np.searchsorted(LATENCY_EDGES_MS, np.asarray(latency_ms, np.float64), side="right")
