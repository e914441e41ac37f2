"""The policy of a line that gives one answer a request: its own knobs beside those of all lines."""

from dataclasses import dataclass

from slipway.domain.config import knob
from slipway.domain.errors import BadConfig
from slipway.domain.policy import Policy, error
from slipway.domain.shares import why_nobody


@dataclass(frozen=True, slots=True)
class PredictionPolicy(Policy):
    """Thresholds of the releases of a line that predicts.

    ``paired``: the outcome is exogenous, so that the shadow decides on paired losses, and the stages
    after it guard errors and latency. Hold-outs may be 0, with a reason: a fare is not drawn by chance.
    """

    rules_share: float = knob(
        0.0,
        unit="fraction of users",
        about="permanent hold-out of the rules",
        at_least=0,
        below=0.5,
    )
    explore_share: float = knob(
        0.0, unit="fraction of users", about="answers by chance", at_least=0, below=0.5
    )
    no_hold_out_because: str = ""
    paired: bool = False
    paired_margin: float = knob(
        0.02,
        unit="relative loss",
        about="the loss to the champion that the shadow must exclude",
        above=0,
        at_most=0.9,
    )
    paired_error: float = error(0.01, about="P(leave the shadow | loss of the margin)")
    paired_min_users: int = knob(
        100,
        unit="users",
        about="users behind the spread of paired losses",
        at_least=2,
        at_most=1_000_000,
    )
    paired_min_days: int = knob(
        7,
        unit="days",
        about="days seen, so that working days and weekends are among them",
        at_least=2,
        at_most=365,
    )
    loss_margin: float = knob(
        0.01, unit="relative loss", about="0.01 means 1 % worse, offline", above=0, below=1
    )
    bias_margin: float = knob(
        0.05,
        unit="relative to the mean outcome",
        about="mean answer over mean outcome",
        above=0,
        below=1,
    )
    shift_max: float = knob(
        0.25,
        unit="fraction of the answers' own spread",
        about="how far answers may move from the champion's beyond the noise floor",
        above=0,
        below=1,
    )
    flips_max: float = knob(
        0.05,
        unit="fraction of rows",
        about="decisions at the threshold that change",
        above=0,
        below=1,
    )
    threshold: float | None = None

    @property
    def no_hold_back(self) -> str:
        """As of any policy; an exogenous outcome is compared in the shadow, without a user."""
        if self.paired:
            return "the outcome is the same whoever answers: the shadow compares without users"
        return why_nobody(self)

    def __post_init__(self) -> None:
        Policy.__post_init__(self)  # a dataclass with slots has no zero-argument super()
        if not self.rules_share and not self.no_hold_out_because:
            raise BadConfig(
                "policy.rules_share",
                found=0,
                expected="above 0, or a reason in policy.no_hold_out_because",
                next_step="hold out users for the rules, or say why nobody may get their answer",
            )
