"""A real MLflow server with the guard, and the people who use it."""

import itertools
import json
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import people_kit
import waits
from slipway.domain.release import Candidate, LineState, Origin, Transition, fold
from slipway.domain.stage import Stage
from slipway.registry.client import Registry
from slipway.registry.server.command import mlflow_argv, mlflow_environment
from slipway.registry.server.setup import RegistryServer, passwords, prepare

DIGEST = "0123456789abcdef" * 4
WORD = "approve 0123456789ab reads well in every segment"
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
_FOREIGN = ("MLFLOW_", "SLIPWAY_", "PYTEST_")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(
    home: Path,
    databases: Mapping[str, str] | None = None,
    *,
    made_by: type["Desk"] | None = None,
    proxy_secret: Path | None = None,
    **env: str,
) -> Iterator["Desk"]:
    """A server process in ``home`` on a free port, with more variables if need be, ended afterwards."""
    home.mkdir(parents=True, exist_ok=True)
    server = RegistryServer(
        home=home,
        port=free_port(),
        reviewers=("rita", "ruth"),
        authors=("adam", "olga"),
        people_file=people_kit.write(home),
        proxy_secret=proxy_secret,
        **(databases or {}),
    )
    words = passwords(home / "passwords.json", server.users)
    prepare(server, words)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_FOREIGN)}
    desk = (made_by or Desk)(server, words, mlflow_environment(server, inherited | env))
    desk.start()
    try:
        yield desk
    finally:
        desk.stop()


class Desk:
    """One server, its accounts, and shortcuts for what tests set up."""

    def __init__(self, server, words, environment):
        self.server, self.words, self.environment = server, words, environment
        self.url, self.home = server.url, server.home
        self.log = server.home / "server.log"
        self._process = None
        self._http = httpx.Client(trust_env=False, verify=False, timeout=None)
        self._people: dict[str, Registry] = {}
        self._names = itertools.count(1)
        self._epochs = itertools.count(1)
        self.past: list[Transition] = []

    def start(self):
        """Start the process and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                mlflow_argv(self.server), env=self.environment, stdout=log, stderr=log
            )
        waits.answer_of(self._process, self.log, "the registry's answer", self._answers)

    def _answers(self):
        try:
            return self._http.get(f"{self.url}/health").is_success
        except httpx.TransportError:
            return False

    def stop(self):
        """End the process and its worker."""
        if self._process is not None:
            waits.stop(self._process, self.log)
            self._process = None

    def as_user(self, user="slipway") -> Registry:
        """The registry as that account sees it."""
        if user not in self._people:
            public = self.server.signing.public
            self._people[user] = Registry(self.url, user, self.words[user], public)
        return self._people[user]

    def call(self, user, method, path, **body) -> httpx.Response:
        """One raw call of the API; ``user`` None sends no password."""
        auth = (user, self.words[user]) if user else None
        return self._http.request(method, f"{self.url}{path}", auth=auth, json=body)

    def tag(self, user, version, key, value, api="/api/2.0/mlflow") -> httpx.Response:
        """Set a version's tag by a raw call."""
        path = f"{api}/model-versions/set-tag"
        return self.call(user, "POST", path, name="feed", version=version, key=key, value=value)

    def folder(self, name, **files) -> Path:
        """A new folder with these files (underscores in names are dots)."""
        path = self.home / "made" / f"{name}-{next(self._names)}"
        path.mkdir(parents=True)
        for file, content in files.items():
            (path / file.replace("_", ".")).write_text(content)
        return path

    def register(
        self, *, author="adam", origin="manual", description="# The good one", evidence=None
    ) -> str:
        """Register a version of the line."""
        number = next(self._names)
        ranker = self.folder("ranker", ranker_json=json.dumps({"number": number}))
        files = {"page_html": f"<h1>Evidence {number}</h1>"} if evidence is None else evidence
        evidence = self.folder("evidence", **files)
        return self.as_user().register(
            "feed",
            ranker,
            evidence,
            key=f"{self.url}:{number}",
            tags={"author": author, "origin": origin, "fingerprint": f"{number:064x}"},
            description=description,
            params={"max_iter": 120},
            metrics={"log_loss": 0.5},
        )

    def waiting(self, **words) -> str:
        """Register a version and let it wait for its reviewer with evidence DIGEST."""
        version = self.register(**words)
        for key, value in (("evidence_digest", DIGEST), ("stage", "approval")):
            assert self.tag("slipway", version, key, value).is_success
        facts = self.as_user().facts("feed", version)
        self.as_user().describe("feed", version, facts.description)
        return version

    def candidate(self, version, stage, *, author="adam", origin=Origin.MANUAL) -> Candidate:
        """The candidate of a registered version at a stage."""
        fingerprint = self.as_user().facts("feed", version).tags["fingerprint"]
        digest = DIGEST if stage in (Stage.APPROVAL, Stage.CHAMPION) else None
        return Candidate(
            version, fingerprint, author, origin, NOW, stage, NOW, evidence_digest=digest
        )

    def line(self, version, stage, *, share=0.0, champion=None) -> None:
        """Append a line to this desk's ledger."""
        candidate = self.candidate(version, stage)
        line = Transition(
            "feed",
            next(self._epochs),
            NOW,
            "release_feed",
            None,
            stage,
            share,
            f"to {stage}",
            candidate,
            champion,
        )
        self.past.append(line)

    def step(self, version, stage, *, share=0.0, champion=None) -> tuple[str, ...]:
        """Append a line to this desk's ledger and project it."""
        self.line(version, stage, share=share, champion=champion)
        return self.as_user().project(self.state, self.past)

    @property
    def state(self) -> LineState:
        """The state of this desk's ledger."""
        return fold("feed", self.past)
