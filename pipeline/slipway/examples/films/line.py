"""The line ``feed``: will this user click this film at the top of a ranked list?"""

from datetime import timedelta
from functools import partial

from slipway.domain.line import (
    Age,
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
    Sent,
    Statistic,
    Unfit,
)
from slipway.domain.mean import Mean, PerList
from slipway.domain.policy import Policy

GENRES = (
    "Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Horror", "Mystery", "Romance", "Sci-Fi", "Thriller", "Other",
)  # fmt: skip
"""Primary genres; a film's code is its place here, and anything else is ``Other``."""

AGE_BANDS = ("under 25", "25 to 44", "45 and over")

FILM = Entity("item", {"title": DType.TEXT, "genre": DType.CODE, "released_at": DType.TIME,
                       "editors_pick": DType.NUMBER})  # fmt: skip

CLICKED = Outcome("clicked", event="click", window=timedelta(hours=6),
                  about="1 if a click arrived within the outcome window: the label")  # fmt: skip

_rate = partial(AsOf, window=timedelta(weeks=4), of="clicked")
EVERYWHERE = _rate((), prior=0.1)
OF_GENRE = _rate("genre", prior=EVERYWHERE)

COLUMNS = (
    Column("age_band", DType.CODE, Sent(of="user"), words=AGE_BANDS, known=0.9, unfit=Unfit.REFUSE,
           about="age band of the user, sent with the request"),
    Column("hour", origin=Clock("hour"), known=1, about="hour of the request, UTC"),
    Column("genre", DType.CODE, Field("item.genre"), words=GENRES, known=0.99,
           about="primary genre of the film, from the catalogue"),
    Column("film_age_days", origin=Age("item.released_at"), upper=60_000, known=0.99,
           about="days since the film's release, from the catalogue"),
    Column("editors_pick", origin=Field("item.editors_pick"), lower=0, upper=1, default=0,
           tolerance=None, about="picked by the editors, catalogue; picks change"),
    Column("item_ctr", origin=_rate("item", prior=EVERYWHERE),
           about="smoothed click rate of the film over the last 4 weeks"),
    Column("item_exposures", origin=AsOf("item", timedelta(weeks=4), Statistic.COUNT), default=0,
           about="exposures of the film over the last 4 weeks"),
    Column("genre_age_ctr", origin=_rate(("genre", "age_band"), prior=EVERYWHERE, missing=OF_GENRE),
           about="smoothed click rate of the genre in the user's age band"),
    Column("user_genre_ctr", origin=_rate(("user", "genre"), prior=OF_GENRE),
           about="smoothed click rate of the user in the film's genre: the taste"),
    Column("user_ctr", origin=_rate("user", prior=EVERYWHERE),
           about="smoothed click rate of the user"),
)  # fmt: skip

DIVERSITY = Mean("diversity", "genre", PerList.DISTINCT, margin=0.05)
"""Genres in a list: a feed that shows each user one kind of film earns clicks and loses users."""

LINE = Line(
    name="feed",
    about="Click-through of films in a ranked list.",
    entities=(FILM,),
    columns=COLUMNS,
    outcomes=(CLICKED,),
    exposure=Listed(10, category_of="genre", group_of="age_band"),
    recipe=Recipe("weekly", inputs=tuple(column.name for column in COLUMNS)),
    policy=Policy(means=(DIVERSITY,)),
    rules="slipway.examples.films.rules",
    card=Card(
        intended_use="ordering of a start page's ten films for adults, by the chance of a click",
        limits="knows clicks, not whether a film was liked; new films have no rate of their own for a day",
        owner="the feed's ranking team",
        overseer="rita, editor of the start page",
    ),
)
