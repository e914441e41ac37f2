"""Measurements of an invented candidate that predicts: for tests of gates and pages."""

from dataclasses import replace
from datetime import UTC, datetime

from slipway.domain.held_out import Difference, Ratio, Segment
from slipway.domain.interleaved import Interleaved
from slipway.domain.paired_shadow import PairedShadow
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.predictions import PredictionMeasurements, SegmentBias
from slipway.domain.stability import Chance
from slipway.stats.paired_loss import Moments, PairedLosses

POLICY = PredictionPolicy(no_hold_out_because="a fare is not drawn by chance", paired=True)


def predicted(**changed: object) -> PredictionMeasurements:
    """The offline measurements of a plainly good candidate, with some ``changed``."""
    good = {
        "interval_end": datetime(2026, 3, 2, 6, tzinfo=UTC),
        "rows": 5_000,
        "users": 900,
        "has_champion": True,
        "outcome": "rentals",
        "loss_name": "squared error",
        "loss": {"candidate": 98.0, "champion": 101.0, "rules": 180.0},
        "miscalibration": {"candidate": 0.01, "champion": 0.02, "rules": 0.1},
        "loss_diff_rules": Difference(-0.45, 0.02),
        "parity_rows": 5_000,
        "parity_mismatches": 0,
        "seed_spread_candidate": 0.001,
        "loss_diff_champion": Difference(-0.03, 0.004),
        "seed_spread_champion": 0.001,
        "segments": (Segment("season=1", -0.02, 0.006, 900), Segment("season=2", -0.04, 0.01, 700)),
        "biases": (SegmentBias("season=1", 0.02, 0.01, 900),),
        "details": {"absolute error": {"candidate": 6.1, "champion": 6.4, "rules": 9.0}},
        "shift": 0.06,
        "flips": 0.01,
        "threshold": 100.0,
        "chance": {
            "loss": Chance(0.001, 0.002, 0.0022),
            "shift": Chance(0.02, 0.03, 0.036),
            "flips": Chance(0.002, 0.004, 0.005),
        },
        "refits": 6,
        "latency_ratio": Ratio(1.02, 0.98, 1.06),
        "calibration_curve": ((10.0, 11.0, 400), (200.0, 190.0, 400)),
    }
    return PredictionMeasurements(**(good | changed))  # type: ignore[arg-type]


def shadowed(rows: int = 6_000, effect: float = -0.03, spread: float = 0.3) -> PairedShadow:
    """A fortnight of ``rows`` requests of as many users; ``spread`` of a row's difference."""
    control = 100.0 * rows
    square = rows * (spread * 100.0) ** 2
    losses = PairedLosses(
        rows,
        effect * control,
        control,
        Moments(square, effect * 1e4 * rows, 1e4 * rows, rows),
        Moments(square, effect * 1e4 * rows, 1e4 * rows, 14),
    )
    return PairedShadow("bike", "2", "1", "rentals", "squared error", 14 * 24, 3, losses)


def interleaved(lists: int = 4_000, lost: float = -0.01, **changed: int) -> Interleaved:
    """A day of ``lists`` of both models, each of another user; ``lost`` of the control's clicks."""
    clicks, square = 0.5 * lists, 0.2 * lists
    of_users = Moments(square, lost * square, square, lists)
    losses = PairedLosses(lists, lost * clicks, clicks, of_users, of_users)
    found = Interleaved(
        "feed", "2", "1", "clicked", hours=24, lists=lists, equal=lists // 10, losses=losses
    )
    return replace(found, **changed)
