"""What a line tolerates of the loop between a model and its own clicks: every number with its unit and range."""

from dataclasses import dataclass

from slipway.domain.config import check_knobs, knob
from slipway.domain.policy import count, error
from slipway.stats.off_policy import ClickModel


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
        0.9, unit="share of the candidate's looks", about="that the log must speak of", above=0, at_most=1
    )  # fmt: skip
    least_effective: int = count(1000, unit="items", about="of equal weight behind a value")
    lost_looks: float = knob(
        0.6, unit="log looks for each click above", about="that are lost, before it is measured", at_least=0,
        at_most=5,
    )  # fmt: skip
    lost_looks_sd: float = knob(
        1.0, unit="log looks for each click above", about="how unsure that is", above=0, at_most=5
    )
    click_model_doubt: float = knob(
        0.5, unit="share of the correction", about="that counts as a standard error", at_least=0, at_most=1
    )  # fmt: skip
    disagree: float = knob(
        3.0, unit="standard errors", about="between click models, beyond which one is wrong", above=0, at_most=20
    )  # fmt: skip

    def __post_init__(self) -> None:
        check_knobs(self, "loop")

    @property
    def click_model(self) -> ClickModel:
        """What is believed of clicks before they are counted."""
        return ClickModel(self.lost_looks, self.lost_looks_sd, self.click_model_doubt, self.clip)
