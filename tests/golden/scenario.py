"""Both lines, run on the fixed inputs: every result by a plain name that survives a rename."""

from datetime import timedelta
from pathlib import Path

import numpy as np

from . import product, story
from .story import at

LEDGER = Path(__file__).with_name("ledger.json")
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LOOKED_AT = {"shadow": 22, "canary_1": 23, "canary_5": 24, "canary_50": 28}
"""The midnight of each look, in days."""


def results(folder):
    """Everything that is kept, in folders below ``folder``."""
    good, bad, topics = (folder / name for name in ("good", "bad", "posts"))
    for place in (good, bad, topics):
        place.mkdir()
    return {
        "feed": _feed(good, bad),
        "posts": _posts(topics),
        "ledger": product.replayed(
            product.read_json(LEDGER), f"sqlite:///{folder / 'recorded.db'}"
        ),
    }


def _feed(good, bad):
    _write(good, (*story.PAST, *story.GOOD.values(), *story.WEEKEND, story.REIGN))
    _write(bad, (*story.PAST[-2:], *story.BAD.values()))
    week, frozen = product.freeze(good, at(14), at(21))
    early = product.rolled_up(bad, at(23.5))
    return {
        "snapshot": frozen,
        "features": _features(good),
        **_models(good / "models", week),
        "looks": {**_good(good), **_bad(bad)},
        "rollups": {
            "early": early,
            "settled": product.rolled_up(good, at(30)),
        },
        "forecast": product.forecasts(good),
    }


def _write(home, days):
    product.write_catalogue(home, story.catalogue())
    for stretch in days:
        seed = 3 if stretch.narrow else 1
        product.write_log(home, *story.log_of(stretch, seed), f"day-{stretch.day:02d}")


def _features(home):
    rng = np.random.default_rng(2)
    n = 50
    users = [f"u{k:03d}" for k in rng.integers(0, story.USERS + 20, n)]
    ages, films = rng.integers(-1, 3, n), rng.integers(0, story.FILMS, n)
    asked = story.T0_US + 21 * story.DAY_US + rng.integers(0, story.DAY_US, n)
    ask = ["u005", *users[1:]], np.maximum(ages, [0, *[-1] * (n - 1)]), films, asked
    return product.feature_tables(home, at(21), at(21.4), ask)


def _models(out, week):
    champion, of_champion = product.trained(week, "champion", out)
    candidate, of_candidate = product.trained(week, "candidate", out)
    leaning, of_leaning = product.trained(week, "leaning", out, champion.folder)
    rules = product.rules(out)
    folders = {
        "champion": champion.folder,
        "candidate": candidate.folder,
        "leaning": leaning.folder,
        "rules": rules,
    }
    return {
        "learned": {
            "champion": of_champion,
            "candidate": of_candidate,
            "leaning": of_leaning,
        },
        "predictions": {name: product.predictions(week, at_) for name, at_ in folders.items()},
        "offline": {
            "first": product.offline(week, "champion", champion, None, rules),
            "candidate": product.offline(week, "candidate", candidate, champion, rules),
            "leaning": product.offline(week, "leaning", leaning, champion, rules),
        },
    }


def _steps(days, *more):
    first = (8, "offered", at(20.9), 0.0)
    live = [(s.epoch, s.stage, at(s.day), s.share) for s in days.values()]
    return product.release([first, *live, *more])


def _good(home):
    """Looks by day and at night: at noon labels are still waited for, at midnight all are mature."""
    own = _steps(story.GOOD)
    done = (at(27.99), at(28))
    promoted = [
        *own,
        *product.release(
            [(14, "approval", done[0], own[-1].share), (15, "champion", done[1], 0.0)]
        ),
    ]
    promoted[-1] = product.crowned(promoted[-1])
    found = {}
    with product.installation(home):
        for stage, ends in LOOKED_AT.items():
            found[f"good_{stage}"] = {
                "early": product.looked(home, own, at(ends - 0.5)),
                "settled": product.looked(home, own, at(ends) - MINUTE),
            }
        first = product.looked(home, own[:4], at(23.99), has_champion=False)
        found["first_release"] = {"settled": first}
        found["good_approval"] = {"settled": product.looked(home, promoted[:-1], at(28))}
        found["watch"] = {
            "early": product.watched(home, promoted, at(28.6)),
            "settled": product.watched(home, promoted, at(29)),
        }
    return found


def _bad(home):
    own = _steps(story.BAD)
    with product.installation(home):
        return {
            f"bad_{stage}": {"settled": product.looked(home, own, at(ends) - MINUTE)}
            for stage, ends in LOOKED_AT.items()
            if stage in story.BAD and stage != "shadow"
        }


def _posts(home):
    product.write_posts(home, story.posts())
    found, last = {}, None
    for number in (5, 6):
        end = at(7 * number)
        window, frozen = product.frozen_posts(home, end - 7 * DAY, end)
        folder = home / f"week-{number}"
        state, week = product.clustered(window, last, end, folder)
        later = product.sorted_later(home, state, last, end, end + 7 * DAY)
        found[f"week_{number}"] = {"snapshot": frozen, **week, "later": later}
        last = state
    return found
