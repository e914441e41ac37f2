"""The interleaved stage of a line that ranks: what was clicked of lists that both models made."""

from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from slipway.data import engine, labels, log, once
from slipway.domain.interleaved import DraftedList, DraftState, Interleaved
from slipway.domain.line import Line
from slipway.domain.release import Arm, Candidate
from slipway.domain.stage import Stage
from slipway.evidence import paired_requests
from slipway.stats.interleaving import lost_clicks

RULES = "rules"


def compare(
    home: Path,
    line: Line,
    candidate: Candidate,
    champion: str | None,
    since: datetime,
    now: datetime,
) -> Interleaved:
    """Clicks on the lists of ``candidate`` and ``champion`` since the stage began.

    A list counts when its outcome is mature. One that the log holds otherwise than the router writes it
    is told beside the others, which may prove harm all the same.
    """
    until = log.complete_until(home, line, now)
    last = until - line.maturity
    nothing = Interleaved(line.name, candidate.version, champion or RULES, line.primary.name)
    if last <= since:
        return nothing
    con = engine.connect()
    window = {"requested_from": since, "requested_to": last}
    shown = engine.exposures(con, home, line, arrived_before=until, **window)
    shown = once.exposures(con, shown, home, line)
    shown = shown.filter(shown.arm == Arm.INTERLEAVED.value, shown.stage == Stage.INTERLEAVED.value)
    known = labels.labelled_by(con, home, line, line.primary, shown, cut=until, **window)
    wanted = known.select(
        "request_id", "position", "user", "requested_at", "drafted", line.primary.name
    )
    ordered = wanted.order_by("request_id", "position")
    rows = engine.fetch(con, ordered, home, line).to_pandas()
    con.disconnect()
    return _summed(nothing, rows, line) if len(rows) else nothing


def _summed(nothing: Interleaved, rows: pd.DataFrame, line: Line) -> Interleaved:
    top = rows.groupby("request_id", sort=True).first()
    asked_us = np.asarray(top["requested_at"].astype("int64"), np.int64)
    users = top["user"].fillna("").to_numpy(str)
    counted = paired_requests.counted(users, asked_us, line.policy)
    clicks = rows.groupby("request_id", sort=True)[line.primary.name].apply(
        lambda part: part.to_numpy(np.float64)
    )
    states: Counter[DraftState] = Counter()
    values, whose, unread = [], [], []
    for drafted, clicked, user, kept in zip(
        top["drafted"], clicks, users, counted.kept, strict=True
    ):
        if kept:
            try:
                found = DraftedList.from_text(str(drafted)).of(len(clicked))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                unread.append(f"{str(drafted)[:60]} ({error})")
                continue
            states[found.state] += 1
            if value := _value(found, clicked):
                values.append(value)
                whose.append(user)
    table = np.array(values).reshape(-1, 2)
    return Interleaved(
        nothing.line,
        nothing.version,
        nothing.control,
        nothing.outcome,
        counted.hours,
        states[DraftState.DRAFTED] + states[DraftState.EQUAL],
        states[DraftState.EQUAL],
        states[DraftState.FAILED],
        states[DraftState.UNFIT],
        int((~counted.kept).sum()),
        lost_clicks(table[:, 0], table[:, 1], whose),
        len(unread),
        unread[0] if unread else "",
    )


def _value(found: DraftedList, clicked: np.ndarray) -> tuple[float, float] | None:
    """What the list is worth to control and candidate; None where it was not of both."""
    if found.state is DraftState.EQUAL:
        return float(clicked.sum()), float(clicked.sum())
    if found.state is not DraftState.DRAFTED:
        return None
    return float(clicked @ np.array(found.control)), float(clicked @ np.array(found.candidate))
