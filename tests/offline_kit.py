"""A line's runs up to a registered version, through the steps themselves, with folders in place of a registry."""

import json
import shutil
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from slipway.domain.release import LineState, Origin
from slipway.settings import settings
from slipway.steps import context, ledger_check
from slipway.steps.evaluate import evaluate, judge, offline_gates
from slipway.steps.register import register
from slipway.steps.snapshot import snapshot
from slipway.steps.train import train
from slipway.steps.validate import validate


class Office:
    """A home of its own; ``made`` are the registered versions, ``champion`` is who reigns."""

    def __init__(self, home):
        self.home, self.made, self.champion = home, [], None

    def at(self, when):
        """Set the clock."""
        (self.home / "clock.json").write_text(
            json.dumps({"wall0": 0.0, "event0": when.timestamp(), "speed": 0.0})
        )
        settings.cache_clear()

    def run(self, line, start, end, key, recipe):
        """A run of the interval up to its registered version; returns the run and its verdicts."""
        self.at(end + timedelta(hours=3))
        frozen = snapshot(line, start.isoformat(), end.isoformat(), recipe, key)
        measured = evaluate(train(validate(frozen)))
        verdicts = [judge(measured, gate) for gate in offline_gates(measured)]
        return register(measured, verdicts, Origin.MANUAL, "adam"), verdicts

    def _keep(self, line, model, evidence, **shown):
        self.made.append(SimpleNamespace(model=model, evidence=evidence, **shown))
        return str(len(self.made))

    def _evidence_file(self, line, version, path):
        found = Path(self.made[int(version) - 1].evidence, Path(path).name)
        return found.read_text() if found.exists() else None

    def _download(self, line, version, into):
        return Path(shutil.copytree(self.made[int(version) - 1].model, into))


@contextmanager
def office(home):
    """An office in ``home``, while the steps speak to it."""
    found = Office(home)
    registry = SimpleNamespace(
        register=found._keep,
        download=found._download,
        register_rules=lambda *a, **k: "1",
        evidence_file=found._evidence_file,
        log_validation_failure=lambda *a, **k: "http://mlflow/run",
    )
    ledger = SimpleNamespace(
        state=lambda line: LineState(line, champion=found.champion), transitions=lambda _: ()
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "registry", lambda: registry)
        patch.setattr(context, "ledger", lambda: ledger)
        patch.setattr(ledger_check, "show", lambda _: ())
        patch.setenv("SLIPWAY_HOME", str(home))
        patch.setenv("SLIPWAY_CLOCK", str(home / "clock.json"))
        settings.cache_clear()
        yield found
    settings.cache_clear()
