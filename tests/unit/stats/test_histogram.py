"""Latency histograms: fixed buckets that add up."""

import numpy as np
from slipway.stats import histogram


def test_edges_are_a_fixed_ladder():
    """63 rising edges from .05 ms to 5 s with one ratio between neighbours."""
    edges = histogram.LATENCY_EDGES_MS
    assert (len(edges), edges[0], edges[-1]) == (63, 0.05, 5000.0)
    assert np.allclose(edges[1:] / edges[:-1], (5000 / 0.05) ** (1 / 62), rtol=1e-6)


def test_a_bucket_holds_its_lower_edge():
    """Below the first edge is bucket 0, an edge opens its bucket, and all beyond is bucket 63."""
    edges = histogram.LATENCY_EDGES_MS
    assert histogram.bucket_of(edges).tolist() == list(range(1, 64))
    assert histogram.bucket_of(np.nextafter(edges, 0)).tolist() == list(range(63))
    assert histogram.bucket_of([0.0, 1e9]).tolist() == [0, 63]
