"""``python -m slipway.serving --port 8900 --workers 2``: the router's processes behind one port.

The parent holds the port and restarts workers that die; connections that wait for a killed worker
are answered by its neighbour.
"""

import argparse
import gc
import logging
import multiprocessing
import os
import shutil
import socket
import sys
import time
from pathlib import Path

import uvicorn
from uvicorn import _subprocess
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from slipway.artifact.trees import load_machine_code
from slipway.domain.errors import SlipwayError
from slipway.private_files import close, create_private
from slipway.serving.connections import BoundedProtocol, room
from slipway.serving.seldom import Seldom
from slipway.settings import Settings

BIND_PATIENCE_S = 20.0
"""How long a restarted parent waits for the workers of a killed one to leave the port."""
BACKLOG = 2048
HANG_S = 30
"""A worker that is silent for longer is replaced; starting on a busy machine takes several."""


def main() -> None:
    """Start the router and stay until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m slipway.serving")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget-ms", type=float, default=50.0, help="per arm, then the next one")
    parser.add_argument(
        "--drain-s", type=int, default=10, help="for answers that are asked for when it ends"
    )
    args = parser.parse_args()
    if args.workers < 1 or not 0 < args.port < 2**16 or min(args.budget_ms, args.drain_s) <= 0:
        parser.error("workers, port, budget and drain must be positive, and the port below 65536")
    create_private()
    try:
        settings = Settings.from_environment(os.environ)
        close(settings.home)
        listener = _bind(args.host, args.port)
        _prepare(settings.home, args.port)
    except (SlipwayError, OSError) as error:
        sys.exit(str(error))
    _serve(args, listener)


def _prepare(home: Path, port: int) -> None:
    """What the workers inherit: one thread per model, and an empty folder of shared metrics.

    Workers of a killed parent have left the port by now, but may still write there as they drain.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = home / "router" / f"metrics-{port}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _bind(host: str, port: int) -> socket.socket:
    """A listening socket; raises OSError when the port stays taken."""
    until = time.monotonic() + BIND_PATIENCE_S
    while True:
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            listener.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            listener.listen(BACKLOG)
            listener.set_inheritable(True)
            return listener


def _serve(args: argparse.Namespace, listener: socket.socket) -> None:
    from slipway.serving.app import Application  # metrics need their folder first

    load_machine_code()  # not in each worker, beside its answers, when the first candidate comes
    BoundedProtocol.room = room()
    logging.getLogger("uvicorn.error").addFilter(Seldom())
    # a worker is a fork of this process, which has imported all and started no thread: uvicorn's own
    # way is a new Python that imports everything again
    _subprocess.spawn = multiprocessing.get_context("fork")  # type: ignore[assignment]

    config = uvicorn.Config(
        Application(budget_ms=args.budget_ms, parent=os.getpid()),
        host=args.host,
        port=args.port,
        workers=args.workers,
        loop="uvloop",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        access_log=False,
        log_level="info",
        backlog=BACKLOG,
        server_header=False,
        timeout_graceful_shutdown=args.drain_s,
        timeout_worker_healthcheck=HANG_S,
    )
    supervisor = Multiprocess(config, sockets=[listener])
    gc.collect()
    gc.freeze()  # a worker's collection writes to what it goes through, and that is shared no more
    supervisor.run()
    if any(worker.exitcode == STARTUP_FAILURE for worker in supervisor.processes):
        sys.exit(STARTUP_FAILURE)


if __name__ == "__main__":
    main()
