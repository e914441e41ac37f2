"""Pictures for the evidence page, drawn by matplotlib without a screen."""

import io
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from slipway.domain.measurement import LiveMeasurements, OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.evidence import comparisons
from slipway.reports.ink import CANDIDATE, CHAMPION, INK, LIMIT, RULES, adaptive
from slipway.reports.page import Figure
from slipway.stats import eprocess

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DAY_S = 86_400
LOG10 = math.log(10)


WIDTH = 4.4
"""Inches of a picture: as wide as a phone, so that its words are read there; wide screens show several."""
_STYLE: Any = {
    "svg.fonttype": "none",
    "font.size": 8.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "figure.dpi": 110,
}


def drawn(name: str, caption: str, draw: "object", size: tuple[float, float]) -> Figure:
    """A picture that ``draw`` paints on axes of ``size`` (inches); equal numbers give equal bytes.

    As PNG for the registry's page, which shows nothing else, and as SVG for pages of our own.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        canvas = Canvas(figsize=size, layout="constrained")
        FigureCanvasAgg(canvas)
        axes = canvas.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)  # type: ignore[operator]
        png, svg = io.BytesIO(), io.StringIO()
        # no time stamp in the files: equal numbers give equal bytes
        canvas.savefig(png, format="png", dpi=160, metadata={"Software": None})
        canvas.savefig(svg, format="svg", transparent=True, metadata={"Date": None})
    return Figure(name, caption, png.getvalue(), adaptive(svg.getvalue()))


def category_mix(m: OfflineMeasurements) -> Figure:
    """Share of each category in the lists of champion and candidate."""

    def draw(axes: "Axes") -> None:
        names = [name for name, _, _ in m.category_mix_by_category]
        place = np.arange(len(names))
        axes.barh(place + 0.2, [c for _, c, _ in m.category_mix_by_category], 0.4, color=CHAMPION)
        axes.barh(place - 0.2, [c for _, _, c in m.category_mix_by_category], 0.4, color=CANDIDATE)
        axes.set_yticks(place, names)
        axes.invert_yaxis()
        axes.set_xlabel("share of the places in the lists")
        axes.legend(["champion", "candidate"], frameon=False)

    distance, floor = m.category_mix_distance or 0.0, m.category_mix_floor or 0.0
    caption = f"Categories shown: {distance:.1%} of the places changed category; between seeds {floor:.1%} do."
    return drawn("category_mix", caption, draw, (WIDTH, 3.6))


def segments(m: OfflineMeasurements, policy: Policy) -> Figure:
    """Log-loss of candidate against champion, segment by segment, with 90 % intervals."""

    def draw(axes: "Axes") -> None:
        parts = sorted(m.segments, key=lambda s: s.mean)
        place = np.arange(len(parts))
        axes.errorbar(
            [100 * s.mean for s in parts],
            place,
            xerr=[164.5 * s.se for s in parts],
            fmt="o",
            color=CANDIDATE,
        )
        axes.axvline(0, color=CHAMPION, lw=1)
        axes.axvline(100 * policy.segment_margin, color=LIMIT, ls="--", lw=1)
        axes.set_yticks(place, [s.name for s in parts])
        axes.set_xlabel("log-loss against the champion, % (left is better)")

    caption = "Every segment on the held-out week; the dashed line is the margin."
    return drawn("segments", caption, draw, (WIDTH, 0.9 + 0.24 * max(4, len(m.segments))))


def quality(m: OfflineMeasurements) -> Figure:
    """NDCG of the three arms on the held-out week."""

    def draw(axes: "Axes") -> None:
        colors = {"candidate": CANDIDATE, "champion": CHAMPION, "rules": RULES}
        names = [name for name in colors if name in m.ndcg]
        bars = axes.barh(names, [m.ndcg[n] for n in names], color=[colors[n] for n in names])
        axes.bar_label(bars, fmt="%.4f", padding=3)
        axes.set_xlabel("NDCG on the held-out week (right is better)")
        axes.invert_yaxis()

    return drawn("quality", "All arms on the same rows.", draw, (WIDTH, 1.9))


def calibration(m: OfflineMeasurements) -> Figure:
    """Predicted against seen click rates of the candidate, in groups of equal size."""

    def draw(axes: "Axes") -> None:
        said = [predicted for predicted, _, _ in m.calibration_curve]
        seen = [clicked for _, clicked, _ in m.calibration_curve]
        noise = [1.96 * math.sqrt(c * (1 - c) / n) for _, c, n in m.calibration_curve]
        top = max(*said, *seen)
        axes.plot([0, top], [0, top], color=CHAMPION, lw=1)
        axes.errorbar(said, seen, yerr=noise, fmt="o", ms=4, color=CANDIDATE)
        axes.set_xlabel("predicted click rate")
        axes.set_ylabel("seen click rate")

    caption = "Calibration: on the line, clicks happen as often as predicted (95 % intervals)."
    return drawn("calibration", caption, draw, (WIDTH, 3.4))


def evidence_path(m: LiveMeasurements, policy: Policy) -> Figure:
    """Evidence of harm and of non-inferiority over the release, with what each must reach."""
    clicks, design_effect = comparisons.compared(m), comparisons.design_effect(m)
    harm = eprocess.harm(
        clicks.data,
        effects=policy.harm_effects,
        weights=policy.harm_weights,
        design_effect=design_effect,
        before=clicks.before,
    )
    safe = eprocess.non_inferiority(
        clicks.data, margin=policy.margin, design_effect=design_effect, before=clicks.before
    )
    begun, worse, sound = m.past.trail.T
    at = np.append(begun, m.mature(m.clicks).start_s)

    def draw(axes: "Axes") -> None:
        days = (at - at.min()) / DAY_S
        axes.plot(days, np.append(worse, harm.log_path) / LOG10, color=LIMIT, label="harm")
        axes.plot(
            days,
            np.append(sound, safe.log_path) / LOG10,
            color=CANDIDATE,
            label=f"not {policy.margin:.0%} worse",
        )
        axes.axhline(-math.log10(policy.alpha), color=LIMIT, ls="--", lw=1)
        axes.axhline(-math.log10(policy.beta), color=CANDIDATE, ls="--", lw=1)
        axes.set_xlabel("days since the first exposure")
        axes.set_ylabel("evidence, powers of ten")
        axes.legend(frameon=False)

    caption = (
        "Evidence block by block; dashed: what stops a release, and what a full release needs."
    )
    return drawn("evidence", caption, draw, (WIDTH, 3.2))
