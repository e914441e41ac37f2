"""What every declared line has, whatever its kind."""

from collections.abc import Mapping
from typing import Any, Protocol

from slipway.domain.card import Card
from slipway.domain.line import Column
from slipway.domain.retention import Needs, Retention


class DeclaredLine(Protocol):
    """A line of any kind; ``kind`` is its word in :mod:`slipway.kinds`.

    ``has_traffic`` says whether users are answered by its models: then a release is measured on
    them, and watched.
    """

    @property
    def kind(self) -> str:
        """What its models do: ``ranking`` or ``topics``."""

    @property
    def has_traffic(self) -> bool:
        """Whether its models answer requests."""

    @property
    def name(self) -> str:
        """Its name in paths, tags and DAGs."""

    @property
    def about(self) -> str:
        """What it is, in a sentence."""

    @property
    def cron(self) -> str:
        """When it is retrained (UTC)."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The declared columns."""

    @property
    def recipe(self) -> Any:  # the kind's own
        """How a candidate is fitted where a run overrides nothing."""

    @property
    def policy(self) -> Any:  # the kind's own
        """What a release must show."""

    @property
    def retention(self) -> Retention:
        """How long its data is kept."""

    @property
    def card(self) -> Card:
        """What only a person can say of it."""

    @property
    def needs(self) -> Needs:
        """What it reads of its past."""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The declared columns, and those that answers and time bring."""

    def column(self, name: str) -> Column:
        """The declared column called ``name``; raises BadConfig where none is declared."""

    def recipe_with(self, overrides: Mapping[str, Any]) -> Any:  # the kind's own
        """The recipe with a run's overrides."""
