"""The note of a task that stopped: what its log begins with, where the grid shows it.

Airflow lets a running task write its note through the public REST API alone, so the note goes there
with the account that the API's own password file holds. A note is a help for people: where it cannot
be written the log says so, and the task ends as it would have.
"""

import json
import logging
from pathlib import Path
from urllib.parse import quote

import httpx
from airflow.configuration import conf
from airflow.sdk import get_current_context
from slipway.domain.errors import SlipwayError
from slipway.stack.airflow_api import AirflowApi

ACCOUNT = "admin"
LONGEST = 1_000
"""Characters that a note of Airflow holds."""


def annotate(text: str) -> None:
    """Set the note of the running task instance to ``text``; outside of a task do nothing."""
    try:
        instance = get_current_context()["ti"]
    except RuntimeError:
        return
    try:
        with AirflowApi(_address(), ACCOUNT, _password()) as api:
            place = f"dags/{instance.dag_id}/dagRuns/{quote(instance.run_id, safe='')}"
            mapped = "" if instance.map_index in (None, -1) else f"/{instance.map_index}"
            api.call(
                "PATCH",
                f"{place}/taskInstances/{instance.task_id}{mapped}?update_mask=note",
                {"note": text[:LONGEST]},
            )
    except (SlipwayError, httpx.HTTPError, OSError, ValueError, KeyError) as error:
        logging.getLogger("slipway").warning("the note was not written: %s", error)


def _address() -> str:
    """Where workers reach the API server."""
    return _configured("execution_api_server_url").removesuffix("/execution/")


def _password() -> str:
    known = json.loads(Path(_configured("simple_auth_manager_passwords_file")).read_text())
    return str(known[ACCOUNT])


def _configured(name: str) -> str:
    value = conf.get("core", name, fallback=None)
    if not value:
        raise KeyError(f"core.{name} is not set")
    return str(value)
