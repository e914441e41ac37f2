"""What is awaited of a stack, as :mod:`slipway.stack.waiting` looks at it."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from slipway.stack import processes
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.installation import Installation
from slipway.stack.machine_use import GONE, family
from slipway.stack.waiting import Sight, until

Task = Mapping[str, Any]
"""A task instance as Airflow's API describes it."""

ENDED = frozenset({"success", "failed"})
CRASHES = 5
"""Starts of one program, without its answer in between, after which it is taken for broken."""


class Stack:
    """Looks at the processes of one running stack."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._supervisor: psutil.Process | None = None

    def processes(self) -> list[psutil.Process]:
        """The supervisor and all its descendants; empty where it is gone."""
        if self._supervisor is None or not self._supervisor.is_running():
            self._supervisor = next(iter(processes.supervisors(self._installation.stack_id)), None)
        return family(self._supervisor) if self._supervisor else []

    def sight(self, facts: Hashable, text: str = "", words: Collection[str] = ()) -> Sight:
        """The stack as the servers of something that shows ``facts``.

        Processes with one of ``words`` in their command do the awaited work itself.
        """
        found = self.processes()
        own = [p for p in found if words and any(word in _command(p) for word in words)]
        gone = "" if found else "the stack's supervisor is gone"
        return Sight(facts, own, found, text, gone)

    def runs(self, dag: str, tasks: Mapping[str, Sequence[Task]], facts: Hashable = None) -> Sight:
        """Runs of a DAG, by id with their task instances: states, logs, processes; other ``facts``."""
        seen, text, alive = [], [], []
        for run, found in tasks.items():
            states = tuple((t["id"], t["try_number"], t["state"]) for t in found)
            seen.append((run, states, self.log_bytes(dag, run)))
            moving = [t for t in found if t["state"] not in (*ENDED, None, "skipped")]
            text += [f"{t['task_id']} {t['state']}" for t in moving]
            # Airflow names the process of a running task after its id
            alive += [t["id"] for t in moving if t["state"] == "running"]
        return self.sight((tuple(seen), facts), ", ".join(text) or f"runs of {dag}", alive)

    def ended(self, api: AirflowApi, dag: str, run: str) -> str:
        """The state of a run once it has ended; raises Stalled where it does not move any more."""

        def look() -> Sight:
            return self.runs(dag, {run: api.tasks(dag, run)}, api.run_state(dag, run))

        until(
            f"run {run} of {dag}",
            lambda: api.run_state(dag, run) in ENDED,
            look,
            next_step="read its tasks' logs in Airflow",
        )
        return api.run_state(dag, run)

    def log_bytes(self, dag: str, run: str) -> int:
        """The size of what the tasks of a run have logged."""
        folder = self._installation.airflow_home / "logs" / f"dag_id={dag}" / f"run_id={run}"
        return sum(_size(path) for path in folder.rglob("*.log"))


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _command(process: psutil.Process) -> str:
    with suppress(*GONE):
        return " ".join(process.cmdline())
    return ""
