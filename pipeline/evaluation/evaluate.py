"""Candidate, champion and rules on the same held-out week: everything the offline gates ask."""

import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pipeline.domain.errors import NotComputable
from pipeline.domain.line import Line
from pipeline.domain.measurement import Difference, OfflineMeasurements, Ratio
from pipeline.domain.release import Arm
from pipeline.evaluation import heldout, lists, reigning
from pipeline.evaluation.heldout import Scored, Week
from pipeline.evaluation.latency import Timer, paired_ratio
from pipeline.evaluation.rankers import Array, Ranker, StoredRanker
from pipeline.stats.noise import seed_spread
from pipeline.training import dataset

PARITY_ROWS = 20_000
"""Rows, evenly spread, on which served and fitted model must agree in every bit."""


class Frozen(Protocol):
    """A frozen training table with the end of its interval."""

    @property
    def path(self) -> Path:
        """The Parquet file."""

    @property
    def digest(self) -> str:
        """Hex digest of its rows."""

    @property
    def end(self) -> datetime:
        """End of the data interval (UTC)."""


def evaluate(  # noqa: PLR0917 - the arms of one comparison, in their fixed order
    snapshot: Frozen,
    line: Line,
    candidate: Ranker,
    seeds: Sequence[Ranker],
    champion: Ranker | None,
    rules: Ranker,
    *,
    champion_seeds: Sequence[Ranker] = (),
    timer: Timer = time.perf_counter,
) -> OfflineMeasurements:
    """Measure all arms on the snapshot's held-out rows.

    ``seeds`` are at least two rankers of the candidate's recipe, itself included.
    ``champion_seeds`` are the champion's; where they are not kept any more, its spread is taken to
    be the candidate's: both are fitted by this line's recipes on as many rows. Everything but the
    latency ratio is a function of the arguments.

    Raises BadInput for a snapshot nothing can be measured on and NotComputable for a measurement
    that is undefined there.
    """
    week, arms = _scored(snapshot, line, candidate, champion, rules)
    theta = _theta(candidate, line)
    spread, ranking_spread = _spreads(seeds, week, theta)
    parity_rows, mismatches = _parity(candidate, week.rows.features)
    against: dict[str, Any] = {}
    if champion is not None:
        kept = len(champion_seeds) > 1
        offered = lists.rebuild(week.rows, line)
        against = {
            "seed_spread_champion": _spreads(champion_seeds, week, theta)[0] if kept else spread,
            **reigning.losses(line, week, arms[Arm.CANDIDATE], arms[Arm.CHAMPION]),
            **reigning.rankings(line, offered, candidate, champion, seeds),
            "latency_ratio": Ratio(
                *paired_ratio(candidate, champion, offered.features, offered.item.shape[1], timer)
            ),
        }
    return OfflineMeasurements(
        interval_end=snapshot.end,
        rows=len(week.rows),
        requests=int(week.request.max()) + 1,
        has_champion=champion is not None,
        seed_spread_candidate=spread,
        ndcg_seed_spread=ranking_spread,
        parity_rows=parity_rows,
        parity_mismatches=mismatches,
        **_quality(week, arms),
        **against,
    )


def _scored(
    snapshot: Frozen, line: Line, candidate: Ranker, champion: Ranker | None, rules: Ranker
) -> tuple[Week, dict[Arm, Scored]]:
    """The held-out week and every arm's answers on it."""
    frame = dataset.load(snapshot.path, line, snapshot.digest)
    theta = _theta(candidate, line)
    week = Week.of(dataset.rows_of(frame, line, dataset.HOLDOUT), theta, line.list_length)
    level = heldout.level_of(rules, dataset.rows_of(frame, line, dataset.TRAIN), theta)
    arms = {
        Arm.CANDIDATE: heldout.score(candidate, week, theta),
        Arm.RULES: heldout.score(rules, week, theta, level),
    }
    if champion is not None:
        arms[Arm.CHAMPION] = heldout.score(champion, week, theta)
    return week, arms


def _quality(week: Week, arms: dict[Arm, Scored]) -> dict[str, Any]:
    """Losses, rankings and calibration of all arms, and the candidate against the rules."""
    mine, rules = arms[Arm.CANDIDATE], arms[Arm.RULES]
    return {
        "log_loss": {arm.value: scored.log_loss for arm, scored in arms.items()},
        "ndcg": {arm.value: scored.ndcg for arm, scored in arms.items()},
        "ece": {arm.value: heldout.calibration_error(s, week) for arm, s in arms.items()},
        "calibration_curve": heldout.calibration_curve(mine, week),
        "log_loss_diff_rules": Difference(*heldout.compare_loss(mine, rules, week)),
        "ndcg_diff_rules": Difference(*heldout.compare_ndcg(mine, rules, week)),
    }


def _theta(candidate: Ranker, line: Line) -> Array:
    if len(candidate.examination) != line.list_length:
        raise NotComputable(
            "candidate's examination",
            found=f"{len(candidate.examination)} places",
            expected=f"the {line.list_length} places of a list",
            next_step="train the candidate with this version of the line",
        )
    return np.asarray(candidate.examination, dtype=np.float64)


def _spreads(seeds: Sequence[Ranker], week: Week, theta: Array) -> tuple[float, float]:
    """Standard deviation over seeds of log-loss and NDCG, each relative to its mean."""
    if len(seeds) < 2:  # noqa: PLR2004 - a spread needs two
        raise NotComputable(
            "noise floor",
            found=f"{len(seeds)} seeds",
            expected="at least two rankers of one recipe",
            next_step="train with more seeds; a gain cannot be told from chance",
        )
    scored = [heldout.score(seed, week, theta) for seed in seeds]
    losses, ranks = [s.log_loss for s in scored], [s.ndcg for s in scored]
    return (
        seed_spread(losses) / float(np.mean(losses)),
        seed_spread(ranks) / float(np.mean(ranks)),
    )


def _parity(candidate: Ranker, features: Array) -> tuple[int, int]:
    """Rows compared and rows that differ, in any bit, between served arrays and fitted model."""
    if not isinstance(candidate, StoredRanker) or candidate.original is None:
        return 0, 0
    rows = features[:: max(1, len(features) // PARITY_ROWS)]
    differ = candidate.model(rows) != candidate.original(rows)
    return len(rows), int(np.count_nonzero(differ))
