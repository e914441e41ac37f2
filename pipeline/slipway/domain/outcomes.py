"""What may come of an exposure, as a line declares it."""

from enum import StrEnum


class OutcomeKind(StrEnum):
    """What the values of an outcome are; metrics and gates follow from it."""

    BINARY = "binary"  # it came or it did not
    COUNT = "count"  # how often, or how many
    AMOUNT = "amount"  # money or time, often 0, not negative
    CONTINUOUS = "continuous"  # any number
