"""Small labelled tables in which the truth about every column is known."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
from slipway.audit.run import audit

START = datetime(2026, 1, 5, tzinfo=UTC)


def honest(rows=6000, seed=1, base=0.3):
    """Honest columns: strong, weak, none, words, gaps, a time proxy; the label drifts in time."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.integers(0, 90 * 86_400, rows))
    trend = at / at.max()
    strong, weak = rng.normal(size=rows), rng.normal(size=rows)
    kind = rng.integers(0, 12, rows)
    logit = (
        np.log(base / (1 - base))
        + 1.0 * strong
        + 0.5 * weak
        + 0.15 * (kind - 5)
        + 3 * (trend - 0.5)
    )
    yes = rng.random(rows) < 1 / (1 + np.exp(-logit))
    return pd.DataFrame(
        {
            "at": [START + timedelta(seconds=int(s)) for s in at],
            "id": [f"{k:08x}" for k in rng.permutation(rows) * 7919],
            "strong": strong,
            "weak": np.where(rng.random(rows) < 0.1, np.nan, weak),
            "noise": rng.gamma(2, 50, rows).round(2),
            "kind": [f"kind {k}" for k in kind],
            "rate_of_month": np.round(5 - 3 * trend, 1),
            "flag": rng.random(rows) < 0.02,
            "label": yes.astype(int),
        }
    )


def audited(frame, *, label="label", time=("at",), **words):
    """The audit of a data frame."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return audit(table, label=label, time=time, **words)
