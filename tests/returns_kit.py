"""A release whose parts fail at will: real ledger, folder, state reader and guard; a registry in memory."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from slipway.artifact.manifest import Manifest
from slipway.domain.approval import Approval
from slipway.domain.errors import ApprovalRefused, LedgerUnavailable
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.registry.attestation import sign
from slipway.registry.client import Registry
from slipway.registry.facts import VersionFacts
from slipway.registry.names import ATTESTATION, EVIDENCE_DIGEST, RELEASE, STAGE, USED
from slipway.registry.rest import RegistryRefused, RegistryUnavailable
from slipway.registry.server.caller import Caller, Role
from slipway.registry.server.refusals import Refused
from slipway.registry.server.release_permissions import check_release
from slipway.release.ledger import Ledger
from slipway.serving.line_keeper import LineKeeper
from slipway.serving.order_reader import OrderReader
from slipway.serving.state import Poller, StateFile
from slipway.settings import settings
from slipway.steps import context, shown_state

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
DIGEST = "d" * 64
KEY = Ed25519PrivateKey.generate()
LIVE = (Stage.CANARY_1, Stage.CANARY_5, Stage.CANARY_25, Stage.CANARY_50, Stage.APPROVAL)
SHARES = dict(zip(LIVE, (0.01, 0.05, 0.25, 0.5, 0.5), strict=True))


class History:
    """Rows of a ledger, one after the other."""

    def __init__(self):
        self.rows, self.champion = [], None

    def add(self, version, stage, *, before=None, champion=None):
        """The next row: ``version`` goes to ``stage``."""
        epoch = len(self.rows) + 1
        at = AT + timedelta(days=epoch)
        who = Candidate(
            version,
            f"f{version}",
            "adam",
            Origin.MANUAL,
            AT + timedelta(days=int(version)),
            stage,
            at,
            at if stage.is_live else None,
            DIGEST if stage in {Stage.APPROVAL, Stage.CHAMPION} else None,
        )
        if stage is Stage.CHAMPION:
            self.champion = version
        share = SHARES.get(stage, 0.0)
        self.rows.append(
            Transition("feed", epoch, at, "t", before, stage, share, "r", who, self.champion)
        )

    def walk(self, version, last):
        """From the offer to ``last``."""
        before = None
        for stage in (Stage.OFFERED, Stage.SHADOW, *LIVE, Stage.CHAMPION):
            self.add(version, stage, before=before)
            before = stage
            if stage is last:
                return self
        raise ValueError(last)


def histories():
    """Name → rows, target: every state of a line in which requests go to a version."""
    found = {}
    for stage in (Stage.SHADOW, *LIVE):
        first = History().walk("1", stage)
        found[f"first release, {stage}"] = (first.rows, False)
        later = History().walk("1", Stage.CHAMPION).walk("2", Stage.CHAMPION).walk("3", stage)
        found[f"third release, {stage}"] = (later.rows, False)
        found[f"third release, {stage}, its champion"] = (later.rows, True)
    found["first champion"] = (History().walk("1", Stage.CHAMPION).rows, True)
    second = History().walk("1", Stage.CHAMPION).walk("2", Stage.CHAMPION)
    found["second champion"] = (second.rows, True)
    waits = History().walk("1", Stage.CHAMPION).walk("2", Stage.CANARY_50)
    waits.add("3", Stage.OFFERED)
    found["one waits behind"] = (waits.rows, False)
    return found


class MemoryRest:
    """MLflow's REST calls on dicts, with the real guard on the release tag."""

    def __init__(self):
        self.away, self.keys_lost, self.store_away = False, False, False
        self.tags: dict[str, str] = {}
        self.versions: dict[str, dict[str, str]] = {}

    def get(self, call, **query):
        """One reading call."""
        self._here()
        if call == "registered-models/get":
            named = query["name"]
            tags = self.tags if named == "feed" else {}
            listed = [{"key": key, "value": value} for key, value in tags.items()]
            return {"registered_model": {"name": named, "tags": listed, "aliases": []}}
        tags = self._facts(query["version"]).tags
        listed = [{"key": key, "value": value} for key, value in tags.items()]
        return {"model_version": {"version": query["version"], "run_id": "r", "tags": listed}}

    def put(self, call, **body):
        """One writing call."""
        self._here()
        if call == "registered-models/set-tag":
            if body["key"] == RELEASE:
                self._check(body["value"])
            self.tags[body["key"]] = body["value"]
        elif call == "model-versions/set-tag":
            self.versions.setdefault(body["version"], {})[body["key"]] = body["value"]
        return {}

    def _check(self, text):
        caller = Caller("slipway", Role.SERVICE)
        try:
            check_release(
                caller,
                "feed",
                text,
                self.tags.get(RELEASE),
                look=lambda model, version: replace(self._facts(version), model=model),
                verify=self._verify,
                manifest=lambda _: Manifest("feed", "rules"),
            )
        except Refused as refusal:
            raise RegistryRefused(refusal.status, "", str(refusal)) from refusal

    def _verify(self, facts):
        if self.keys_lost:
            raise ApprovalRefused("review", found="?", expected="signed", next_step="x")
        return Approval("feed", facts.version, "rita", "approve", "good", DIGEST, "f", AT)

    def artifacts(self, _run_id, _folder=""):
        """Paths and sizes of a run's files: there are none."""
        if self.store_away:
            raise RegistryUnavailable("store", found="away", expected="an answer", next_step="x")
        return []

    def _facts(self, version):
        usual = {"origin": "manual", EVIDENCE_DIGEST: DIGEST, STAGE: "champion", USED: DIGEST}
        return VersionFacts("feed", version, usual | self.versions.get(version, {}))

    def _here(self):
        if self.away:
            raise RegistryUnavailable("MLflow", found="away", expected="an answer", next_step="x")


class World:
    """One stack: its ledger's file, its home, its registry and two processes of its router."""

    def __init__(self, folder, monkeypatch, ledger, older):
        self.home, self.ledger_file = folder / "home", folder / "ledger.db"
        self.home.mkdir(parents=True)
        shutil.copyfile(ledger, self.ledger_file)
        self.url = f"sqlite:///{self.ledger_file}"
        self.ledger, self.older = Ledger(self.url), older
        self.rest, self.trouble, self._client = MemoryRest(), "", None
        self.clock = AT + timedelta(days=100)
        monkeypatch.setenv("SLIPWAY_HOME", str(self.home))
        monkeypatch.setattr(context, "ledger", self._ledger)
        monkeypatch.setattr(context, "registry", self.registry)
        monkeypatch.setattr(context, "now", self._now)
        monkeypatch.setattr(shown_state, "router_says", self.served)
        settings.cache_clear()
        self.processes = []
        self.show()
        self.processes = [self.process(), self.process()]
        self.poll()

    def registry(self):
        """The pipeline's client on that server."""
        if self._client is None:
            self._client = Registry("http://127.0.0.1:9", "", "", self.home / "review.pub")
            self._client._rest = self.rest
        return self._client

    def _now(self):
        if self.clock is None:
            raise OSError("no clock")
        return self.clock

    def _ledger(self):
        if self.trouble == "away":
            raise LedgerUnavailable("ledger", found="away", expected="an answer", next_step="x")
        if self.trouble == "full":
            return SimpleNamespace(
                append=self._full, transitions=self.ledger.transitions, state=self.ledger.state
            )
        return self.ledger

    @staticmethod
    def _full(_):
        raise OSError(28, "No space left on device")

    def reviewed(self, version, review, evidence):
        """Let somebody have approved a version; each word says what is wrong with it, or its evidence."""
        facts = self.rest._facts(version)
        word = Approval("feed", version, "rita", "approve", "good", DIGEST, f"f{version}", AT)
        tags = {
            "approved": sign(word, facts, KEY).to_json(),
            "no key": "{}",
            "forged": "{}",
        }
        if review:
            self.rest.versions.setdefault(version, {})[ATTESTATION] = tags[review]
        if review != "no key":
            raw = KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            (self.home / "review.pub").write_bytes(raw)
        if evidence == "forgotten":
            (context.folder("feed", "attached") / f"{version}.json").write_text("{")
        self.rest.store_away = evidence == "store away"

    def show(self):
        """Bring the registry in step, as a look does."""
        self.registry().project(self.ledger.state("feed"), self.ledger.transitions("feed"))

    def process(self):
        """One worker of the router, started now."""
        line = SimpleNamespace(name="feed")
        server = SimpleNamespace(line=line, served=None)
        loader = SimpleNamespace(
            serve=lambda known: SimpleNamespace(
                release=known.release, problems=dict(known.problems), unsteady=False
            )
        )
        url = f"sqlite:///{self.home}" if self.trouble == "away" else self.url
        reader = OrderReader(self.home, "feed", url)
        keeper = LineKeeper(self.home, server, StateFile(self.home, "feed"), loader, reader)
        poller = Poller(self.home, self.registry())
        poller._fetch = lambda *_: "digest"
        return keeper, poller

    def poll(self):
        """One poll of every process; the first one asks the registry."""
        for place, (keeper, poller) in enumerate(self.processes):
            if self.trouble == "away":
                keeper.orders._url = f"sqlite:///{self.home}"
            else:
                keeper.orders._url = self.url
            try:
                if place == 0:
                    poller.poll(keeper.file, "feed")
            except RegistryUnavailable:
                pass
            keeper.orders.read_ledger()
            keeper.refresh_state()
        return [keeper.server.served.release for keeper, _ in self.processes]

    def served(self, _line="feed"):
        """What the router answers by."""
        return self.processes[0][0].server.served.release

    def restart(self):
        """Both processes again: nothing in memory."""
        self.processes = [self.process(), self.process()]
        return self.poll()

    def break_parts(self, ledger, registry, folder, clock, kept):
        """Let parts fail; each word says how."""
        self.trouble = ledger
        if ledger == "behind":
            self._restore_older()
        self.rest.away, self.rest.keys_lost = registry == "away", registry == "keys lost"
        if folder == "not writable":
            (self.home / "orders").write_text("a file in its place")
        elif folder == "damaged":
            there = self.home / "orders" / "feed"
            there.mkdir(parents=True)
            (there / "2.json").write_text("{")
        self.clock = {"right": self.clock, "back": AT, "gone": None}[clock]
        if kept == "damaged":
            (self.home / "router" / "feed" / "state.json").write_text("{")

    def _restore_older(self):
        shutil.copyfile(self.older, self.ledger_file)

    def mend(self):
        """All parts are back, the ledger as it is."""
        self.trouble = ""
        self.rest.away = self.rest.keys_lost = self.rest.store_away = False
        if (self.home / "orders").is_file():
            (self.home / "orders").unlink()
        self.clock = AT + timedelta(days=101)


def shown(rest):
    """What the registry shows."""
    return json.loads(rest.tags[RELEASE])
