"""The cells of the bench in the order of their weight: the goals first, then what could break them."""

from dataclasses import dataclass, field, replace

from slipway.domain.policy import Policy

from .scene import Scene

EFFECTS = (-0.20, -0.10, -0.05, -0.02, -0.01, 0.0, 0.02, 0.05)
BUSY = Scene()
QUIET = Scene(daily=200_000)
RARE = Scene(rate=0.005)
RARE_QUIET = Scene(rate=0.005, daily=200_000)
DRIFT = Scene(drift=0.5, rate_swing=0.3, weekend_rate=0.7)
SEGMENTS = Scene(segments=48, blocks_per_day=24)
DEFF = {
    1.1: {"session": 2, "visits": 0.1, "active": 0.486},
    2: {"session": 5, "visits": 0.1, "active": 0.24},
    7: {"session": 30, "visits": 0.1, "active": 0.264},
}
"""Users whose design effect is this after four days; it grows as they come back."""


@dataclass(frozen=True)
class Cell:
    """One scene under the policy; ``peers`` run beside it, and ``about`` says what is special."""

    name: str
    scene: Scene
    about: str
    peers: bool = False
    policy: Policy = field(default_factory=Policy)


def _grid(name: str, scene: Scene, about: str, effects=EFFECTS, *, peers=False) -> list[Cell]:
    return [
        Cell(f"{name}, {effect:+.0%}", replace(scene, effect=effect), about, peers)
        for effect in effects
    ]


def all_cells() -> list[Cell]:
    """Every cell, the most important ones first."""
    late = {"delay_hours": 8.0, "wait_hours": 72.0}
    return [
        *_grid("5 %, 2 M", BUSY, "click rate 5 %, 2 M impressions a day", peers=True),
        Cell(
            "begun on Tuesdays, +0%",
            replace(BUSY, begins_on=1),
            "as the weekly retrain of Monday with a day of shadow does",
        ),
        *_grid("drift", DRIFT, "shared rate walks by half a day", (0.0, 0.02, -0.02, -0.05)),
        *(
            cell
            for size, users in DEFF.items()
            for cell in _grid(
                f"DEFF {size}",
                replace(BUSY, **users),
                "users come back with their taste, also from control to candidate",
                (0.0, 0.02, -0.02, -0.05),
            )
        ),
        *_grid(
            "delay",
            replace(BUSY, **late),
            "clicks 8 h late on average, judged after 72 h",
            (0.0, 0.02, -0.05),
        ),
        *_grid(
            "slower by 30 %",
            replace(BUSY, **late, slower=1.3),
            "the candidate's clicks come 10.4 h late instead of 8 h: 99.9 % of them within 72 h",
            (0.0, 0.02, -0.05),
        ),
        *_grid(
            "54 tests",
            SEGMENTS,
            "48 segments of equal size beside clicks and guardrails, hourly blocks",
            (0.0, 0.02, -0.02, -0.05),
        ),
        *_grid("5 %, 200 k", QUIET, "click rate 5 %, 200 k impressions a day"),
        *_grid(".5 %, 2 M", RARE, "click rate .5 %, 2 M impressions a day"),
        *_grid(".5 %, 200 k", RARE_QUIET, "click rate .5 %, 200 k impressions a day"),
        Cell("slow +20 % p99, lognormal .5", replace(BUSY, slow_ratio=2.5), "answers, sigma .5"),
        Cell("slow +20 % p99, lognormal 1", replace(BUSY, slow_ratio=1.6), "answers, sigma 1"),
        Cell("slow +20 % p99, Pareto 2", replace(BUSY, slow_ratio=1.44), "answers, Pareto 2"),
        Cell("5 % of users lost", replace(BUSY, lost=0.05), "candidate's users are not logged"),
        Cell("20 % of users lost", replace(BUSY, lost=0.20), "candidate's users are not logged"),
        Cell(
            "harm on weekends",
            replace(BUSY, effect=0.01, weekend_effect=-0.08),
            "+1 % on working days, -8 % on weekends",
        ),
        Cell("moved users uneasy", replace(BUSY, unease=0.05), "-5 % at first, halved in 12 h"),
        Cell(
            "novelty decays",
            replace(BUSY, effect=-0.05, novelty=0.10),
            "+5 % at first, -5 % in the end, halved each day",
        ),
        *(
            Cell(
                f"wait too short, {hours:g} h",
                replace(BUSY, delay_hours=12.0, wait_hours=hours, slower=1.3),
                f"clicks 12 h late, the candidate's 15.6 h: it truly has {lost} fewer in {hours:g} h",
            )
            for hours, lost in ((72.0, ".7 %"), (6.0, "19 %"))
        ),
    ]
