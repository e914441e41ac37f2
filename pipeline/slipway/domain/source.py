"""Where a line's exposures and outcomes are written: Slipway's own log, or a team's tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from slipway.domain.declared_types import settle_types
from slipway.domain.errors import BadConfig

_ARRIVED_AT = "arrived_at"


@dataclass(frozen=True, slots=True)
class Tables:
    """A team's own tables of exposures (one row per shown item) and outcomes, read by Ibis.

    ``url`` is a database as Ibis connects to it (``postgres://...``, ``duckdb://...``), or ``$NAME`` for an
    environment variable that holds one, as every URL with a password must; without a URL ``exposures`` and
    ``outcomes`` are paths of Parquet files, wildcards included. ``columns`` and ``outcome_columns`` map the
    team's names to the events' fields and the line's columns; what is called alike needs no word.
    ``constants`` stand for fields that are the same in all rows.

    ``arrived_at`` is the time at which a row could first be read: only it proves what was known when. A row
    is readable ``settled`` after it, at the latest. Where nobody wrote it down nothing is provable, and
    ``without_arrival`` says, for the reviewer to read, why the line may be trained all the same.
    """

    exposures: str
    outcomes: str
    url: str = ""
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    outcome_columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    constants: Mapping[str, Any] = field(default_factory=dict, hash=False)
    settled: timedelta = timedelta(minutes=10)
    without_arrival: str = ""

    def __post_init__(self) -> None:
        settle_types(self, "source")
        if not (self.exposures and self.outcomes):
            raise _bad("exposures", self.exposures, "two tables, or two paths", "name both")
        if urlsplit(self.url).password:
            raise _bad(
                "url",
                "a password",
                "$NAME of an environment variable that holds the URL",
                "keep passwords out of the line",
            )
        if self.settled < timedelta(0):
            raise _bad("settled", str(self.settled), "0 or more", "say when a row is readable")
        for name in ("columns", "outcome_columns"):
            mapped = list(getattr(self, name).values())
            if len(set(mapped)) != len(mapped):
                raise _bad(name, mapped, "each field once", "map one column to each field")
        known = all(_ARRIVED_AT in m.values() for m in (self.columns, self.outcome_columns))
        if known == bool(self.without_arrival.strip()):
            found = "both" if known else None
            raise _bad(
                _ARRIVED_AT,
                found,
                "mapped for both tables, or a reason in without_arrival",
                "name the column that says when a row could first be read, or write why"
                " training without it is right",
            )


def _bad(what: str, found: object, expected: str, next_step: str) -> BadConfig:
    return BadConfig(f"source.{what}", found=found, expected=expected, next_step=next_step)
