"""Whether a candidate's list is mixed with the champion's before it answers anybody: the knobs of it."""

from dataclasses import dataclass

from slipway.domain.config import knob
from slipway.domain.stage import RELEASE_STAGES, Stage
from slipway.domain.user_cap import UserCap


@dataclass(frozen=True, slots=True)
class InterleavePolicy(UserCap):
    """Knobs of the stage between shadow and the first canary, where a line ranks.

    It may return a candidate early; it proves no margin, and shortens no later stage. Where it is off it is
    said why: by its share of 0, or by ``no_interleaving_because`` (a rule that spans the list, say).
    """

    interleave_share: float = knob(
        0.0,
        unit="fraction of users",
        about="see one list drafted of both models' lists; 0: off",
        at_least=0,
        below=0.5,
    )
    interleave_hours: float = knob(
        24.0, unit="hours", about="seen, before the stage is left", at_least=1, at_most=8760
    )
    interleave_lists: int = knob(
        1000,
        unit="lists",
        about="of both models, before the stage is left",
        at_least=1,
        at_most=1_000_000_000,
    )
    interleave_level: float = knob(
        0.05,
        unit="probability",
        about="P(returned by interleaving | as good), beside alpha",
        at_least=1e-9,
        below=0.5,
    )
    no_interleaving_because: str = ""

    @property
    def no_interleaving(self) -> str:
        """Why no lists are interleaved; nothing where some are."""
        return self.no_interleaving_because or ("" if self.interleave_share else "its share is 0")

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of a good release."""
        if self.no_interleaving:
            return RELEASE_STAGES
        after = RELEASE_STAGES.index(Stage.SHADOW) + 1
        return (*RELEASE_STAGES[:after], Stage.INTERLEAVED, *RELEASE_STAGES[after:])
