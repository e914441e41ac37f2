"""Measurements of an invented release, without requests: for tests and operating curves of gates."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from slipway.domain.measurement import (
    Counts,
    LiveMeasurements,
    MeanTotals,
    StageUsers,
    Traffic,
)
from slipway.domain.policy import Policy
from slipway.domain.stage import Stage
from slipway.stats.histogram import BUCKETS, bucket_of
from support.offline import MONDAY, held_out

__all__ = ["BLOCK", "MONDAY", "SampleRelease", "expected_shares", "held_out", "measure"]

Ints = NDArray[np.int64]
Blocks = TypeVar("Blocks", Counts, Traffic)

BLOCK = timedelta(minutes=5)
SIGMA = 0.4  # of the logarithm of a latency


@dataclass(frozen=True, slots=True)
class SampleRelease:
    """One stage of traffic: what is true of it, and how much of it there is.

    ``effect`` is the candidate's true relative effect on the ``rate`` of clicks, ``rules_effect``
    that of the rules; ``trials`` exposures and ``requests`` come in each of ``blocks`` blocks of 5
    minutes over all arms. ``latency_factor`` multiplies the candidate's latency, ``error_rate`` is
    the share of its requests that fall back, ``user_spread`` the standard deviation of a user's
    click rate relative to the mean. ``stretch`` multiplies the candidate's share of users beyond
    what it should get. ``mean_effects`` are those on the means that the policy declares.
    """

    stage: Stage = Stage.CANARY_50
    seed: int = 1
    since: datetime = MONDAY
    blocks: int = 288
    trials: int = 2_000
    requests: int = 200
    rate: float = 0.1
    effect: float = 0.0
    rules_effect: float = -0.1
    segment_effects: Mapping[str, float] = field(default_factory=dict)
    latency_factor: float = 1.0
    error_rate: float = 0.001
    users: int = 4_000
    user_spread: float = 0.0
    stretch: float = 1.0
    has_champion: bool = True
    mean_effects: Mapping[str, float] = field(default_factory=dict)


def expected_shares(stage: Stage, policy: Policy) -> tuple[float, float, float, float]:
    """Fractions of champion, candidate, rules and explore; the candidate's is one of the rest."""
    share = policy.rule(stage).share if stage.is_live else 0.0
    rest = 1.0 - policy.rules_share - policy.explore_share
    return rest * (1 - share), rest * share, policy.rules_share, policy.explore_share


def measure(
    scene: SampleRelease, policy: Policy, before: LiveMeasurements | None = None
) -> LiveMeasurements:
    """One look at the end of ``scene``; what was measured ``before`` in the release is kept."""
    rng = np.random.default_rng(scene.seed)
    shares = expected_shares(scene.stage, policy)
    starts = [scene.since + k * BLOCK for k in range(scene.blocks)]
    start_s = np.array([int(at.timestamp()) for at in starts], np.int64)
    stage = np.full(scene.blocks, scene.stage.value)
    clicks = _clicks(rng, scene, shares, start_s, stage, effect=scene.effect)
    segments = {
        name: _clicks(rng, scene, shares, start_s, stage, effect=effect)
        for name, effect in scene.segment_effects.items()
    }
    user_trials, user_successes = _users(rng, scene, shares)
    found = LiveMeasurements(
        line="feed",
        version="1",
        stage=scene.stage,
        now=scene.since + scene.blocks * BLOCK,
        stage_since=scene.since,
        live_since=before.live_since if before and before.live_since else scene.since,
        has_champion=scene.has_champion,
        clicks=clicks,
        segments=segments,
        traffic=_traffic(rng, scene, shares, start_s, stage),
        user_trials=user_trials,
        user_successes=user_successes,
        arrivals=(StageUsers(scene.stage, shares, _arrived(rng, scene, shares)),),
        reference_latency=_latency(rng, 20_000, 1.0),
        means={mean.name: _mean(rng, scene, shares, mean.name) for mean in policy.means},
    )
    return found if before is None else _joined(before, found)


def _users(
    rng: np.random.Generator, scene: SampleRelease, shares: tuple[float, ...]
) -> tuple[Ints, Ints]:
    mean = scene.trials * scene.blocks * shares[0] / scene.users
    rates = np.clip(rng.normal(1, scene.user_spread, scene.users) * scene.rate, 0, 1)
    trials = rng.poisson(mean, scene.users) + 1
    return trials, rng.binomial(trials, rates)


def _clicks(
    rng: np.random.Generator,
    scene: SampleRelease,
    shares: tuple[float, ...],
    start_s: Ints,
    stage: NDArray[np.str_],
    *,
    effect: float,
) -> Counts:
    drift = 1 + 0.3 * np.sin(np.arange(scene.blocks) * 2 * np.pi / 288)  # a day has 288 blocks
    lift = 1 + np.array([0.0, effect, scene.rules_effect])
    trials = rng.poisson(scene.trials * np.array(shares[:3]), (scene.blocks, 3))
    rates = np.clip(scene.rate * drift[:, None] * lift, 0, 1)
    return Counts(start_s, stage, trials, rng.binomial(trials, rates))


def _traffic(
    rng: np.random.Generator,
    scene: SampleRelease,
    shares: tuple[float, ...],
    start_s: Ints,
    stage: NDArray[np.str_],
) -> Traffic:
    requests = rng.poisson(scene.requests * np.array(shares[:2]), (scene.blocks, 2))
    fallbacks = rng.binomial(requests, [0.0, scene.error_rate])
    latency = np.zeros((scene.blocks, 2, BUCKETS), np.int64)
    shadow = np.zeros((scene.blocks, BUCKETS), np.int64)
    in_shadow = scene.stage is Stage.SHADOW
    for block, (control, candidate) in enumerate(requests):
        latency[block, 0] = _latency(rng, control, 1.0)
        latency[block, 1] = _latency(rng, candidate, scene.latency_factor)
        shadow[block] = _latency(rng, control * in_shadow, 0.5 * scene.latency_factor)
    scored = requests[:, 0] * in_shadow
    errors = rng.binomial(scored, scene.error_rate)
    return Traffic(start_s, stage, requests, fallbacks, latency, scored, errors, shadow)


def _latency(rng: np.random.Generator, requests: int, factor: float) -> Ints:
    found = bucket_of(2.0 * factor * rng.lognormal(0, SIGMA, requests))
    return np.bincount(found, minlength=BUCKETS).astype(np.int64)


def _mean(
    rng: np.random.Generator, scene: SampleRelease, shares: tuple[float, ...], name: str
) -> MeanTotals:
    """A mean of 5 with a standard deviation of 1 over lists, two lists of each user, no history."""
    lists = scene.requests * scene.blocks
    control, candidate = (max(1.0, lists * share) for share in shares[:2])
    weight = control * candidate / (control + candidate)
    gap = 5.0 * scene.mean_effects.get(name, 0.0) + rng.normal(0, 1) / weight**0.5
    return MeanTotals(
        lists=candidate,
        weight=weight,
        difference=weight * gap,
        level=5.0 * weight,
        yy=control,
        control_lists=control,
        users=max(2.0, control / 2),
    )


def _arrived(
    rng: np.random.Generator, scene: SampleRelease, shares: tuple[float, ...]
) -> tuple[int, int, int, int]:
    parts = np.array(shares) * [1, scene.stretch, 1, 1]
    champion, candidate, rules, explore = rng.multinomial(scene.users, parts / parts.sum())
    return int(champion), int(candidate), int(rules), int(explore)


def _joined(before: LiveMeasurements, after: LiveMeasurements) -> LiveMeasurements:
    """Blocks one after the other, users added up, everything else as of ``after``."""
    return replace(
        after,
        clicks=_appended(before.clicks, after.clicks),
        segments={
            name: _appended(before.segments[name], part) if name in before.segments else part
            for name, part in after.segments.items()
        },
        traffic=_appended(before.traffic, after.traffic),
        user_trials=before.user_trials + after.user_trials,
        user_successes=before.user_successes + after.user_successes,
        arrivals=(*before.arrivals, *after.arrivals),
        means={
            name: MeanTotals(
                *(a + b for a, b in zip(astuple(before.means[name]), astuple(part), strict=True))
            )
            for name, part in after.means.items()
        },
    )


def _appended(first: Blocks, then: Blocks) -> Blocks:
    names = [item.name for item in fields(first)]
    parts = {name: np.concatenate((getattr(first, name), getattr(then, name))) for name in names}
    return type(first)(**parts)
