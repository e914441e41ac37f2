"""The line ``fashion``: which of the campaign's pieces will this visitor click?

The columns are those of the Open Bandit Dataset (Saito, Aihara, Matsutani and Narita 2020): three places of a
page, hashed features of visitors and of pieces. A tenth of the visitors see pieces by chance, as the
dataset's own random policy showed them: their clicks say what a place is worth.
"""

from datetime import timedelta
from functools import partial

from slipway.domain.line import (
    AsOf,
    Card,
    Clock,
    Column,
    DType,
    Entity,
    Field,
    Line,
    Listed,
    Outcome,
    Recipe,
    Schedule,
    Sent,
)
from slipway.domain.policy import Policy

PIECE = Entity(
    "item",
    {"title": DType.TEXT, "style": DType.CATEGORY, "brand": DType.CATEGORY, "price": DType.NUMBER},
)

CLICKED = Outcome(
    "clicked", event="click", window=timedelta(hours=6), about="the visitor opens the piece"
)

_rate = partial(AsOf, window=timedelta(weeks=2), of="clicked")
EVERYWHERE = _rate((), prior=0.02)

COLUMNS = (
    Column("segment", DType.CATEGORY, Sent(of="user"), known=0.9, about="hashed group of visitors"),
    Column("age_group", DType.CATEGORY, Sent(of="user"), known=0.9, about="hashed age of visitors"),
    Column("hour", origin=Clock("hour", "Asia/Tokyo"), known=1, about="hour in Japan"),
    Column("style", DType.CATEGORY, Field("item.style"), known=0.99, about="hashed style"),
    Column("brand", DType.CATEGORY, Field("item.brand"), known=0.99, about="hashed brand"),
    Column("price", origin=Field("item.price"), lower=-5, upper=5, known=0.99,
           about="price, in standard deviations"),
    Column("item_ctr", origin=_rate("item", prior=EVERYWHERE),
           about="smoothed click rate of the piece over two weeks"),
    Column("segment_style_ctr", origin=_rate(("segment", "style"), prior=_rate("style", prior=EVERYWHERE)),
           about="smoothed click rate of the style among such visitors"),
)  # fmt: skip

LINE = Line(
    name="fashion",
    about="Clicks on pieces of fashion at three places of a page.",
    entities=(PIECE,),
    columns=COLUMNS,
    outcomes=(CLICKED,),
    exposure=Listed(3, category_of="style", group_of="segment"),
    schedule=Schedule("0 4 * * 1", "Asia/Tokyo"),
    recipe=Recipe("weekly", inputs=tuple(column.name for column in COLUMNS)),
    policy=Policy(explore_share=0.1),
    rules="slipway.examples.fashion.rules",
    card=Card(
        intended_use="three pieces of fashion on a landing page, by the chance of a click",
        limits="knows clicks, not purchases or returns; thirty-odd pieces of one shop",
        owner="the shop's recommendation team",
        overseer="fumi, buyer in charge",
    ),
)
