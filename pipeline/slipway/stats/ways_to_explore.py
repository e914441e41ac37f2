"""The ways to explore that a line may declare; what each does is in :mod:`slipway.stats.exploration`."""

from enum import StrEnum


class Exploration(StrEnum):
    """How the lists of the explore arm are made."""

    SHUFFLED = "shuffled"
    SLOT_AND_SWAPS = "slot_and_swaps"
