"""The seam to a line's own features: what the module that a line names must offer.

The rooms count, keep, prove and serve features; what they mean, only the line's module knows.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from slipway.data import catalog as catalogue
from slipway.data import feature_files
from slipway.data.catalog import Catalog
from slipway.data.feature_files import FeatureCounts
from slipway.domain.line import Line

Floats = npt.NDArray[np.float64]


class FeatureTable(Protocol):
    """The features of one line as of a time; read one with :func:`load`."""

    @property
    def as_of(self) -> datetime:
        """Rows that had arrived before it are counted."""

    @property
    def catalog(self) -> Catalog:
        """The items that can be ranked."""

    def matrix(
        self, user: str, context: Mapping[str, Any], items: list[str], now: datetime
    ) -> Floats:
        """Features [len(items), len(line.features)] of one request, in declared order.

        A word that is missing in ``context``, and an unknown user, are no error. Raises
        UnknownReference for an unknown item and BadInput for a context that does not fit.
        """

    def rows(
        self,
        users: Sequence[str],
        context: Mapping[str, Floats],
        items: npt.NDArray[np.int64],
        requested_us: npt.NDArray[np.int64],
    ) -> Floats:
        """Features [n, len(line.features)] of n exposures at once; equal to :meth:`matrix`.

        ``context`` holds each word of the requests as it was served, NaN where it was missing;
        ``items`` are places in the catalogue, ``requested_us`` microseconds since 1970.
        """


class FeatureProvider(Protocol):
    """A line's module of features: what it counts of the log, and how a table comes of it."""

    WINDOW: timedelta  # how far back rows are counted
    GROUPS: Mapping[str, tuple[str, ...]]  # tables of counts, by the columns that they count
    CONTEXT: tuple[str, ...]  # what features read from a request
    CATALOG: pa.Schema  # columns of the catalogue, item among them

    def build(
        self, as_of: datetime, line: Line, catalog: Catalog, counts: FeatureCounts
    ) -> FeatureTable:
        """The table of ``counts``; raises BadConfig for a line with features unknown there."""


def provider(line: Line) -> FeatureProvider:
    """The module that fills the features of ``line``."""
    return cast("FeatureProvider", import_module(line.feature_provider))


def load(
    home: Path, line: Line, as_of: datetime | None = None, *, now: datetime | None = None
) -> FeatureTable:
    """The table of ``as_of``, or else the newest not after ``now``; with today's catalogue.

    Raises UnknownReference where no such table was computed and BadInput where one is corrupt.
    """
    latest = now or datetime.max.replace(tzinfo=UTC)
    wanted = as_of or feature_files.latest(home, line, latest)
    of_line = provider(line)
    counts = feature_files.read(home, line, wanted, tuple(of_line.GROUPS))
    return of_line.build(wanted or latest, line, catalogue.load(home, line), counts)
