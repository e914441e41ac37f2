"""A line that is no film shop: shoes, by how often an item is clicked on each kind of device."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from slipway.data.catalog import Catalog
from slipway.domain.line import Availability, Column, Kind, Line, Recipe, Source
from slipway.domain.policy import Policy

WINDOW = timedelta(days=7)
GROUPS = {"item_devices": ("item", "device")}
CONTEXT = ("device",)
CATALOG = pa.schema([("item", pa.string()), ("name", pa.string()), ("size", pa.float64())])

_REQUEST = Availability.REQUEST
COLUMNS = (
    Column("device", _REQUEST, Kind.CATEGORY, 0, 1, entity=("user",), source=Source.CONTEXT),
    Column("size", _REQUEST, entity=("item",), source=Source.CATALOG),
    Column(
        "clicks_on_device",
        Availability.AS_OF,
        entity=("item", "device"),
        source=Source.LOG,
        lag=WINDOW,
    ),
    Column(
        "clicked",
        Availability.AFTER,
        entity=("request",),
        source=Source.OUTCOME,
        lag=timedelta(hours=1),
    ),
)
LINE = Line(
    name="shoes",
    about="Clicks on shoes.",
    cron="0 6 * * 1",
    columns=COLUMNS,
    recipe=Recipe("weekly", ("device", "size", "clicks_on_device")),
    policy=Policy(),
    list_length=3,
    maturity=timedelta(hours=1),
    train_weeks=1,
    segments=("device",),
    live_segments=("device",),
    rules="",
    feature_provider=__name__,
)


@dataclass(frozen=True)
class ShoeFeatures:
    """Clicks by item and device."""

    as_of: datetime
    catalog: Catalog
    clicks: dict

    def matrix(self, user, context, items, now):
        """One request."""
        places = np.array(self.catalog.places(items))
        device = np.full(len(items), float(context.get("device", np.nan)))
        return self.rows([user] * len(items), {"device": device}, places, np.zeros(len(items)))

    def rows(self, users, context, items, requested_us):
        """Many rows."""
        keys = zip(items, context["device"], strict=True)
        clicks = [self.clicks.get((self.catalog.items[item], device), 0) for item, device in keys]
        return np.column_stack([context["device"], self.catalog.fields["size"][items], clicks])


def build(as_of, line, catalog, counts):
    """The table of one count."""
    rows = counts["item_devices"].to_pylist()
    return ShoeFeatures(as_of, catalog, {(r["item"], r["device"]): r["clicks"] for r in rows})
