"""Becomes one program of the stack: ``python -m pipeline.stack.launch PROGRAM`` (the supervisor).

A program that was killed may leave children behind that hold its port or go on with its tasks:
they end first.
"""

import os
import subprocess
import sys
from pathlib import Path

from pipeline.release.registry.server import mlflow_argv
from pipeline.stack import processes
from pipeline.stack.environment import process_environment, registry_server
from pipeline.stack.installation import Installation

PROGRAMS = ("mlflow", "router", "api-server", "scheduler", "dag-processor", "triggerer")
_AIRFLOW = (sys.executable, "-m", "airflow")


def argv(installation: Installation, program: str) -> list[str]:
    """The command of ``program``, in the foreground."""
    if program == "mlflow":
        return mlflow_argv(registry_server(installation))
    if program == "router":
        port, workers = str(installation.ports.router), str(installation.options.router_workers)
        return [
            *(sys.executable, "-m", "pipeline.serving"),
            *("--port", port, "--workers", workers),
        ]
    # no task of ours defers for long: the triggerer's log server would only take a port
    extra = ("--skip-serve-logs",) if program == "triggerer" else ()
    return [*_AIRFLOW, program, *extra]


def migrate(installation: Installation, environment: dict[str, str]) -> None:
    """Create or migrate Airflow's database, once per home and Airflow version."""
    from importlib.metadata import version  # noqa: PLC0415 - only the API server migrates

    stamp = installation.airflow_home / f"migrated-{version('apache-airflow-core')}"
    if installation.options.airflow_db is None and stamp.exists():
        return
    subprocess.run([*_AIRFLOW, "db", "migrate"], env=environment, check=True)  # noqa: S603 - ours
    stamp.touch()


def main(program: str) -> None:
    """Clean up after the program's former life, then become it."""
    installation = Installation.load(Path(os.environ["SLIPWAY_HOME"]))
    processes.kill(processes.of_stack(installation.stack_id, program))
    for supervisor in processes.supervisors(installation.stack_id):
        processes.kill(processes.orphans(supervisor.pid))
    environment = process_environment(installation, program)
    if program == "api-server":
        migrate(installation, environment)
    command = argv(installation, program)
    os.chdir(installation.run)
    os.execve(command[0], command, environment)  # noqa: S606 - the command is our own


if __name__ == "__main__":
    main(sys.argv[1])
