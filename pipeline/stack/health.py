"""Whether the stack answers: one question for each of its parts."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pipeline import lines
from pipeline.domain.errors import SlipwayError
from pipeline.stack.airflow_api import AirflowApi
from pipeline.stack.installation import Installation

Question = Callable[[], bool]
_POLL_S = 0.4
_BEATING = ("scheduler", "dag_processor", "triggerer")


class NotHealthy(SlipwayError):
    """A part of the stack did not answer in time."""


def expected_dags() -> set[str]:
    """Ids of the DAGs that the declared lines have."""
    on_the_road = {
        f"{kind}_{line}" for line in lines.all_names() for kind in ("retrain", "release")
    }
    return on_the_road | {f"watch_{line}" for line in lines.names()}


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
        "DAGs": lambda: expected_dags() <= api.dags(),
    }


def sick(asked: dict[str, Question]) -> list[str]:
    """Names of the questions that are not answered with yes at this moment."""
    return [name for name, question in asked.items() if not _yes(question)]


def _yes(question: Question) -> bool:
    try:
        return question()
    except (httpx.HTTPError, KeyError):
        return False  # not up, or up and not yet itself


def wait_healthy(
    installation: Installation, *, patience_s: float = 300.0, console: Console | None = None
) -> None:
    """Return once every part answers; raises NotHealthy naming those that do not.

    ``patience_s`` is in wall seconds; ``console`` shows a progress bar.
    """
    word = installation.secrets.airflow["admin"]
    with (
        AirflowApi(installation.airflow_url, "admin", word) as api,
        httpx.Client(trust_env=False, timeout=30) as client,
        _bar(console) as show,
    ):
        asked = questions(installation, api, client, since=datetime.now(UTC))
        total, deadline = len(asked), time.monotonic() + patience_s
        while asked:
            asked = {name: asked[name] for name in sick(asked)}
            show(total - len(asked), total, ", ".join(asked) or "all parts answer")
            if asked and time.monotonic() > deadline:
                raise NotHealthy(
                    "stack",
                    found=f"no answer of {', '.join(asked)}",
                    expected=f"an answer of all parts within {patience_s:.0f} s",
                    next_step=f"read the logs in {installation.run}",
                )
            if asked:
                time.sleep(_POLL_S)


@contextmanager
def _bar(console: Console | None) -> Iterator[Callable[[int, int, str], None]]:
    if console is None:
        yield lambda _done, _total, _text: None
        return
    columns = (
        TextColumn("Starting"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("[dim]{task.description}"),
    )  # fmt: skip
    with Progress(*columns, console=console) as progress:
        row = progress.add_task("", total=None)
        yield lambda done, total, text: progress.update(
            row, completed=done, total=total, description=text
        )
