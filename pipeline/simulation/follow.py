"""Following a release from outside: the ledger's lines, the reviewer's word, the runs of Airflow."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console

from pipeline.domain.errors import SlipwayError
from pipeline.domain.release import Transition
from pipeline.domain.stage import Stage
from pipeline.release.ledger import Ledger
from pipeline.release.registry.client import Registry
from pipeline.release.registry.rest import RegistryRefused, RegistryUnavailable
from pipeline.release.registry.words import EVIDENCE_DIGEST, STAGE
from pipeline.simulation import setting, show
from pipeline.simulation.cast import Part, Record
from pipeline.stack.airflow_api import AirflowApi
from pipeline.stack.installation import Installation

POLL_S = 0.5  # wall seconds
DIGEST_SHOWN = 12


class TooSlow(SlipwayError):
    """Something the demo waits for did not happen in time."""


class Follower:
    """Watches one line of an installation; :meth:`look` is called as often as there is time."""

    def __init__(
        self, installation: Installation, line: str, ledger_url: str, api: AirflowApi,
        console: Console,
    ) -> None:  # fmt: skip
        self._home, self._line, self._api, self._console = installation.home, line, api, console
        self._ledger = Ledger(ledger_url)
        self._reviewer = installation.options.reviewers[0]
        self._review = Registry.connect(
            installation.mlflow_url,
            self._reviewer,
            installation.secrets.mlflow[self._reviewer],
            installation.home / "keys" / "review.pub",
        )
        self._runs: dict[str, str] = {}
        self._parts: dict[str, Part] = {}
        self._records: dict[str, Record] = {}
        self._reviewed: set[str] = set()
        self._shown = 0
        self.transitions: tuple[Transition, ...] = ()

    def start(self, part: Part, at: datetime) -> None:
        """Start the weekly run of a candidate with its recipe; ``at`` is the event time."""
        conf = {"recipe": dict(part.recipe)}
        self._runs[part.key] = self._api.trigger(f"retrain_{self._line}", at, conf)
        self._parts[part.key] = part
        self._records[part.key] = Record()
        self._console.print(f"[bold]{part.title}[/]: retraining starts; expected: {part.wanted}")

    def record(self, key: str) -> Record:
        """What became of a candidate so far."""
        return self._records.get(key, Record())

    def look(self) -> None:
        """Read what is new, tell it, and let the reviewer answer."""
        self._read_runs()
        self.transitions = tuple(self._ledger.transitions(self._line))
        owner = {r.version: key for key, r in self._records.items() if r.version}
        for t in self.transitions[self._shown :]:
            key = owner.get(t.candidate.version)
            if key is None:
                break  # its run has not yet said which version it registered
            self._shown += 1
            self._console.print(show.transition_line(t, self._parts[key].title))
        for key, record in self._records.items():
            own = tuple(t for t in self.transitions if t.candidate.version == record.version)
            self._records[key] = replace(record, transitions=own)
            if own and own[-1].to_stage is Stage.APPROVAL:
                self._answer(own[-1].candidate.version)

    def until(
        self, what: str, done: Callable[[], bool], patience_s: float,
        tell: Callable[[str], None],
    ) -> None:  # fmt: skip
        """Look until ``done``; raises TooSlow after ``patience_s`` wall seconds."""
        deadline = time.monotonic() + patience_s
        while True:
            self.look()
            tell(what)
            if done():
                return
            if time.monotonic() > deadline:
                raise TooSlow(
                    what,
                    found=f"not yet after {patience_s:.0f} s",
                    expected="done",
                    next_step=f"read the runs in Airflow and the logs in {self._home / 'run'}",
                )
            time.sleep(POLL_S)

    def visits(self) -> dict[str, Any]:
        """The shop's own tally."""
        return setting.read(setting.folder(self._home) / "shop.json", {})

    # inside

    def _read_runs(self) -> None:
        """Find out which version each run registered, or what stopped it."""
        for key, run in self._runs.items():
            record = self._records[key]
            if record.version or record.stopped:
                continue
            tasks = self._api.task_states(f"retrain_{self._line}", run)
            if tasks.get("register") == "success":
                version = str(self._xcom(run, "register")["version"])
                link = self._review.version_url(self._line, version)
                self._records[key] = replace(record, version=version, tasks=tasks, link=link)
            elif tasks.get("validate") == "failed":
                reason, link = self._stop_of(run)
                self._records[key] = replace(record, tasks=tasks, stopped=reason, link=link)
                stopped = self._records[key]
                title = self._parts[key].title
                self._console.print(f"({title}) [red]stopped before training[/]: {stopped.stopped}")
            elif "failed" in tasks.values():
                failed = [name for name, state in tasks.items() if state == "failed"]
                self._records[key] = replace(record, tasks=tasks, stopped=f"failed: {failed}")

    def _xcom(self, run: str, task: str) -> dict[str, Any]:
        path = f"dags/retrain_{self._line}/dagRuns/{run}/taskInstances/{task}/xcomEntries"
        value = self._api.call("GET", f"{path}/return_value?deserialize=true")["value"]
        found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
        return found

    def _stop_of(self, run: str) -> tuple[str, str]:
        """Reason and link that the validating step kept when it stopped the run."""
        for path in Path(self._home, "work", self._line).glob("*/stopped.json"):
            if _letters(path.parent.name) == _letters(run):
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
            self._console.print(f"[yellow]the review waits: {error}[/]")
            return
        self._reviewed.add(version)
        self._console.print(
            f"[cyan]{self._reviewer}[/] reviews version {version} in MLflow: [cyan]{word}[/]"
        )


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())
