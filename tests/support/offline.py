"""Offline measurements of an invented candidate: for tests of gates and pages."""

from datetime import UTC, datetime

from slipway.domain.measurement import Difference, OfflineMeasurements, Ratio, Segment
from slipway.domain.stability import Chance, Turnover

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
DISTANCES = (
    "churn",
    "churn_by_place",
    "worst_tenth",
    "rank_biased",
    "category_mix",
    "category_mix_by_user",
    "score_shift",
    "score_shift_calibrated",
)


def held_out(**changed: object) -> OfflineMeasurements:
    """The offline measurements of a plainly good candidate, with some ``changed``."""
    good = {
        "interval_end": MONDAY.isoformat(),
        "rows": 60_000,
        "requests": 6_000,
        "has_champion": True,
        "log_loss": {"candidate": 0.49, "champion": 0.5, "rules": 0.52},
        "ndcg": {"candidate": 0.71, "champion": 0.7, "rules": 0.66},
        "ece": {"candidate": 0.004, "champion": 0.005, "rules": 0.03},
        "log_loss_diff_rules": Difference(-0.058, 0.002),
        "ndcg_diff_rules": Difference(0.076, 0.005),
        "seed_spread_candidate": 0.0005,
        "parity_rows": 60_000,
        "parity_mismatches": 0,
        "log_loss_diff_champion": Difference(-0.02, 0.001),
        "ndcg_diff_champion": Difference(0.014, 0.003),
        "seed_spread_champion": 0.0005,
        "ndcg_seed_spread": 0.001,
        "segments": (
            Segment("genre=3", -0.02, 0.004, 9_000),
            Segment("age_band=1", 0.0, 0.003, 20_000),
        ),
        "top_k_overlap": 0.7,
        "overlap_floor": 0.8,
        "category_mix_distance": 0.05,
        "category_mix_floor": 0.02,
        "category_mix_by_category": (("Comedy", 0.2, 0.24), ("Drama", 0.8, 0.76)),
        "churn": 0.3,
        "latency_ratio": Ratio(1.02, 0.98, 1.06),
        "chance": {
            "log_loss": Chance(0.0003, 0.0006, 0.0007),
            "ndcg": Chance(0.001, 0.002, 0.0022),
            "calibration": Chance(0.0005, 0.001, 0.0011),
            **{name: Chance(0.1, 0.17, 0.2) for name in DISTANCES},
        },
        "refits": 6,
        "moved": dict.fromkeys(DISTANCES, 0.3),
        "turnover": (
            Turnover("Comedy", 0.32, 0.41, 0.09, 2_000),
            Turnover("Drama", 0.22, 0.2, 0.2, 8_000),
            Turnover("age_band=1", 0.3, 0.3, 0.2, 4_000),
        ),
        "pairs_won": 0.12,
        "pairs_lost": 0.1,
    }
    return OfflineMeasurements.from_dict(good | changed)
