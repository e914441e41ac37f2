"""The evidence of one version: what a reviewer opens before saying yes or no."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from slipway.domain.measurement import LiveMeasurements, OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.domain.release import Transition
from slipway.domain.verdict import Verdict, panel_conclusion
from slipway.reports import comparison, figures
from slipway.reports.page import Figure, Row, Table, render, verdict_table


def write_offline(
    folder: Path,
    *,
    title: str,
    facts: Mapping[str, str],
    measured: OfflineMeasurements,
    verdicts: Sequence[Verdict],
    policy: Policy,
) -> tuple[Figure, ...]:
    """Write page, verdicts, measurements and pictures of a candidate before any exposure."""
    drawn = [figures.quality(measured)]
    if measured.has_champion:
        drawn += comparison.figures(measured, policy)
        drawn += [figures.category_mix(measured), figures.segments(measured, policy)]
    if measured.calibration_curve:
        drawn.append(figures.calibration(measured))
    page = render(
        title=title,
        lead=f"Measured on {measured.rows:,} exposures of a week that no arm was trained on.",
        conclusion=panel_conclusion(verdicts),
        facts=facts,
        tables=[verdict_table("Offline gates", verdicts)],
        figures=drawn,
    )
    _write(folder, page, drawn, verdicts)
    _json(folder / "measurements.json", measured.to_dict())
    return tuple(drawn)


def write_live(
    folder: Path,
    *,
    title: str,
    facts: Mapping[str, str],
    live: LiveMeasurements,
    history: Sequence[Transition],
    verdicts: Sequence[Verdict],
    policy: Policy,
) -> tuple[Figure, ...]:
    """Write the page of a candidate on live traffic: verdicts, evidence over time, its stages."""
    drawn = (
        [figures.evidence_path(live, policy)]
        if live.clicks.start_s.size + live.past.trail.size
        else []
    )
    stages = Table(
        "The stages so far",
        "stage",
        tuple(
            Row(t.to_stage.value, panel_conclusion(t.verdicts).name, t.reason, (_moved(t),))
            for t in history
        ),
    )
    exposed = int(live.clicks.trials[:, 1].sum()) + sum(live.past.exposures.values())
    page = render(
        title=title,
        lead=f"{exposed:,} exposures of the candidate on live traffic.",
        conclusion=panel_conclusion(verdicts),
        facts=facts,
        tables=[verdict_table("Live gates", verdicts), stages],
        figures=drawn,
    )
    _write(folder, page, drawn, verdicts)
    return tuple(drawn)


def _moved(t: Transition) -> str:
    return f"{t.at:%Y-%m-%d %H:%M} UTC, by {t.actor}, {t.share:.0%} of users"


def _write(folder: Path, page: str, drawn: Sequence[Figure], verdicts: Sequence[Verdict]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evidence.html").write_text(page)
    for figure in drawn:
        (folder / f"{figure.name}.png").write_bytes(figure.png)
    _json(folder / "verdicts.json", [verdict.to_dict() for verdict in verdicts])


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True))
