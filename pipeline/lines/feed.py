"""The line ``feed``: will this user click this film at the top of a ranked list?"""

from datetime import timedelta

from pipeline.domain.line import Availability, Column, Kind, Line, Recipe
from pipeline.domain.policy import Policy

GENRES = (
    "Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Horror", "Mystery", "Romance", "Sci-Fi", "Thriller", "Other",
)  # fmt: skip
"""Primary genres; a film's code is its place here, and anything else is ``Other``."""

AGE_BANDS = ("under 25", "25 to 44", "45 and over")

_REQUEST, _AS_OF = Availability.REQUEST, Availability.AS_OF

COLUMNS = (
    Column("age_band", _REQUEST, Kind.CATEGORY, 0, len(AGE_BANDS) - 1, None,
           "age band of the user, sent with the request"),
    Column("hour", _REQUEST, Kind.NUMBER, 0, 23, None, "hour of the request, UTC"),
    Column("genre", _REQUEST, Kind.CATEGORY, 0, len(GENRES) - 1, None,
           "primary genre of the film, from the catalogue"),
    Column("film_age_days", _REQUEST, Kind.NUMBER, 0, 60_000, None,
           "days since the film's release, from the catalogue"),
    Column("editors_pick", _REQUEST, Kind.NUMBER, 0, 1, 0, "picked by the editors, catalogue"),
    Column("item_ctr", _AS_OF, Kind.NUMBER, 0, 1, None,
           "smoothed click rate of the film over the last 4 weeks"),
    Column("item_exposures", _AS_OF, Kind.NUMBER, 0, None, 0,
           "exposures of the film over the last 4 weeks"),
    Column("genre_age_ctr", _AS_OF, Kind.NUMBER, 0, 1, None,
           "smoothed click rate of the genre in the user's age band"),
    Column("user_genre_ctr", _AS_OF, Kind.NUMBER, 0, 1, None,
           "smoothed click rate of the user in the film's genre: the taste"),
    Column("user_ctr", _AS_OF, Kind.NUMBER, 0, 1, None, "smoothed click rate of the user"),
    Column("position", Availability.DECISION, Kind.NUMBER, 1, None, None,
           "place in the list, 1 is the top: may only debias"),
    Column("arm", Availability.DECISION, Kind.CATEGORY, None, None, None, "who ranked"),
    Column("propensity", Availability.DECISION, Kind.NUMBER, 0, 1, None,
           "probability of this film at this place under the ranking policy"),
    Column("clicked", Availability.AFTER, Kind.NUMBER, 0, 1, None,
           "1 if a click arrived within the outcome window: the label"),
)  # fmt: skip

LINE = Line(
    name="feed",
    about="Click-through of films in a ranked list.",
    cron="0 6 * * 1",
    columns=COLUMNS,
    recipe=Recipe(
        name="weekly",
        inputs=tuple(c.name for c in COLUMNS if c.availability.may_be_input),
    ),
    policy=Policy(),
    list_length=10,
    maturity=timedelta(hours=6),
    train_weeks=2,
    segments=("genre", "age_band"),
    live_segments=("age_band",),
)
