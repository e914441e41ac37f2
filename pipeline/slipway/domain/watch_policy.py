"""What a line's watch tolerates and how sure it wants to be: every number with its unit and range."""

from dataclasses import dataclass

from slipway.domain.config import check_knobs, knob
from slipway.domain.policy import count, error


@dataclass(frozen=True, slots=True)
class WatchPolicy:
    """Knobs of the watch; a table ``[<line>.watch]`` of the policy file overrides them.

    The tolerances say what is too small to be spoken of, however many rows prove it.
    """

    alpha: float = error(0.05, about="P(any false note of a line in a year, over all columns)")
    all_weight: float = knob(
        0.5,
        unit="weight",
        about="share of alpha for all rows, the rest is the segments'",
        above=0,
        below=1,
    )
    location: float = knob(
        0.03,
        unit="sd of the reference",
        about="move of a number that is tolerated",
        above=0,
        at_most=10,
    )
    spread: float = knob(
        0.10,
        unit="log ratio of spreads",
        about="change of spread that is tolerated",
        above=0,
        at_most=10,
    )
    moved: float = knob(
        0.03, unit="share of rows", about="rows that may go to other values", above=0, below=1
    )
    missing: float = knob(
        0.01,
        unit="share of rows",
        about="change of missing values that is tolerated",
        above=0,
        below=1,
    )
    new: float = knob(
        0.005,
        unit="share of rows",
        about="change of the share of values never seen",
        above=0,
        below=1,
    )
    vanished: float = knob(
        0.05,
        unit="share of rows",
        about="change of the share of values that are gone",
        above=0,
        below=1,
    )
    risen: float = knob(
        0.02, unit="share of rows", about="that a single value may have more", above=0, below=1
    )
    tail: float = knob(
        1.0, unit="doublings", about="that the outermost values may move", above=0, at_most=100
    )
    turnover: float = knob(
        0.2,
        unit="share of the top",
        about="change of how many of the top are replaced",
        above=0,
        below=1,
    )
    residual: float = knob(
        0.02,
        unit="sd of the residual",
        about="move of outcomes against predictions that is tolerated",
        above=0,
        at_most=10,
    )
    slope: float = knob(
        0.10,
        unit="outcome per score",
        about="change of the slope on the score that is tolerated",
        above=0,
        at_most=10,
    )
    relation_weight: float = knob(
        0.5,
        unit="weight",
        about="share of alpha for the relation to the outcome, the rest is drift's",
        above=0,
        below=1,
    )
    estimate_level: float = knob(
        0.9,
        unit="probability",
        about="that a measure lies where it is expected before outcomes come",
        above=0.5,
        below=1,
    )
    estimate_draws: int = count(100, unit="draws", about="behind the bounds of such a measure")
    estimate_rows: int = count(
        20_000, unit="rows", about="of a period that are looked at for such a measure, at most"
    )
    least_effective: int = count(
        200,
        unit="rows",
        about="of the past that must be like those of now, in rows of equal weight",
    )
    least_overlap: float = knob(
        0.95,
        unit="share of rows",
        about="of now that the past must have rows like",
        above=0,
        at_most=1,
    )
    threshold: float = knob(
        0.5,
        unit="probability",
        about="from which a score counts as a yes, for precision and recall",
        above=0,
        below=1,
    )
    retrain_cool_days: float = knob(
        7.0,
        unit="days",
        about="after a retrain or its ask in which none is asked",
        above=0,
        at_most=365,
    )
    retrain_budget: int = knob(
        2, unit="retrains", about="that may be asked for in 28 days", at_least=0, at_most=28
    )
    return_stands_days: float = knob(
        7.0,
        unit="days",
        about="a return is an alert, where nothing else happens on the line",
        above=0,
        at_most=365,
    )
    broken: float = knob(
        0.5,
        unit="share of rows",
        about="in which a column became missing, from which the input is broken, not moved",
        above=0,
        at_most=1,
    )
    stopped: float = knob(
        0.865,
        unit="share of the usual rows",
        about="that do not come any more, from which requests stopped",
        above=0,
        below=1,
    )
    look_late_days: float = knob(
        16.0,
        unit="days",
        about="since the newest compared week began, after which a look is missing",
        at_least=8,
        at_most=365,
    )
    rows: float = knob(
        0.25,
        unit="log ratio",
        about="change of how many rows come a day that is tolerated",
        above=0,
        at_most=10,
    )
    level: float = knob(
        0.10,
        unit="log ratio",
        about="of the rows a day from all weeks that are remembered, that is tolerated",
        above=0,
        at_most=10,
    )
    top: int = knob(20, unit="values", about="that are the top", at_least=1, at_most=1000)
    table: int = knob(
        20_000,
        unit="values",
        about="of a category that are kept of a day",
        at_least=100,
        at_most=1_000_000,
    )
    word_rows: int = knob(
        3,
        unit="rows",
        about="of a day and segment from which a word of a text is kept: rarer ones may name a person",
        at_least=1,
        at_most=1000,
    )
    reference: int = knob(
        4,
        unit="periods",
        about="earlier same weekdays that a day is held against",
        at_least=1,
        at_most=52,
    )
    odd_days: int = knob(
        3, unit="days", about="of a week that may be holidays", at_least=0, at_most=3
    )
    fewest_periods: int = knob(
        4, unit="periods", about="of noise before anything is said", at_least=3, at_most=52
    )
    newest_weight: float = knob(
        0.3,
        unit="weight",
        about="of the newest period in what is expected of the next",
        above=0,
        at_most=1,
    )
    memory: int = knob(
        26, unit="periods", about="of noise that are remembered", at_least=4, at_most=520
    )
    most_degrees: float = knob(
        50.0,
        unit="degrees of freedom",
        about="worlds have heavier tails than a normal one",
        at_least=2,
        at_most=1000,
    )
    quiet: float = knob(
        0.05, unit="p-value", about="above it a period closes a note", above=0, below=1
    )
    least_rows: int = count(30, unit="rows", about="of a day below which it is not compared")

    def __post_init__(self) -> None:
        check_knobs(self, "watch")
