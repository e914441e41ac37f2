"""Whether the stack answers: one question for each of its parts."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psutil

from slipway import lines
from slipway.domain.errors import SlipwayError
from slipway.lines import store
from slipway.stack import processes
from slipway.stack.airflow_api import AirflowApi
from slipway.stack.installation import Installation
from slipway.stack.machine_use import GONE
from slipway.stack.sights import CRASHES, Stack
from slipway.stack.waiting import Sight, Stalled, until

Question = Callable[[], bool]
_BEATING = ("scheduler", "dag_processor")
PROGRAM_OF = {
    "MLflow server": "mlflow",
    "router": "router",
    "Airflow API server": "api-server",
    **{f"Airflow {part.replace('_', ' ')}": part.replace("_", "-") for part in _BEATING},
    "DAGs": "dag-processor",
}
"""The program that answers a question."""


class NotHealthy(SlipwayError):
    """A part of the stack did not answer in time."""


def expected_dags(home: Path) -> set[str]:
    """Ids of the DAGs of the bundled lines in use; a team's may be at fault, which stops no stack."""
    used = store.names(home)
    bundled = {name: lines.declared(name) for name in lines.bundled_names() if name in used}
    on_the_road = {f"{kind}_{line}" for line in bundled for kind in ("retrain", "release")}
    return on_the_road | {f"watch_{name}" for name, line in bundled.items() if line.has_traffic}


def questions(
    installation: Installation, api: AirflowApi, client: httpx.Client, since: datetime
) -> dict[str, Question]:
    """What must be true of a healthy stack, in plain words; heartbeats must be after ``since``."""

    def answers(url: str) -> Question:
        return lambda: client.get(url).status_code == httpx.codes.OK

    def beats(part: str) -> Question:
        # a heartbeat of the life before this one still counts as healthy for Airflow
        def question() -> bool:
            beat = api.call("GET", "monitor/health")[part][f"latest_{part}_heartbeat"]
            return beat is not None and datetime.fromisoformat(beat) > since

        return question

    return {
        "MLflow server": answers(f"{installation.mlflow_url}/health"),
        "router": answers(f"{installation.router_url}/healthz"),
        "Airflow API server": answers(f"{installation.airflow_url}/execution/health"),
        **{f"Airflow {part.replace('_', ' ')}": beats(part) for part in _BEATING},
        "DAGs": lambda: expected_dags(installation.home) <= api.dags(),
    }


def unhealthy(asked: dict[str, Question]) -> list[str]:
    """Names of the questions that are not answered with yes at this moment."""
    return [name for name, question in asked.items() if not _yes(question)]


def _yes(question: Question) -> bool:
    try:
        return question()
    except (httpx.HTTPError, KeyError):
        return False  # not up, or up and not yet itself


def wait_healthy(
    installation: Installation, *, say: Callable[[str], None] = lambda _: None
) -> None:
    """Return once every part answers; raises NotHealthy naming those that do not move any more.

    ``say`` hears how many answer, and who does not yet.
    """
    word = installation.secrets.airflow["admin"]
    seen = Boot(installation)
    with (
        AirflowApi(installation.airflow_url, "admin", word) as api,
        httpx.Client(trust_env=False, timeout=30) as client,
    ):
        seen.asked = questions(installation, api, client, since=datetime.now(UTC))
        total = len(seen.asked)

        def all_answer() -> bool:
            seen.asked = {name: seen.asked[name] for name in unhealthy(seen.asked)}
            missing = ", ".join(seen.asked)
            say(f"{total - len(seen.asked)} of {total} parts answer; {missing}".rstrip("; "))
            return not seen.asked

        try:
            until("stack", all_answer, seen.look, next_step=f"read the logs in {installation.run}")
        except Stalled as stalled:
            raise NotHealthy(
                "stack",
                found=f"no answer of {', '.join(seen.asked)} ({stalled.found})",
                expected="an answer of all parts",
                next_step=stalled.next_step,
            ) from None


class Boot:
    """Looks at a stack that starts: who answers, and whether a program dies again and again."""

    def __init__(self, installation: Installation) -> None:
        self.asked: dict[str, Question] = {}
        self._installation, self._stack = installation, Stack(installation)
        self._starts: dict[str, set[float]] = {}

    def look(self) -> Sight:
        """Programs that have not answered do the work; the others are only needed."""
        sight = self._stack.sight(len(self.asked), f"waiting for {', '.join(self.asked)}")
        named = {PROGRAM_OF[name] for name in self.asked}
        of = {name: processes.of_stack(self._installation.stack_id, name) for name in named}
        workers = [process for found in of.values() for process in found] or sight.servers
        broken = sight.broken or self._dying(of, sight.servers[0])
        return replace(sight, workers=workers, broken=broken)

    def _dying(self, of: Mapping[str, Sequence[psutil.Process]], supervisor: psutil.Process) -> str:
        """Which program ends again and again, with the last line it left."""
        for name, found in of.items():
            starts = self._starts.setdefault(name, set())
            for process in processes.programs(found, supervisor):
                with suppress(*GONE):
                    starts.add(process.create_time())
            if len(starts) > CRASHES:
                log = _tail(self._installation.run / f"{name}.log")
                last = [line for line in log.splitlines() if line.strip()][-1:]
                return f"{name} ends again and again: {(last or ['without a word'])[0][:300]}"
        return ""


def _tail(path: Path) -> str:
    """The end of a log, "" without one."""
    with suppress(OSError):
        return path.read_bytes()[-4096:].decode(errors="replace")
    return ""
