"""A small release in the log: a past, a shadow, two canary stages; and the looks at it."""

from dataclasses import replace

import log_kit
import numpy as np
from slipway.data import rollup
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.release import Arm, Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.settings import settings
from slipway.steps import context, look

POLICY = replace(
    log_kit.LINE.policy,
    latency_min_reference=50,
    min_users=10,
    min_exposures=10,
    max_error_rate=0.3,
)
LINE = replace(log_kit.LINE, policy=POLICY)
HOUR = 60
HISTORY_H, SHADOW_H, LIVE_H = 6, 2, 7
NOW = log_kit.at((HISTORY_H + SHADOW_H + LIVE_H + 3) * HOUR)
"""When everything is mature."""


def step(epoch, stage, minute, share=0.0):
    """One line of the ledger of version 2."""
    at = log_kit.at(minute)
    live = log_kit.at((HISTORY_H + SHADOW_H) * HOUR) if stage.is_live else None
    who = Candidate("2", "f", "adam", Origin.MANUAL, log_kit.T0, stage, at, live)
    return Transition("feed", epoch, at, "t", None, stage, share, "because", who, "1")


START = HISTORY_H * HOUR
OWN = (
    step(1, Stage.OFFERED, START - 30),
    step(2, Stage.SHADOW, START),
    step(3, Stage.CANARY_1, START + SHADOW_H * HOUR, 0.01),
    step(5, Stage.CANARY_5, START + (SHADOW_H + 4) * HOUR, 0.05),
)


def rows(rng):
    """Requests of 40 users, four a minute: a past, a shadow, two canary stages."""
    shown, clicks = [], []
    for k in range((HISTORY_H + SHADOW_H + LIVE_H) * HOUR):
        minute, user = float(k), int(rng.integers(40))
        of = [s for s in OWN if log_kit.at(minute) >= s.at]
        epoch, stage = (of[-1].epoch, of[-1].to_stage) if of else (0, "")
        live = of and of[-1].to_stage.is_live
        arm = Arm.CHAMPION if not live or user % 4 < 2 else (Arm.CANDIDATE, Arm.RULES)[user % 4 - 2]
        base = log_kit.Shown(
            f"r{k:05d}",
            minute=minute,
            user=f"u{user}",
            arm=arm.value,
            epoch=epoch,
            stage=str(stage) if live or stage == Stage.SHADOW else "",
            genre=float(rng.integers(3)),
            latency_ms=float(rng.lognormal(1, 0.5)),
            fallback=bool(rng.random() < 0.02),
            age_band=float(user % 3),
        )
        lists = [base]
        for place in range(2, 2 + user % 3 + 1):
            genre = float(rng.integers(3 + user % 5))
            lists.append(replace(base, item=f"film-{place}", position=place, genre=genre))
        shown += lists
        clicks += [
            log_kit.Click(base.request, item=row.item, minute=minute + 1)
            for row in lists
            if rng.random() < 0.3
        ]
    return shown, clicks


def write(home):
    """Put the log of the release there, not yet rolled up."""
    log_kit.write(home, *rows(np.random.default_rng(4)))


def looked(hours=None, *, line=LINE, own=OWN, has_champion=True) -> LiveMeasurements:
    """Roll up, look; up to some hours after the log's start, or all of it."""
    now = NOW if hours is None else log_kit.at((hours + 2) * HOUR)
    rollup.update(settings().home, line, now=now)
    now = max(now, own[-1].at)
    return look.measure(line, own[-1].candidate, own, has_champion=has_champion, now=now)


def forget():
    """Remove all kept evidence."""
    for path in context.folder("feed", "evidence").iterdir():
        path.unlink()
