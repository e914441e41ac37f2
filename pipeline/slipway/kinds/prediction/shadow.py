"""The paired shadow: what both models answered to the same requests, and what came of them."""

from datetime import datetime
from pathlib import Path

import numpy as np

from slipway.data import engine, log, once, outcome_values
from slipway.domain.line import Line
from slipway.domain.paired_shadow import NOTHING, PairedShadow
from slipway.domain.release import Arm, Candidate
from slipway.evaluation.prediction_losses import SCORING
from slipway.evidence import paired_requests
from slipway.stats.paired_loss import paired_losses

RULES = "rules"
"""Who answers, and is compared with, where there is no champion yet."""

_US_PER_DAY = 86_400_000_000


def compare(
    home: Path,
    line: Line,
    candidate: Candidate,
    champion: str | None,
    since: datetime,
    now: datetime,
) -> PairedShadow:
    """Losses of ``candidate`` and ``champion`` on requests since the shadow began.

    A request counts when the champion's arm answered it with the champion itself (in a first release:
    with the rules), the shadow answered it in time, and its outcome is mature: then both models were
    seen. Outcomes count as they stand at the time up to which the log is complete.
    """
    until = log.complete_until(home, line, now)
    scoring, name = SCORING[line.primary.kind], line.primary.name
    control = champion or RULES
    nothing = PairedShadow(line.name, candidate.version, control, name, scoring.name)
    last = until - line.maturity
    if last <= since:
        return nothing
    con = engine.connect()
    shown = engine.exposures(
        con, home, line, arrived_before=until, requested_from=since, requested_to=last
    )
    shown = once.exposures(con, shown, home, line)
    seen = shown.filter(
        shown.arm == Arm.CHAMPION.value, shown.shadow_version == candidate.version
    ).select(
        "request_id",
        "item",
        "user",
        "requested_at",
        "version",
        "score",
        "shadow_score",
        "shadow_ok",
    )
    window = {"requested_from": since, "requested_to": last, "cut": until}
    known = outcome_values.valued(con, home, line, seen, **window).order_by("request_id")
    rows = engine.fetch(con, known, home, line).to_pandas()
    scored = engine.fetch(con, seen.aggregate(n=seen.count()), home, line)["n"][0].as_py()
    con.disconnect()
    of_control = (rows["version"] == champion) | (champion is None)
    both = rows[of_control & rows["shadow_ok"].fillna(False) & rows["shadow_score"].notna()]
    excluded = int(scored) - len(both)
    asked_us = both["requested_at"].astype("int64").to_numpy()
    users = both["user"].fillna("").to_numpy(str)
    of = paired_requests.counted(users, asked_us, line.policy)
    both, beyond = both[of.kept], int((~of.kept).sum())
    if not len(both):
        return PairedShadow(
            line.name, candidate.version, control, name, scoring.name, 0, excluded, NOTHING, beyond
        )
    outcome = both[name].to_numpy(np.float64)
    theirs, mine = (
        scoring.loss(both[column].to_numpy(np.float64), outcome)
        for column in ("score", "shadow_score")
    )
    days = asked_us[of.kept] // _US_PER_DAY
    return PairedShadow(
        line.name,
        candidate.version,
        control,
        name,
        scoring.name,
        of.hours,
        excluded,
        paired_losses(theirs, mine, users[of.kept], days),
        beyond,
        of.days,
    )
