"""A model line: something retrained on a schedule, declared once in ``pipeline/lines``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from pipeline.domain.config import typed_replace
from pipeline.domain.errors import BadConfig
from pipeline.domain.policy import Policy


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


class Kind(StrEnum):
    """How a model reads the column."""

    NUMBER = "number"
    CATEGORY = "category"  # small non-negative integer codes


@dataclass(frozen=True, slots=True)
class Column:
    """One declared column of a line's training table.

    ``lower`` and ``upper`` are the closed range of plausible values; ``default`` is what serving
    uses where the value is missing (``None``: NaN reaches the model).
    """

    name: str
    availability: Availability
    kind: Kind = Kind.NUMBER
    lower: float | None = None
    upper: float | None = None
    default: float | None = None
    about: str = ""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one candidate is fitted; every field may be overridden by a run's ``conf["recipe"]``.

    ``inputs`` are names of the line's columns. ``genre_boost`` adds to the ranking score (logit) of
    a genre and leaves the predicted probability alone. ``max_rows`` caps the training rows (whole
    requests are sampled by hash). ``seeds`` are at least three: the first one is released, the
    others measure the noise floor.
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
    genre_boost: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Everything Slipway must know of a model line before it retrains or serves it.

    ``maturity`` is the outcome window: an outcome counts when it arrives within it. ``cron`` is the
    weekly retraining time (UTC). ``train_weeks`` whole weeks before the data interval are trained
    on; the data interval itself is held out.

    ``segments`` are columns by which all arms are compared on the same held-out rows.
    ``live_segments`` are those by which live arms are compared: only columns that are fixed before
    the ranking decides (the user's, the request's). A film's genre is none of them: an arm that
    shows fewer and lower placed comedies gets fewer clicks on each, and may still be the better one.
    """

    name: str
    about: str
    cron: str
    columns: tuple[Column, ...]
    recipe: Recipe
    policy: Policy
    list_length: int
    maturity: timedelta
    train_weeks: int
    segments: tuple[str, ...]
    live_segments: tuple[str, ...]

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
    def features(self) -> tuple[Column, ...]:
        """Columns that are known at inference, in declared order."""
        return tuple(c for c in self.columns if c.availability.may_be_input)

    def recipe_with(self, overrides: Mapping[str, Any]) -> Recipe:
        """The line's recipe with a run's overrides; an unknown word or wrong type is refused."""
        return typed_replace(self.recipe, overrides, where=f"{self.name}.recipe")
