"""The one module of this folder that imports the product: a renamed room is renamed here alone.

Every function takes plain values and gives numbers by stable plain names. Words for people, names of
classes, modules and files stay on the other side. Adapt this module when code moves; what it gives
may not change.
"""

import contextlib
import itertools
import json
import os
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
from slipway.artifact.folder import write_rules
from slipway.artifact.load import load_ranker
from slipway.data import (
    catalog,
    feature_files,
    feature_table,
    features,
    log,
    posts,
    rollup,
    snapshot,
    statistics,
)
from slipway.data.schema import OUTCOMES, exposure_schema
from slipway.domain import former_names
from slipway.domain.approval import Approval
from slipway.domain.cluster_measurements import SortedUnseen
from slipway.domain.people import People
from slipway.domain.release import Candidate, Origin, Transition, fold
from slipway.domain.run import HOLDOUT, SnapshotRecord
from slipway.domain.stage import Stage
from slipway.domain.verdict import Verdict
from slipway.evaluation import clusters as cluster_measures
from slipway.evaluation.evaluate import evaluate
from slipway.evidence import comparisons
from slipway.evidence.champion_chain import reference_of
from slipway.evidence.family import family
from slipway.examples.films.catalog import CATALOG
from slipway.gates import gates_for, judge
from slipway.kinds import topics
from slipway.lines import load, load_clusters
from slipway.release import machine, transitions, watch
from slipway.release.forecast import forecast
from slipway.release.ledger import Ledger
from slipway.release.required_sample import Flow, needs
from slipway.settings import settings
from slipway.steps import look, returns, traffic_profile, watch_look
from slipway.training import dataset, examination
from slipway.training.clusters import folder as cluster_folder
from slipway.training.clusters import track
from slipway.training.train import train

MATURITY = timedelta(hours=6)
FEED = load("feed")
FEED = replace(
    FEED,
    outcomes=(replace(FEED.outcomes[0], window=MATURITY),),
    policy=replace(
        FEED.policy,
        latency_min_reference=100,
        min_users=10,
        min_exposures=200,
        shadow_min_requests=100,
        max_error_rate=0.05,
        shadow_min_hours=12.0,
        canary=tuple(replace(rule, min_hours=6.0) for rule in FEED.policy.canary),
        calibration_margin=0.1,
        noise_budget=1.0,
    ),
)
POSTS = replace(load_clusters("posts"), window_weeks=4)
POSTS_RECIPE = {
    "restarts": 5,
    "dimensions": 20,
    "min_clusters": 4,
    "max_clusters": 8,
    "posts_of_cluster": 20,
}
FIRST_NAMES = {now: first for first, now in former_names.OFFLINE.items()}
"""Measurements keep the names here that they had when they were recorded."""
DIGESTS_OF_DATA = ("snapshot", "recipe", "learned")
SMALL = {"max_iter": 8, "max_leaf_nodes": 8}
RECIPES = {
    "champion": {**SMALL, "seeds": [1, 2, 3]},
    "candidate": {**SMALL, "max_iter": 10, "genre_boost": {"Comedy": 0.5}},
    "leaning": {**SMALL, "seeds": [4, 5, 6], "ensemble": 2, "blend": 0.3},
}


@contextlib.contextmanager
def installation(home):
    """``home`` as the installation that steps work in."""
    before = os.environ.get("SLIPWAY_HOME")
    os.environ["SLIPWAY_HOME"] = str(home)
    settings.cache_clear()
    yield home
    os.environ.pop("SLIPWAY_HOME")
    if before is not None:
        os.environ["SLIPWAY_HOME"] = before
    settings.cache_clear()


# --- the feed: log, tables, rollups


def write_catalogue(home, columns):
    """Put the films there."""
    catalog.write(home, FEED, pa.table(columns, schema=CATALOG))


def write_log(home, exposures, outcomes, part):
    """Put a day's rows into the log."""
    shown, came = (
        {name: np.asarray(column).tolist() for name, column in table.items()}
        for table in (exposures, outcomes)
    )
    log.write_parts(
        home,
        FEED,
        pa.table(shown, schema=exposure_schema(FEED)),
        pa.table(came, schema=pa.schema(OUTCOMES.field(name) for name in came)),
        part,
    )


def freeze(home, start, end):
    """The frozen week, and what stands in it."""
    week = snapshot.freeze(home, FEED, start, end, now=end, recipe=FEED.recipe)
    return week, {
        "digest": week.digest,
        "rows": week.rows,
        "splits": dict(sorted(week.splits.items())),
        "clicks": dict(sorted(week.clicks.items())),
        "available": dict(sorted(week.available.items())),
        "unknown_outcomes": week.unknown_outcomes,
    }


def feature_tables(home, as_of, now, ask):
    """Counts of the four as-of tables, the rates made of them, and two ways to ask for features.

    ``ask`` are users, their ages (-1: unknown), places of films, and microseconds.
    """
    features.compute(home, FEED, as_of)
    counts = _counts(feature_files.read(home, FEED, as_of))
    table = feature_table.load(home, FEED, as_of)
    users, ages, films, asked = ask
    one = table.matrix(users[0], {"age_band": int(ages[0])}, list(table.catalog.items[:20]), now)
    stranger = table.matrix("nobody", {}, list(table.catalog.items[:20]), now)
    return {
        "counts": {
            name: {column: of[column].to_numpy(zero_copy_only=False) for column in of.column_names}
            for name, of in counts.items()
        },
        "rates": {
            "of_items": table._block,
            **_rates(table, counts["user"]["user"].to_pylist()),
        },
        "of_a_request": one,
        "of_a_stranger": stranger,
        "of_rows": table.rows(users, {"age_band": np.where(ages < 0, np.nan, ages)}, films, asked),
    }


def _counts(kept):
    """The counts by the plain names of their keys; those of users are summed over their genres."""
    of = {name.rsplit("-", 2)[0]: table for name, table in kept.items()}
    users = statistics.merge(of["user+genre"], ["user"]).sort_by("user")
    named = {"item": of["item"], "genre_age": of["genre+age_band"], "user": users}
    named["user_genre"] = of["user+genre"]
    plain = {"clicked": "clicks"}
    return {
        name: table.rename_columns([plain.get(n, n) for n in table.column_names])
        for name, table in named.items()
    }


def _rates(table, users):
    """Rates of every age (the last: missing) and genre, of every user (the last: unknown) and genre."""
    genres, ages = len(FEED.column("genre").words), len(FEED.column("age_band").words)
    who = np.array([*(table._lookup.keys["user"].place(user) for user in users), -2])

    def of(name, **places):
        rows = len(next(iter(places.values())))
        return table._lookup.value(FEED.column(name).origin, places, rows)

    bands, kinds = np.meshgrid([*range(ages), -1], range(genres), indexing="ij")
    each, taste = np.meshgrid(who, range(genres), indexing="ij")
    by_age = of("genre_age_ctr", genre=kinds.ravel(), age_band=bands.ravel())
    tastes = of("user_genre_ctr", user=each.ravel(), genre=taste.ravel())
    return {
        "by_age": by_age.reshape(bands.shape),
        "taste": tastes.reshape(each.shape),
        "of_users": of("user_ctr", user=who),
    }


def rolled_up(home, now):
    """Roll up until ``now``; the sums of blocks and users in the order of their keys."""
    until = rollup.update(home, FEED, now=now)
    seen = rollup.read(home, FEED, since=datetime.min.replace(tzinfo=now.tzinfo), hourly=True)
    keys = ["epoch", "stage", "arm", "version"]
    return {
        "until": until.isoformat(),
        "blocks": _columns(seen.blocks, ["block_start", *keys, "segment"]),
        "users": _columns(seen.users[KEPT_OF_USERS], ["hour", "user", "epoch", "arm", "version"]),
    }


KEPT_OF_USERS = [
    "hour",
    "arm",
    "version",
    "epoch",
    "user",
    "trials",
    "successes",
    "lists",
    "amount_diversity",
]
"""What was summed of users when the results were kept."""


def _columns(frame, keys):
    ordered = frame.sort_values(keys, kind="stable")
    return {name: _column(ordered[name]) for name in ordered.columns}


def _column(values):
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        return values.to_numpy(dtype="datetime64[us]").astype(np.int64)
    found = values.to_numpy(dtype=object)
    if any(isinstance(one, np.ndarray) for one in found):  # histograms; -1 where there is none
        none = np.full(64, -1)
        return np.stack([none if one is None else np.asarray(one, np.int64) for one in found])
    return values.to_numpy() if values.dtype.kind in "if" else found


# --- the feed: training, predictions, offline numbers


def trained(week, name, out, champion=None):
    """Fit one of RECIPES on the frozen week; its folder, and the digests of data in its fingerprint."""
    recipe = FEED.recipe_with(RECIPES[name])
    found = train(week, FEED, recipe, out / name, champion)
    parts = {part: found.digests[part] for part in DIGESTS_OF_DATA}
    return found, {"digests": parts, "examination": list(found.examination), "rows": found.rows}


def rules(out):
    """The hand-written rules as a folder."""
    nothing = np.zeros(0)
    theta = examination.estimate(
        nothing.astype(int), nothing, nothing.astype(bool), FEED.list_length
    )
    return write_rules(out / "rules", FEED, theta)


def predictions(week, folder):
    """What the loader answers on the held-out rows, served and measured alike."""
    frame = dataset.load(week.path, FEED, week.digest)
    rows = dataset.rows_of(frame, FEED, HOLDOUT).features
    served, measured = (load_ranker(folder, FEED).score(rows) for _ in range(2))
    return {
        "rows": rows,
        "served": {"probability": served[0], "ranking": served[1]},
        "measured": {"probability": measured[0], "ranking": measured[1]},
    }


def offline(week, name, candidate, champion, rules_folder):
    """The measured numbers of a candidate, the verdicts on them, and what the machine decides."""
    mine, theirs = (FEED.recipe_with(RECIPES[n]) for n in (name, "champion"))
    m = evaluate(
        week,
        FEED,
        mine,
        load_ranker(candidate.folder, FEED),
        load_ranker(champion.folder, FEED) if champion else None,
        load_ranker(rules_folder, FEED),
        reference=theirs if champion else None,
        plain=load_ranker(candidate.plain, FEED) if candidate.plain else None,
        timer=_ticks(),
    )
    gates = gates_for(Stage.OFFERED, has_champion=champion is not None)
    verdicts = [judge(gate, m, FEED.policy) for gate in gates]
    state = fold(
        "feed", [_step(9, Stage.OFFERED, m.interval_end, champion="1" if champion else None)]
    )
    if champion:
        state = replace(state, champion="1")
    return {
        "numbers": _offline_numbers(m),
        "verdicts": _verdicts(verdicts),
        "decision": _decided(machine.decide(state, verdicts, FEED.policy, m.interval_end)),
    }


def _ticks():
    """A clock that says nothing of the machine: each call takes a little longer than the last."""
    calls = itertools.count()
    return lambda: float(next(calls)) ** 1.5


def _offline_numbers(m):
    return {
        "rows": m.rows,
        "requests": m.requests,
        "log_loss": dict(m.log_loss),
        "ndcg": dict(m.ndcg),
        "calibration_error": dict(m.ece),
        "log_loss_over_rules": m.log_loss_diff_rules,
        "ndcg_over_rules": m.ndcg_diff_rules,
        "log_loss_over_champion": m.log_loss_diff_champion,
        "ndcg_over_champion": m.ndcg_diff_champion,
        "seed_spread": [m.seed_spread_candidate, m.seed_spread_champion, m.ndcg_seed_spread],
        "parity": [m.parity_rows, m.parity_mismatches],
        "segments": {name: rest for name, *rest in m.segments},
        "overlap": [m.top_k_overlap, m.overlap_floor],
        "genre_mix": [m.category_mix_distance, m.category_mix_floor],
        "genre_mix_by_genre": [rest for _, *rest in m.category_mix_by_category],
        "churn": m.churn,
        "latency_ratio": m.latency_ratio,
        "calibration_curve": m.calibration_curve,
        "chance": {FIRST_NAMES.get(name, name): tuple(part) for name, part in m.chance.items()},
        "refits": m.refits,
        "recipe_changed": m.recipe_changed,
        "moved": {FIRST_NAMES.get(name, name): value for name, value in m.moved.items()},
        "turnover": [rest for _, *rest in m.turnover],
        "pairs": [m.pairs_won, m.pairs_lost],
        "worth": tuple(m.worth) if m.worth else None,
    }


# --- the feed: looks at a release


def release(steps):
    """Transitions of version 2 from (epoch, stage, time, share)."""
    live = next((at for _, stage, at, _ in steps if Stage(stage).is_live), None)
    return [
        _step(epoch, Stage(stage), at, share=share, live=live if at >= (live or at) else None)
        for epoch, stage, at, share in steps
    ]


def _step(epoch, stage, at, *, share=0.0, live=None, champion="1"):
    who = Candidate("2", "f", "ada", Origin.MANUAL, at, stage, at, live if stage.is_live else None)
    return Transition("feed", epoch, at, "t", None, stage, share, "because", who, champion)


def looked(home, own, now, *, has_champion=True):
    """One look at the release: its numbers, evidence, verdicts and decision."""
    rollup.update(home, FEED, now=now)
    past = [t for t in own if t.at <= now]
    m = look.measure(FEED, past[-1].candidate, past, has_champion=has_champion, now=now)
    gates = gates_for(m.stage, has_champion=has_champion, policy=FEED.policy)
    verdicts = [judge(gate, m, FEED.policy) for gate in gates]
    state = replace(fold("feed", past), champion="1" if has_champion else None)
    return _look(m, verdicts, machine.decide(state, verdicts, FEED.policy, now))


def watched(home, own, now):
    """One look at a champion after its promotion."""
    rollup.update(home, FEED, now=now)
    champion = returns.promoted(tuple(own), "2")
    m = watch_look.measure(FEED, champion, own, now=now)
    gates = gates_for(Stage.CHAMPION, has_champion=True)
    verdicts = [judge(gate, m, FEED.policy) for gate in gates]
    state = fold("feed", own)
    decision = watch.decide_watch(state, champion, verdicts, FEED.policy, now)
    return _look(m, verdicts, decision)


def _look(m, verdicts, decision):
    return {
        "live": _live_numbers(m),
        "evidence": _evidence(m),
        "verdicts": _verdicts(verdicts),
        "decision": _decided(decision),
    }


def _live_numbers(m):
    shadow = m.traffic
    return {
        "stage": m.stage.value,
        "requests": m.requests,
        "errors": m.fallbacks,
        "latency": m.latency,
        "reference_latency": m.reference_latency,
        "exposures_in_stage": m.exposures_in_stage(),
        "arrivals": [[a.stage.value, list(a.expected), list(a.users)] for a in m.arrivals],
        "shadow": {
            "requests": int(shadow.shadow_requests.sum()),
            "errors": int(shadow.shadow_errors.sum()),
            "latency": shadow.shadow_latency.sum(axis=0),
        },
        "clicks": [
            [name, part.trials.sum(axis=0), part.successes.sum(axis=0)]
            for name, part in sorted({"all": m.clicks, **m.segments}.items())
        ],
        "control_users": comparisons.user_sums(m),
        "means": {name: _fields(part) for name, part in m.means.items()},
        "reference": list(m.reference),
    }


def _fields(part):
    return [getattr(part, name) for name in part.__dataclass_fields__]


def _compared(of):
    """The name that a comparison has here."""
    plain = {"primary": "clicks", "segment": of.of}
    own = {"over_rules", "working_days", "weekends"}
    return of.what.value if of.what in own else plain.get(of.what, of.label)


def _evidence(m):
    """Sums of comparisons, what users are worth, and each member's evidence of harm: now, and at most."""
    sums = {_compared(of): part for of, part in m.past.sums.items()}
    peaks = {_compared(of): peak for of, peak in m.past.peaks.items()}
    found = {
        "sums": sums,
        "peaks": peaks,
        "exposures": dict(m.past.exposures),
        "trail": m.past.trail,
    }
    if not comparisons.user_sums(m)[0] > 0:
        return found
    of_all = family(m, FEED.policy)
    return found | {
        "clustering": comparisons.design_effect(m),
        "of_harm": [[one.process.log_e, one.process.log_peak, one.weight] for one in of_all],
    }


def _verdicts(verdicts):
    """Conclusion and numbers of each gate, its evidence in order."""
    return {
        v.gate: [
            v.conclusion.name,
            *([e.estimate, e.lower, e.upper, e.threshold] for e in v.evidence),
        ]
        for v in verdicts
    }


def _decided(decision):
    kinds = {machine.Advance: "advance", machine.Return: "return", machine.Hold: "hold"}
    stage = getattr(decision, "to_stage", None)
    return [kinds[type(decision)], stage.value if stage else None]


# --- forecasts


def forecasts(home):
    """What the policy will do at the log's traffic, and at a large line's."""
    with installation(home):
        own = traffic_profile.measure(FEED)
    large = Flow(28, 2e6, 2e5, 0.05, 1.0, 0.9, {"diversity": (5.0, 2.0)})
    return {
        name: {
            "traffic": [*own_or[:6], sorted(own_or.means.items())],
            "needs": [
                [need.stage, need.share, need.amount, need.unit, need.days]
                for need in needs(own_or, policy)
            ],
            "fates": [tuple(forecast(own_or, policy, effect, paths=50)) for effect in (0.0, -0.05)],
        }
        for name, own_or, policy in (
            ("own", own, FEED.policy),
            ("large", large, load("feed").policy),
        )
    }


# --- a recorded ledger


def replayed(recorded, ledger_url):
    """States after each line of a recorded ledger, and what the machine decides on it again."""
    policies = {"feed": FEED.policy, "posts": POSTS.policy}
    ledger = Ledger(ledger_url)
    for raw in recorded["transitions"]:
        ledger.append(Transition.from_dict(raw))
    found = {}
    for line, policy in policies.items():
        past = ledger.transitions(line)
        reviews = recorded["reviews"][line]
        found[line] = {
            "states": {
                t.epoch: _state(fold(line, past[: n + 1]), policy) for n, t in enumerate(past)
            },
            "decisions": {
                t.epoch: _again(fold(line, past[:n]), t, policy, reviews)
                for n, t in enumerate(past)
                if t.actor == f"release_{line}"
            },
            "held": [
                _held(fold(line, past[: asked["epoch"]]), asked, policy)
                for asked in recorded["held"]
                if asked["line"] == line
            ],
        }
    past = ledger.transitions("feed")
    found["feed"]["reference"] = {
        t.epoch: list(reference_of(past[: n + 1], FEED.policy, t.at)) for n, t in enumerate(past)
    }
    return found


def _state(state, policy):
    def of(candidate):
        if candidate is None:
            return None
        times = (candidate.interval_end, candidate.stage_since, candidate.live_since)
        return [
            candidate.version,
            candidate.fingerprint,
            candidate.origin.value,
            candidate.stage.value,
            *(t.isoformat() if t else None for t in times),
            candidate.evidence_digest,
        ]

    since = state.champion_since.isoformat() if state.champion_since else None
    return {
        "champion": [state.champion, since, state.previous_champion],
        "candidate": of(state.candidate),
        "waiting": of(state.waiting),
        "share": transitions._share(state.candidate.stage, policy) if state.candidate else 0.0,
    }


PEOPLE = People.from_dict({"ada": {"airflow": ["ada"]}, "rita": {"mlflow": ["rita"]}}, "golden")


def _again(state, step, policy, reviews):
    raw = reviews.get(str(step.epoch))
    review = Approval.from_dict(raw) if raw else None
    decision = machine.decide(state, step.verdicts, policy, step.at, review, people=PEOPLE)
    made = transitions.transition(
        state, decision, policy=policy, now=step.at, actor=step.actor, verdicts=step.verdicts
    )
    same = made is not None and (made.to_stage, made.share, made.champion) == (
        step.to_stage,
        step.share,
        step.champion,
    )
    return [*_decided(decision), same]


def _held(state, asked, policy):
    verdicts = [Verdict.from_dict(raw) for raw in asked["verdicts"]]
    review = Approval.from_dict(asked["review"]) if asked["review"] else None
    now = datetime.fromisoformat(asked["now"])
    return _decided(machine.decide(state, verdicts, policy, now, review, people=PEOPLE))


# --- the posts


def write_posts(home, columns):
    """Put posts into the log."""
    posts.append(home, POSTS, pd.DataFrame(columns))


def frozen_posts(home, start, end):
    """A frozen window as the training reads it, and what stands in it."""
    window = posts.freeze(home, POSTS, start, end, now=end)
    found = topics.window(POSTS, SnapshotRecord(window.path, window.digest, window.rows), end)
    return found, {
        "digest": window.digest,
        "rows": window.rows,
        "ids": found.ids,
        "ages": found.age,
    }


def clustered(found, last, end, folder):
    """One week's clusters, written and read back, and everything the gates and people ask of them."""
    recipe = POSTS.recipe_with(POSTS_RECIPE)
    week = track.follow(found, last, recipe) if last else track.first(found, recipe)
    follows = "1" if last else None
    written = cluster_folder.write(folder, POSTS.name, week.state, "f", follows)
    state = cluster_folder.read(written, POSTS.name)
    m = cluster_measures.measure(week, follows, end)
    moved = cluster_measures.moves(week, last, found.texts) if last else []
    policy = POSTS.policy
    gates = gates_for(Stage.OFFERED, has_champion=last is not None, policy=policy)
    verdicts = [judge(gate, m, policy) for gate in gates]
    line = replace(_posts_state(Stage.OFFERED, end), champion=follows)
    return state, {
        "learned": cluster_folder.learned(state),
        "labels": state.labels,
        "posts": state.posts,
        "texts": state.texts,
        "next_id": state.next_id,
        "clusters": {
            c.id: [
                c.born.isoformat(),
                c.posts,
                c.parent,
                [w for w, _ in c.terms],
                [x for _, x in c.terms],
            ]
            for c in state.clusters
        },
        "sorter": {
            name: getattr(state.sorter, name)
            for name in ("words", "idf", "components", "centres", "ids")
        },
        "before": week.before,
        "measured": {
            "posts": m.posts,
            "sizes": dict(m.sizes),
            "kept": [m.common, m.kept, m.living_twice, m.rematched],
            "born": list(m.born),
            "split_off": list(m.split_off),
            "merged": list(m.merged),
            "retired": list(m.retired),
            "inertia": m.inertia,
            "known_words": m.known_words,
            "flows": m.flows,
            "stability": week.stability,
        },
        "moves": [[move.post, move.before, move.after] for move in moved],
        "verdicts": _verdicts(verdicts),
        "decision": _decided(machine.decide(line, verdicts, policy, end)),
    }


def sorted_later(home, mine, theirs, end, now):
    """Posts that came after the cut, sorted by both weeks' clusters; the shadow's verdict and decision."""
    table = posts.between(home, POSTS, end, now, cut=now)
    texts = [text or "" for text in table["text"].to_pylist()]
    alike = cluster_measures.sorted_alike(texts, mine, theirs) if theirs else None
    follows = "1" if theirs else None
    m = SortedUnseen(POSTS.name, "2", follows, follows, len(texts), alike, 60.0)
    gates = gates_for(Stage.SHADOW, has_champion=theirs is not None, policy=POSTS.policy)
    verdicts = [judge(gate, m, POSTS.policy) for gate in gates]
    state = replace(_posts_state(Stage.SHADOW, end), champion=follows)
    return {
        "posts": len(texts),
        "sorted": mine.sorter.sort(texts),
        "alike": alike,
        "verdicts": _verdicts(verdicts),
        "decision": _decided(machine.decide(state, verdicts, POSTS.policy, now)),
    }


def _posts_state(stage, at):
    who = Candidate("2", "f", "ada", Origin.SCHEDULED, at, stage, at)
    return fold("posts", [Transition("posts", 1, at, "t", None, stage, 0.0, "because", who, None)])


def read_json(path):
    """A file of this folder."""
    return json.loads(path.read_text())


def crowned(step):
    """The step that makes version 2 champion, as the ledger would have it."""
    return replace(step, champion="2")
