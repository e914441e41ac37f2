"""The line ``posts``: what do people write about, and is it what they wrote about last week?"""

from datetime import timedelta

from slipway.domain.clusters import ClusterLine, ClusterPolicy, ClusterRecipe
from slipway.domain.line import Availability, Column, Kind, Source

_NOW = timedelta(0)

COLUMNS = (
    Column("post_id", Availability.REQUEST, Kind.TEXT, entity=("post",), source=Source.CONTEXT, lag=_NOW,
           about="id of the post, given once"),
    Column("arrived_at", Availability.REQUEST, Kind.TIME, entity=("post",), source=Source.CLOCK, lag=_NOW,
           about="when this text of the post came in, UTC; an edit is another row"),
    Column("event_at", Availability.REQUEST, Kind.TIME, entity=("post",), source=Source.CONTEXT, lag=_NOW,
           about="when the post was first written, UTC: it decides about its week"),
    Column("text", Availability.REQUEST, Kind.TEXT, entity=("post",), source=Source.CONTEXT, lag=_NOW,
           known=0.98, about="title and words of the post: the one input"),
)  # fmt: skip

LINE = ClusterLine(
    name="posts",
    about="Topics of users' posts, as clusters that keep their ids.",
    cron="0 7 * * 1",
    columns=COLUMNS,
    recipe=ClusterRecipe("weekly"),
    policy=ClusterPolicy(),
    window_weeks=26,
)
