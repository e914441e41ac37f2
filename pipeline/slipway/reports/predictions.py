"""The page of a model that predicts: losses, level and segments in the line's own words."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.in_words import counted
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Verdict, panel_conclusion
from slipway.reports.figures import CANDIDATE, CHAMPION, LIMIT, RULES, drawn
from slipway.reports.page import Figure, Row, Table, render, verdict_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"candidate": CANDIDATE, "champion": CHAMPION, "rules": RULES}


def write(
    folder: Path,
    *,
    title: str,
    facts: Mapping[str, str],
    measured: PredictionMeasurements,
    verdicts: Sequence[Verdict],
) -> tuple[Figure, ...]:
    """Write page, verdicts, measurements and pictures of a candidate before any exposure."""
    figures = [_losses(measured), _level(measured)]
    page = render(
        title=title,
        lead=f"Measured on {counted(measured.rows, 'request')} of {counted(measured.users, 'user')} that no arm was "
        "trained on.",
        conclusion=panel_conclusion(verdicts),
        facts=facts,
        tables=[verdict_table("Offline gates", verdicts), _numbers(measured), _segments(measured)],
        figures=figures,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evidence.html").write_text(page)
    for figure in figures:
        (folder / f"{figure.name}.png").write_bytes(figure.png)
    _json(folder / "verdicts.json", [verdict.to_dict() for verdict in verdicts])
    _json(folder / "measurements.json", measured.to_dict())
    return tuple(figures)


def _numbers(m: PredictionMeasurements) -> Table:
    every = {m.loss_name: m.loss, **m.details}
    rows = (
        Row(name, "", ", ".join(f"{arm} {value:.4g}" for arm, value in values.items()))
        for name, values in every.items()
    )
    return Table(f"{m.outcome}, by arm", "number", tuple(rows), last="values")


def _segments(m: PredictionMeasurements) -> Table:
    rows = (
        Row(one.name, "", f"champion {one.champion:+.1%}, candidate {one.candidate:+.1%}",
            (counted(one.rows, "row"),))
        for one in m.biases
    )  # fmt: skip
    return Table(
        f"Mean answer beside mean {m.outcome}, by segment", "segment", tuple(rows), last="bias",
        empty="No segment has rows enough beside a champion.",
    )  # fmt: skip


def _losses(m: PredictionMeasurements) -> Figure:
    """The mean loss of each arm."""

    def draw(axes: "Axes") -> None:
        names = list(m.loss)
        axes.barh(names, [m.loss[n] for n in names], color=[_COLOURS[n] for n in names])
        axes.invert_yaxis()
        axes.set_xlabel(f"mean {m.loss_name} of {m.outcome}: less is better")

    return drawn("losses", f"Mean {m.loss_name} of {m.outcome} on the same rows.", draw, (7, 2.4))


def _level(m: PredictionMeasurements) -> Figure:
    """Mean answer against mean outcome, by groups of equal size."""

    def draw(axes: "Axes") -> None:
        said = [point[0] for point in m.calibration_curve]
        seen = [point[1] for point in m.calibration_curve]
        both = [*said, *seen]
        axes.plot([min(both), max(both)], [min(both), max(both)], color=LIMIT, linewidth=1)
        axes.plot(said, seen, "o-", color=CANDIDATE)
        axes.set_xlabel("mean answer of the candidate")
        axes.set_ylabel(f"mean {m.outcome}")

    caption = f"Where the points lie on the line, {m.outcome} comes as high as the candidate says."
    return drawn("level", caption, draw, (5, 4))


def _json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1, sort_keys=True))
