"""Pages of invented candidates of every kind: good, harmful, undecided, slow and swinging ones."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from slipway import lines
from slipway.domain.cluster import Cluster
from slipway.domain.cluster_measurements import ClusterMeasurements, SortedUnseen
from slipway.domain.held_out import Difference, Ratio, Segment
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.evaluation.clusters import Move
from slipway.gates import gates_for, judge
from slipway.lines.definition import compiled
from slipway.reports import clusters, evidence, predictions
from slipway.reports.review import run_record
from slipway.reports.review.brief import Brief
from support import predicted, sample_measurements
from support.sample_measurements import SampleRelease

FATES = ("good", "harmful", "undecided", "slow", "swinging")
AT = datetime(2026, 3, 9, 9, tzinfo=UTC)
REFUSED = {"feed": "worse than the control in clicks, age_band=1", "bike": "worse in season=1"}
FEED, BIKE, POSTS = lines.load("feed"), lines.load("bike"), lines.load_clusters("posts")


def record(line, week=0, **changed):
    """What a training run left behind, of the week that ended so many weeks ago."""
    end = datetime(2026, 3, 2, 6, tzinfo=UTC) - timedelta(weeks=week)
    inputs = [c.name for c in line.columns][: -1 if week else None]
    return {
        "interval": [(end - timedelta(weeks=1)).isoformat(), end.isoformat()],
        "rows": 60_000 - 900 * week,
        "recipe": {"name": "weekly", "inputs": inputs, "max_iter": 100 if week else 120},
        "definition": compiled(line).to_text(),
        "parts": {"code": "c" * 64, "snapshot": f"{week}" * 64},
        "reproduced": "the first run of this interval and recipe",
        "beside": "5",
    } | changed


def brief(line, stage=Stage.OFFERED, **changed):
    """What is known of version 7, by Adam, while version 5 is the champion; 6 had failed."""
    version = "" if stage is Stage.OFFERED else "7"
    made = Brief(
        line=line, version=version, stage=stage, at=AT, author="adam", origin="scheduled",
        fingerprint="f" * 64, champion="5", run=record(line), champion_run=record(line, week=1),
        past=past(line, stage), evidence_digest="0123456789abcdef" * 4 if version else "",
        asked_until=AT + timedelta(days=21) if version and not stage.is_final else None,
        share=0.5 if stage in (Stage.APPROVAL, Stage.CANARY_50) else 0.0,
    )  # fmt: skip
    return replace(made, **changed)


def past(line, stage):
    """A champion, one that was refused, and the way of version 7 up to ``stage``."""
    way = (Stage.OFFERED, Stage.SHADOW, Stage.CANARY_1, Stage.CANARY_50, Stage.APPROVAL)
    own = way[: way.index(stage) + 1] if stage in way else (*way[:4], stage)
    told = [("5", Stage.CHAMPION), ("6", Stage.RETURNED), *(("7", each) for each in own)]
    return tuple(
        Transition(
            line.name, epoch, AT - timedelta(hours=9 * (len(told) - epoch)), f"release_{line.name}", None, to, 0.0,
            REFUSED.get(line.name, "too many ids were lost") if version == "6" else "all gates passed",
            Candidate(version, "f" * 64, "adam", Origin.SCHEDULED, AT, to, AT), "5",
        )
        for epoch, (version, to) in enumerate(told, 1)
    )  # fmt: skip


def ranking(folder, fate):
    """The page of a ranking candidate: at the review, or where its release ended; the HTML."""
    changed = {
        "harmful": {"log_loss_diff_champion": Difference(0.02, 0.001)},
        "swinging": {"category_mix_distance": 0.4, "moved": {"churn": 0.9, "category_mix": 0.4}},
        "slow": {"latency_ratio": Ratio(2.4, 2.2, 2.6)},
        "undecided": {"log_loss_diff_champion": Difference(0.004, 0.01)},
    }
    measured = sample_measurements.held_out(**changed.get(fate, {}))
    verdicts = [
        judge(g, measured, FEED.policy) for g in gates_for(Stage.OFFERED, has_champion=True)
    ]
    first = brief(FEED)
    evidence.write_offline(
        folder / "offline",
        title="feed: weekly, week to 2026-03-02",
        brief=first,
        facts={"recipe": "weekly"},
        measured=measured,
        verdicts=verdicts,
    )
    if fate == "swinging":
        return (folder / "offline" / "evidence.html").read_text()
    return _live(folder / "live", fate, first, measured, verdicts)


def _live(folder, fate, first, measured, offline):
    scenes = {
        "good": SampleRelease(
            effect=0.02, trials=40_000, segment_effects={"age_band=0": 0.03, "age_band=1": 0.0}
        ),
        "harmful": SampleRelease(effect=-0.12, segment_effects={"age_band=1": -0.3}),
        "undecided": SampleRelease(trials=60, segment_effects={"age_band=2": 0.0}),
        "slow": SampleRelease(
            trials=40_000, latency_factor=3.0, segment_effects={"age_band=2": 0.0}
        ),
    }
    live = sample_measurements.measure(scenes[fate], FEED.policy)
    verdicts = [judge(g, live, FEED.policy) for g in gates_for(Stage.CANARY_50, has_champion=True)]
    if fate == "good":
        verdicts = [v for v in verdicts if v.conclusion == 0]
    ends = {"good": Stage.APPROVAL, "undecided": Stage.CANARY_50}
    stage = ends.get(fate, Stage.RETURNED)
    found = evidence.offline_findings(first, measured, offline, {})
    known = brief(FEED, stage, run=run_record.with_offline(first.run, found))
    evidence.write_live(
        folder,
        title=f"feed version 7: {stage.value}",
        brief=known,
        facts={"author": "adam"},
        live=live,
        verdicts=verdicts,
    )
    return (folder / "evidence.html").read_text()


def prediction(folder, fate):
    """The page of a candidate that predicts."""
    changed = {
        "harmful": {
            "loss_diff_champion": Difference(0.06, 0.004),
            "segments": (
                Segment("season=winter", 0.2, 0.01, 900),
                Segment("workingday=no", 0.0, 0.01, 700),
            ),
        },
        "undecided": {"loss_diff_champion": Difference(0.005, 0.02)},
        "slow": {"latency_ratio": Ratio(3.0, 2.8, 3.2)},
        "swinging": {"shift": 0.6, "flips": 0.3},
    }
    good = {
        "segments": (
            Segment("season=summer", -0.02, 0.006, 900),
            Segment("workingday=no", 0.004, 0.01, 700),
        )
    }
    measured = predicted.predicted(**(good | changed.get(fate, {})))
    gates = gates_for(Stage.OFFERED, has_champion=True, policy=BIKE.policy)
    predictions.write(
        folder,
        title="bike: weekly, interval to 2026-03-02",
        brief=brief(BIKE),
        facts={"recipe": "weekly"},
        measured=measured,
        verdicts=[judge(g, measured, BIKE.policy) for g in gates],
    )
    return (folder / "evidence.html").read_text()


OTHERS = range(10, 20)
WEEK = ClusterMeasurements(
    interval_end=datetime(2026, 3, 2, tzinfo=UTC), follows="5", posts=830,
    sizes={"1": 200, "2": 74, "9": 56, **{str(n): 50 for n in OTHERS}}, common=800, kept=794, living_twice=12,
    rematched=12, born=(9,), split_off=(), merged=(3,), retired=(), inertia=1.001, known_words=0.9,
    flows=((1, 1, 180), (1, 9, 2), (2, 2, 114), (3, 1, 4), *((n, n, 50) for n in OTHERS)),
)  # fmt: skip
TERMS = (("hops", 0.4), ("malt", 0.3))
NAMES = {
    1: "beer, hops",
    2: "wine, red",
    3: "cider, apple",
    4: "tea, green",
    **{n: f"topic, {n}" for n in OTHERS},
}


def topics(folder, fate):
    """The page of a week's clusters; at the review with what its shadow sorted."""
    changed = {
        "harmful": {"kept": 600},
        "undecided": {"kept": 764},
        "slow": {"inertia": 1.2},
        "swinging": {"born": (9, 10, 11, 12, 13), "merged": (3,), "retired": (4,)},
    }
    measured = replace(WEEK, **changed.get(fate, {}))
    gates = gates_for(Stage.OFFERED, has_champion=True, policy=POSTS.policy)
    cut = date(2026, 3, 2)
    clusters.write(
        folder, title="posts: week to 2026-03-02", brief=brief(POSTS), facts={"recipe": "weekly"}, measured=measured,
        clusters=[Cluster(int(i), NAMES.get(int(i), "whisky, peat"), cut, n, TERMS, TERMS) for i, n in WEEK.sizes.items()],
        moved=[Move("beer/7", 1, 9, "a new topic took it: cluster 9 was born", "Is peat smoke in the malt?")],
        names=NAMES, verdicts=[judge(g, measured, POSTS.policy) for g in gates],
    )  # fmt: skip
    return (folder / "evidence.html").read_text()


PAGES = {"ranking": ranking, "prediction": prediction, "topics": topics}
UNSEEN = SortedUnseen("posts", "7", "5", "5", 60, 55, 100.0)
