"""A reviewer's commands speak with the reviewer's own account, and say in one line what came of it."""

import json

import jsonschema
import pytest
from slipway import cli
from slipway.cli.schema import schema_of
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.registry import client
from slipway.registry.rest import RegistryRefused
from slipway.registry.state import ReleaseState
from slipway.settings import settings
from slipway.steps import context

AS_RITA = ("--user", "rita", "--password", "her own word")


@pytest.fixture
def said(monkeypatch, tmp_path):
    """What is said to the registry, by whom; ``refuse`` makes it answer no."""
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    words = []

    class Fake:
        refuse = False

        def __init__(self, _url, user, password, _key, **_keys):
            self.who = (user, password)

        def review(self, *of):
            if Fake.refuse:
                raise RegistryRefused(403, "", "ask one of the reviewers")
            words.append((*self.who, *of))

        def project(self, *_of):
            return ()

        def release_state(self, line):
            return ReleaseState(line)

    monkeypatch.setattr(client, "Registry", Fake)
    monkeypatch.setattr(context, "registry", lambda: Fake("", "slipway", "", None))
    yield words, Fake
    settings.cache_clear()


def run(monkeypatch, capsys, *words):
    """Run the command line: exit code, stdout and stderr."""
    monkeypatch.setattr("sys.argv", ["slipway", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    out = capsys.readouterr()
    return end.value.code or 0, out.out, out.err


def test_an_approval_is_withdrawn_by_its_reviewers_account(said, monkeypatch, capsys):
    """User and password are the reviewer's, from the options or MLflow's own variables."""
    words = ("withdraw", "feed", "7", "--reason", "an old page")
    code, out, _ = run(monkeypatch, capsys, *words, *AS_RITA)
    assert (code, "withdrawn" in out) == (0, True)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ruth")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "another word")
    code, out, _ = run(monkeypatch, capsys, *words, "--json")
    jsonschema.validate(found := json.loads(out), schema_of("withdraw"))
    assert (code, found["by"], found["withdrawn"]) == (0, "ruth", True)
    assert said[0] == [
        ("rita", "her own word", "feed", "7", "withdraw", "an old page"),
        ("ruth", "another word", "feed", "7", "withdraw", "an old page"),
    ]


def test_a_version_is_reopened_on_record(said, monkeypatch, capsys):
    """The ledger holds the person and the reason; a refusal is one line and changes nothing."""
    now = context.now()
    who = Candidate("7", "f" * 64, "adam", Origin.MANUAL, now, Stage.OFFERED, now)
    for epoch, stage in enumerate((Stage.OFFERED, Stage.REJECTED), 1):
        before = None if epoch == 1 else Stage.OFFERED
        line = Transition("feed", epoch, now, "t", before, stage, 0.0, "so", who, None)
        context.ledger().append(line)
    words = ("reopen", "feed", "7", "--reason", "the gate was wrong")
    said[1].refuse = True
    code, _, error = run(monkeypatch, capsys, *words, *AS_RITA)
    assert (code, error.count("\n"), "ask one of the reviewers" in error) == (2, 1, True)
    assert context.ledger().state("feed").epoch == 2
    said[1].refuse = False
    assert run(monkeypatch, capsys, *words, *AS_RITA)[0] == 0
    last = context.ledger().transitions("feed")[-1]
    assert (last.actor, last.reason, last.to_stage) == ("rita", "the gate was wrong", Stage.OFFERED)


def test_a_key_is_made_once_and_signs_only_where_reviewers_sign(
    said, monkeypatch, capsys, tmp_path
):
    """The pair is two files; where the registry's server signs, the command says so and signs nothing."""
    monkeypatch.delenv("SLIPWAY_REVIEWER_KEYS", raising=False)
    key = tmp_path / "own" / "review.key"
    code, out, _ = run(monkeypatch, capsys, "reviewer-key", str(key))
    assert (code, "administrator" in out) == (0, True)
    assert len(key.with_name("review.key.pub").read_bytes()) == 32
    code, _, err = run(monkeypatch, capsys, "reviewer-key", str(key))
    assert (code, "a new file" in err) == (2, True)
    code, out, _ = run(monkeypatch, capsys, "reviewer-key", str(tmp_path / "b.key"), "--json")
    jsonschema.validate(json.loads(out), schema_of("reviewer-key"))
    words = ("approve", "feed", "7", "0123456789ab", "--reason", "reads well", "--key", str(key))
    code, _, err = run(monkeypatch, capsys, *words, *AS_RITA)
    assert (code, "signs itself" in err, said[0]) == (2, True, [])
