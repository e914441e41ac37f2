"""Writes the files that containers read before any server starts: ``python -m`` this module.

Accounts, the signing key and Airflow's preload hook; everything else that configures a container
is in its environment. It may run again at any time: keys and accounts that exist stay.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from slipway.domain.errors import BadConfig, SlipwayError
from slipway.private_files import create_private, mend
from slipway.registry.server.keys import PUBLIC_NAME, copy_public
from slipway.registry.server.setup import RegistryServer, prepare
from slipway.stack.environment import registry_server, write_airflow_files
from slipway.stack.installation import Installation, Options, Secrets
from slipway.stack.ports import Ports
from slipway.steps.plan import use_bundled

ALLOWED_HOSTS = ("mlflow:5000", "localhost:*", "127.0.0.1:*")
"""How clients may call the server: as a service, and at its published port."""


def installation(environment: Mapping[str, str]) -> Installation:
    """The installation that a container's environment describes; raises BadConfig.

    ``SLIPWAY_HOME`` is its folder, ``MLFLOW_DB`` the database of MLflow and its accounts,
    ``REVIEWERS`` and ``AUTHORS`` are names separated by commas, ``AIRFLOW_PASSWORD_<NAME>`` and
    ``MLFLOW_PASSWORD_<NAME>`` the accounts' passwords.
    """
    options = Options(
        reviewers=_people(environment, "REVIEWERS"),
        authors=_people(environment, "AUTHORS"),
        mlflow_db=_word(environment, "MLFLOW_DB"),
    )
    wanted = Secrets().complete(options)
    given = Secrets(
        airflow={n: _word(environment, f"AIRFLOW_PASSWORD_{n.upper()}") for n in wanted.airflow},
        mlflow={n: _word(environment, f"MLFLOW_PASSWORD_{n.upper()}") for n in wanted.mlflow},
    )
    return Installation(Path(_word(environment, "SLIPWAY_HOME")), Ports(), options, given)


def _people(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in _word(environment, name).split(",") if word.strip())


def _word(environment: Mapping[str, str], name: str) -> str:
    if word := environment.get(name, ""):
        return word
    raise BadConfig(
        name, found="nothing", expected="a value", next_step="set it in the file docker/.env"
    )


def container_registry(described: Installation) -> RegistryServer:
    """The MLflow server in its container: its folder holds the signing key too.

    No other container mounts that folder, so the pipeline cannot sign its own approvals.
    """
    server = registry_server(described)
    return replace(
        server,
        host="0.0.0.0",  # noqa: S104 - other containers are its clients
        keys=server.home / "keys",
        allowed_hosts=ALLOWED_HOSTS,
    )


def write(environment: Mapping[str, str]) -> None:
    """Write all files; the public half of the key goes where the pipeline reads it."""
    create_private()
    described = installation(environment)
    server = container_registry(described)
    prepare(server, described.secrets.mlflow)
    write_airflow_files(described)
    public = described.home / "keys" / PUBLIC_NAME
    for note in use_bundled(described.home):
        sys.stdout.write(f"{note}\n")
    copy_public(server.signing.public, public)
    mend(described.home)


if __name__ == "__main__":
    try:
        write(os.environ)
    except SlipwayError as error:
        sys.exit(str(error))
