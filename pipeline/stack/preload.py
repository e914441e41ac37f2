"""What an Airflow process does before it starts: import what its tasks need, await the API server.

Tasks are forks of the scheduler, so what it has imported costs them nothing; importing is fork-safe
where computing is not (a fork of a process that ran OpenMP threads hangs). A scheduler that starts
before the API server answers would fail its first tasks, so the waiting time goes into the imports.
"""

import importlib
import os
import time
import warnings

from pipeline.stack.sqlite import lock_before_savepoints

_HEAVY = (
    "pandas",
    "pyarrow.dataset",
    "duckdb",
    "ibis",
    "scipy.stats",
    "sklearn.ensemble",
    "sklearn.pipeline",
    "numba",
    "skops.io",
    "mlflow",
    "great_expectations",
    "matplotlib.figure",
)
_POLL_S, _PATIENCE_S = 0.3, 300.0


def prepare() -> None:
    """Act on ``SLIPWAY_PRELOAD``: ``tasks`` imports and waits, ``wait`` waits, else neither."""
    lock_before_savepoints()
    mode = os.environ.get("SLIPWAY_PRELOAD", "")
    if mode == "tasks":
        with warnings.catch_warnings(action="ignore"):  # skops touches every deprecated name
            for name in _HEAVY:
                importlib.import_module(name)
    if mode:
        await_api_server(os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] + "health")


def await_api_server(url: str) -> None:
    """Return once ``url`` answers; after five minutes too, so that the supervisor sees the error."""
    import httpx  # noqa: PLC0415 - most processes that read this module need no client

    deadline = time.monotonic() + _PATIENCE_S
    with httpx.Client(trust_env=False, timeout=30) as client:
        while time.monotonic() < deadline:
            try:
                if client.get(url).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass  # not up yet: that is what we wait for
            time.sleep(_POLL_S)
