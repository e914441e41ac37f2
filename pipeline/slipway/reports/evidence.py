"""The evidence of one version: what a reviewer opens before saying yes or no."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from slipway.domain.line import Line
from slipway.domain.measurement import LiveMeasurements, OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.verdict import Verdict
from slipway.evidence.family import family, log_evidence
from slipway.reports import comparison, figures
from slipway.reports.page import Figure
from slipway.reports.review import card, comparisons, pictures, run_record
from slipway.reports.review.brief import Brief, Findings, UserExposure
from slipway.reports.review.layout import POINTS_FILE, points, render
from slipway.reports.review.words import outcome, percent
from slipway.stats.mixtures import budget_used

HOURS_A_DAY = 24


def write_offline(
    folder: Path,
    *,
    title: str,
    brief: Brief,
    facts: Mapping[str, str],
    measured: OfflineMeasurements,
    verdicts: Sequence[Verdict],
) -> tuple[Figure, ...]:
    """Write page, verdicts, measurements and pictures of a candidate that ranks, before any exposure."""
    line, found = brief.line, offline_findings(brief, measured, verdicts, facts)
    assert isinstance(line, Line)
    found = replace(found, figures=_drawn(line, measured, found))
    return write(folder, title, brief, found, measured.to_dict())


def offline_findings(
    brief: Brief, m: OfflineMeasurements, verdicts: Sequence[Verdict], facts: Mapping[str, str]
) -> Findings:
    """What the held-out week says of a candidate that ranks."""
    line = brief.line
    assert isinstance(line, Line)
    floors = {gate: m.chance[gate].total for gate in ("log_loss", "ndcg") if gate in m.chance}
    compared = comparisons.of_verdicts(line, verdicts, floors)
    return Findings(
        lead=f"Measured on {m.rows:,} exposures of a week that no arm was trained on.",
        verdicts=verdicts,
        compared=comparisons.with_rows(compared, m.rows),
        segments=comparisons.of_segments(line, m.segments, m.seed_spread_candidate),
        facts=facts,
        untested=_elsewhere(m.seeds_unknown),
        users=_changed_lists(m),
        rules=f"prediction of {outcome(line)}: {percent(-m.log_loss_diff_rules.mean)}; order of the "
        f"lists: {percent(m.ndcg_diff_rules.mean)} than the hand-written rules",
    )


def _drawn(line: Line, m: OfflineMeasurements, found: Findings) -> tuple[Figure, ...]:
    drawn = [figures.quality(m)]
    if m.has_champion:
        drawn += comparison.figures(m, line.policy)
        drawn += [figures.category_mix(m), *pictures.by_column(found.segments)]
    if m.calibration_curve:
        drawn.append(figures.calibration(m))
    return tuple(drawn)


def _changed_lists(m: OfflineMeasurements) -> str:
    churn = m.moved.get("churn", m.churn)
    if churn is None:
        return ""
    chance = f"; chance alone changes {m.chance['churn'].total:.0%}" if "churn" in m.chance else ""
    return f"Of the top of each list {churn:.0%} would be other items than today{chance}."


def _elsewhere(seeds_unknown: bool) -> tuple[str, ...]:
    return (
        ("What another seed would change: the model was fitted elsewhere.",)
        if seeds_unknown
        else ()
    )


def write_live(
    folder: Path,
    *,
    title: str,
    brief: Brief,
    facts: Mapping[str, str],
    live: LiveMeasurements,
    verdicts: Sequence[Verdict],
) -> tuple[Figure, ...]:
    """Write the page of a candidate on live traffic: what was seen of users, and before them."""
    line = brief.line
    assert isinstance(line, Line)
    before = run_record.offline_of(brief.run)
    on_users = comparisons.of_verdicts(line, verdicts) or comparisons.live_outcome(line, live)
    on_users = comparisons.with_live_power(line, live, on_users)
    seen = _seen(line, live)
    found = replace(
        before,
        lead=f"{seen.exposures:,} exposures of the candidate on live traffic.",
        verdicts=verdicts,
        compared=comparisons.losers_first((*on_users, *before.compared)),
        segments=comparisons.losers_first(
            (*comparisons.of_live_segments(line, live), *before.segments)
        ),
        facts=facts,
        exposure=seen,
    )
    return write(
        folder, title, brief, replace(found, figures=_drawn_live(line.policy, live, found))
    )


def write_unexposed(
    folder: Path, *, title: str, brief: Brief, facts: Mapping[str, str], verdicts: Sequence[Verdict]
) -> tuple[Figure, ...]:
    """Write the page of a candidate that no user was answered by, with what was measured of it before."""
    before = run_record.offline_of(brief.run)
    drawn = pictures.by_column(before.segments)
    return write(folder, title, brief, replace(before, lead="No user was answered by it.", verdicts=verdicts,
                                               facts=facts, figures=drawn))  # fmt: skip


def _drawn_live(policy: Policy, live: LiveMeasurements, found: Findings) -> tuple[Figure, ...]:
    some = live.clicks.start_s.size + live.past.trail.size
    drawn = [figures.evidence_path(live, policy)] if some else []
    if found.compared:
        caption = "Candidate beside champion: best guess and interval; dashes are the most that may be lost."
        drawn.append(pictures.intervals("compared", caption, found.compared))
    return (*drawn, *pictures.by_column(found.segments))


def _seen(line: Line, live: LiveMeasurements) -> UserExposure:
    exposures = int(live.clicks.trials[:, 1].sum()) + sum(live.past.exposures.values())
    days = (
        (live.now - live.live_since).total_seconds() / 3600 / HOURS_A_DAY
        if live.live_since
        else 0.0
    )
    return UserExposure(exposures, int(live.requests[1]), days, _budget(line.policy, live))


def _budget(policy: Policy, live: LiveMeasurements) -> float | None:
    """How much of the evidence that stops a release is there; None where nothing is to be compared yet."""
    if getattr(policy, "paired", False):
        return None  # decided in the shadow, without a user
    try:
        return budget_used(log_evidence(family(live, policy)), policy.alpha)
    except ValueError:
        return None


def write(
    folder: Path,
    title: str,
    brief: Brief,
    found: Findings,
    measured: Mapping[str, Any] | None = None,
) -> tuple[Figure, ...]:
    """Write page, pictures and verdicts; with ``measured``, made before any exposure, the run's record."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evidence.html").write_text(render(title, brief, found))
    for figure in found.figures:
        (folder / f"{figure.name}.png").write_bytes(figure.png)
    filled = card.card(brief, found)
    _json(folder / card.JSON_FILE, card.as_json(filled))
    (folder / card.TEXT_FILE).write_text(card.as_text(title, filled))
    _json(folder / POINTS_FILE, points(brief, found))
    _json(folder / "verdicts.json", [verdict.to_dict() for verdict in found.verdicts])
    if measured is not None:
        _json(folder / "measurements.json", measured)
        _json(folder / run_record.FILE, run_record.with_offline(brief.run, found))
    return tuple(found.figures)


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True))
