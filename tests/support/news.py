"""A news site's line, declared as a team would in its own package: no word of it is Slipway's."""

from datetime import timedelta

import numpy as np
from slipway.domain.line import (
    Age,
    AsOf,
    Column,
    Derived,
    Entity,
    Field,
    Line,
    Listed,
    Outcome,
    Sent,
)

DAY = timedelta(days=1)
ARTICLE = Entity("item", {"headline": "text", "category": "category", "published_at": "time"})


def rate(keys, window, **more):
    """A smoothed rate of opened articles."""
    return AsOf(keys, window, of="opened", **more)


EVERYWHERE = rate((), 7 * DAY, prior=0.1)

LINE = Line(
    name="news",
    about="Will this reader open this article?",
    entities=(ARTICLE,),
    columns=(
        Column("device", "category", Sent(), words=("phone", "tablet", "desktop"), default="phone"),
        Column("country", "category", Sent(of="user")),
        Column("category", "category", Field("item.category")),
        Column("article_age_hours", origin=Age("item.published_at", "hours")),
        Column("article_ctr_24h", origin=rate("item", DAY, refresh="hour", prior=0.1, oldest=DAY)),
        Column(
            "category_device_ctr",
            origin=rate(
                ("category", "device"), 7 * DAY, prior=rate("category", 7 * DAY, prior=EVERYWHERE)
            ),
        ),
        Column("user_recency_hours", origin=AsOf("user", 7 * DAY, "time_since", of="opened")),
        Column(
            "fresh_on_phone",
            origin=Derived(
                lambda device, article_age_hours: (device == "phone") / (1 + article_age_hours)
            ),
        ),
    ),
    outcomes=(Outcome("opened", window=timedelta(hours=2)),),
    exposure=Listed(5, category_of="category", group_of="device"),
    rules="support.news",
)


def score(features):
    """The editors' rule: fresh articles of what is opened."""
    place = {column.name: at for at, column in enumerate(LINE.columns)}
    rate_ = np.nan_to_num(features[:, place["category_device_ctr"]], nan=0.1)
    age = np.nan_to_num(features[:, place["article_age_hours"]], nan=48.0)
    return np.clip(rate_ * (1 + np.exp(-age / 24)), 0.001, 0.95)
