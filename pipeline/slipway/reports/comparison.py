"""This week's model beside last week's: floor, gain and churn, a picture each."""

from typing import TYPE_CHECKING

import numpy as np

from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.policy import Policy
from slipway.gates import gain as gain_gate
from slipway.reports.figures import WIDTH, drawn
from slipway.reports.ink import CANDIDATE, CHAMPION, CHANCE, INK, LIMIT
from slipway.reports.page import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMES = {
    "churn": "items changed in the top 10",
    "churn_by_place": "the same, the top counting more",
    "worst_tenth": "changed in the worst tenth of lists",
    "rank_biased": "order changed (1 - RBO)",
    "category_mix": "category mix, all lists together",
    "category_mix_by_user": "category mix, list by list",
    "score_shift": "predicted clicks shifted",
    "score_shift_calibrated": "the same on one level",
}


def figures(m: OfflineMeasurements, policy: Policy) -> list[Figure]:
    """Floor, gain and churn, as far as they were measured."""
    found = []
    if m.chance and m.moved:
        found.append(floor(m))
    if m.chance and m.log_loss_diff_champion is not None:
        found.append(gain(m, policy))
    if m.turnover:
        found.append(churn(m))
    return found


def floor(m: OfflineMeasurements) -> Figure:
    """Every distance to the champion beside what chance alone would make of it."""
    names = [name for name in NAMES if name in m.moved and name in m.chance]

    def draw(axes: "Axes") -> None:
        place = np.arange(len(names))
        seed = [m.chance[name].seed for name in names]
        total = [m.chance[name].total for name in names]
        axes.barh(place, total, 0.7, color=CHANCE, label="chance: other rows and seed")
        axes.barh(place, seed, 0.7, color=CHAMPION, label="chance: other seed alone")
        axes.plot([m.moved[name] for name in names], place, "D", color=CANDIDATE, label="seen")
        axes.set_yticks(place, [NAMES[name] for name in names])
        axes.invert_yaxis()
        axes.set_xlim(0, None)
        axes.set_xlabel("distance to the champion, 0: the same")
        _legend(axes)

    beyond = [NAMES[name] for name in names if m.moved[name] > m.chance[name].total]
    caption = (
        f"The noise floor, by {m.refits} small fits of the champion's recipe: what chance explains is "
        f"grey. Beyond it: {', '.join(beyond) or 'nothing'}."
    )
    return drawn("floor", caption, draw, (WIDTH, 3.4))


def gain(m: OfflineMeasurements, policy: Policy) -> Figure:
    """The gain of log-loss with its interval, inside or outside of the floor."""
    mean, se = m.log_loss_diff_champion or (0.0, 0.0)
    least = gain_gate.floor(m, policy.quality_alpha)
    parts = m.chance["log_loss"]

    def draw(axes: "Axes") -> None:
        axes.axvspan(-100 * least, 100 * least, color=CHANCE, label="noise floor")
        axes.axvline(0, color=CHAMPION, lw=1)
        axes.axvline(-100 * policy.logloss_margin, color=LIMIT, ls="--", lw=1, label="margin")
        axes.errorbar(-100 * mean, 3, xerr=164.5 * se, fmt="D", color=CANDIDATE, label="gain")
        for place, (name, spread) in enumerate(
            (
                ("other training rows", parts.data),
                ("other seeds", parts.seed),
                ("held-out rows", se),
            )
        ):
            axes.plot([-100 * spread, 100 * spread], [place, place], color=CHAMPION, lw=4)
            axes.text(100 * spread, place, f"  {name}", va="center", fontsize="small")
        axes.set_yticks([])
        axes.set_ylim(-0.8, 4.2)
        axes.set_xlabel("gain of log-loss over the champion, % (right is better)")
        _legend(axes)

    verdict = "beyond" if -mean > least else "inside" if -mean >= -least else "a loss beyond"
    caption = (
        f"A gain of {-100 * mean:.2f} %, {verdict} the noise floor of {100 * least:.2f} %. Thick lines: "
        "one standard deviation of each source of chance."
    )
    return drawn("gain", caption, draw, (WIDTH, 2.9))


def churn(m: OfflineMeasurements) -> Figure:
    """Category by category: places gone from the champion's lists, and the noise floor."""
    parts = sorted(m.turnover, key=lambda part: part.gone - part.chance, reverse=True)

    def draw(axes: "Axes") -> None:
        place = np.arange(len(parts))
        axes.barh(place, [-part.gone for part in parts], 0.7, color=LIMIT, label="gone")
        axes.barh(place, [part.new for part in parts], 0.7, color=CANDIDATE, label="new")
        chance = [part.chance for part in parts]
        axes.plot(np.negative(chance), place, "|", color=INK, ms=9, label="chance")
        axes.plot(chance, place, "|", color=INK, ms=9)
        axes.set_yticks(place, [f"{part.name} ({part.places:,})" for part in parts])
        axes.invert_yaxis()
        axes.axvline(0, color=CHAMPION, lw=1)
        axes.xaxis.set_major_formatter(lambda share, _: f"{abs(share):.0%}")
        axes.set_xlabel("share of the champion's places gone · share of the candidate's new")
        _legend(axes)

    won, lost = m.pairs_won or 0.0, m.pairs_lost or 0.0
    caption = (
        f"{m.moved.get('churn', 0.0):.0%} of the top changed. Of the changes that clicks can judge, "
        f"{won:.1%} of all pairs came right and {lost:.1%} went wrong.{worth(m)}"
    )
    return drawn("churn", caption, draw, (WIDTH, 0.9 + 0.26 * max(4, len(parts))))


def _legend(axes: "Axes") -> None:
    """What the signs mean, above the picture: inside it would hide some."""
    axes.figure.legend(frameon=False, fontsize="small", loc="outside upper left", ncols=2)


def worth(m: OfflineMeasurements) -> str:
    """What blending with the champion or an ensemble paid and won, in words; nothing for a plain fit."""
    if m.worth is None:
        return ""
    paid = 100 * m.worth.log_loss
    return (
        f" Beside its own plain fit the recipe {'paid' if paid > 0 else 'won'} {abs(paid):.2f} % of "
        f"log-loss; the plain fit would have changed {m.worth.plain_churn:.0%} of the top."
    )
