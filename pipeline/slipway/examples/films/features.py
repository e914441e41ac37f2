"""The ten features of a film in a request: what the log said as of a time, joined with the request.

Every rate is smoothed: ``(clicks + 20 * prior) / (exposures + 20)``. The prior is the global rate,
and for a user's taste in a genre the rate of that genre; an unseen film, user or pair is thereby
exactly its prior.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from slipway.data.catalog import Catalog
from slipway.data.feature_files import FeatureCounts
from slipway.data.parts import micros
from slipway.domain.errors import BadConfig, BadInput
from slipway.domain.line import Line
from slipway.examples.films.catalog import CATALOG

__all__ = ["CATALOG", "CONTEXT", "GROUPS", "WINDOW", "build"]

WINDOW = timedelta(weeks=4)
"""How far back exposures and clicks are counted."""

GROUPS: dict[str, tuple[str, ...]] = {
    "items": ("item",),
    "genre_age": ("genre", "age_band"),
    "users": ("user",),
    "user_genre": ("user", "genre"),
}
"""The tables of counts, by the columns that they count."""

CONTEXT = ("age_band",)
"""What the features read from a request."""

Floats = npt.NDArray[np.float64]

PRIOR_EXPOSURES = 20
_BIRTH_RATE = 0.1  # of a log without a single row
_DAY_US = 86_400_000_000
_FILLED = (
    "age_band", "hour", "genre", "film_age_days", "editors_pick", "item_ctr", "item_exposures",
    "genre_age_ctr", "user_genre_ctr", "user_ctr",
)  # fmt: skip


def _rate(clicks: Any, exposures: Any, prior: Any) -> Any:  # noqa: ANN401 - scalars or arrays
    return (clicks + PRIOR_EXPOSURES * prior) / (exposures + PRIOR_EXPOSURES)


def _numbers(table: pa.Table) -> tuple[Floats, Floats]:
    return (table["clicks"].to_numpy().astype(float), table["exposures"].to_numpy().astype(float))


@dataclass(frozen=True, eq=False)
class FilmFeatures:
    """The features of films as of ``as_of``; make one with :func:`build`.

    ``genre`` codes and ``released_us`` have an element for each item of the catalogue. The last row of ``by_age`` (float64 [age bands + 1, genres]) is for a missing age band, the last
    of ``taste`` ([users + 1, genres]) and of ``user_rate`` for an unknown user.
    """

    as_of: datetime
    line: Line
    catalog: Catalog
    genre: npt.NDArray[np.int16]
    released_us: npt.NDArray[np.int64]
    block: Floats  # [items, features]; what depends on the item alone, zeros elsewhere
    by_age: Floats
    taste: Floats
    user_rate: Floats
    user_row: dict[str, int]
    place: dict[str, int]  # of each feature in the declared order

    def matrix(
        self, user: str, context: Mapping[str, Any], items: list[str], now: datetime
    ) -> Floats:
        """Features [len(items), len(line.features)] of one request, in declared order.

        ``context`` may hold ``age_band``; without it the model gets NaN and rates over all ages. An
        unknown user is a cold start. Raises UnknownReference for an unknown item and BadInput for a
        context that does not fit.
        """
        rows = self.catalog.places(items)
        age = self._age_band(context)
        missing = age is None
        ages = self.by_age[-1 if age is None else age]
        who = self.user_row.get(user, -1)
        genres = self.genre[rows]
        out = self.block[rows]
        place = self.place
        out[:, place["age_band"]] = np.nan if missing else age
        out[:, place["hour"]] = now.hour
        days = (micros(now) - self.released_us[rows]) / _DAY_US
        out[:, place["film_age_days"]] = np.maximum(days, 0.0)
        out[:, place["genre_age_ctr"]] = ages[genres]
        out[:, place["user_genre_ctr"]] = self.taste[who][genres]
        out[:, place["user_ctr"]] = self.user_rate[who]
        return out

    def rows(
        self,
        users: Sequence[str],
        context: Mapping[str, Floats],
        items: npt.NDArray[np.int64],
        requested_us: npt.NDArray[np.int64],
    ) -> Floats:
        """Features [n, len(line.features)] of n exposures at once; equal to :meth:`matrix`.

        ``context`` holds ``age_band`` of each row, NaN where it was missing; ``items`` are places in
        the catalogue, ``requested_us`` microseconds since 1970.
        """
        bands = context["age_band"]
        ages = np.where(np.isnan(bands), -1, bands).astype(np.int64)
        who = self._users.get_indexer(pd.Index(list(users), dtype=object))
        genres = self.genre[items]
        out = self.block[items]
        place = self.place
        out[:, place["age_band"]] = bands
        out[:, place["hour"]] = requested_us // 3_600_000_000 % 24
        days = (requested_us - self.released_us[items]) / _DAY_US
        out[:, place["film_age_days"]] = np.maximum(days, 0.0)
        out[:, place["genre_age_ctr"]] = self.by_age[ages, genres]
        out[:, place["user_genre_ctr"]] = self.taste[who, genres]
        out[:, place["user_ctr"]] = self.user_rate[who]
        return out

    @cached_property
    def _users(self) -> "pd.Index[str]":
        return pd.Index(list(self.user_row), dtype=object)

    def _age_band(self, context: Mapping[str, Any]) -> int | None:
        age = context.get("age_band")
        bands = len(self.by_age) - 1
        if age is None:
            return None
        if not isinstance(age, int) or isinstance(age, bool) or not 0 <= age < bands:
            raise BadInput(
                "context.age_band",
                found=age,
                expected=f"a code from 0 to {bands - 1}",
                next_step="send the code, or leave it out where it is not known",
            )
        return age


def build(as_of: datetime, line: Line, catalog: Catalog, counts: FeatureCounts) -> FilmFeatures:
    """The features of ``counts``; raises BadConfig for a line with features unknown here."""
    names = [column.name for column in line.features]
    if sorted(names) != sorted(_FILLED):
        raise BadConfig(
            f"{line.name}.columns",
            found=sorted(set(names) ^ set(_FILLED)),
            expected=f"the features {', '.join(_FILLED)}",
            next_step=f"teach {__name__} the new feature",
        )
    clicks, exposures = _numbers(counts["items"])
    overall = float(_rate(clicks.sum(), exposures.sum(), _BIRTH_RATE))
    genre_rate, by_age = _by_age(line, counts["genre_age"], overall)
    users = counts["users"]["user"]
    place = {name: at for at, name in enumerate(names)}
    return FilmFeatures(
        as_of=as_of,
        line=line,
        catalog=catalog,
        genre=catalog.fields["genre"],
        released_us=catalog.fields["released_at"],
        block=_block(catalog, counts["items"], overall, place),
        by_age=by_age,
        taste=_taste(users, counts["user_genre"], genre_rate),
        user_rate=np.append(_rate(*_numbers(counts["users"]), overall), overall),
        user_row={user: row for row, user in enumerate(users.to_pylist())},
        place=place,
    )


def _by_age(line: Line, table: pa.Table, overall: float) -> tuple[Floats, Floats]:
    """Smoothed rates by genre [genres] and by (age band, genre), with all ages in the last row."""
    bands, genres = (int(line.column(n).upper or 0) + 1 for n in ("age_band", "genre"))
    sums = np.zeros((2, bands + 1, genres))
    age, genre = (table[name].to_numpy() for name in ("age_band", "genre"))
    known = (genre >= 0) & (genre < genres) & (age < bands)
    for total, values in zip(sums, _numbers(table), strict=True):
        np.add.at(total, (age[known], genre[known]), values[known])
    clicks, exposures = sums
    genre_rate: Floats = _rate(clicks.sum(0), exposures.sum(0), overall)
    by_age = _rate(clicks, exposures, overall)
    by_age[-1] = genre_rate
    return genre_rate, by_age


def _taste(users: pa.ChunkedArray, table: pa.Table, genre_rate: Floats) -> Floats:
    taste = np.tile(genre_rate, (len(users) + 1, 1))
    genre = table["genre"].to_numpy()
    row = pc.index_in(table["user"], value_set=users).to_numpy()
    known = (genre >= 0) & (genre < len(genre_rate))
    clicks, exposures = _numbers(table)
    rates = _rate(clicks[known], exposures[known], genre_rate[genre[known]])
    taste[row[known], genre[known]] = rates
    return taste


def _block(catalog: Catalog, table: pa.Table, overall: float, place: dict[str, int]) -> Floats:
    block = np.zeros((len(catalog.items), len(place)))
    block[:, place["genre"]] = catalog.fields["genre"]
    block[:, place["editors_pick"]] = catalog.fields["editors_pick"]
    block[:, place["item_ctr"]] = overall
    at = np.array([catalog.index.get(item, -1) for item in table["item"].to_pylist()], int)
    known = at >= 0  # an item that left the catalogue is not offered any more
    clicks, exposures = _numbers(table)
    block[at[known], place["item_ctr"]] = _rate(clicks, exposures, overall)[known]
    block[at[known], place["item_exposures"]] = exposures[known]
    return block
