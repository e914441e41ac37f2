"""A model line: something retrained on a schedule, declared once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar

from slipway.domain import declaration
from slipway.domain.answer_shapes import Listed, Single
from slipway.domain.as_of import AsOf, Refresh, Statistic
from slipway.domain.card import NO_CARD, Card
from slipway.domain.columns import Availability, Column, DType, Unfit
from slipway.domain.config import check_has_inputs, typed_replace
from slipway.domain.declared_types import settle_types
from slipway.domain.entities import Entity
from slipway.domain.errors import BadConfig
from slipway.domain.mean import PerList
from slipway.domain.model import Adopt, Fit
from slipway.domain.origins import ITEM, USER, Age, Clock, Derived, Field, Sent, Supplied
from slipway.domain.outcomes import Outcome, OutcomeKind, Take
from slipway.domain.policy import Policy
from slipway.domain.policy_of_line import agreed_policy, check_interleaving, check_window
from slipway.domain.prediction_policy import PredictionPolicy
from slipway.domain.recipe import Recipe
from slipway.domain.retention import Needs, Retention, check_retention
from slipway.domain.schedule import Schedule
from slipway.domain.source import Tables
from slipway.domain.traffic import FlagFile, FlagFormat, Traffic, Webhook
from slipway.stats.ways_to_explore import Exploration

__all__ = [
    "Adopt", "Age", "AsOf", "Availability", "Card", "Clock", "Column", "DType", "Derived", "Entity", "Exploration", "Field",
    "Fit", "FlagFile", "FlagFormat", "Line", "Listed", "ModelRecipe", "Outcome", "OutcomeKind", "Policy", "PredictionPolicy",
    "Recipe", "Refresh", "Schedule", "Sent", "Single", "Statistic", "Supplied", "Suspicion", "Tables", "Take", "Unfit", "Webhook",
]  # fmt: skip


class Suspicion(StrEnum):
    """What a weekly run does about inputs that tell the outcome better than they could."""

    IGNORE = "ignore"  # nobody looks
    NOTE = "note"  # they stand on the evidence page and in the task's note
    STOP = "stop"  # as note, and a plain leak stops the run


ModelRecipe = Recipe | Fit | Adopt
"""How a line comes by its models: Slipway's own trees, a factory, or a model from elsewhere."""


@dataclass(frozen=True, slots=True)
class Line:
    """Everything Slipway must know of a model line before it retrains or serves it.

    ``columns`` are what models may read, in the order of the log; each has an origin. ``entities``
    are the tables that fields come from. Of the ``outcomes`` one is primary: models predict it,
    within its window. ``exposure`` says how the line answers.

    ``split_groups`` are keys of the log whose values must not stand on both sides of the split.
    ``suspicion`` says what comes of an audit of the training table that accuses an input.
    ``segments`` compare all arms on the same held-out rows: the category of the items and the group
    of the users, unless others are named. ``live_segments`` compare live arms: only columns that
    are fixed before the ranking decides. An item's category is none of them: an arm that shows fewer
    and lower placed shoes gets fewer clicks on each, and may still be the better one. ``rules`` is
    the module whose ``score`` are the hand-written rules that every model has to beat. ``source`` are a
    team's own tables, where its own servers answer and log; ``traffic`` are its own flags and webhooks,
    which are shown what the router is.

    Raises BadConfig for whatever contradicts itself or could never work: nothing is left for later.
    """

    has_traffic: ClassVar[bool] = True

    name: str
    about: str
    columns: tuple[Column, ...]
    outcomes: tuple[Outcome, ...]
    exposure: Listed | Single
    rules: str
    recipe: ModelRecipe = field(default_factory=lambda: Recipe("default", ()))
    policy: Policy = field(default_factory=Policy)
    entities: tuple[Entity, ...] = ()
    schedule: Schedule = field(default_factory=Schedule)
    segments: tuple[str, ...] = ()
    live_segments: tuple[str, ...] = ()
    split_groups: tuple[str, ...] = ("request_id",)
    suspicion: Suspicion = Suspicion.NOTE
    retention: Retention = field(default_factory=Retention)
    source: Tables | None = None
    traffic: tuple[Traffic, ...] = ()
    card: Card = NO_CARD

    @property
    def kind(self) -> str:
        """``ranking``, or ``prediction`` where it gives one answer."""
        return "prediction" if isinstance(self.exposure, Single) else "ranking"

    def __post_init__(self) -> None:
        settle_types(self, self.name)
        declaration.check_outcomes(self.outcomes, self.name)
        policy = agreed_policy(self.policy, self.kind, self.primary, self.name)
        object.__setattr__(self, "policy", policy)
        columns = declaration.settled(self.columns, self.entities, self.outcomes, self.name)
        object.__setattr__(self, "columns", columns)
        declaration.check_exposure(self.exposure, {c.name: c for c in columns}, self.name)
        declaration.check_items(self.exposure, columns, self.entities, self.name)
        if not self.recipe.inputs:
            every = tuple(c.name for c in columns)
            own = isinstance(self.recipe, Recipe)
            recipe = replace(self.recipe, inputs=self.readable_by_trees(every) if own else every)
            object.__setattr__(self, "recipe", recipe)
        self._settle_segments()
        self._check_inputs(self.recipe)
        self._check_means()
        for name in {*self.split_groups} - {"request_id", USER, ITEM}:
            self.column(name)
        check_window(self.policy, self.maturity, self.name)
        check_interleaving(
            self.policy, self.exposure, self.name, own_traffic=bool(self.traffic or self.source)
        )
        check_retention(self.name, self.retention, self.needs)

    def _check_inputs(self, recipe: ModelRecipe) -> None:
        for name in recipe.inputs:
            if self.column(name).dtype is DType.TEXT and isinstance(recipe, Recipe):
                raise BadConfig(
                    f"{self.name}.recipe.inputs",
                    found=f"{name}, a text",
                    expected="numbers and categories, as Slipway's own trees read them",
                    next_step="take it out, or fit a model of your own that reads words: Fit(factory)",
                )

    def _settle_segments(self) -> None:
        """Segments that are not named: the exposure's category and group; live ones are not of the item."""
        named = (self.exposure.category_of, self.exposure.group_of)
        segments = self.segments or tuple(name for name in named if name)
        fixed = [name for name in segments if ITEM not in self.column(name).entity]
        live = self.live_segments or tuple(fixed)
        for name in (*segments, *live):
            if not self.column(name).dtype.is_category:
                raise BadConfig(
                    f"{self.name}.segments",
                    found=name,
                    expected="a category",
                    next_step="compare arms by a column of few values",
                )
        object.__setattr__(self, "segments", segments)
        object.__setattr__(self, "live_segments", live)

    def _check_means(self) -> None:
        for mean in self.policy.means:
            dtype = self.column(mean.column).dtype
            if not dtype.is_numeric and mean.per_list is not PerList.DISTINCT:
                raise BadConfig(
                    f"policy.means.{mean.name}",
                    found=f"{mean.per_list} of {mean.column}, a {dtype}",
                    expected="a number, or its distinct values",
                    next_step="count the distinct values of a list instead",
                )

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Columns that models may read, then those that the answer sets, then the outcomes."""
        return (*self.columns, *self.exposure.decisions, *(o.column for o in self.outcomes))

    def column(self, name: str) -> Column:
        """The declared column called ``name``; raises BadConfig where none is declared."""
        return declaration.column_named(self.all_columns, name, self.name)

    @property
    def needs(self) -> Needs:
        """What it reads of its past."""
        counted = (c.origin.window for c in self.columns if isinstance(c.origin, AsOf))
        return Needs(
            trained_on=self.schedule.train,
            maturity=self.maturity,
            counted_over=max(counted, default=timedelta(0)),
            release=timedelta(days=self.policy.timeout_days + self.policy.watch_days),
            history=timedelta(days=self.policy.history_days),
        )

    def readable_by_trees(self, inputs: Sequence[str]) -> tuple[str, ...]:
        """Those that Slipway's own trees can read (all such columns, where none of them is): no texts."""
        plain = [c.name for c in self.columns if c.dtype is not DType.TEXT]
        return tuple(name for name in inputs if name in plain) or tuple(plain)

    @property
    def primary(self) -> Outcome:
        """The outcome that models predict."""
        return next(o for o in self.outcomes if o.primary or len(self.outcomes) == 1)

    @property
    def label(self) -> Column:
        """The column of the primary outcome."""
        return self.primary.column

    @property
    def maturity(self) -> timedelta:
        """The window of the primary outcome: it counts when it arrives within it."""
        return self.primary.window

    @property
    def cron(self) -> str:
        """When the line is retrained, in the schedule's zone."""
        return self.schedule.cron

    @property
    def list_length(self) -> int:
        """Items of an answer."""
        return self.exposure.length

    @property
    def category(self) -> Column:
        """The column that says what sort of item was shown."""
        return self.column(self.exposure.category_of)

    @property
    def group(self) -> Column | None:
        """The column that says what sort of user asked; None where none is named."""
        return self.column(self.exposure.group_of) if self.exposure.group_of else None

    @property
    def features(self) -> tuple[Column, ...]:
        """Columns that are known at inference, in declared order."""
        return self.columns

    @property
    def waiver(self) -> str:
        """Why it may be trained although nobody can prove what was known when; "" where it is proven."""
        return self.source.without_arrival if self.source else ""

    @property
    def counted(self) -> tuple[Column, ...]:
        """Columns that are counted from the log, or made of such."""
        late = (c for c in self.columns if c.available == Availability.AS_OF)
        return tuple(c for c in late if not c.is_sent)

    @property
    def context(self) -> tuple[Column, ...]:
        """Columns that the caller sends with the request."""
        return tuple(c for c in self.columns if c.is_sent)

    def recipe_with(self, overrides: Mapping[str, Any]) -> ModelRecipe:
        """The line's recipe with a run's overrides; an unknown word or wrong type is refused."""
        chosen = typed_replace(self.recipe, overrides, where=f"{self.name}.recipe")
        check_has_inputs(chosen.inputs, f"{self.name}.recipe")
        self._check_inputs(chosen)
        return chosen
