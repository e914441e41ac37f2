"""Bring a line's loop up to date: explored clicks, concentration, and what a shadow would be worth."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from slipway import gates
from slipway.data import json_file, log, parts
from slipway.domain.line import Line
from slipway.domain.loop import LoopMeasurements
from slipway.domain.loop_policy import LoopPolicy
from slipway.domain.release import Arm, Transition, fold
from slipway.domain.verdict import Verdict
from slipway.lines import policy_file
from slipway.monitoring import loop_rows, store
from slipway.monitoring.loop_report import FILE, LoopReport
from slipway.monitoring.loop_weeks import ItemSums, item_sums, week_of
from slipway.monitoring.store import WEEK
from slipway.monitoring.triage import triage, unknown
from slipway.settings import settings
from slipway.stats.off_policy import estimate
from slipway.steps import context


def judge_loop(line_name: str) -> dict[str, object]:
    """Read each whole week whose outcomes have come once; returns what is said in short.

    Raises BadInput for a log that cannot be read; a line without lists has no loop to see.
    """
    line = context.line_of(line_name)
    if line.kind != "ranking":
        return {"line": line_name, "reason": "it shows no lists"}
    policy = policy_file.loop_policy(line_name, settings().policy_file)
    log.recover_and_report(settings().home, line)
    until = log.complete_until(settings().home, line, context.now()) - line.maturity
    folder = context.folder(line_name, "watch")
    kept = _kept(folder / "loop-weeks.json")
    for begin in _weeks(line, kept, until, policy):
        kept.append(_read(line, begin, kept, policy))
        json_file.write(folder / "loop-weeks.json", {"weeks": kept})
    measured = LoopMeasurements.from_dict(
        {"line": line_name, "weeks": [week["seen"] for week in kept[-policy.trend_weeks :]]}
    )
    verdict = gates.judge(gates.FEEDBACK_LOOP, measured, policy)
    report = LoopReport(measured, verdict, _candidate(line, until, policy))
    json_file.write(folder / FILE, report.to_dict())
    return {
        "line": line_name,
        "weeks": len(kept),
        "loop": verdict.conclusion.name,
        "why": verdict.reason,
    }


def _kept(path: Path) -> list[dict[str, Any]]:
    return list(json_file.read(path)["weeks"]) if path.is_file() else []


def _weeks(
    line: Line, kept: list[dict[str, Any]], until: datetime, policy: LoopPolicy
) -> Iterator[datetime]:
    """The first moments of weeks that are complete and not read yet, oldest first, no older than is judged."""
    hours = parts.hours(settings().home, line, parts.EXPOSURES_KIND, None, until)
    first = next((hour for hour, _ in hours), None)
    if first is None:
        return
    oldest = until - WEEK * (policy.trend_weeks + policy.reference_weeks)
    begin = datetime.fromisoformat(kept[-1]["begin"]) + WEEK if kept else max(first, oldest)
    midnight = begin.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    week = store.monday(midnight if midnight == begin else midnight + store.DAY)
    while week + WEEK <= until:
        yield week
        week += WEEK


def _read(
    line: Line, begin: datetime, kept: list[dict[str, Any]], policy: LoopPolicy
) -> dict[str, Any]:
    """A week as it is kept: what is seen of it, and its sums by the names of segments and items.

    Rules feed on no clicks: of a week in which they led, for any time, there is no gap, no model's
    concentration, and no sum of what a model expected.
    """
    found = loop_rows.read_week(settings().home, line, begin, begin + WEEK)
    led = _models_led(context.ledger().transitions(line.name), line.name, begin)
    before = [week for week in kept[-policy.reference_weeks :] if week["sums"]]
    segments = _union(found.segments, (row[0] for week in before for row in week["sums"]))
    items = _union(found.items, (row[1] for week in before for row in week["sums"]))
    past = [_sums(week["sums"], segments, items) for week in before]
    seen = week_of(
        f"{begin:%Y-%m-%d}", found.version, found.lists, past, found.arms, found.theta, policy
    )
    if not led:
        others = {arm: of for arm, of in seen.arms.items() if arm != Arm.CHAMPION.value}
        seen = replace(seen, gap=None, arms=others)
    own = item_sums(found.lists, len(segments), len(items))
    rows = [
        [segments[s], items[i], float(own.clicks[s, i]), float(own.expected[s, i])]
        for s, i in np.argwhere(own.expected > 0).tolist()
        if led
    ]
    plain = LoopMeasurements(line.name, (seen,)).to_dict()["weeks"][0]
    for old in kept[: -policy.reference_weeks]:
        old["sums"] = []  # no later week asks for them
    return {"begin": begin.isoformat(), "seen": plain, "sums": rows}


def _models_led(past: Sequence[Transition], line: str, begin: datetime) -> bool:
    """Whether some model was champion during all of the week that begins then."""
    until = [t for t in past if t.at < begin + WEEK]
    began = sum(t.at <= begin for t in until)
    return all(fold(line, until[:n]).champion is not None for n in range(began, len(until) + 1))


def _union(names: tuple[str, ...], others: Iterator[str]) -> list[str]:
    """The names in their order, then others that are not among them."""
    return [*names, *sorted(set(others) - set(names))]


def _sums(rows: list[list[Any]], segments: list[str], items: list[str]) -> ItemSums:
    segment, item = ({name: at for at, name in enumerate(each)} for each in (segments, items))
    clicks = np.zeros((len(segments), len(items)))
    expected = np.zeros_like(clicks)
    for s, i, came, wanted in rows:
        clicks[segment[s], item[i]], expected[segment[s], item[i]] = came, wanted
    return ItemSums(clicks, expected)


def _candidate(line: Line, until: datetime, policy: LoopPolicy) -> Verdict | None:
    """What the places of the newest shadow are worth; None where nothing was ranked by one."""
    begin = until - timedelta(days=line.policy.timeout_days)
    found = loop_rows.candidate_cells(settings().home, line, begin, until)
    if found is None:
        return None
    cells, version = found
    try:
        verdict = triage(estimate(cells, policy.click_model, policy.off_policy_alpha), policy)
    except ValueError as error:
        verdict = unknown(str(error))
    return replace(verdict, reason=f"version {version}: {verdict.reason}")
