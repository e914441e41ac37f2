"""One candidate down the whole road on real parts, while its processes are killed one by one."""

import re
import signal
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import mlflow
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
from slipway import lines
from slipway.data import log
from slipway.demo import acts, film_story, opening, pace, past, setting
from slipway.demo.demo_candidates import DemoCandidate
from slipway.demo.event_time import EventTime
from slipway.demo.follow import Follower
from slipway.demo.setting import Setting
from slipway.domain.stage import RELEASE_STAGES, Stage
from slipway.registry.client import Registry
from slipway.registry.rest import RegistryRefused
from slipway.settings import settings
from slipway.stack import processes, stack, waiting
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.installation import Installation, Options
from slipway.stack.sights import Stack
from slipway.steps.evaluate import rules_folder

pytestmark = pytest.mark.e2e

MONDAY = datetime(2025, 2, 17, 6, tzinfo=UTC)
SMALL = {"max_iter": 40, "max_rows": 20_000}


class Acknowledged:
    """Clicks that the router said it took; none of them may be missing from the log."""

    def __init__(self, url: str, items: list[str]) -> None:
        self.clicks: set[tuple[str, str]] = set()
        self._items = items
        self._client = httpx.Client(base_url=url, timeout=None)
        self._sent = 0

    def visit(self, at: datetime) -> None:
        """One list and one click on its first film; a visit that the router did not take is lost."""
        self._sent += 1
        try:
            answer = self._client.post(
                "/v1/feed/rank",
                json={
                    "user": f"probe-{self._sent}",
                    "context": {"age_band": 1},
                    "items": self._items,
                },
            )
            answer.raise_for_status()
            shown = answer.json()
            click = (shown["request_id"], shown["items"][0]["item"])
            outcome = dict(zip(("request_id", "item"), click, strict=True))
            body = {
                "outcomes": [
                    {**outcome, "kind": "click", "value": 1, "happened_at": at.isoformat()}
                ]
            }
            self._client.post("/v1/feed/outcomes", json=body).raise_for_status()
        except httpx.TransportError:  # its worker was killed; the click was never acknowledged
            return
        self.clicks.add(click)


class Road:
    """The running installation and what the tests ask of it."""

    def __init__(self, installation: Installation, api: AirflowApi, follower: Follower) -> None:
        self.installation, self.api, self.follower = installation, api, follower
        self.home = installation.home
        line = lines.load("feed", Path(installation.options.policy_file))
        self.clock = EventTime(self.home, line, api, until=MONDAY + film_story.LEAD)
        items = pq.read_table(self.home / "catalog" / "feed.parquet")["item"].to_pylist()
        self.probe = Acknowledged(installation.router_url, items[:5])
        self.killed: list[str] = []

    @property
    def now(self) -> datetime:
        """The present event time."""
        return self.clock.now

    def until(self, what: str, done) -> None:
        """Follow the release and visit the shop until ``done()``."""

        def follow(_what: str) -> None:
            self.clock.tick(self.follower.transitions, self.follower.reviewed)
            self.probe.visit(self.now)

        self.follower.until(what, done, follow)

    def stages(self, key: str) -> tuple[Stage, ...]:
        """Stages that a candidate reached."""
        return self.follower.record(key).stages

    def kill(self, program: str) -> None:
        """Kill -9 one process of a program, as the machine would."""
        found = processes.of_stack(self.installation.stack_id, program)
        assert found, f"{program} does not run"
        leaders = [p for p in found if p.parent() not in found]
        victim = leaders[0]
        if program == "router":  # one worker, not their parent
            victim = next(p for p in found if p.parent() in leaders)
        victim.send_signal(signal.SIGKILL)
        psutil.wait_procs([victim])
        self.killed.append(program)


def _part(key: str, recipe: dict) -> DemoCandidate:
    return DemoCandidate(key, key, recipe, "", lambda _: True)


def quick_policy(folder: Path) -> Path:
    """The demo's policy with short stages: what is killed on the way is the point here."""
    text = re.sub(r"(min_hours = )[0-9.]+", r"\g<1>9.0", film_story.POLICY.read_text())
    path = folder / "policy.toml"
    path.write_text(re.sub(r"(min_exposures = )[0-9]+", r"\g<1>20", text))
    return path


@pytest.fixture(scope="module")
def road(tmp_path_factory):
    """A small stack with a past, a shop, and a clock that runs as fast as the machine follows."""
    home = tmp_path_factory.mktemp("road")
    policy = quick_policy(tmp_path_factory.mktemp("policy"))
    before = opening.Opening(
        Setting((MONDAY - timedelta(weeks=4)).isoformat()),
        MONDAY,
        MONDAY + film_story.LEAD,
        weeks=4,
    )
    clock = home / "clock.json"
    pace.start_clock(clock, before.end, until=before.end)
    line = lines.load("feed", policy)
    options = Options(clock_file=str(clock), policy_file=str(policy), release_every_s=3600.0)
    with pytest.MonkeyPatch.context() as patch:
        try:
            past.write_past(home, line, before)
            installation = stack.begin(home, options)
            stack.finish(installation)
            for name, value in opening.client_environment(installation).items():
                patch.setenv(name, value)
            settings.cache_clear()
            opening.register_rules(line, rules_folder(line.name))
            opening.open_shop(installation, visits_per_day=0.0)
            account = ("admin", installation.secrets.airflow["admin"])
            with AirflowApi(installation.airflow_url, *account) as api:
                follower = Follower(
                    installation, "feed", settings().ledger_url, api, lambda _: None
                )
                yield Road(installation, api, follower)
        finally:
            stack.down(home)
            settings.cache_clear()


def test_a_release_goes_on_whatever_is_killed(road):
    """Scheduler, DAG processor, MLflow and a router worker die in mid-release; no step is lost or doubled."""
    road.follower.start(_part("good", SMALL), road.now)
    road.until("offer", lambda: road.stages("good"))
    pace.set_pace(road.home / "clock.json", acts.WALL_S_PER_DAY)
    setting.set_scenario(road.home, visits_per_day=acts.VISITS_PER_DAY)
    for stage, program in (
        (Stage.SHADOW, "dag-processor"),
        (Stage.CANARY_1, "scheduler"),
        (Stage.CANARY_5, "router"),
        (Stage.CANARY_25, "mlflow"),
    ):
        road.until(stage.value, lambda wanted=stage: wanted in road.stages("good"))
        road.kill(program)
    road.until("full release", lambda: road.follower.record("good").ended)
    assert road.stages("good") == RELEASE_STAGES
    assert road.killed == ["dag-processor", "scheduler", "router", "mlflow"]
    epochs = [t.epoch for t in road.follower.transitions]
    assert epochs == list(range(1, len(epochs) + 1))
    assert max(Counter(t.to_stage for t in road.follower.transitions).values()) == 1


def test_airflow_showed_that_a_reviewer_was_asked(road):
    """The step to the approval started the run with the required action, by itself."""
    road.until("the required action", lambda: road.api.runs("approval_feed"))
    assert {run["run_type"] for run in road.api.runs("approval_feed")} == {"asset_triggered"}


def test_the_registry_shows_what_the_ledger_says(road):
    """After all the kills the registry's aliases and release tag are those of the ledger."""
    version = road.follower.record("good").version
    registry = Registry.from_settings(settings())
    # the projection follows the ledger within a look
    road.until("projection", lambda: registry.facts("feed", version).aliases == ("champion",))
    state = registry.release_state("feed")
    assert (state.champion, state.candidate) == (version, None)
    attested = registry.reviews("feed", version)
    assert attested.reviewer == road.installation.options.reviewers[0]


def test_the_champion_can_be_loaded_by_its_alias(road, monkeypatch):
    """A notebook that knows MLflow alone gets the champion, and a probability from it."""
    installation = road.installation
    monkeypatch.setenv("MLFLOW_TRACKING_URI", installation.mlflow_url)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", installation.options.reviewers[0])
    password = installation.secrets.mlflow[installation.options.reviewers[0]]
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    model = mlflow.pyfunc.load_model("models:/feed@champion")
    row = {name: [0.5] for name in model.metadata.get_input_schema().input_names()}
    row["age_band"] = [1]
    assert 0 < model.predict(pd.DataFrame(row))["probability"][0] < 1


def test_no_acknowledged_click_was_lost(road):
    """Every click that the router took is in the log, also those of the killed worker."""
    line = lines.load("feed")
    log.recover(road.home, line)
    missing = set(road.probe.clicks)
    assert len(missing) > 50

    def found() -> bool:
        for path in Path(road.home, "log", "outcomes").rglob("*.parquet"):
            rows = pq.ParquetFile(path).read(columns=["request_id", "item"])
            missing.difference_update(
                zip(*(rows[c].to_pylist() for c in rows.column_names), strict=True)
            )
        return not missing

    waiting.until(
        "acknowledged clicks in the log",
        found,
        lambda: Stack(road.installation).sight(len(missing)),
        next_step=f"look into {road.home / 'log' / 'journal'}",
    )


def test_a_backfill_reproduces_its_week_and_can_never_go_live(road):
    """The week of the champion, backfilled: the same fingerprint, no traffic and no alias, ever."""
    champion = road.follower.record("good").version
    before = road.follower.transitions
    start = MONDAY - timedelta(weeks=1)
    number = road.api.backfill("retrain_feed", start, start, conf={"recipe": SMALL})
    road.until("backfill", lambda: road.api.backfill_done(number))
    (run,) = [r for r in road.api.runs("retrain_feed") if r["run_type"] == "backfill"]
    states = road.api.task_states("retrain_feed", run["dag_run_id"])
    assert (run["state"], states["offer"]) == ("success", "skipped")
    registry = Registry.from_settings(settings())
    version = str(int(champion) + 1)
    facts = registry.facts("feed", version)
    assert facts.tags["origin"] == "backfill"
    assert facts.tags["fingerprint"] == registry.facts("feed", champion).tags["fingerprint"]
    assert version not in {t.candidate.version for t in road.follower.transitions}
    assert len(road.follower.transitions) == len(before)
    for alias in ("champion", "candidate"):
        with pytest.raises(RegistryRefused, match="backfill"):
            registry._rest.put("registered-models/alias", name="feed", alias=alias, version=version)
    assert facts.aliases == ()


def _start_backfill(page, password, start):
    """Trigger, Backfill, from the first to the second day, Run."""
    page.set_default_timeout(0)  # none
    page.goto("/")
    page.fill("input[name=username]", "admin")
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Dags").first.wait_for()
    page.goto("/dags/retrain_feed")
    page.get_by_test_id("trigger-dag-button").click()
    page.get_by_text("Run this Dag for a range of dates").click()
    for place, day in enumerate((start, start + timedelta(days=1))):
        page.get_by_test_id("datetime-input").nth(place).click()
        box = page.locator("[data-scope=popover][data-part=content]:visible").last
        box.get_by_placeholder("YYYY/MM/DD").fill(f"{day:%Y/%m/%d}")
        box.get_by_placeholder("HH:mm").fill("00:00")
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Run Backfill").click()
    page.get_by_text("Backfill in progress").first.wait_for()


def test_an_engineer_backfills_a_week_in_the_ui(road, browser):
    """The form in Airflow's pages: the week is retrained, registered and offered to nobody."""
    before = road.follower.transitions
    start = MONDAY - timedelta(weeks=2)
    page = browser.new_page(base_url=road.installation.airflow_url)
    _start_backfill(page, road.installation.secrets.airflow["admin"], start)
    page.close()
    logical = start.strftime("%Y-%m-%dT%H:%M:%SZ")

    def run():
        return next((r for r in road.api.runs("retrain_feed") if r["logical_date"] == logical), {})

    road.until("backfill from the UI", lambda: run().get("state") in {"success", "failed"})
    states = road.api.task_states("retrain_feed", run()["dag_run_id"])
    assert (run()["run_type"], run()["state"]) == ("backfill", "success")
    assert (states["register"], states["offer"]) == ("success", "skipped")
    assert len(road.follower.transitions) == len(before)


def test_down_leaves_nothing_behind(road):
    """Stopping the stack ends every process it started, the shop included."""
    (supervisor,) = processes.supervisors(road.installation.stack_id)
    stack.down(road.home)
    assert processes.of_stack(road.installation.stack_id) == []
    assert processes.of_session(supervisor.pid) == []
