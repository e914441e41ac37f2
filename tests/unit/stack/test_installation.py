"""Ports, secrets and environments of a home folder's stack."""

import getpass
import os
import socket
import stat
import subprocess
import sys
import tomllib

import pytest
from slipway.domain.errors import BadConfig
from slipway.domain.people import FourEyes, People, four_eyes
from slipway.settings import Settings
from slipway.stack import ports, supervisor
from slipway.stack.environment import process_environment
from slipway.stack.installation import Installation, Options, people_text
from slipway.stack.launch import PROGRAMS, argv
from slipway.stack.ports import Ports

PIPELINE_PROGRAMS = [name for name in PROGRAMS if name != "mlflow"]


@pytest.fixture
def installation(tmp_path):
    """A prepared home folder; nothing runs in it."""
    return Installation.prepare(tmp_path / "a home", Options(clock_file="/clock.json"))


def test_a_taken_port_is_left_to_its_owner():
    """With another server on a wished port the stack takes a free one, and keeps the others."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        free = ports.claim(Ports())
        found = ports.claim(Ports(free.airflow, taken, free.router))
    assert found.mlflow != taken
    assert (found.airflow, found.router) == (free.airflow, free.router)
    assert len(set(found.to_dict().values())) == 3


def test_the_same_port_is_not_given_twice():
    """Wishes that collide get ports of their own."""
    free = ports.claim(Ports()).airflow
    assert len(set(ports.claim(Ports(free, free, free)).to_dict().values())) == 3


def test_a_stack_that_starts_at_the_same_time_keeps_its_ports(installation, tmp_path):
    """What another living stack has claimed and does not listen on yet is not claimed again."""
    home = str(installation.home)
    words = {"SLIPWAY_STACK": installation.stack_id, "SLIPWAY_HOME": home}
    run = [sys.executable, "-c", "print(flush=True); import time; time.sleep(600)"]
    with subprocess.Popen(run, env=os.environ | words, stdout=subprocess.PIPE) as other:
        other.stdout.readline()  # its environment shows from here on
        found = Installation.prepare(tmp_path / "another", Options())
        other.kill()
    assert not set(found.ports.to_dict().values()) & set(installation.ports.to_dict().values())


def test_a_second_start_keeps_addresses_and_passwords(installation):
    """What was printed once stays true: ports, passwords and keys are remembered."""
    again = Installation.prepare(installation.home, Options(reviewers=("rita", "ruth")))
    assert again.ports == installation.ports
    assert again.secrets.mlflow["rita"] == installation.secrets.mlflow["rita"]
    assert again.secrets.keys == installation.secrets.keys
    assert len(again.secrets.mlflow["ruth"]) >= 12
    assert Installation.load(installation.home) == again


def test_the_people_of_a_stack_are_known(installation, monkeypatch):
    """Who starts runs, in the pages or at the command line, is the author; one reviewer is enough."""
    people = people_of(installation)
    for account in ("admin", getpass.getuser(), "scheduler"):
        assert four_eyes(account, ("rita",), people) is FourEyes.ENOUGH
    assert four_eyes("admin", ("adam",), people) is FourEyes.AUTHOR
    installation.people.write_text('[rita]\nairflow = ["admin"]\nmlflow = ["rita"]\n')
    again = Installation.prepare(installation.home, Options())
    assert four_eyes("admin", ("rita",), people_of(again)) is FourEyes.AUTHOR
    for program in PROGRAMS:
        environment = process_environment(installation, program, inherited={})
        assert environment["SLIPWAY_PEOPLE"] == str(installation.people)


def people_of(installation):
    """Who is who, as its processes read it."""
    environment = process_environment(installation, "scheduler", inherited={})
    named = {name: value for name, value in environment.items() if name.startswith("SLIPWAY_")}
    return Settings.from_environment(named).people


def test_a_reviewer_with_the_name_of_the_machines_user_is_still_somebody_else():
    """The account is then nobody's, and asks for a second reviewer."""
    raw = tomllib.loads(people_text(Options(), "rita"))
    people = People.from_dict(raw, "people.toml")
    assert four_eyes("rita", ("rita",), people) is FourEyes.AUTHOR
    assert four_eyes("admin", ("rita",), people) is FourEyes.ENOUGH


def test_secrets_are_for_the_owner_alone(installation):
    """Nobody else on the machine can read the passwords."""
    mode = (installation.run / "secrets.json").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_a_home_without_a_stack_is_refused(tmp_path):
    """A wrong home folder is one clear line, not an empty answer."""
    with pytest.raises(BadConfig, match="make up"):
        Installation.load(tmp_path)


def test_a_broken_file_is_named(installation):
    """A file that was written half by another hand is named, with what to do."""
    (installation.run / "ports.json").write_text('{"airflow": 80')
    with pytest.raises(BadConfig, match=r"ports\.json"):
        Installation.load(installation.home)


def test_foreign_variables_do_not_leak_in(installation):
    """Somebody's Airflow or MLflow variables cannot point the stack at their database."""
    foreign = {
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql://theirs",
        "AIRFLOW_HOME": "/theirs",
        "MLFLOW_TRACKING_URI": "http://theirs",
        "SLIPWAY_LEDGER_URL": "postgresql://theirs",
        "PATH": "/usr/bin",
    }
    for program in PROGRAMS:
        environment = process_environment(installation, program, foreign)
        assert not any("theirs" in value for value in environment.values())
        assert environment["PATH"] == "/usr/bin"


def test_only_the_registry_knows_the_signing_key(installation):
    """No process that could ask for an approval can sign or review one."""
    assert "SLIPWAY_SIGNING_KEY" in process_environment(installation, "mlflow", {})
    reviewer = installation.secrets.mlflow["rita"]
    for program in PIPELINE_PROGRAMS:
        environment = process_environment(installation, program, {})
        assert "SLIPWAY_SIGNING_KEY" not in environment
        assert reviewer not in environment.values()


@pytest.mark.parametrize("program", PIPELINE_PROGRAMS)
def test_every_process_can_read_its_settings(installation, program):
    """The variables that the stack sets are the ones that settings know."""
    settings = Settings.from_environment(process_environment(installation, program, {}))
    assert settings.home == installation.home
    assert settings.mlflow_url == installation.mlflow_url
    assert str(settings.clock_file) == "/clock.json"


def test_no_secret_stands_in_a_command_or_configuration(installation):
    """``ps`` and the supervisor's file show no password."""
    shown = supervisor.configuration(installation)
    shown += " ".join(word for name in PROGRAMS for word in argv(installation, name))
    secrets = installation.secrets
    for word in (*secrets.airflow.values(), *secrets.mlflow.values(), *secrets.keys.values()):
        assert word not in shown
