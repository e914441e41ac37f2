"""Apply the retention of a line: what is older than it is kept goes, what a release stands on stays."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from slipway.data import drafts, expiry, rollup
from slipway.data.expiry import Expired
from slipway.data.groups import longest_window
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.line import Line
from slipway.domain.release import LineState, Transition
from slipway.domain.retention import check_retention
from slipway.settings import settings
from slipway.steps import context
from slipway.steps.forget import alone, finish

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Pins:
    """What the standing versions of a line need, however old it is.

    ``intervals`` are the ends of the intervals they were trained on, ``looks`` the digests of what
    their steps were taken on, ``since`` the first hour that their evidence is made of.
    """

    versions: tuple[str, ...]
    intervals: frozenset[datetime]
    looks: frozenset[str]
    since: datetime | None

    @classmethod
    def of(cls, state: LineState, past: Sequence[Transition], history: timedelta) -> "Pins":
        """The pins of champion, previous champion, candidate and waiting version."""
        named = (
            state.champion,
            state.previous_champion,
            state.candidate.version if state.candidate else None,
            state.waiting.version if state.waiting else None,
        )
        versions = tuple(dict.fromkeys(version for version in named if version))
        own = [t for t in past if t.candidate.version in versions]
        moving = state.candidate.version if state.candidate else None
        judged = [t.at for t in own if t.candidate.version == moving]
        return cls(
            versions,
            frozenset(t.candidate.interval_end.astimezone(UTC) for t in own),
            frozenset(t.look[:12] for t in own if t.look),
            min(judged) - history - timedelta(days=1) if judged else None,
        )


def plan(line_name: str) -> list[Expired]:
    """What would go now, oldest first within each kind; nothing is changed.

    Raises BadConfig for a line that would lose what it still reads.
    """
    line, home = context.declared(line_name), settings().home
    _check(line)
    ledger = context.ledger()
    pins = Pins.of(ledger.state(line_name), ledger.transitions(line_name), line.needs.history)
    now = context.now()
    before = {
        kind: now - timedelta(days=getattr(line.retention, f"{kind}_days"))
        for kind in ("log", "features", "snapshots", "rollups", "evidence", "looks")
    }
    return [
        *expiry.log(home, line, _summed(home, line, before["log"])),
        *expiry.features(home, line, before["features"]),
        *expiry.snapshots(home, line, before["snapshots"], pins.intervals),
        *expiry.rollups(home, line, min(before["rollups"], pins.since or before["rollups"])),
        *expiry.evidence(home, line, before["evidence"], pins.intervals),
        *_looks(home, line_name, ledger.transitions(line_name), before["looks"], pins),
    ]


def _check(line: DeclaredLine) -> None:
    needs = line.needs
    if isinstance(line, Line):
        counted = max(needs.counted_over, longest_window(line))
        needs = replace(needs, counted_over=counted)
    check_retention(line.name, line.retention, needs)


def _summed(home: Path, line: DeclaredLine, before: datetime) -> datetime:
    """No row goes before its hour is in the sums, however long the reconciler was away."""
    if not isinstance(line, Line):
        return before
    end = rollup.matured(home, line).end
    return min(before, end) if end else before


def _looks(
    home: Path, line_name: str, past: Sequence[Transition], before: datetime, pins: Pins
) -> Iterator[Expired]:
    """Looks at states that were left before ``before``, but those that standing versions moved on."""
    left = {t.epoch - 1: t.at for t in past}
    for path in sorted((home / "work" / line_name / "looks").glob("[!.]*.json")):
        epoch, _, digest = path.stem.partition("-")
        at = left.get(int(epoch)) if epoch.isdigit() else None
        if at is not None and at < before and digest not in pins.looks:
            beside = path.with_suffix(".attached")
            yield Expired("looks", at, (path, *([beside] if beside.exists() else ())))


def apply(line_name: str, *, report: Report = lambda _: None) -> dict[str, Any]:
    """Delete what :func:`plan` names; repeatable, and a killed one is finished by the next.

    Erasures that were killed are finished, and drafts of killed writers swept. Returns what went.
    """
    home = settings().home
    finished = finish(report=report)
    with alone(home):
        swept = drafts.sweep(home)
        gone = plan(line_name)
        for each in gone:
            names = ", ".join(str(path.relative_to(home)) for path in each.paths)
            size = each.size
            expiry.remove(each)
            _say(
                report, f"deleted {each.kind} of {each.at:%Y-%m-%d %H:%M}: {names} ({size:,} bytes)"
            )
    return {
        "line": line_name,
        "deleted": summary(gone),
        "drafts": len(swept),
        "erasures": len(finished),
    }


def summary(found: Sequence[Expired]) -> dict[str, dict[str, Any]]:
    """How much of each kind, and from when to when."""
    ordered = sorted(found, key=lambda each: each.kind)
    return {
        kind: {
            "items": len(group),
            "oldest": min(each.at for each in group).isoformat(),
            "newest": max(each.at for each in group).isoformat(),
        }
        for kind, group in ((k, list(g)) for k, g in groupby(ordered, key=lambda each: each.kind))
    }


def _say(report: Report, text: str) -> None:
    logging.getLogger("slipway").info("%s", text)
    report(text)
