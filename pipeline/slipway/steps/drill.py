"""Rehearse a rollback on the real parts: order, workers, ledger and registry, and nobody is answered otherwise."""

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from filelock import FileLock

from slipway import lines
from slipway.data import json_file
from slipway.domain.clusters import ClusterPolicy
from slipway.domain.errors import BadInput, NotEligible, PartUnseen
from slipway.domain.policies import ReleasePolicy
from slipway.registry.state import ReleaseState
from slipway.release import drills
from slipway.release.drills import Drill, DrillWay
from slipway.release.orders import REHEARSALS, OrderFolder, ReturnOrder
from slipway.serving import rehearsal
from slipway.serving.line_signs import folder_of_workers
from slipway.serving.rehearsal import WorkerRehearsal
from slipway.settings import settings
from slipway.steps import context, shown_state

WITHIN_S = 30.0
"""Wall seconds within which every worker must have answered, where nobody says otherwise."""
SILENT_S = 60.0
"""Wall seconds after which a worker that shows no life is not waited for."""
POLL_S = 0.05


def drill(line_name: str, *, actor: str, within_s: float = WITHIN_S) -> Drill:
    """Rehearse taking off who is on live traffic, the candidate before the champion; the drill is kept.

    Raises UnknownReference for a line that nobody declares, BadInput for one that answers no requests,
    NotEligible where the rules alone answer, and PartUnseen where no worker of the router lives.
    """
    _check_requests(line_name)
    before = _router_says(line_name)
    version = before.candidate or before.champion
    if version is None:
        raise NotEligible(
            f"{line_name}.champion",
            found=None,
            expected="a version on live traffic",
            next_step="the rules serve: there is nothing to take off yet",
        )
    home = settings().home
    (home / drills.FOLDER / line_name).mkdir(parents=True, exist_ok=True)
    with FileLock(home / drills.FOLDER / line_name / "drill.lock"):
        workers = _workers(home, line_name)
        found = _rehearsed(before, version, workers, actor, within_s)
        json_file.write(drills.path_of(home, found), found.to_dict())
    return found


def _rehearsed(
    before: ReleaseState, version: str, workers: set[str], actor: str, within_s: float
) -> Drill:
    """Write the order, hear every worker, read the other two ways, and look whether anything moved."""
    now, line = context.now(), before.line
    order = ReturnOrder(line, version, before.epoch + 1, now, actor, f"drill {os.urandom(8).hex()}")
    began = time.monotonic()
    folder = OrderFolder(settings().home, REHEARSALS)
    folder.write(order)
    written_s = time.monotonic() - began
    try:
        answers = _answers(line, order, workers, began + within_s)
    finally:
        folder.remove(order)
    heard_s = time.monotonic() - began
    ways = (
        DrillWay("folder", "an order was written and flushed to the disk", written_s),
        _heard(workers, answers, heard_s, within_s),
        _timed("ledger", "read, not appended to", lambda: context.ledger().state(line)),
        _timed("registry", "read, not written to", lambda: context.registry().release_state(line)),
    )
    troubles = [f"{way.name}: {way.trouble}" for way in ways if way.trouble]
    troubles += _disobedient(answers, version)
    after = _router_says(line)
    if after != before:
        troubles.append(
            f"the live state moved from epoch {before.epoch} to {after.epoch} meanwhile: say it again"
        )
    leads = sorted({answer.leads for answer in answers})
    return Drill(
        line=line, at=now, actor=actor, version=version, leads=" or ".join(leads) or "nobody known",
        epoch=before.epoch, seconds=heard_s, within_s=within_s, workers=len(answers),
        passed=not troubles, ways=ways, troubles=tuple(troubles),
    )  # fmt: skip


def _answers(
    line: str, order: ReturnOrder, workers: set[str], deadline: float
) -> list[WorkerRehearsal]:
    """What each worker said of this order; those that said nothing until ``deadline`` are left out."""
    found: dict[str, WorkerRehearsal] = {}
    while set(found) < workers and time.monotonic() < deadline:
        for name in workers - set(found):
            path = rehearsal.folder_of(settings().home, line) / f"{name}.json"
            try:
                said = WorkerRehearsal.read(path)
            except (OSError, ValueError, TypeError):
                continue
            if said.reason == order.reason:
                found[name] = said
        time.sleep(POLL_S)
    return list(found.values())


def _heard(
    workers: set[str], answers: list[WorkerRehearsal], seconds: float, within_s: float
) -> DrillWay:
    what = "each worker read the order and said who would answer"
    silent = sorted(workers - {answer.worker for answer in answers})
    if silent:
        return DrillWay(
            "router", what, None, f"no answer within {within_s:g} s of {', '.join(silent)}"
        )
    return DrillWay("router", what, seconds)


def _disobedient(answers: list[WorkerRehearsal], version: str) -> list[str]:
    """Workers that would not have switched, or that cannot read the ledger, their second way."""
    found = []
    for answer in answers:
        if not answer.off:
            found.append(f"{answer.worker} would still ask version {version}")
        if not answer.loaded:
            found.append(f"{answer.worker} does not have {answer.leads} in memory")
        if answer.ledger:
            found.append(f"{answer.worker} cannot read the ledger: {answer.ledger}")
    return found


def _timed(name: str, rehearsed: str, read: Callable[[], object]) -> DrillWay:
    began = time.monotonic()
    try:
        read()
    except Exception as error:  # noqa: BLE001 - whatever fails is what a drill is for
        return DrillWay(name, rehearsed, None, context.in_one_line(error))
    return DrillWay(name, rehearsed, time.monotonic() - began)


def _check_requests(line_name: str) -> None:
    line = lines.declared(line_name)
    if not line.has_traffic:
        raise BadInput(
            "line",
            found=line_name,
            expected="a line that answers requests",
            next_step="what no user is answered by needs no drill; nothing was done",
        )


def _router_says(line_name: str) -> ReleaseState:
    try:
        return shown_state.router_says(line_name)
    except Exception as error:  # its client, its answer or its state
        raise _no_router(line_name, context.in_one_line(error)) from error


def _no_router(line_name: str, found: str) -> PartUnseen:
    return PartUnseen(
        f"router of {line_name}",
        found=found,
        expected="a router that answers for this line, with its workers on this stack's folder",
        next_step="start it (`slipway up`), then say `slipway drill` again; nothing was done",
    )


def _workers(home: Path, line_name: str) -> set[str]:
    """The workers that show that they live."""
    now, found = time.time(), set[str]()
    for path in folder_of_workers(home, line_name).glob("[!.]*"):
        if now - path.stat().st_mtime <= SILENT_S:
            found.add(path.name)
    if not found:
        raise _no_router(line_name, "no worker shows that it lives")
    return found


def past(line_name: str) -> list[Drill]:
    """All drills of a line, oldest first; a file that is none is left out."""
    found = []
    for path in sorted((settings().home / drills.FOLDER / line_name).glob("*.json")):
        try:
            found.append(Drill.from_dict(json_file.read(path)))
        except (OSError, ValueError, RecursionError, BadInput):
            continue
    return found


def last(line_name: str) -> Drill | None:
    """The newest drill of a line that passed; None where none ever did."""
    return drills.last_drill(past(line_name))


def due(line_name: str, policy: ReleasePolicy, now: datetime) -> str:
    """Why a drill is asked for before a promotion; "" where it is not.

    A promotion waits where that is not known, and nothing else does: a reviewer's reject counts.
    """
    if isinstance(policy, ClusterPolicy) or not policy.drill_max_age_days:
        return ""
    try:
        return drills.due(last(line_name), policy.drill_max_age_days, now)
    except Exception as error:  # noqa: BLE001 - a folder that cannot be read, whatever it is
        return f"whether a rollback drill is due is not known: {context.in_one_line(error)}"
