"""Two weeks of clusters down their road: snapshot to champion, on a real registry and ledger."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from pipeline import lines
from pipeline.data import posts as log
from pipeline.domain.errors import BadInput, NotEligible
from pipeline.domain.stage import Stage
from pipeline.settings import settings
from pipeline.simulation.topics import Scene, generate
from pipeline.steps import context
from pipeline.steps.evaluate import evaluate, judge, offline_gates
from pipeline.steps.offer import offer
from pipeline.steps.register import register
from pipeline.steps.release import apply, compare, decide, observe
from pipeline.steps.snapshot import snapshot
from pipeline.steps.train import train
from pipeline.steps.validate import validate

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
WEEKS = 9
SCENE = Scene(weeks=12, topics=7, beginning=0, ending=0, posts_a_week=90, clear=(0.45, 0.6))
QUICK = {"restarts": 5, "dimensions": 40}


class Office:
    """The installation, its clock, and the people."""

    def __init__(self, desk, home):
        self.desk, self.home = desk, home

    def at(self, when):
        """Set the event clock."""
        body = {"wall0": 0.0, "event0": when.timestamp(), "speed": 0.0}
        (self.home / "clock.json").write_text(json.dumps(body))

    def run(self, week, *, origin="scheduled", key=None, offered=True):
        """The weekly run as its DAG makes it; returns the last reference and the verdicts."""
        start, end = (BEGIN + timedelta(weeks=w) for w in (week, week + 1))
        self.at(max(context.now(), end + timedelta(hours=7)))
        name = key or f"{origin}__{week}"
        ref = snapshot("posts", start.isoformat(), end.isoformat(), QUICK, name)
        ref = evaluate(train(validate(ref)))
        verdicts = [judge(ref, gate) for gate in offline_gates(ref)]
        ref = register(ref, verdicts, origin, "scheduler")
        if offered:
            offer(ref, verdicts, cleared=False)
        return ref, verdicts

    def look(self):
        """One run of the reconciler; returns what it said."""
        seen = observe("posts")
        return apply("posts", decide(seen, [compare(seen, gate) for gate in seen["gates"]]))

    def release(self, version):
        """Follow a version to its end; a reviewer approves it where it waits."""
        self.at(context.now() + timedelta(days=3))
        for _ in range(4):
            self.look()
            waiting = context.ledger().state("posts").candidate
            if waiting and waiting.stage is Stage.APPROVAL:
                word = f"approve {waiting.evidence_digest[:12]} topics read well"
                self.desk.as_user("rita").set_review("posts", version, word)
        return context.ledger().state("posts")


@pytest.fixture(scope="module")
def office(desk, tmp_path_factory):
    """An installation with generated posts in its log, and the registry's server."""
    home = tmp_path_factory.mktemp("posts")
    patch = pytest.MonkeyPatch()
    for name, value in {
        "HOME": home,
        "CLOCK": home / "clock.json",
        "MLFLOW_URL": desk.url,
        "MLFLOW_USER": "slipway",
        "MLFLOW_PASSWORD": desk.words["slipway"],
        "PUBLIC_KEY": desk.server.signing.public,
    }.items():
        patch.setenv(f"SLIPWAY_{name}", str(value))
    settings.cache_clear()
    office = Office(desk, home)
    office.at(BEGIN)
    stream = generate(SCENE, 4)
    rng = np.random.default_rng(0)
    second = stream.week * 7 * 86_400 + rng.integers(0, 7 * 86_400, len(stream.week))
    at = pd.to_datetime(BEGIN) + pd.to_timedelta(second, unit="s")
    rows = pd.DataFrame(
        {
            "post_id": [f"p{n:06d}" for n in range(len(at))],
            "arrived_at": at,
            "event_at": at,
            "text": stream.texts,
        }
    )
    line = lines.load_clusters("posts")
    for part in (rows.iloc[::2], rows.iloc[1::2]):
        log.append(home, line, part)
    yield office
    patch.undo()
    settings.cache_clear()


@pytest.fixture(scope="module")
def champion(office):
    """The first week's clusters, released."""
    ref, verdicts = office.run(WEEKS - 1)
    return ref, verdicts, office.release(ref["version"])


def test_the_first_week_becomes_champion(office, champion):
    """Validated, gated, registered, sorted unseen, approved by a person: then it reigns."""
    ref, verdicts, state = champion
    assert {v["conclusion"] for v in verdicts} == {"PASS"}
    assert state.champion == ref["version"]
    stages = [t.to_stage for t in context.ledger().transitions("posts")]
    assert stages == [Stage.OFFERED, Stage.SHADOW, Stage.APPROVAL, Stage.CHAMPION]
    assert office.desk.as_user()._aliases("posts")["champion"] == ref["version"]


def test_the_next_week_keeps_the_champions_ids(office, champion):
    """It follows the champion, keeps 98 % of the posts' ids and shows which ones moved and why."""
    ref, _ = office.run(WEEKS)
    measured = context.read_json(ref["measurements"])
    assert ref["follows"] == champion[0]["version"]
    assert measured["kept"] >= 0.98 * measured["common"] > 0
    state = office.release(ref["version"])
    assert state.champion == ref["version"]
    evidence = office.home / "work" / "posts" / f"scheduled-{WEEKS}" / "evidence"
    page = (evidence / "evidence.html").read_text()
    assert "Posts that moved, and why" in page
    assert {"transition.png", "sizes.png", "verdicts.json"} <= {p.name for p in evidence.iterdir()}


def test_a_backfill_gives_the_same_fingerprint_and_no_release(office, champion):
    """The week run again follows the champion of its time, and never reaches users."""
    again, verdicts = office.run(WEEKS - 1, origin="backfill", offered=False)
    assert again["fingerprint"] == champion[0]["fingerprint"]
    assert again["again"] == "the same as an earlier run of this interval and recipe"
    with pytest.raises(NotEligible, match="backfill"):
        offer(again, verdicts, cleared=False)


def test_a_champion_that_cannot_be_loaded_stops_the_week(office, champion):
    """Clear words, nothing registered, and the champion stays."""
    reigning = context.ledger().state("posts").champion
    facts = office.desk.as_user().facts("posts", reigning)
    (file,) = office.desk.home.rglob(f"{facts.run_id}/artifacts/ranker/clusters.json")
    kept = file.read_bytes()
    file.write_bytes(b"{}")
    try:
        with pytest.raises(BadInput, match="serve the last good version"):
            office.run(WEEKS + 1, key="damaged")
    finally:
        file.write_bytes(kept)
    assert context.ledger().state("posts").champion == reigning


def test_a_week_without_posts_stops_the_run(office, champion):
    """An empty week says so, and nothing is trained."""
    with pytest.raises(BadInput, match="last week's clusters stay"):
        office.run(WEEKS + 20)
