"""The little that Slipway asks of Airflow's REST API."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

import httpx

from slipway.domain.errors import BadConfig

PATIENCE_S = 600.0
"""Wall seconds for one answer: a server that is alive and starved gives it late."""


class AirflowApi:
    """A client with a token; use it as a context manager.

    ``url`` is the server's address. Raises BadConfig where the server refuses the account.
    """

    def __init__(self, url: str, user: str, password: str) -> None:
        self._account = {"username": user, "password": password}
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def _token(self) -> None:
        answer = self._client.post("/auth/token", json=self._account)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise BadConfig(
                "Airflow account",
                found=self._account["username"],
                expected="an account of this server",
                next_step="read run/secrets.json in the home folder",
            )
        answer.raise_for_status()
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(
        self, method: str, path: str, body: object = None, *, accept: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        """The JSON answer to ``method`` on ``/api/v2/path``.

        Raises httpx.HTTPStatusError for an error status that is not in ``accept``.
        """
        if "Authorization" not in self._client.headers:
            self._token()
        answer = self._client.request(method, f"/api/v2/{path}", json=body)
        if answer.status_code not in accept:
            answer.raise_for_status()
        value: dict[str, Any] = answer.json() if answer.content else {}
        return value

    def dags(self) -> set[str]:
        """Ids of the DAGs that the DAG processor has parsed."""
        return {dag["dag_id"] for dag in self.call("GET", "dags?limit=500")["dags"]}

    def ensure_pool(self, name: str, slots: int) -> None:
        """Create the pool or set its size."""
        known = [pool["name"] for pool in self.call("GET", "pools?limit=500")["pools"]]
        body = {"slots": slots, "include_deferred": False}
        if name in known:
            self.call("PATCH", f"pools/{name}", {"pool": name, "description": "", **body})
        else:
            self.call("POST", "pools", {"name": name, **body})

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler start runs of the DAG."""
        self.call("PATCH", f"dags/{dag_id}?update_mask=is_paused", {"is_paused": False})

    def trigger(
        self,
        dag_id: str,
        logical_date: datetime | None,
        conf: dict[str, Any] | None = None,
        *,
        run_id: str | None = None,
    ) -> str:
        """Start a manual run and return its id; its interval is the last complete one before.

        With a ``run_id`` of the caller's own the call may be repeated: a run that is there already
        is not started again.
        """
        date = logical_date.isoformat() if logical_date else None
        body = {"logical_date": date, "conf": conf or {}}
        if run_id is None:
            return str(self.call("POST", f"dags/{dag_id}/dagRuns", body)["dag_run_id"])
        body["dag_run_id"] = run_id
        self.call("POST", f"dags/{dag_id}/dagRuns", body, accept=(httpx.codes.CONFLICT,))
        return run_id

    def backfill(
        self,
        dag_id: str,
        start: datetime,
        end: datetime,
        *,
        at_once: int = 2,
        conf: dict[str, Any] | None = None,
    ) -> int:
        """Start a backfill of the intervals that begin from ``start`` to ``end``; its id."""
        body = {
            "dag_id": dag_id,
            "from_date": start.isoformat(),
            "to_date": end.isoformat(),
            "max_active_runs": at_once,
            "reprocess_behavior": "none",
            "dag_run_conf": conf or {},
        }
        return int(self.call("POST", "backfills", body)["id"])

    def backfill_done(self, backfill_id: int) -> bool:
        """Whether every run of the backfill has ended."""
        return self.call("GET", f"backfills/{backfill_id}")["completed_at"] is not None

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The runs of a DAG, newest first (at most 100)."""
        answer = self.call("GET", f"dags/{dag_id}/dagRuns?order_by=-run_after&limit=100")
        runs: list[dict[str, Any]] = answer["dag_runs"]
        return runs

    def run_state(self, dag_id: str, run_id: str) -> str:
        """The state of one run: queued, running, success or failed."""
        return str(self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of one run, as Airflow describes them."""
        answer = self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=500")
        found: list[dict[str, Any]] = answer["task_instances"]
        return found

    def active(self, dag_id: str) -> bool:
        """Whether a run of the DAG is queued or running."""
        path = f"dags/{dag_id}/dagRuns?state=queued&state=running&limit=1"
        return bool(self.call("GET", path)["dag_runs"])

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """The state of each task of one run; mapped tasks are named ``task[index]``."""
        return states(self.tasks(dag_id, run_id))


def states(tasks: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    """The state of each task instance by name; mapped ones are named ``task[index]``."""
    return {
        t["task_id"] + (f"[{t['map_index']}]" if t["map_index"] >= 0 else ""): t["state"]
        for t in tasks
    }
