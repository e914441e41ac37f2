"""The page of a model that predicts: losses, level and segments in the line's own words."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slipway.domain.in_words import counted
from slipway.domain.line import Line
from slipway.domain.predictions import PredictionMeasurements
from slipway.domain.verdict import Verdict
from slipway.reports import evidence
from slipway.reports.figures import WIDTH, drawn
from slipway.reports.ink import CANDIDATE, CHAMPION, LIMIT, RULES
from slipway.reports.page import Figure, Row, Table
from slipway.reports.review import comparisons, pictures
from slipway.reports.review.brief import Brief, Findings
from slipway.reports.review.words import percent, segment

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {"candidate": CANDIDATE, "champion": CHAMPION, "rules": RULES}


def write(
    folder: Path,
    *,
    title: str,
    brief: Brief,
    facts: Mapping[str, str],
    measured: PredictionMeasurements,
    verdicts: Sequence[Verdict],
    untested: Sequence[str] = (),
) -> tuple[Figure, ...]:
    """Write page, verdicts, measurements and pictures of a candidate before any exposure."""
    line = brief.line
    assert isinstance(line, Line)
    floors = {"offline_loss": measured.chance["loss"].total} if "loss" in measured.chance else {}
    compared = comparisons.of_verdicts(line, verdicts, floors)
    segments = comparisons.of_segments(line, measured.segments, measured.seed_spread_candidate)
    found = Findings(
        lead=f"Measured on {counted(measured.rows, 'request')} of {counted(measured.users, 'user')} that no arm was "
        "trained on.",
        verdicts=verdicts,
        compared=comparisons.with_rows(compared, measured.rows),
        segments=segments,
        figures=(_losses(measured), _level(measured), *pictures.by_column(segments)),
        tables=(_numbers(measured), _biases(line, measured)),
        facts=facts,
        untested=untested,
        users=_changed_answers(measured),
        rules=f"error of the answers ({measured.loss_name}): {percent(-measured.loss_diff_rules.mean)} than the "
        "hand-written rules",
    )
    return evidence.write(folder, title, brief, found, measured.to_dict())


def _changed_answers(m: PredictionMeasurements) -> str:
    if m.flips is not None and m.threshold is not None:
        chance = (
            f"; by chance alone {m.chance['flips'].total:.1%} would" if "flips" in m.chance else ""
        )
        return f"{m.flips:.1%} of all answers would fall on another side of {m.threshold:g} {m.outcome} than today{chance}."
    if m.shift is None:
        return ""
    return f"Answers to the same requests would move by {m.shift:.0%} of their own spread."


def _numbers(m: PredictionMeasurements) -> Table:
    every = {m.loss_name: m.loss, **m.details}
    rows = (
        Row(name, "", ", ".join(f"{arm} {value:.4g}" for arm, value in values.items()))
        for name, values in every.items()
    )
    return Table(f"{m.outcome}, by arm", "number", tuple(rows), last="values")


def _biases(line: Line, m: PredictionMeasurements) -> Table:
    rows = (
        Row(
            " ".join(segment(line, one.name)),
            "",
            f"champion {one.champion:+.1%}, candidate {one.candidate:+.1%}",
            (counted(one.rows, "row"),),
        )
        for one in m.biases
    )
    return Table(
        f"Mean answer beside mean {m.outcome}, by segment",
        "segment",
        tuple(rows),
        last="bias",
        empty="No segment has rows enough beside a champion.",
    )


def _losses(m: PredictionMeasurements) -> Figure:
    """The mean loss of each arm."""

    def draw(axes: "Axes") -> None:
        names = list(m.loss)
        axes.barh(names, [m.loss[n] for n in names], color=[_COLOURS[n] for n in names])
        axes.invert_yaxis()
        axes.set_xlabel(f"mean {m.loss_name} of {m.outcome}: less is better")

    return drawn(
        "losses", f"Mean {m.loss_name} of {m.outcome} on the same rows.", draw, (WIDTH, 2.0)
    )


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
    return drawn("level", caption, draw, (WIDTH, 3.4))
