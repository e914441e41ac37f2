"""What an Airflow process does before it starts: import what its tasks need, await the API server.

Tasks are forks of the scheduler, so what it has imported costs them nothing; importing is fork-safe
where computing is not (a fork of a process that ran OpenMP threads hangs). A scheduler that starts
before the API server answers would fail its first tasks, so the waiting time goes into the imports.
"""

import gc
import importlib
import logging
import os
import pkgutil
import time
import warnings
from collections.abc import Iterable, Iterator

from slipway import lines
from slipway.settings import settings
from slipway.stack.sqlite import lock_before_savepoints

SHARED = (
    "airflow.__main__",
    "airflow.cli.commands.scheduler_command",
    "airflow.sdk.execution_time.task_runner",
    "uvicorn.main",
    "uvloop",
    "httptools",
    "pandas",
    "pyarrow.dataset",
    "numba",
    "mlflow.pyfunc",
)
"""What several programs need: imported by the supervisor, before it forks them."""

TASKS = (
    "great_expectations",
    "great_expectations.render.renderer.site_builder",
    "duckdb",
    "ibis",
    "ibis.backends.duckdb",
    "scipy.stats",
    "sklearn.ensemble",
    "sklearn.pipeline",
    "skops.io",
    "mlflow.sklearn",
    "matplotlib.backends.backend_agg",
    "matplotlib.figure",
    "PIL.PngImagePlugin",
    "slipway.registry.client",
    "slipway.release.ledger",
)
"""What tasks need: imported by the scheduler while the API server gets ready on the other core."""

ROOMS = (
    "data",
    "validation",
    "artifact",
    "training",
    "evaluation",
    "gates",
    "audit",
    "reports",
    "kinds",
    "steps",
)
"""Rooms of the package that tasks work in, whose modules import more where they are first used."""

_POLL_S = 0.3


def prepare() -> None:
    """Act on ``SLIPWAY_PRELOAD``.

    ``tasks`` imports and waits for the API server, ``wait`` waits; ``forks`` does nothing: it is the
    supervisor's, whose forks call this again with a word of their own.
    """
    mode = os.environ.get("SLIPWAY_PRELOAD", "")
    if mode == "forks":
        return
    lock_before_savepoints()
    if mode == "tasks":
        rooms = (name for room in ROOMS for name in _modules(room))
        load([*SHARED, *TASKS, *rooms, *lines.bundled_modules(settings().home)])
        _note_packages()
    if mode:
        await_api_server(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] + "health")


def load(modules: Iterable[str]) -> None:
    """Import ``modules`` and take them out of the collector's rounds: what forks share stays shared."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # it tells of its own import
    gc.disable()  # collections while everything is kept cost a quarter of the time
    with warnings.catch_warnings(action="ignore"):  # skops touches every deprecated name
        for name in modules:
            importlib.import_module(name)
    _list_functions_of_numba()
    gc.enable()
    gc.collect()
    gc.freeze()


def _modules(room: str) -> Iterator[str]:
    """Every module of a room."""
    package = importlib.import_module(f"slipway.{room}")
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield found.name


def _list_functions_of_numba() -> None:
    """Let numba import what it knows to compile: else the first kernel of each process does, in .7 s."""
    from numba.core.registry import cpu_target  # not every process needs numba

    cpu_target.typing_context.refresh()
    cpu_target.target_context.refresh()


def _note_packages() -> None:
    """Digest the packages that were imported: tasks run on them, whatever is installed meanwhile."""
    from slipway.training.installed_packages import of_environment  # tasks alone

    of_environment()


def await_api_server(url: str) -> None:
    """Return once ``url`` answers, however long that takes: whoever started the stack watches it."""
    import httpx  # most processes that read this module need no client

    with httpx.Client(trust_env=False, timeout=30) as client:
        while True:
            try:
                if client.get(url).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass  # not up yet: that is what we wait for
            time.sleep(_POLL_S)
