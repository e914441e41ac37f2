"""When an open alert is said again: every number with its unit and range."""

from dataclasses import dataclass

from slipway.domain.config import check_knobs, knob


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """Knobs of alerts; the table ``[repeat]`` of the installation's alerts file overrides them."""

    page_gap_h: float = knob(
        1.0, unit="hours", about="after which a page is said again", above=0, at_most=168
    )
    ticket_gap_h: float = knob(
        24.0, unit="hours", about="after which a ticket is said again", above=0, at_most=720
    )
    note_gap_h: float = knob(
        168.0, unit="hours", about="after which a note is said again", above=0, at_most=2000
    )
    gap_growth: float = knob(
        2.0, unit="factor", about="by which each gap grows", at_least=1, at_most=10
    )
    most_gap_h: float = knob(
        168.0,
        unit="hours",
        about="that no gap exceeds, unless the first does",
        above=0,
        at_most=2000,
    )
    settle_h: float = knob(
        24.0,
        unit="hours",
        about="in which a cause that comes back is no news",
        at_least=0,
        at_most=720,
    )

    def __post_init__(self) -> None:
        check_knobs(self, "alerts")
