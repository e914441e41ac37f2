"""Becomes one program of the stack, in a fork of the supervisor (:mod:`slipway.stack.prefork`).

A program that was killed may leave children behind that hold its port or go on with its tasks:
they end first.
"""

import gc
import importlib
import json
import os
import runpy
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from slipway.domain.json_value import Json
from slipway.registry.server.command import mlflow_argv, mlflow_start
from slipway.stack import preload, processes
from slipway.stack.environment import process_environment, registry_server
from slipway.stack.installation import Installation

PROGRAMS = ("mlflow", "router", "api-server", "scheduler", "dag-processor")
"""No task of Slipway defers, so nothing would use a triggerer of Airflow."""
_AIRFLOW = (sys.executable, "-m", "airflow")


def argv(installation: Installation, program: str) -> list[str]:
    """The command of ``program``, in the foreground: what a container runs and this stack becomes."""
    if program == "mlflow":
        return mlflow_argv(registry_server(installation))
    if program == "router":
        port, workers = str(installation.ports.router), str(installation.options.router_workers)
        return [
            *(sys.executable, "-m", "slipway.serving"),
            *("--port", port, "--workers", workers),
            *("--budget-ms", f"{installation.options.router_budget_ms:g}"),
        ]
    # the API server reads task logs from the disk they share; a log server listens on every address
    extra = ("--skip-serve-logs",) if program == "scheduler" else ()
    return [*_AIRFLOW, program, *extra]


def main(program: str) -> None:
    """Clean up after the program's former life, then become it."""
    installation = Installation.load(Path(os.environ["SLIPWAY_HOME"]))
    processes.kill(processes.of_stack(installation.stack_id, program))
    for supervisor in processes.supervisors(installation.stack_id):
        processes.kill(processes.orphans(supervisor.pid))
    environment = process_environment(installation, program)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(installation.run)
    sys.argv = argv(installation, program)[2:]
    if program == "mlflow":
        _mlflow()
    elif program == "router":
        _router()
    else:
        if program == "api-server":
            _api_server(installation)
        if program == "scheduler":
            stay_frozen()
        _airflow()


def _airflow() -> None:
    """Airflow's command line with ``sys.argv``, as ``python -m airflow``."""
    preload.prepare()
    runpy.run_module("airflow", run_name="__main__", alter_sys=True)


def stay_frozen() -> None:
    """Keep what was imported for tasks out of every collection of this process.

    Airflow's executor freezes memory for its workers' forks and thaws all of it afterwards, also what
    was frozen before: the scheduler's next collection would copy each page that they share.
    """
    gc.unfreeze = lambda: None


def _api_server(installation: Installation) -> None:
    """Make Airflow's pages while a fork makes the database: both take seconds.

    The pages are many small objects that stay: there is no collection while they are made, and none of
    them later. What requests leave behind is collected.
    """
    gc.disable()
    migrated = start_fork(lambda: _migrate(installation))
    os.environ["AIRFLOW_API_APPS"] = "all"
    importlib.import_module("airflow.api_fastapi.main")
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()
    migrated()


def _migrate(installation: Installation) -> None:
    """Create or migrate Airflow's database, once per home and Airflow version."""
    stamp = installation.airflow_home / f"migrated-{version('apache-airflow-core')}"
    if installation.options.airflow_db is None and stamp.exists():
        return
    sys.argv = ["airflow", "db", "migrate"]
    _airflow()
    stamp.touch()


def _router() -> None:
    """The router's parent; its metrics choose where they are kept when they are first imported."""
    first = (
        "prometheus_client",
        "slipway.serving",
    )  # whatever the fork's parent imported for itself
    for name in [name for name in sys.modules if name.startswith(first)]:
        del sys.modules[name]
    runpy.run_module("slipway.serving", run_name="__main__", alter_sys=True)


def _mlflow() -> None:
    """MLflow's server as its command line would start it, without a second Python for it.

    ``mlflow server`` prepares the database and starts uvicorn with variables that the application
    reads when it is imported. It is asked for both in a fork, so that this process has imported
    nothing of the application before.
    """
    importlib.import_module("uvicorn.main")  # by it MLflow knows that it is served
    started = start_fork(lambda: mlflow_start(sys.argv[1:]))()
    os.environ.update(started["environment"])
    sys.argv = started["command"][2:]  # without `python -m`
    runpy.run_module("uvicorn", run_name="__main__", alter_sys=True)


@contextmanager
def end_with() -> Iterator[None]:
    """What a fork does last: the process ends with this block, as a Python of its own would."""
    code = 1
    try:
        yield
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
    except KeyboardInterrupt:
        code = 0
    except BaseException:  # noqa: BLE001 - the last frame of a process
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def start_fork(work: Callable[[], Any]) -> Callable[[], Any]:
    """Do ``work`` in a fork of this process; the result is called to wait for what it returns.

    Raises RuntimeError, when called, where the work failed; it has said why on stderr.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        with end_with(), os.fdopen(writer, "w") as answer:
            json.dump(work(), answer)
    os.close(writer)

    def result() -> Json:
        with os.fdopen(reader) as answer:
            text = answer.read()
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if code:
            raise RuntimeError(f"a fork of {sys.argv[0]} ended with {code}")
        return json.loads(text)

    return result
