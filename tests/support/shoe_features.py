"""A line that is no film shop: shoes, by how often an item is clicked on each kind of device."""

from datetime import timedelta

from slipway.domain.line import AsOf, Column, Entity, Field, Line, Listed, Outcome, Schedule, Sent

WINDOW = timedelta(days=7)
SHOE = Entity("item", {"name": "text", "size": "number", "make": "category"})
LINE = Line(
    name="shoes",
    about="Clicks on shoes.",
    entities=(SHOE,),
    columns=(
        Column("device", "code", Sent(of="user"), words=("phone", "desk")),
        Column("size", origin=Field("item.size")),
        Column("make", "category", Field("item.make")),
        Column("clicks_on_device", origin=AsOf(("item", "device"), WINDOW, "count", of="clicked")),
    ),
    outcomes=(Outcome("clicked", event="click", window=timedelta(hours=1)),),
    exposure=Listed(3, category_of="make", group_of="device"),
    schedule=Schedule(train=timedelta(weeks=1)),
    rules="",
)
