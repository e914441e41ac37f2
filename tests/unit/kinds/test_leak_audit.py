"""An audit of the inputs is told on the evidence page; a line may let it stop the run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from slipway.domain.errors import BadInput
from slipway.domain.leak import LeakKind
from slipway.domain.line import Suspicion
from slipway.kinds import leak_audit
from slipway.lines import load
from slipway.validation import generate

LINE = load("feed")


def training(rows=3000, **planted):
    """Rows of the line's inputs, honest but for what is planted."""
    rng = np.random.default_rng(1)
    rate = rng.beta(2, 12, rows)
    clicked = (rng.random(rows) < rate).astype(int)
    start = datetime(2026, 1, 5, tzinfo=UTC)
    frame = pd.DataFrame(
        {c.name: rng.random(rows).round(4) for c in LINE.features}
        | {
            "hour": rng.integers(0, 24, rows),
            "item_ctr": rate,
            "request_id": [f"r{k // 5}" for k in range(rows)],
            "requested_at": [start + timedelta(minutes=k // 5) for k in range(rows)],
            "split": np.where(np.arange(rows) < 0.7 * rows, "train", "holdout"),
            "clicked": clicked,
        }
    )
    made = {name: make(clicked, rng) for name, make in planted.items()}
    return pa.Table.from_pandas(frame.assign(**made), preserve_index=False)


def test_honest_inputs_are_not_suspected():
    """One sentence says so."""
    found = leak_audit.audited(LINE, LINE.recipe, training())
    assert leak_audit.summary(found) == "no input is suspected of a leak"
    assert leak_audit.leaks(found) == []


def test_a_leaking_input_is_named_with_kind_and_evidence():
    """The sentence names column, grade, kind and evidence; a plain leak may stop the run."""
    table = training(user_ctr=lambda y, rng: y + rng.normal(0, 0.2, len(y)))
    found = leak_audit.audited(LINE, LINE.recipe, table)
    assert leak_audit.summary(found).startswith("user_ctr (LEAK): stands in for the label, ")
    assert [(leak.kind, leak.column) for leak in leak_audit.leaks(found)] == [
        (LeakKind.PROXY, "user_ctr")
    ]


def test_only_a_line_that_asks_for_it_is_stopped():
    """The suite of proofs holds the audit where a leak is to stop the run, and nowhere else."""
    word = str(LeakKind.PROXY)
    assert word not in generate.suites(LINE)["proofs"]
    assert word in generate.suites(replace(LINE, suspicion=Suspicion.STOP))["proofs"]


def test_what_cannot_be_audited_is_no_suspicion():
    """Rows of one class: a note says that nobody looked; a line that stops wants to know."""
    table = training(clicked=lambda y, _: y * 0)
    assert leak_audit.summary(leak_audit.audited(LINE, LINE.recipe, table)) == "not audited"
    ignoring = replace(LINE, suspicion=Suspicion.IGNORE)
    assert leak_audit.audited(ignoring, LINE.recipe, training()) is None
    with pytest.raises(BadInput):
        leak_audit.audited(replace(LINE, suspicion=Suspicion.STOP), LINE.recipe, table)
