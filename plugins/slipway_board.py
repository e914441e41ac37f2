"""The page *Releases*: every line's release as the ledger tells it, one row for each transition."""

import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import jinja2
import slipway_needs
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import requires_access_dag
from airflow.plugins_manager import AirflowPlugin
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import HTMLResponse
from slipway import lines
from slipway.domain.release import LineState, Transition
from slipway.domain.stage import RELEASE_STAGES, Stage, label
from slipway.registry.page import review_url, version_url
from slipway.release.ledger import Ledger
from slipway.settings import settings
from slipway.steps import ledger_check, needs, readiness

_PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)
NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})
NO_SCORES: Mapping[str, float | None] = MappingProxyType({})
_STARTED = time.time()
KEPT_MINUTES = 5
"""Wall minutes for which a readiness is shown before it is computed again."""
_ENDED_BADLY = (Stage.REJECTED, Stage.RETURNED, Stage.TIMED_OUT, Stage.SUPERSEDED)


def releases(transitions: tuple[Transition, ...]) -> list[dict[str, Any]]:
    """The story of each version, newest first: its transitions and how far it came."""
    by_version = sorted(transitions, key=lambda t: (t.candidate.version, t.epoch))
    stories = []
    for version, group in groupby(by_version, key=lambda t: t.candidate.version):
        steps = tuple(group)
        reached = max(
            (RELEASE_STAGES.index(t.to_stage) for t in steps if t.to_stage in RELEASE_STAGES),
            default=-1,
        )
        last = steps[-1]
        stories.append(
            {
                "version": version,
                "candidate": last.candidate,
                "steps": steps[::-1],
                "last": last,
                "stages": [
                    {"stage": stage, "past": place <= reached}
                    for place, stage in enumerate(RELEASE_STAGES)
                ],
                "tone": _tone(last.to_stage),
                "newest": last.epoch,
            }
        )
    return sorted(stories, key=lambda story: -story["newest"])


def _tone(stage: Stage) -> str:
    if stage in _ENDED_BADLY:
        return "bad"
    return "good" if stage is Stage.CHAMPION else "now"


@lru_cache(maxsize=64)
def _readiness(line: str, _epoch: int, _minutes: int) -> float | None:
    """The readiness of a line, computed at most once in a while for all who look."""
    return readiness.final_or_none(line)


def board(
    found: dict[str, tuple[LineState, tuple[Transition, ...]]],
    mlflow: str,
    faults: Mapping[str, Sequence[str]] = NOTHING,
    unseen: Mapping[str, Sequence[str]] = NOTHING,
    ready: Mapping[str, float | None] = NO_SCORES,
) -> str:
    """The page as HTML.

    ``found`` maps line → its state and transitions, ``faults`` line → what is wrong with its ledger,
    ``unseen`` line → what cannot be seen of it, ``ready`` line → its readiness of 7, None where it has none.
    """
    return _PAGES.get_template("board.html").render(
        lines=[
            {
                "name": name,
                "state": state,
                "releases": releases(transitions),
                "faults": faults.get(name, ()),
                "unseen": unseen.get(name, ()),
                "ready": ready.get(name),
            }
            for name, (state, transitions) in found.items()
        ],
        link=lambda line, version: version_url(mlflow, line, version),
        review=lambda line, version: review_url(mlflow, line, version),
        run_link=slipway_needs.task_link,
        endings=sorted(
            {label(s["last"].to_stage) for _, past in found.values() for s in releases(past)}
        ),
    )


# A plugin's application is open to everybody unless it asks for an account itself, and FastAPI asks
# for none on the pages it makes of an application: they are left out.
app = FastAPI(
    dependencies=[Depends(requires_access_dag("GET"))],
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
)


@app.get("/", response_class=HTMLResponse)
def show() -> str:
    """All lines on one page."""
    of = settings()
    ledger = Ledger(of.ledger_url)
    found = {
        name: (ledger.state(name), ledger.transitions(name)) for name in lines.wanted_names(of.home)
    }
    faults = {name: ledger_check.on_board(name) for name in found}
    unseen = {name: needs.unseen_of(name, state, _STARTED) for name, (state, _) in found.items()}
    for name, fault in lines.policy_faults(of.policy_file).items():
        found[name], unseen[name] = (ledger.state(name), ledger.transitions(name)), (fault,)
    minutes = int(time.time() // (60 * KEPT_MINUTES))
    ready = {name: _readiness(name, state.epoch, minutes) for name, (state, _) in found.items()}
    return board(found, of.mlflow_pages, faults, unseen, ready)


@app.get("/needs", response_class=HTMLResponse)
def show_needs(session: SessionDep) -> str:
    """Whatever waits for a person, over all lines."""
    facts, tasks = slipway_needs.collect(session, _STARTED)
    return slipway_needs.page(facts, tasks, _PAGES.get_template("needs.html").render)


@app.get("/watch/{line}", response_class=HTMLResponse)
def watch(line: str) -> str:
    """What the watch of one line knows."""
    from slipway.steps import alert_causes, watch_page

    if line not in lines.all_names():
        raise HTTPException(404, f"there is no line {line}: the page Releases names them")
    try:
        return watch_page.html(line, _around(line))
    except alert_causes.UNREADABLE as error:
        raise HTTPException(503, f"the watch of {line} cannot be read: {error}") from error


def _around(line: str) -> dict[str, str]:
    """Where else something is known of a line, from the page of its watch."""
    of = settings()
    champion = Ledger(of.ledger_url).state(line).champion
    version = (
        {
            f"version {champion}": version_url(of.mlflow_pages, line, champion),
            "its evidence": review_url(of.mlflow_pages, line, champion),
        }
        if champion
        else {}
    )
    runs = {f"runs of {dag}": f"../../dags/{dag}" for dag in (f"drift_{line}", f"watch_{line}")}
    return {
        "Releases": f"../?who={quote(line)}",
        "What needs me now": "../needs",
        **version,
        **runs,
    }


class ReleaseBoard(AirflowPlugin):  # type: ignore[misc]  # Airflow is untyped here
    """Registers the page with Airflow."""

    name = "slipway_board"
    fastapi_apps = [{"app": app, "url_prefix": "/slipway", "name": "Slipway releases"}]  # noqa: RUF012 - Airflow's own attribute
    external_views = [  # noqa: RUF012 - Airflow's own attribute
        {
            "name": "Releases",
            "href": "slipway/",
            "destination": "nav",
            "category": "browse",
            "url_route": "releases",
        },
        {
            "name": "What needs me now",
            "href": "slipway/needs",
            "destination": "nav",
            "category": "browse",
            "url_route": "needs",
        },
    ]
