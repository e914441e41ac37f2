"""One look at a release: rollups and ledger become the measurements that the gates judge."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from slipway.data import features, json_file, own_tables, rollup
from slipway.data.groups import has_tables
from slipway.domain.errors import BadInput, LogIncomplete, NotComputable, UnknownReference
from slipway.domain.line import Line
from slipway.domain.measurement import LiveMeasurements
from slipway.domain.release import Candidate, Transition
from slipway.domain.stage import Stage
from slipway.evidence.add import JudgedRelease
from slipway.evidence.champion_chain import reference_of
from slipway.settings import settings
from slipway.steps import context, evidence_update, rollup_arrays


def refresh(line: Line, now: datetime) -> datetime:
    """Make the as-of features that are due and roll up every complete hour.

    Returns the time up to which the rollups are complete. Features of a midnight whose rows are not all
    sealed yet wait for the next look. Where they cannot be made, the hours are rolled up before the
    error is raised: harm is seen in them.
    """
    home = settings().home
    try:
        own_tables.take_over(home, line, now)
        due = features.refresh_due(home, line, now) if has_tables(line) else None
        if due is not None:
            with suppress(LogIncomplete):  # a log that stays so has an alarm of its own
                features.compute(home, line, due)
    finally:
        until = rollup.update(home, line, now=now)
    return until


def refresh_error(line: Line, now: datetime) -> str:
    """Refresh; returns what kept it from being whole, or nothing: a look goes on with what is there."""
    try:
        refresh(line, now)
    except Exception as error:  # noqa: BLE001 - whatever it is, proven harm does not wait for it
        return context.in_one_line(error)
    return ""


def whole(line_name: str, trouble: str) -> None:
    """Raise what kept a look from being whole, once harm was acted on."""
    if trouble:
        raise NotComputable(
            f"look at {line_name}",
            found=trouble,
            expected="every complete hour rolled up",
            next_step="repair it and clear the run: until then only harm is acted on",
        )


def seen_until(line: Line) -> datetime:
    """The earliest time at which what is rolled up can have been seen: a clock before it went back."""
    home, found = settings().home, [datetime.min.replace(tzinfo=UTC)]
    sums = ((rollup.arrived, rollup.GRACE), (rollup.matured, line.maturity))
    for chain, wait in sums:
        with suppress(
            OSError, ValueError, LookupError
        ):  # damaged: the look says so when it reads it
            end = chain(home, line).end
            found += [end + wait] if end else []
    return max(found)


def release_of(transitions: Sequence[Transition], version: str) -> list[Transition]:
    """The transitions of one version since it was first offered.

    A release that a person reopened goes on with its evidence: it has no second error budget.
    Raises UnknownReference where the ledger has none.
    """
    own = [t for t in transitions if t.candidate.version == version]
    offers = [p for p, t in enumerate(own) if t.to_stage is Stage.OFFERED and not t.reopens]
    own = own[offers[-1] :] if offers else own
    if not own:
        raise UnknownReference(
            "version",
            found=version,
            expected="a version that was offered",
            next_step="see `slipway history`",
        )
    return own


def measure(
    line: Line,
    candidate: Candidate,
    transitions: Sequence[Transition],
    *,
    has_champion: bool,
    now: datetime,
) -> LiveMeasurements:
    """Everything that arrived in time about ``candidate`` from its first stage on.

    Control is all concurrent traffic of the champion's arm. The latency reference is the
    champion's traffic of the candidate's own shadow stage: the same machines, the same hours.
    Users may be answered by the candidate for weeks: what was added to its evidence is not read
    again. A shadow answers nobody: it is counted again, and waits for no outcome.
    """
    own, blank = _blank(line, candidate, transitions, has_champion=has_champion, now=now)
    if candidate.stage.is_live:
        release = JudgedRelease(own, blank, moved(transitions))
        return evidence_update.measured(evidence_update.up_to_date(line, release), line, release)
    started = next((t for t in reversed(own) if t.to_stage is Stage.SHADOW), own[0])
    blocks, _ = arrived_since(line, started)
    return replace(
        blank,
        traffic=rollup_arrays.traffic(blocks, rollup_arrays.PAIR),
        reference_latency=rollup_arrays.shadow_latency(blocks),
    )


def measure_what_is_kept(
    line: Line,
    candidate: Candidate,
    transitions: Sequence[Transition],
    *,
    has_champion: bool,
    now: datetime,
) -> LiveMeasurements:
    """What an earlier look kept, and the requests that have arrived since: for damaged rollups.

    It may prove harm and never promotes (:func:`slipway.steps.release.decide`).
    """
    own, blank = _blank(line, candidate, transitions, has_champion=has_champion, now=now)
    if not candidate.stage.is_live:
        return blank
    release = JudgedRelease(own, blank, moved(transitions))
    return evidence_update.measured(evidence_update.kept(line, release), line, release)


def moved(transitions: Sequence[Transition]) -> list[int]:
    """The epochs at which a hold-back came, went or became another."""
    shares = [0.0, *(t.previous_share for t in transitions)]
    return [
        t.epoch
        for t, before in zip(transitions, shares, strict=False)
        if t.previous_share != before
    ]


def _blank(
    line: Line,
    candidate: Candidate,
    transitions: Sequence[Transition],
    *,
    has_champion: bool,
    now: datetime,
) -> tuple[list[Transition], LiveMeasurements]:
    """The release's own transitions, and a look in which nothing was seen yet."""
    own = release_of(transitions, candidate.version)
    return own, LiveMeasurements(
        line=line.name,
        version=candidate.version,
        stage=candidate.stage,
        now=now,
        stage_since=candidate.stage_since,
        live_since=candidate.live_since,
        has_champion=has_champion,
        reference=_reference(transitions, line, now),
        outcome_window_s=int(line.maturity.total_seconds()),
    )


def _reference(
    transitions: Sequence[Transition], line: Line, now: datetime
) -> tuple[float, float] | None:
    """How the champion stands to the one of a year ago; None where the ledger does not say it.

    Only the gate that asks for it then has no verdict: what the others see is acted on.
    """
    try:
        return reference_of(transitions, line.policy, now)
    except BadInput as error:
        logging.getLogger("slipway").warning("%s", error)
        return None


def arrived_since(
    line: Line, start: Transition, *, matured: bool = True
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Requests and visitors from a transition on, as far as they have arrived; epochs are the router's.

    Without ``matured`` the sums of outcomes are not asked: nor are the rows that came late.
    """
    read = rollup.read_requests if matured else rollup.read_arrived
    seen = read(settings().home, line, start.at - timedelta(hours=1))
    return (
        seen.blocks[seen.blocks["epoch"] >= start.epoch],
        seen.users[seen.users["epoch"] >= start.epoch],
    )


def path_of(line_name: str, epoch: int, digest: str) -> Path:
    """Where the look taken at an epoch of the ledger lies."""
    return context.folder(line_name, "looks") / f"{epoch:05d}-{digest[:12]}.json"


def save(live: LiveMeasurements, epoch: int) -> dict[str, str]:
    """Write one look where its gates read it; returns its path and digest."""
    body = live.to_dict()
    canonical = json.dumps([epoch, body], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    path = json_file.write(path_of(live.line, epoch, digest), body, indent=None)
    return {"measurements": str(path), "digest": digest}


def of(seen: Mapping[str, Any]) -> LiveMeasurements:
    """The measurements of a look: from their file, or from the look itself where none could be written."""
    unsaved = seen.get("unsaved")
    return LiveMeasurements.from_dict(unsaved) if unsaved else load(seen["measurements"])


def load(path: str | Path) -> LiveMeasurements:
    """Read what :func:`save` wrote."""
    return LiveMeasurements.from_dict(json_file.read(path))
