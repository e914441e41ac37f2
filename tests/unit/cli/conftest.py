"""An installation without a stack, and the command line in this process."""

import json

import jsonschema
import pytest
from slipway import cli
from slipway.cli.schema import ITSELF, schema_of
from slipway.settings import settings


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An installation without a stack: a ledger and no registry."""
    for name in ("LEDGER_URL", "MLFLOW_URL", "CLOCK", "POLICY"):
        monkeypatch.delenv(f"SLIPWAY_{name}", raising=False)
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    monkeypatch.setenv("SLIPWAY_MLFLOW_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def _command(words):
    """How the schema of these words is asked for."""
    named = [word for word in words[:2] if not word.startswith("-")]
    return " ".join(named[: 2 if named[:1] == ["ledger"] else 1]) or ITSELF


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line in this process: exit code, stdout and stderr; JSON is of its schema."""

    def call(*words):
        monkeypatch.setattr("sys.argv", ["slipway", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        if "--json" in words and said.out:
            jsonschema.validate(json.loads(said.out), schema_of(_command(words)))
        return end.value.code or 0, said.out, said.err

    return call
