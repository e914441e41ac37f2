"""What the hourly sums left out of the log: rows that stand there again, and values that cannot be."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from slipway.data import rollup
from slipway.data.once import Doubles
from slipway.data.part_chain import PartChain, RollupPart
from slipway.domain.line import Line

F = TypeVar("F")


def doubles(home: Path, line: Line, since: datetime) -> Mapping[datetime, Doubles]:
    """What stands in the log more than once, by the hour of its request, in parts from ``since`` on.

    Of an hour whose outcomes are not known yet its requests, else its exposures.
    """
    return _by_hour(home, line, since, PartChain.doubles)


def impossible(home: Path, line: Line, since: datetime) -> Mapping[datetime, int]:
    """Outcomes that arrived from ``since`` on with a value that they cannot have, by their hour."""
    return _by_hour(home, line, since, PartChain.impossible)


def conflicting(home: Path, line: Line, since: datetime) -> Mapping[datetime, int]:
    """Deliveries that came from ``since`` on with another value than before, by the hour of the last."""
    return _by_hour(home, line, since, PartChain.conflicting)


def _by_hour(
    home: Path,
    line: Line,
    since: datetime,
    ask: Callable[[PartChain, RollupPart], Mapping[datetime, F]],
) -> dict[datetime, F]:
    """What the parts say of their hours; the sums with outcomes speak last."""
    found: dict[datetime, F] = {}
    for chain in (rollup.arrived(home, line), rollup.matured(home, line)):
        for part in chain.parts(since):
            if part.end > since:
                found |= ask(chain, part)
    return {hour: found[hour] for hour in sorted(found) if hour >= since}
