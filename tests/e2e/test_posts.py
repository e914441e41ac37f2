"""Two weeks of clusters down their road: the first one in Airflow, from its snapshot to champion."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from slipway.data import json_file
from slipway.demo import pace
from slipway.domain.errors import BadInput, NotEligible
from slipway.domain.release import Origin
from slipway.domain.stage import Stage
from slipway.registry.client import Registry
from slipway.settings import settings
from slipway.stack import stack
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.environment import client_environment
from slipway.stack.installation import Installation, Options
from slipway.stack.sights import Stack
from slipway.steps import context
from slipway.steps.evaluate import evaluate, judge, offline_gates
from slipway.steps.offer import offer
from slipway.steps.register import register
from slipway.steps.release import apply, compare, decide, observe
from slipway.steps.snapshot import snapshot
from slipway.steps.train import train
from slipway.steps.validate import validate

sys.path.append(str(Path(__file__).parents[1]))

from posts_kit import BEGIN, QUICK, write_posts

pytestmark = pytest.mark.e2e

WEEKS = 9


class Office:
    """The installation, its event clock, and the people."""

    def __init__(self, installation, api):
        self.installation, self.home, self.api = installation, installation.home, api
        key = installation.home / "keys" / "review.pub"
        words = installation.secrets.mlflow
        self.registry = Registry(installation.mlflow_url, "slipway", words["slipway"], key)
        self.rita = Registry(installation.mlflow_url, "rita", words["rita"], key)

    def at(self, when):
        """Set the event clock."""
        pace.start_clock(self.home / "clock.json", when, speed=0.0)

    def airflow(self, dag, date, conf=None):
        """Trigger a DAG in Airflow and wait; the run must succeed."""
        run = self.api.trigger(dag, date, conf)
        state = Stack(self.installation).ended(self.api, dag, run)
        assert state == "success", self.api.task_states(dag, run)
        return self.api.task_states(dag, run)

    def run(self, week, *, origin="scheduled", key=None, offered=True):
        """The weekly run as its DAG makes it; returns what is known of it and the verdicts."""
        start, end = (BEGIN + timedelta(weeks=w) for w in (week, week + 1))
        self.at(max(context.now(), end + timedelta(hours=7)))
        name = key or f"{origin}__{week}"
        frozen = snapshot("posts", start.isoformat(), end.isoformat(), QUICK, name)
        measured = evaluate(train(validate(frozen)))
        verdicts = [judge(measured, gate) for gate in offline_gates(measured)]
        run = register(measured, verdicts, Origin(origin), "scheduler")
        if offered:
            offer(run, verdicts, cleared=False)
        return run, verdicts

    def look(self):
        """One run of the reconciler; returns what it said."""
        seen = observe("posts")
        return apply("posts", decide(seen, [compare(seen, gate) for gate in seen["gates"]]))

    def release(self, look):
        """Look until the candidate is the champion; a reviewer approves it where it waits."""
        self.at(context.now() + timedelta(days=4))
        for _ in range(4):
            look()
            waiting = context.ledger().state("posts").candidate
            if waiting and waiting.stage is Stage.APPROVAL:
                word = f"approve {waiting.evidence_digest[:12]} topics read well"
                self.rita.set_review("posts", waiting.version, word)
            if waiting is None:
                break
        return context.ledger().state("posts")


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """A running stack with generated posts in its log."""
    home = tmp_path_factory.mktemp("posts")
    write_posts(home)
    clock = home / "clock.json"
    pace.start_clock(clock, BEGIN + timedelta(weeks=WEEKS, hours=1), speed=0.0)
    with pytest.MonkeyPatch.context() as patch:
        try:
            stack.up(home, Options(clock_file=str(clock), release_every_s=3600.0))
            installation = Installation.load(home)
            for name, value in client_environment(installation).items():
                patch.setenv(name, value)
            settings.cache_clear()
            account = ("admin", installation.secrets.airflow["admin"])
            with AirflowApi(installation.airflow_url, *account) as api:
                yield Office(installation, api)
        finally:
            stack.down(home)
            settings.cache_clear()


@pytest.fixture(scope="module")
def champion(office):
    """The first week's clusters, retrained and released by Airflow's DAGs; its task states."""
    tasks = office.airflow("retrain_posts", context.now(), {"recipe": QUICK})
    state = office.release(lambda: office.airflow("release_posts", datetime.now(UTC)))
    return tasks, state, context.ledger().transitions("posts")[0].candidate


def test_airflow_takes_the_first_week_to_champion(office, champion):
    """Both DAGs run in Airflow: validated, gated, sorted unseen, approved by a person: the champion."""
    tasks, state, candidate = champion
    assert set(tasks.values()) == {"success"}
    assert {"validate", "train", "judge[0]", "register", "offer"} <= set(tasks)
    assert state.champion == candidate.version
    steps = context.ledger().transitions("posts")
    assert [t.to_stage for t in steps] == [
        Stage.OFFERED,
        Stage.SHADOW,
        Stage.APPROVAL,
        Stage.CHAMPION,
    ]
    assert candidate.author == "admin"
    assert "rita" in steps[-1].reason
    assert office.registry.facts("posts", candidate.version).aliases == ("champion",)


def test_the_next_week_keeps_the_champions_ids(office, champion):
    """It follows the champion, keeps 98 % of the posts' ids and shows which ones moved and why."""
    run, _ = office.run(WEEKS)
    measured = json_file.read(run.measurements)
    assert run.model.follows == champion[-1].version
    assert measured["kept"] >= 0.98 * measured["common"] > 0
    state = office.release(office.look)
    assert state.champion == run.version
    (work,) = (office.home / "work" / "posts" / "runs").glob(f"scheduled-{WEEKS}-*")
    evidence = work / "evidence"
    page = (evidence / "evidence.html").read_text()
    assert "Posts that moved, and why" in page
    assert {"transition.png", "sizes.png", "verdicts.json"} <= {p.name for p in evidence.iterdir()}


def test_a_backfill_gives_the_same_fingerprint_and_no_release(office, champion):
    """The week run again follows the champion of its time, and never reaches users."""
    again, verdicts = office.run(WEEKS - 1, origin="backfill", offered=False)
    assert again.model.fingerprint == champion[-1].fingerprint
    assert again.model.reproducibility == "the same as an earlier run of this interval and recipe"
    with pytest.raises(NotEligible, match="backfill"):
        offer(again, verdicts, cleared=False)


def test_a_champion_that_cannot_be_loaded_stops_the_week(office, champion):
    """Clear words, nothing registered, and the champion stays."""
    champion = context.ledger().state("posts").champion
    facts = office.registry.facts("posts", champion)
    (file,) = office.home.rglob(f"{facts.run_id}/artifacts/ranker/clusters.json")
    kept = file.read_bytes()
    file.write_bytes(b"{}")
    try:
        with pytest.raises(BadInput, match="serve the last good version"):
            office.run(WEEKS + 1, key="damaged")
    finally:
        file.write_bytes(kept)
    assert context.ledger().state("posts").champion == champion


def test_a_week_without_posts_stops_the_run(office, champion):
    """An empty week says so, and nothing is trained."""
    with pytest.raises(BadInput, match="last week's clusters stay"):
        office.run(WEEKS + 20)
