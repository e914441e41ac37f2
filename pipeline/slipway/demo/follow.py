"""Following a release from outside: the ledger's lines, the reviewer's word, the runs of Airflow."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from slipway.demo import setting, show
from slipway.demo.demo_candidates import DemoCandidate, Record
from slipway.domain.release import Transition
from slipway.domain.stage import Stage
from slipway.registry.client import Registry
from slipway.registry.names import EVIDENCE_DIGEST, STAGE
from slipway.registry.rest import RegistryRefused, RegistryUnavailable
from slipway.release.ledger import Ledger
from slipway.settings import EventClock
from slipway.stack import waiting
from slipway.stack.airflow_api import AirflowApi, states
from slipway.stack.installation import Installation
from slipway.stack.sights import Stack
from slipway.stack.waiting import Sight
from slipway.steps.context import OWNER

ASK_EVERY_S = 2.0  # wall seconds between two questions to Airflow
DIGEST_SHOWN = 12


class Follower:
    """Watches one line of an installation; :meth:`look` is called as often as there is time.

    ``say`` hears what happened, a line each.
    """

    def __init__(
        self,
        installation: Installation,
        line: str,
        ledger_url: str,
        api: AirflowApi,
        say: Callable[[str], None],
    ) -> None:
        self._home, self._line, self._api, self._say = installation.home, line, api, say
        self._ledger = Ledger(ledger_url)
        self._stack = Stack(installation)
        self._airflow = installation.airflow_url
        self._reviewer = installation.options.reviewers[0]
        self._review = Registry(
            installation.mlflow_url,
            self._reviewer,
            installation.secrets.mlflow[self._reviewer],
            installation.home / "keys" / "review.pub",
        )
        self._runs: dict[str, str] = {}
        self._tasks: dict[str, list[Any]] = {}
        self._candidates: dict[str, DemoCandidate] = {}
        self._records: dict[str, Record] = {}
        self._reviewed: set[str] = set()
        self._shown = 0
        self._asked = 0.0
        self.transitions: tuple[Transition, ...] = ()

    def start(self, candidate: DemoCandidate, at: datetime) -> None:
        """Start the weekly run of a candidate with its recipe; ``at`` is the event time.

        Event time may stand, and Airflow takes one run for each logical date: a minute is theirs.
        """
        conf, apart = {"recipe": dict(candidate.recipe)}, timedelta(minutes=len(self._runs))
        self._runs[candidate.key] = self._api.trigger(f"retrain_{self._line}", at + apart, conf)
        self._candidates[candidate.key] = candidate
        self._records[candidate.key] = Record()
        self._say(f"[bold]{candidate.title}[/]: retraining starts; expected: {candidate.wanted}")

    def started(self, key: str) -> bool:
        """Whether the candidate's weekly run was started."""
        return key in self._runs

    def version_of(self, run: str) -> str:
        """The version that a run of the weekly DAG registered."""
        return str(self._xcom(run, "register")["version"])

    def record(self, key: str) -> Record:
        """What became of a candidate so far."""
        return self._records.get(key, Record())

    def look(self) -> None:
        """Read what is new, say it, and let the reviewer answer."""
        self._read_runs()
        self.transitions = tuple(self._ledger.transitions(self._line))
        owner = {r.version: key for key, r in self._records.items() if r.version}
        for t in self.transitions[self._shown :]:
            key = owner.get(t.candidate.version)
            if key is None:
                break  # its run has not yet said which version it registered
            self._shown += 1
            self._say(show.transition_line(t, self._candidates[key].title))
        for key, record in self._records.items():
            own = tuple(t for t in self.transitions if t.candidate.version == record.version)
            self._records[key] = replace(record, transitions=own)
            if own and own[-1].to_stage is Stage.APPROVAL:
                self._answer(own[-1].candidate.version)

    @property
    def reviewed(self) -> int:
        """How many versions the reviewer has answered for."""
        return len(self._reviewed)

    def until(
        self, what: str, done: Callable[[], bool], report: Callable[[str], None] = lambda _: None
    ) -> None:
        """Look until ``done``; raises Stalled where nothing of what is awaited moves any more."""

        def looked() -> bool:
            try:
                self.look()
                report(what)
            except httpx.TransportError:
                return False  # a server that was ended comes back; one that does not is found
            return done()

        waiting.until(
            what,
            looked,
            self.sight,
            next_step=f"read the runs in Airflow and the logs in {self._home / 'run'}",
        )

    def sight(self) -> Sight:
        """What the release and the unfinished runs show, with the event time."""
        clock = self._home / "clock.json"
        hour = f"{EventClock.from_file(clock).at(time.time()):%Y%m%dT%H}" if clock.exists() else ""
        facts = (len(self.transitions), len(self._reviewed), hour)
        return self._stack.runs(f"retrain_{self._line}", self._tasks, facts)

    def visits(self) -> dict[str, Any]:
        """The shop's own tally."""
        return setting.read(setting.folder(self._home) / "shop.json", {})

    # inside

    def _read_runs(self) -> None:
        """Find out which version each run registered, or what stopped it."""
        if time.monotonic() - self._asked < ASK_EVERY_S:
            return
        self._asked = time.monotonic()
        for key, run in self._runs.items():
            record = self._records[key]
            if record.version or record.stopped:
                self._tasks.pop(run, None)
                continue
            self._tasks[run] = self._api.tasks(f"retrain_{self._line}", run)
            tasks = states(self._tasks[run])
            self._records[key] = record = replace(record, tasks=tasks)
            if tasks.get("register") == "success":
                version = self.version_of(run)
                link = self._review.version_url(self._line, version)
                self._records[key] = replace(record, version=version, tasks=tasks, link=link)
            elif tasks.get("validate") == "failed":
                reason, link = self._stop_of(run)
                self._records[key] = replace(record, tasks=tasks, stopped=reason, link=link)
                stopped = self._records[key]
                title = self._candidates[key].title
                self._say(f"({title}) [red]stopped before training[/]: {stopped.stopped}")
            elif "failed" in tasks.values():
                failed = ", ".join(name for name, state in tasks.items() if state == "failed")
                reason, link = f"{failed} failed: its log in Airflow says why", self._pages_of(run)
                self._records[key] = replace(record, tasks=tasks, stopped=reason, link=link)
                self._say(f"({self._candidates[key].title}) [red]{reason}[/]: {link}")

    def _pages_of(self, run: str) -> str:
        return f"{self._airflow}/dags/retrain_{self._line}/runs/{quote(run, safe='')}"

    def _xcom(self, run: str, task: str) -> dict[str, Any]:
        path = f"dags/retrain_{self._line}/dagRuns/{run}/taskInstances/{task}/xcomEntries"
        value = self._api.call("GET", f"{path}/return_value?deserialize=true")["value"]
        found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
        return found

    def _stop_of(self, run: str) -> tuple[str, str]:
        """Reason and link that the validating step kept when it stopped the run."""
        for path in Path(self._home, "work", self._line).glob("runs/*/stopped.json"):
            if setting.read(path.with_name(OWNER), {}).get("run") == run:
                kept = setting.read(path, {})
                return kept["reason"], kept["url"]
        return "the validating task failed without a reason", ""

    def _answer(self, version: str) -> None:
        """The reviewer, a person of their own, approves the evidence that the page shows."""
        if version in self._reviewed:
            return
        try:
            facts = self._review.facts(self._line, version)
            digest = facts.tags.get(EVIDENCE_DIGEST, "")
            if facts.tags.get(STAGE) != Stage.APPROVAL or not digest:
                return  # the registry does not show it yet
            word = f"approve {digest[:DIGEST_SHOWN]} reads well in every stage"
            self._review.set_review(self._line, version, word)
        except (RegistryRefused, RegistryUnavailable, httpx.HTTPError) as error:
            self._say(f"[yellow]the review waits: {error}[/]")
            return
        self._reviewed.add(version)
        self._say(f"[cyan]{self._reviewer}[/] reviews version {version} in MLflow: [cyan]{word}[/]")
