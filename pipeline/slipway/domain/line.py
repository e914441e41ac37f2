"""A model line: something retrained on a schedule, declared once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar

from slipway.domain.config import FORMERLY, typed_replace
from slipway.domain.errors import BadConfig
from slipway.domain.model import Fit
from slipway.domain.policy import Policy


class Availability(StrEnum):
    """When the value of a column becomes known, relative to the ranking request."""

    REQUEST = "request"  # comes with the request or the catalogue
    AS_OF = "as_of"  # computed from rows that arrived strictly before the request
    DECISION = "decision"  # set by the ranking itself: position, arm, propensity
    AFTER = "after"  # known later: an outcome

    @property
    def may_be_input(self) -> bool:
        """Whether a model may read such a column at inference."""
        return self in (Availability.REQUEST, Availability.AS_OF)


class Source(StrEnum):
    """Where a value comes from; it decides when the value can be known at all."""

    CONTEXT = "context"  # sent with the request, in its context
    CLOCK = "clock"  # the time of the request
    CATALOG = "catalog"  # known of the item before anybody is shown it
    LOG = "log"  # counted from the log of exposures and outcomes
    RANKING = "ranking"  # set by the router as it ranks
    OUTCOME = "outcome"  # what the user did


_SOURCES = {
    Availability.REQUEST: (Source.CONTEXT, Source.CLOCK, Source.CATALOG),
    Availability.AS_OF: (Source.LOG,),
    Availability.DECISION: (Source.RANKING,),
    Availability.AFTER: (Source.OUTCOME,),
}


class Unfit(StrEnum):
    """What serving does with a value outside the column's range."""

    REFUSE = "refuse"  # the caller is told; only what the caller sent can be refused
    DEFAULT = "default"  # the column's default takes its place


class Suspicion(StrEnum):
    """What a weekly run does about inputs that tell the outcome better than they could."""

    IGNORE = "ignore"  # nobody looks
    NOTE = "note"  # they stand on the evidence page and in the task's note
    STOP = "stop"  # as note, and a plain leak stops the run


class Kind(StrEnum):
    """How a model reads the column."""

    NUMBER = "number"
    CATEGORY = "category"  # small non-negative integer codes
    TEXT = "text"  # words, for lines of clusters
    TIME = "time"  # UTC, for lines of clusters


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column of a line's training table: what it is, and when it becomes known.

    ``available``, ``entity``, ``source`` and ``lag`` are the availability contract; a column without
    them is refused. ``entity`` names whose value it is. ``lag`` lies between the request and what
    the value speaks of: the most that an as-of value may be behind, the time an outcome takes to
    mature, nothing for the others.

    ``lower`` and ``upper`` are the closed range of plausible values, ``known`` the least share of
    rows in which a value stands, ``tolerance`` the relative difference allowed between a value as
    served and as rebuilt (``None``: its past cannot be rebuilt). ``default`` is what serving uses
    where the value is missing (``None``: NaN reaches the model); ``unfit`` says what it does with a
    value that is out of range. ``words`` name the codes of a category, in order. Raises BadConfig where the contract is missing or contradicts itself.
    """

    name: str
    available: Availability | None = None
    kind: Kind = Kind.NUMBER
    lower: float | None = None
    upper: float | None = None
    default: float | None = None
    about: str = ""
    entity: tuple[str, ...] = ()
    source: Source | None = None
    lag: timedelta = timedelta(0)
    known: float = 0.0
    tolerance: float | None = 0.0
    unfit: Unfit = Unfit.DEFAULT
    words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.available not in tuple(Availability):
            words = ", ".join(Availability)
            raise self._bad("available", self.available, f"one of {words}", "say when it is known")
        if not self.entity:
            raise self._bad("entity", None, "named", "say whose value it is, for example user")
        allowed = _SOURCES[Availability(self.available)]
        if self.source not in allowed:
            words = f"{' or '.join(allowed)}, where available is {self.available}"
            raise self._bad("source", self.source, words, "say where the value comes from")
        delayed = self.available in (Availability.AS_OF, Availability.AFTER)
        if delayed != (self.lag > timedelta(0)):
            words = "above 0 for as_of and after, and 0 for the others"
            raise self._bad("lag", str(self.lag), words, "say how far it is from the request")
        if self.unfit == Unfit.REFUSE and self.source is not Source.CONTEXT:
            words = "default, unless the caller sends the value"
            raise self._bad("unfit", self.unfit, words, "declare a default")

    @property
    def may_be_input(self) -> bool:
        """Whether a model may read the column at inference."""
        return self.available is not None and Availability(self.available).may_be_input

    def _bad(self, field: str, found: object, expected: str, next_step: str) -> BadConfig:
        return BadConfig(
            f"column {self.name}.{field}", found=found, expected=expected, next_step=next_step
        )


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one candidate is fitted; every field may be overridden by a run's ``conf["recipe"]``.

    ``inputs`` are names of the line's columns. ``category_boost`` adds to the ranking score (logit) of
    a category and leaves the predicted probability alone. ``max_rows`` caps the training rows (whole
    requests are sampled by hash). ``seeds`` are at least three: the first one is released, the
    others measure the noise floor.

    For lists that change less from week to week: ``ensemble`` models of as many seeds answer with
    their mean log-odds; ``anchor`` is the share of a label that is the champion's answer instead of
    the click; ``blend`` is the most that the champion's log-odds may weigh in the released ones (less
    as tastes drift, 0 when they break), of at most ``tree_sets`` fits in all. ``warm_start`` is
    refused: see :mod:`slipway.training.fit`.
    """

    name: str
    inputs: tuple[str, ...]
    max_iter: int = 120
    learning_rate: float = 0.1
    max_leaf_nodes: int = 31
    min_samples_leaf: int = 40
    l2: float = 1.0
    max_features: float = 0.8
    max_rows: int = 60_000
    seeds: tuple[int, ...] = (11, 12, 13)
    category_boost: Mapping[str, float] | None = field(
        default=None, metadata={FORMERLY: "genre_boost"}
    )
    ensemble: int = 1
    anchor: float = 0.0
    blend: float = 0.0
    tree_sets: int = 3
    warm_start: bool = False

    @property
    def uses_champion(self) -> bool:
        """Whether the champion takes part in what is fitted."""
        return self.anchor > 0 or self.blend > 0

    @property
    def headline(self) -> dict[str, Any]:
        """What the registry lists of it."""
        return {"max_iter": self.max_iter}


ModelRecipe = Recipe | Fit
"""How a line comes by its models: Slipway's own trees, or a factory of the team's own."""


@dataclass(frozen=True, slots=True)
class Line:
    """Everything Slipway must know of a model line before it retrains or serves it.

    ``maturity`` is the outcome window: an outcome counts when it arrives within it. ``cron`` is the
    weekly retraining time (UTC). ``train_weeks`` whole weeks before the data interval are trained
    on; the data interval itself is held out.

    ``split_groups`` are keys of the log whose values must not stand on both sides of the split.
    ``suspicion`` says what comes of an audit of the training table that accuses an input.
    ``segments`` compare all arms on the same held-out rows, the category of the items first.
    ``live_segments`` compare live arms: only columns that are fixed before the ranking decides. An
    item's category is none of them: an arm that shows fewer and lower placed shoes gets fewer clicks
    on each, and may still be the better one. ``rules`` is the module whose ``score`` are the
    hand-written rules that every model has to beat, ``feature_provider`` the one that fills the
    features (:mod:`slipway.data.feature_table`).
    Raises BadConfig where a segment or a declared mean is of no declared column.
    """

    kind: ClassVar[str] = "ranking"
    has_traffic: ClassVar[bool] = True

    name: str
    about: str
    cron: str
    columns: tuple[Column, ...]
    recipe: ModelRecipe
    policy: Policy
    list_length: int
    maturity: timedelta
    train_weeks: int
    segments: tuple[str, ...]
    live_segments: tuple[str, ...]
    rules: str
    feature_provider: str
    split_groups: tuple[str, ...] = ("request_id",)
    suspicion: Suspicion = Suspicion.NOTE

    def __post_init__(self) -> None:
        for name in (*self.segments, *self.live_segments, *(m.column for m in self.policy.means)):
            self.column(name)
        self._check_window()

    def _check_window(self) -> None:
        """In each stage exposures must mature before it is left; together they have one time-out."""
        window, policy = self.maturity / timedelta(hours=1), self.policy
        least = sum(max(rule.min_hours, window) for rule in policy.canary)
        if least > 24 * policy.timeout_days:
            raise BadConfig(
                "policy.timeout_days",
                found=policy.timeout_days,
                expected=f"at least {least / 24:g}, as each of {len(policy.canary)} stages waits "
                f"{window:g} h for the outcomes of {self.name}",
                next_step="allow more days, or a shorter maturity: this can never be released",
            )

    def column(self, name: str) -> Column:
        """The declared column called ``name``; raises BadConfig where none is declared."""
        for column in self.columns:
            if column.name == name:
                return column
        raise BadConfig(
            f"{self.name}.columns",
            found=name,
            expected=f"one of {', '.join(c.name for c in self.columns)}",
            next_step="declare the column with its availability in the line",
        )

    @property
    def category(self) -> Column:
        """The column that says what sort of item was shown: the first segment."""
        return self.column(self.segments[0])

    @property
    def features(self) -> tuple[Column, ...]:
        """Columns that are known at inference, in declared order."""
        return tuple(c for c in self.columns if c.may_be_input)

    @property
    def label(self) -> Column:
        """The outcome that models predict; raises BadConfig where there is not exactly one."""
        outcomes = [c for c in self.columns if c.available == Availability.AFTER]
        if len(outcomes) != 1:
            raise BadConfig(
                f"{self.name}.columns",
                found=[c.name for c in outcomes],
                expected="exactly one column that is known after",
                next_step="declare the label, and only it, with available = after",
            )
        return outcomes[0]

    @property
    def context(self) -> tuple[Column, ...]:
        """Columns that the caller sends with the request."""
        return tuple(c for c in self.columns if c.source is Source.CONTEXT)

    def recipe_with(self, overrides: Mapping[str, Any]) -> ModelRecipe:
        """The line's recipe with a run's overrides; an unknown word or wrong type is refused."""
        return typed_replace(self.recipe, overrides, where=f"{self.name}.recipe")
