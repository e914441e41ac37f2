"""The weekly run of a line of topics goes through the same steps as any other, to its shadow."""

import shutil
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from slipway.data import posts
from slipway.domain.release import Candidate, LineState, Origin
from slipway.domain.stage import Stage
from slipway.steps import clusters, context, release
from slipway.steps.evaluate import evaluate, judge, offline_gates
from slipway.steps.register import register
from slipway.steps.snapshot import snapshot
from slipway.steps.train import train
from slipway.steps.validate import validate

LINE = "posts"
WEEK = timedelta(weeks=1)
RECIPE = {"restarts": 4, "dimensions": 20, "min_clusters": 3, "max_clusters": 6}


@pytest.fixture
def office(home, monkeypatch):
    """Four weeks of posts about five topics, a registry of folders, and no release yet."""
    rng, begin = np.random.default_rng(4), context.now() - 4 * WEEK
    topic, count = rng.integers(0, 5, 480), 480
    at = pd.to_datetime(begin) + pd.to_timedelta(np.arange(count) * 5_000, unit="s")
    words = [" ".join(f"topic{t}word{w}" for w in rng.integers(0, 15, 12)) for t in topic]
    rows = {"post_id": [f"p{n:04d}" for n in range(count)], "arrived_at": at, "event_at": at}
    posts.append(home, context.clusters_of(LINE), pd.DataFrame({**rows, "text": words}))
    made = []

    def keep(line, model, evidence, **shown):
        made.append(SimpleNamespace(model=model, evidence=evidence, **shown))
        return str(len(made))

    def download(line, version, into):
        return Path(shutil.copytree(made[int(version) - 1].model, into))

    state = LineState(LINE)
    ledger = SimpleNamespace(state=lambda _: state, transitions=lambda _: ())
    monkeypatch.setattr(
        context, "registry", lambda: SimpleNamespace(register=keep, download=download)
    )
    monkeypatch.setattr(context, "ledger", lambda: ledger)
    return SimpleNamespace(begin=begin, made=made, ledger=ledger)


def test_a_week_is_registered_with_its_evidence_and_sorts_what_comes_after(office):
    """Frozen, proven, fitted, measured, judged and registered; its shadow sorts later posts."""
    start, end = office.begin + WEEK, office.begin + 2 * WEEK
    frozen = snapshot(LINE, start.isoformat(), end.isoformat(), RECIPE, "manual__1")
    assert frozen.recipe.restarts == RECIPE["restarts"]
    measured = evaluate(train(validate(frozen)))
    assert measured.validation.suspicions == "not audited"
    verdicts = [judge(measured, gate) for gate in offline_gates(measured)]
    assert [verdict["gate"] for verdict in verdicts] == ["cluster_inertia", "cluster_sizes"]
    run = register(measured, verdicts, Origin.MANUAL, "adam")
    (version,) = office.made
    assert version.tags["follows"] == "nobody"
    assert version.tags["interval_end"] == end.isoformat()
    assert version.tags["snapshot"] == frozen.snapshot.digest
    assert (version.evidence / "datadocs_posts.html").is_file()

    candidate = Candidate(
        version=run.version,
        fingerprint=run.model.fingerprint,
        author="adam",
        origin=run.origin,
        interval_end=end,
        stage=Stage.SHADOW,
        stage_since=end,
    )
    office.ledger.state = lambda _: LineState(LINE, candidate=candidate)
    seen = release.observe(LINE)
    assert seen["unseen"]["posts"] > 0
    assert seen["unseen"]["follows"] is None
    assert [release.compare(seen, gate)["gate"] for gate in seen["gates"]] == ["sorted_unseen"]
    shown = clusters.clusters_of_version(context.clusters_of(LINE), run.version)
    assert [cluster.posts for cluster in shown] == sorted(
        (cluster.posts for cluster in shown), reverse=True
    )


def test_the_next_week_follows_the_champions_ids(office, monkeypatch):
    """What was champion at the interval's end is carried on, and is what the week is judged by."""
    start, end = office.begin + WEEK, office.begin + 2 * WEEK
    times = (start.isoformat(), end.isoformat())
    first = evaluate(train(validate(snapshot(LINE, *times, RECIPE, "manual__1"))))
    register(first, [], Origin.MANUAL, "adam")
    monkeypatch.setattr("slipway.steps.train.fold", lambda *_: LineState(LINE, champion="1"))
    times = (end.isoformat(), (end + WEEK).isoformat())
    second = evaluate(train(validate(snapshot(LINE, *times, RECIPE, "manual__2"))))
    assert second.model.follows == second.champion == "1"
    assert set(offline_gates(second)) > set(offline_gates(first))
