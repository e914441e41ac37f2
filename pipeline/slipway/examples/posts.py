"""The line ``posts``: what do people write about, and is it what they wrote about last week?"""

from slipway.domain.card import Card
from slipway.domain.clusters import ClusterLine, ClusterPolicy, ClusterRecipe
from slipway.domain.line import Clock, Column, DType, Sent

COLUMNS = (
    Column("post_id", DType.TEXT, Sent(), about="id of the post, given once"),
    Column("arrived_at", DType.TIME, Clock("time"),
           about="when this text of the post came in, UTC; an edit is another row"),
    Column("event_at", DType.TIME, Sent(),
           about="when the post was first written, UTC: it decides about its week"),
    Column("text", DType.TEXT, Sent(), known=0.98, about="title and words of the post: the one input"),
)  # fmt: skip

LINE = ClusterLine(
    name="posts",
    about="Topics of users' posts, as clusters that keep their ids.",
    cron="0 7 * * 1",
    columns=COLUMNS,
    recipe=ClusterRecipe("weekly"),
    policy=ClusterPolicy(),
    window_weeks=26,
    card=Card(
        intended_use="public topics of users' posts, for reading and filtering by topic",
        limits="a topic is what words share, no judgement of a person or a post; English alone",
        owner="the community team",
        overseer="paul, moderator in charge",
    ),
)
