"""The fixed inputs: logs of a feed, and posts. Made of numbers alone, so that no rename reaches them."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

T0 = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday."""

DAY_US = 86_400_000_000
T0_US = int(T0.timestamp()) * 1_000_000
USERS, FILMS, GENRES, PLACES = 120, 80, 5, 10
PAST_DAYS, RELEASE_DAYS = 21, 7
OPEN_H, CLOSED_H = 6, 15
"""Nobody comes at night: nine hours, so that by midnight the labels of the day are mature."""

_ORDERLY = np.random.default_rng(11)
QUALITY = _ORDERLY.normal(0, 0.8, FILMS)
AGE_DAYS = _ORDERLY.integers(30, 3000, FILMS)
THETA = np.array([1 / math.pow(place, 0.6) for place in range(1, PLACES + 1)])


@dataclass(frozen=True)
class Stretch:
    """One day of the log: who answers whom, and how well the candidate does."""

    day: int
    requests: int
    stage: str = ""
    epoch: int = 0
    candidates: int = 0
    champion: str = "1"
    effect: float = 1.0
    slower: float = 1.0
    errors: float = 0.01
    narrow: bool = False

    @property
    def live(self) -> bool:
        """Whether the candidate answers somebody."""
        return self.candidates > 0

    @property
    def share(self) -> float:
        """The candidate's part of the users that champion and candidate have between them."""
        return self.candidates / REST


EXPLORERS = [k for k in range(USERS) if k % 30 == 0]
RULED = [k for k in range(USERS) if k % 20 == 1]
REST = USERS - len(EXPLORERS) - len(RULED)

PAST = tuple(Stretch(day, 60) for day in range(PAST_DAYS))
SHADOW = Stretch(21, 200, "shadow", 9)
GOOD = {
    "shadow": SHADOW,
    "canary_1": Stretch(22, 200, "canary_1", 10, 8, effect=1.08),
    "canary_5": Stretch(23, 200, "canary_5", 11, 14, effect=1.08),
    "canary_25": Stretch(24, 200, "canary_25", 12, 28, effect=1.08),
    "canary_50": Stretch(25, 200, "canary_50", 13, 55, effect=1.08),
}
WEEKEND = (
    Stretch(26, 200, "canary_50", 13, 55, effect=1.08),
    Stretch(27, 200, "canary_50", 13, 55, effect=1.08),
)
REIGN = Stretch(28, 200, "", 15, champion="2")
BAD = {
    "shadow": SHADOW,
    "canary_1": Stretch(22, 250, "canary_1", 10, 20, "1", 0.5, 2.5, 0.2, narrow=True),
    "canary_5": Stretch(23, 250, "canary_5", 11, 40, "1", 0.5, 2.5, 0.2, narrow=True),
}


def at(day: float) -> datetime:
    """The time ``day`` days after the log begins."""
    return T0 + timedelta(days=day)


def catalogue():
    """Films: columns of the catalogue."""
    return {
        "item": [f"f{k:03d}" for k in range(FILMS)],
        "title": [f"Film {k}" for k in range(FILMS)],
        "genre": [k % GENRES for k in range(FILMS)],
        "released_at": [T0 - timedelta(days=int(days)) for days in AGE_DAYS],
        "editors_pick": [k % 11 == 0 for k in range(FILMS)],
    }


def arms(stretch):
    """The arm of each user on that day."""
    found, free = np.full(USERS, "champion", dtype=object), 0
    for user in range(USERS):
        if user in EXPLORERS:
            found[user] = "explore"
        elif user in RULED:
            found[user] = "rules"
        else:
            found[user] = "candidate" if free < stretch.candidates else "champion"
            free += 1
    return found


def log_of(stretch, seed):
    """Exposures and outcomes of a day: two dictionaries of columns."""
    rng = np.random.default_rng((seed, stretch.day))
    n = stretch.requests
    user = rng.integers(0, USERS, n)
    seconds = np.sort(rng.integers(OPEN_H * 3600, CLOSED_H * 3600, n))
    asked = T0_US + stretch.day * DAY_US + seconds * 1_000_000 + rng.integers(0, 1_000_000, n)
    arm = arms(stretch)[user]
    mine = arm == "candidate"
    films = rng.random((n, FILMS)).argsort(axis=1)[:, :30]
    known = np.where(stretch.narrow & mine[:, None] & (films % GENRES > 1), -9.0, QUALITY[films])
    key = np.where((arm == "explore")[:, None], rng.random(films.shape), known)
    key = key + rng.normal(0, 0.3, films.shape)
    shown = np.take_along_axis(films, np.argsort(-key, axis=1)[:, :PLACES], 1)
    age = np.where(user % 10 == 9, np.nan, user % 3.0)
    logit = QUALITY[shown] - 1 + 1.2 * ((shown + user[:, None]) % 3 == 0)
    logit += 0.6 * _exp(-AGE_DAYS[shown] / 180)
    good = THETA / (1 + _exp(-logit)) * np.where(mine, stretch.effect, 1.0)[:, None]
    clicked = rng.random(shown.shape) < np.minimum(good, 0.95)
    once = _request_columns(stretch, rng, user, asked, arm)
    rows = {name: np.repeat(values, PLACES) for name, values in once.items()}
    rows |= {
        "item": np.array([f"f{k:03d}" for k in shown.ravel()], dtype=object),
        "position": np.tile(np.arange(1, PLACES + 1), n),
        "propensity": np.repeat(np.where(arm == "explore", 1 / 30, 1.0), PLACES),
        "score": good.ravel(),
        "age_band": np.repeat(age, PLACES),
        "hour": np.repeat(seconds // 3600, PLACES).astype(float),
        "genre": (shown % GENRES).astype(float).ravel(),
        "film_age_days": (AGE_DAYS[shown] + stretch.day).astype(float).ravel(),
        "editors_pick": (shown % 11 == 0).astype(float).ravel(),
        "item_ctr": np.clip(0.2 + 0.1 * QUALITY[shown], 0.01, 0.9).ravel(),
        "item_exposures": (100.0 + 7 * shown + 3 * stretch.day).ravel(),
        "genre_age_ctr": (0.15 + 0.02 * (shown % GENRES)).ravel(),
        "user_genre_ctr": (0.2 + 0.1 * ((shown + user[:, None]) % 3 == 0)).ravel(),
        "user_ctr": np.repeat(0.1 + 0.001 * user, PLACES),
    }
    return rows, _outcomes(rng, rows, clicked.ravel())


def _exp(values):
    """As libm has it: NumPy's own differs in the last bit between processors (AVX-512 or not)."""
    return np.vectorize(math.exp)(values)


def _request_columns(stretch, rng, user, asked, arm):
    n, mine = len(user), arm == "candidate"
    latency = rng.lognormal(1, 0.5, n) * np.where(mine, stretch.slower, 1.0)
    fallback = rng.random(n) < np.where(mine, stretch.errors, 0.01)
    late = rng.random(n) < 0.01
    version = np.where(arm == "rules", "rules-1", np.where(mine & ~fallback, "2", stretch.champion))
    scored = (stretch.stage == "shadow") & (arm == "champion")
    return {
        "request_id": np.array([f"r{stretch.day:02d}-{k:04d}" for k in range(n)], dtype=object),
        "user": np.array([f"u{k:03d}" for k in user], dtype=object),
        "requested_at": asked,
        "arrived_at": asked + 5_000 + late * 1_800_000_000,
        "arm": arm,
        "version": version.astype(object),
        "stage": np.full(n, stretch.stage, dtype=object),
        "epoch": np.full(n, stretch.epoch),
        "latency_ms": latency,
        "fallback": fallback,
        "shadow_version": np.where(scored, "2", None),
        "shadow_latency_ms": np.where(scored, 0.4 * latency, None),
        "shadow_ok": np.where(scored, rng.random(n) > 0.01, None),
        "shadow_score": np.full(n, np.nan),
        "features_as_of": np.full(n, T0_US + stretch.day * DAY_US),
    }


def _outcomes(rng, rows, clicked):
    """Clicks: some come twice, some too late to count, and one of a list that nobody saw."""
    at_ = np.flatnonzero(clicked)
    at_ = np.concatenate((at_, at_[rng.random(len(at_)) < 0.02]))
    delay = rng.integers(5_000_000, 900_000_000, len(at_))
    delay += (rng.random(len(at_)) < 0.02) * 25_000_000_000
    came = rows["requested_at"][at_] + delay
    return {
        "request_id": [*rows["request_id"][at_], "r-nobody"],
        "item": [*rows["item"][at_], "f000"],
        "kind": ["click"] * (len(at_) + 1),
        "value": [1.0] * (len(at_) + 1),
        "happened_at": [*came, came[0]],
        "arrived_at": [*came, came[0]],
    }


TOPICS, WORDS, POSTS_A_WEEK, WEEKS = 5, 400, 60, 7
NEW_TOPIC, NEW_FROM, NEW_POSTS = 5, 5, 20


def posts():
    """Rows of the posts' log: id, arrival, writing, text; edits are rows of their own."""
    rng = np.random.default_rng(5)
    themes = [rng.choice(np.arange(60, WORDS), 25, replace=False) for _ in range(TOPICS + 1)]
    common = 1 / (np.arange(60) + 5.0)
    rows = []
    for week in range(WEEKS):
        topics = rng.integers(0, TOPICS, POSTS_A_WEEK)
        if week >= NEW_FROM:
            topics = np.concatenate((topics, np.full(NEW_POSTS, NEW_TOPIC)))
        for number, topic in enumerate(topics):
            wrote = T0 + timedelta(days=7 * week + float(rng.uniform(0, 6.9)))
            said = [*rng.choice(themes[topic], 14), *rng.choice(60, 10, p=common / common.sum())]
            rows.append((f"p{week:02d}-{number:03d}", wrote, wrote, _text(said)))
            if number % 37 == 0:
                other = [*rng.choice(themes[(topic + 1) % TOPICS], 14)]
                edited = wrote + timedelta(days=7)
                rows.append((rows[-1][0], edited, wrote, _text(other)))
    names = ("post_id", "arrived_at", "event_at", "text")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}


def _text(words):
    return " ".join(f"w{word:03d}" for word in words)
