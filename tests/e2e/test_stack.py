"""The whole stack on one machine: weekly run, backfill, killed processes, stop."""

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import psutil
import pytest
from slipway import lines, private_files
from slipway.demo import history, opening, setting
from slipway.demo.setting import Setting
from slipway.domain.stage import Stage
from slipway.monitoring.promises import Promise, seen_on
from slipway.release.ledger import Ledger
from slipway.stack import health, processes, stack, waiting
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.installation import Installation, Options, stack_id
from slipway.stack.launch import PROGRAMS
from slipway.stack.sights import Stack
from slipway.stats.eprocess import Effect

sys.path.append(str(Path(__file__).parents[1]))

import ledger_kit
import router_kit

pytestmark = pytest.mark.e2e
DAG = "retrain_feed"
MONDAY = opening.last_interval_end(datetime.now(UTC))
"""The end of the last complete week: Airflow starts its scheduled run when the DAG appears."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A stack with some weeks of a small past; the wall clock is the event clock."""
    home = tmp_path_factory.mktemp("stack")
    line = lines.load("feed")
    start, now = MONDAY - timedelta(weeks=4), datetime.now(UTC)
    setting.save(home, Setting(start.isoformat(), users=2000, films=200))
    world = setting.load(home).world(line.list_length)
    list(history.generate(history.InventedPast(home, line, world, 4000, "rules-1"), start, now))
    try:
        (home / "policy.toml").write_text("[feed.watch]\nretrain_cool_days = 0.001\n")
        stack.up(home, Options(release_every_s=600, policy_file=str(home / "policy.toml")))
        yield Installation.load(home)
    finally:
        stack.down(home)


@pytest.fixture(scope="module")
def api(running):
    """Airflow's API as an engineer uses it."""
    with AirflowApi(running.airflow_url, "admin", running.secrets.airflow["admin"]) as client:
        yield client


@pytest.fixture(scope="module")
def weekly(running, api):
    """The scheduled run of the last complete week."""

    def own(run):
        return run["run_type"] == "scheduled"

    waiting.until(
        "the scheduled run",
        lambda: any(map(own, api.runs(DAG))),
        lambda: sight_of_runs(running, api, DAG, own),
        next_step=f"read {running.run / 'scheduler.log'}",
    )
    (run,) = filter(own, api.runs(DAG))
    state = Stack(running).ended(api, DAG, run["dag_run_id"])
    assert state == "success", api.task_states(DAG, run["dag_run_id"])
    return run["dag_run_id"]


def ledger(running):
    """The transitions so far."""
    return Ledger(f"sqlite:///{running.home / 'ledger.db'}").transitions("feed")


def versions(running):
    """Tags of every registered version of the line."""
    answer = httpx.get(
        f"{running.mlflow_url}/api/2.0/mlflow/model-versions/search",
        params={"filter": "name='feed'"},
        auth=("slipway", running.secrets.mlflow["slipway"]),
        trust_env=False,
        timeout=None,
    )
    answer.raise_for_status()
    return {
        found["version"]: {tag["key"]: tag["value"] for tag in found["tags"]}
        | {"aliases": found.get("aliases", [])}
        for found in answer.json()["model_versions"]
    }


def sight_of_runs(running, api, dag, own):
    """The runs of a DAG that ``own`` names."""
    runs = {run["dag_run_id"]: run["state"] for run in filter(own, api.runs(dag))}
    tasks = {run: api.tasks(dag, run) for run in runs}
    return Stack(running).runs(dag, tasks, tuple(runs.items()))


def backfill(running, api, start, behaviour):
    """Backfill the week that begins at ``start`` through the API; the ended run."""
    body = {
        "dag_id": DAG,
        "from_date": start.isoformat(),
        "to_date": start.isoformat(),
        "reprocess_behavior": behaviour,
        "max_active_runs": 1,
    }
    number = api.call("POST", "backfills", body)["id"]

    def own(run):
        return datetime.fromisoformat(run["data_interval_start"]) == start

    waiting.until(
        f"backfill {number}",
        lambda: api.backfill_done(number),
        lambda: sight_of_runs(running, api, DAG, own),
        next_step=f"read the logs in {running.airflow_home}",
    )
    (run,) = filter(own, api.runs(DAG))
    assert (run["state"], run["run_type"]) == ("success", "backfill")
    return run["dag_run_id"]


def look(running, api):
    """One run of the reconciler; it must succeed."""
    run = api.trigger("release_feed", datetime.now(UTC))
    state = Stack(running).ended(api, "release_feed", run)
    assert state == "success", api.task_states("release_feed", run)


def test_the_weekly_run_offers_its_version(running, api, weekly):
    """Snapshot to offer run by themselves, and the reconciler judges what was offered."""
    look(running, api)
    steps = ledger(running)
    assert [step.epoch for step in steps] == list(range(1, len(steps) + 1))
    assert steps[0].candidate.author == "scheduler"
    assert len(steps) >= 2, "the offered version was judged"
    assert steps[0].candidate.version in versions(running)


def test_an_offer_wakes_the_reconciler(running, api, weekly):
    """The asset event of the offer starts a release run without waiting for the next look."""

    def own(run):
        return run["run_type"] == "asset_triggered"

    waiting.until(
        "a run of the reconciler",
        lambda: any(map(own, api.runs("release_feed"))),
        lambda: sight_of_runs(running, api, "release_feed", own),
        next_step=f"read {running.run / 'scheduler.log'}",
    )


def test_a_reprocessed_week_is_the_same_and_stays_ashore(running, api, weekly):
    """Backfilling the week that was released reproduces its fingerprint and offers nothing."""
    before, known = ledger(running), versions(running)
    run = backfill(running, api, MONDAY - timedelta(weeks=1), "completed")
    assert run == weekly  # Airflow keeps the id scheduled__; only the type has changed
    assert api.task_states(DAG, run)["offer"] == "skipped"
    offered = [step for step in ledger(running) if step.to_stage == "offered"]
    assert len(offered) == len([step for step in before if step.to_stage == "offered"])
    fingerprints = {tags["fingerprint"] for tags in versions(running).values()}
    assert fingerprints == {tags["fingerprint"] for tags in known.values()}


def test_a_backfill_gets_no_alias_and_no_traffic(running, api, weekly):
    """A past week is registered as a backfill; neither ledger nor alias ever speak of it."""
    start = MONDAY - timedelta(weeks=2)
    known = set(versions(running))
    run = backfill(running, api, start, "none")
    assert api.task_states(DAG, run)["offer"] == "skipped"
    (made,) = set(versions(running)) - known
    tags = versions(running)[made]
    assert tags["origin"] == "backfill"
    assert tags["aliases"] == []
    assert made not in {step.candidate.version for step in ledger(running)}
    refused = httpx.post(
        f"{running.mlflow_url}/api/2.0/mlflow/registered-models/alias",
        json={"name": "feed", "alias": "champion", "version": made},
        auth=("slipway", running.secrets.mlflow["slipway"]),
        trust_env=False,
        timeout=None,
    )
    assert refused.status_code == httpx.codes.FORBIDDEN


def of_an_asset(running, api, seen=()):
    """The run of the retrain that an asset's event started, other than those ``seen``, once it has ended."""

    def own(run):
        return run["run_type"] == "asset_triggered" and run["dag_run_id"] not in seen

    waiting.until(
        "a retrain that was asked for",
        lambda: any(map(own, api.runs(DAG))),
        lambda: sight_of_runs(running, api, DAG, own),
        next_step=f"read {running.run / 'scheduler.log'}",
    )
    (run,) = filter(own, api.runs(DAG))
    return run["dag_run_id"], Stack(running).ended(api, DAG, run["dag_run_id"])


def test_a_broken_promise_starts_a_retrain_that_says_so(running, api, weekly):
    """The watch's ask runs the retrain without a person; whoever makes the event by hand gets no run that trains."""
    broken = Promise("7", "2026-03-09", Effect(0.02, 0.01, 0.03))
    broken = seen_on(broken, "2026-03-10", Effect(-0.1, -0.2, 0.0), over=False)
    watched = running.home / "work" / "feed" / "watch"
    watched.mkdir(parents=True, exist_ok=True)
    (watched / "promises.json").write_text(json.dumps({"promises": [asdict(broken)]}))
    api.trigger("drift_feed", datetime.now(UTC))
    asked, state = of_an_asset(running, api)
    assert state == "success", api.task_states(DAG, asked)
    note = api.call("GET", f"dags/{DAG}/dagRuns/{quote(asked, safe='')}/taskInstances/snapshot")
    assert "the watch asked for this run: version 7" in note["note"]
    origins = [(tags["origin"], tags["author"]) for tags in versions(running).values()]
    assert ("requested", "scheduler") in origins
    (asset,) = api.call("GET", "assets?name_pattern=feed_retrain_asked")["assets"]
    api.call("POST", "assets/events", {"asset_id": asset["id"], "extra": {"asked_by": ["me"]}})
    by_hand, state = of_an_asset(running, api, {asked})
    assert (state, api.task_states(DAG, by_hand)["snapshot"]) == ("failed", "failed")


def test_a_refused_recipe_is_one_line(running, api, weekly):
    """A recipe with an unknown word fails the first task, its reason first, without retries."""
    conf = {"recipe": {"max_itre": 3}}
    run = api.trigger(DAG, datetime.now(UTC), conf)
    assert Stack(running).ended(api, DAG, run) == "failed"
    assert api.task_states(DAG, run)["snapshot"] == "failed"
    folder = running.airflow_home / "logs" / f"dag_id={DAG}" / f"run_id={run}" / "task_id=snapshot"
    (log,) = folder.glob("*.log")
    errors = [
        row["event"]
        for row in map(json.loads, log.read_text().splitlines())
        if row.get("level") == "error"
    ]
    assert errors[0].startswith("feed.recipe == 'max_itre', must be one of")


def test_the_board_is_closed_to_strangers(running, api, weekly):
    """The page of releases asks for an account; with one it tells the release."""
    page = f"{running.airflow_url}/slipway/"
    assert httpx.get(page, trust_env=False, timeout=None).status_code == httpx.codes.UNAUTHORIZED
    account = {"username": "viewer", "password": running.secrets.airflow["viewer"]}
    with httpx.Client(trust_env=False, timeout=None) as client:
        token = client.post(f"{running.airflow_url}/auth/token", json=account).json()
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        shown = client.get(page, headers=bearer)
    assert shown.status_code == httpx.codes.OK
    assert f"Version\n        {ledger(running)[0].candidate.version}" in shown.text


def _left_alone(api, run):
    """Whether the required action of a run of ``approval_posts`` stands there, unanswered."""
    (task,) = api.tasks("approval_posts", run)
    return task["state"] == "awaiting_input" and not _action(api, run)["response_received"]


def _action(api, run, answer=None):
    """The required action of a run, or what comes of answering it as Airflow's pages do."""
    place = f"dags/approval_posts/dagRuns/{run}/taskInstances/wait_for_reviewer/-1/hitlDetails"
    if answer is None:
        return api.call("GET", place)
    return api.call("PATCH", place, {"chosen_options": [answer], "params_input": {}})


def test_a_required_action_shows_an_approval_and_cannot_give_it(running, api):
    """Answered in Airflow it stands there again; it goes when the ledger has the decision, with its words."""
    api.call("PATCH", "dags/release_posts", {"is_paused": True})
    past = ledger_kit.waiting(running.home, "posts")
    run = api.trigger("approval_posts", datetime.now(UTC))

    def wait():
        waiting.until(
            "the required action",
            lambda: _left_alone(api, run),
            lambda: sight_of_runs(running, api, "approval_posts", lambda _: True),
            next_step=f"read the logs in {running.airflow_home}",
        )

    wait()
    action = _action(api, run)
    assert "version 3 waits for a reviewer" in action["subject"]
    assert "slipway/review?name=posts&version=3" in action["body"]
    _action(api, run, *action["options"])
    wait()
    assert past.state("posts").candidate.stage is Stage.APPROVAL
    last = past.transitions("posts")[-1]
    past.append(
        replace(
            ledger_kit.after([last], Stage.REJECTED),
            line="posts",
            epoch=last.epoch + 1,
            reason="rejected by rita: too many new topics",
        )
    )
    _action(api, run, *action["options"])
    assert Stack(running).ended(api, "approval_posts", run) == "success"
    place = f"dags/approval_posts/dagRuns/{run}/taskInstances/wait_for_reviewer"
    became = str(api.call("GET", f"{place}/xcomEntries/return_value"))
    assert "rejected by rita: too many new topics" in became


def test_nothing_of_the_home_is_for_other_accounts(running, weekly):
    """Databases, logs, Parquet and pages that the stack's processes made are for its own account alone."""
    mine = [running.home, *(running.home / name for name in private_files.OF_HOME)]
    paths = [p for top in mine for p in (top, *(top.rglob("*") if top != running.home else ()))]
    open_to_others = {
        str(p.relative_to(running.home))
        for p in paths
        if p.exists() and not p.is_symlink() and p.stat().st_mode & 0o077
    }
    assert len(paths) > 100
    assert open_to_others == set()


def test_the_stack_listens_on_loopback_alone(running, weekly):
    """No part of the stack has a port that another machine could reach."""
    found = {
        connection.laddr.ip
        for process in processes.of_stack(running.stack_id)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert found == {"127.0.0.1"}


def test_every_killed_process_comes_back(running, api, weekly):
    """Kill -9 of each program in mid-release: the release goes on, no acknowledged click is lost."""
    items = _items(running)
    acknowledged = set()
    before = ledger(running)
    for program in PROGRAMS:
        acknowledged |= _visit(running, items)
        killed = _supervised(running, program)
        killed.kill()
        waiting.until(
            f"{program}, which was killed",
            lambda p=program, k=killed: _supervised(running, p) not in {None, k},
            lambda p=program: Stack(running).sight(_supervised(running, p)),
            next_step=f"read {running.run / 'supervisord.log'}",
        )
        health.wait_healthy(running)
        acknowledged |= _visit(running, items)
        look(running, api)
    steps = ledger(running)
    assert steps[: len(before)] == before
    assert [step.epoch for step in steps] == list(range(1, len(steps) + 1))
    _, outcomes = router_kit.read_log(running.home)
    assert acknowledged <= set(outcomes.column("request_id").to_pylist())


def _supervised(running, program):
    """The process of a program that the supervisor started, if it lives."""
    (supervisor,) = processes.supervisors(running.stack_id)
    found = [p for p in processes.of_stack(running.stack_id, program) if p.ppid() == supervisor.pid]
    return found[0] if found else None


def _items(running):
    """Items of the catalogue."""
    from slipway.data import catalog

    return list(catalog.load(running.home, lines.load("feed")).items[:30])


def _visit(running, items):
    """Some lists and clicks over HTTP; ids of the requests whose clicks were acknowledged."""
    done = set()
    with httpx.Client(base_url=running.router_url, trust_env=False, timeout=None) as client:
        for number in range(20):
            answer = client.post("/v1/feed/rank", json=router_kit.ask(f"u{number}", items))
            assert answer.status_code == httpx.codes.OK, answer.text
            click = client.post("/v1/feed/outcomes", json=router_kit.clicks(answer.json()))
            assert click.status_code == httpx.codes.OK, click.text
            done.add(answer.json()["request_id"])
    return done


def test_down_stops_exactly_what_up_started(running, api):
    """Even after the supervisor itself was killed, nothing of the stack is left, and all else lives."""
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen(sleep, env=os.environ | {"SLIPWAY_STACK": "another"}) as stranger:
        (supervisor,) = processes.supervisors(running.stack_id)
        supervisor.kill()
        supervisor.wait()
        assert stack.down(running.home) > 0
        assert processes.of_stack(stack_id(running.home)) == []
        assert processes.of_session(supervisor.pid) == []
        assert stack.down(running.home) == 0
        assert psutil.pid_exists(stranger.pid)
        stranger.kill()
