"""What a line tolerates of the loop between a model and its own clicks: every number with its unit and range."""

from dataclasses import dataclass

from slipway.domain.config import check_knobs, knob
from slipway.domain.policy import count, error
from slipway.stats.click_model import ClickModel


@dataclass(frozen=True, slots=True)
class LoopPolicy:
    """Knobs of exploration's use: off-policy value, shadow gap and concentration over releases.

    A table ``[<line>.loop]`` of the policy file overrides them.
    """

    off_policy_alpha: float = error(0.05, about="each bound of a candidate's off-policy value")
    off_policy_margin: float = knob(
        0.02, unit="relative effect", about="a loss below it is no harm", above=0, at_most=0.9
    )
    clip: float = knob(
        10_000.0, unit="weight", about="most that one click counts", at_least=1, at_most=1e9
    )
    least_support: float = knob(
        0.9,
        unit="share of the candidate's looks",
        about="that the log must speak of",
        above=0,
        at_most=1,
    )
    least_effective: int = count(1000, unit="items", about="of equal weight behind a value")
    lost_looks: float = knob(
        0.6,
        unit="log looks for each click above",
        about="that are lost, before it is measured",
        at_least=0,
        at_most=5,
    )
    lost_looks_sd: float = knob(
        1.0, unit="log looks for each click above", about="how unsure that is", above=0, at_most=5
    )
    click_model_doubt: float = knob(
        0.75,
        unit="share of the correction",
        about="that counts as a standard error",
        at_least=0,
        at_most=1,
    )
    disagree: float = knob(
        3.0,
        unit="standard errors",
        about="between click models, beyond which one is wrong",
        above=0,
        at_most=20,
    )

    gap_weeks: int = knob(
        2, unit="weeks", about="running whose shadow gap is judged together", at_least=1, at_most=52
    )
    reference_weeks: int = knob(
        8,
        unit="weeks",
        about="of explored clicks that correct the model's ranking",
        at_least=1,
        at_most=104,
    )
    gap_tolerance: float = knob(
        0.01,
        unit="relative value",
        about="gain by chance's clicks that is tolerated",
        above=0,
        below=1,
    )
    gap_alpha: float = error(0.005, about="P(a gap is proven | there is none), each week")
    clear_alpha: float = error(0.05, about="P(a gap is excluded | it is the tolerance)")
    gap_clip: float = knob(
        10.0,
        unit="weight",
        about="most that an explored click counts where the model set its place",
        at_least=1,
        at_most=1e6,
    )
    trend_alpha: float = error(0.01, about="P(a rise is proven | there is none), over all measures")
    trend_weeks: int = knob(
        26, unit="weeks", about="whose concentration is one trend", at_least=3, at_most=520
    )
    fewest_weeks: int = knob(
        6, unit="weeks", about="of concentration before a trend is told", at_least=3, at_most=520
    )
    concentration_rise: float = knob(
        0.05,
        unit="share, or nats of entropy",
        about="rise over the trend that is tolerated",
        above=0,
        at_most=10,
    )
    top_items: float = knob(0.05, unit="share of items", about="that are the top", above=0, below=1)
    discoverable_from: float = knob(
        10.0,
        unit="exposures a week",
        about="from which an item is discoverable",
        above=0,
        at_most=1e9,
    )

    def __post_init__(self) -> None:
        check_knobs(self, "loop")

    @property
    def click_model(self) -> ClickModel:
        """What is believed of clicks before they are counted."""
        return ClickModel(self.lost_looks, self.lost_looks_sd, self.click_model_doubt, self.clip)
