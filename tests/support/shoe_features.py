"""A line that is no film shop: shoes, by how often an item is clicked on each kind of device."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
from slipway.data.catalog import Catalog
from slipway.domain.line import AsOf, Column, Entity, Field, Line, Listed, Outcome, Schedule, Sent

WINDOW = timedelta(days=7)
GROUPS = {"item_devices": ("item", "device")}
CONTEXT = ("device",)
CATALOG = pa.schema([("item", pa.string()), ("name", pa.string()), ("size", pa.float64())])

SHOE = Entity("item", {"name": "category", "size": "number"})
LINE = Line(
    name="shoes",
    about="Clicks on shoes.",
    entities=(SHOE,),
    columns=(
        Column("device", "code", Sent(of="user"), words=("phone", "desk")),
        Column("size", "code", Field("item.size")),
        Column("clicks_on_device", origin=AsOf(("item", "device"), WINDOW, "count", of="clicked")),
    ),
    outcomes=(Outcome("clicked", event="click", window=timedelta(hours=1)),),
    exposure=Listed(3, category_of="size", group_of="device"),
    schedule=Schedule(train=timedelta(weeks=1)),
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
