"""Start and stop of the embedded stack."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from slipway.private_files import create_private, mend
from slipway.registry.server.setup import prepare
from slipway.stack import supervisor
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.environment import registry_server, write_airflow_files
from slipway.stack.health import wait_healthy
from slipway.stack.installation import Installation, Options
from slipway.steps.plan import use_bundled

TRAINING_POOL = "training"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the pages of a running stack are, and who may enter (account → password)."""

    airflow: str
    mlflow: str
    router: str
    airflow_accounts: dict[str, str]
    mlflow_accounts: dict[str, str]


def addresses(installation: Installation) -> Addresses:
    """The addresses of an installation's pages."""
    return Addresses(
        installation.airflow_url,
        installation.mlflow_url,
        installation.router_url,
        dict(installation.secrets.airflow),
        dict(installation.secrets.mlflow),
    )


def begin(
    home: Path, options: Options | None = None, *, say: Callable[[str], None] = lambda _: None
) -> Installation:
    """Start every process and return at once; what an earlier start left behind ends first.

    The bundled lines are used as they are declared; ``say`` hears what that changes.
    """
    home = home.absolute()
    create_private()
    mend(home)
    (home / "run").mkdir(parents=True, exist_ok=True)
    with FileLock(home / "run" / "stack.lock"):
        supervisor.stop(home)
        installation = Installation.prepare(home, _with_lines(options or Options()))
        prepare(registry_server(installation), installation.secrets.mlflow)
        write_airflow_files(installation)
        for note in use_bundled(home, installation.options.uses):
            say(note)
        supervisor.start(installation)
    return installation


def _with_lines(options: Options) -> Options:
    """The options with the folders that this process finds lines in, wherever a program runs."""
    named = options.lines or os.environ.get("SLIPWAY_LINES", "")
    folders = [str(Path(text).absolute()) for text in named.split(os.pathsep) if text.strip()]
    return replace(options, lines=os.pathsep.join(folders) or None)


def finish(installation: Installation, *, say: Callable[[str], None] = lambda _: None) -> Addresses:
    """Wait until every part answers, then let Airflow start runs; raises NotHealthy.

    ``say`` hears who has not answered yet.
    """
    wait_healthy(installation, say=say)
    word = installation.secrets.airflow["admin"]
    with AirflowApi(installation.airflow_url, "admin", word) as api:
        api.ensure_pool(TRAINING_POOL, max(1, os.cpu_count() or 1))
    return addresses(installation)


def up(home: Path, options: Options | None = None) -> Addresses:
    """Start the stack of ``home`` and wait until it is healthy; repeatable.

    A stack that already runs there is stopped and started again.
    """
    return finish(begin(home, options))


def down(home: Path) -> int:
    """Stop exactly what :func:`up` started in ``home``; returns the number of processes."""
    return supervisor.stop(home)
