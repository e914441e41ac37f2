"""The line ``feed``: will this user click this film at the top of a ranked list?"""

from datetime import timedelta
from functools import partial

from slipway.domain.line import Availability, Column, Kind, Line, Recipe, Source, Unfit
from slipway.domain.mean import Mean, PerList
from slipway.domain.policy import Policy

GENRES = (
    "Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Fantasy",
    "Horror", "Mystery", "Romance", "Sci-Fi", "Thriller", "Other",
)  # fmt: skip
"""Primary genres; a film's code is its place here, and anything else is ``Other``."""

AGE_BANDS = ("under 25", "25 to 44", "45 and over")

MATURITY = timedelta(hours=6)
"""A click counts when it arrives within this time of the request."""

REFRESHED = timedelta(weeks=1)
"""As-of features are counted every midnight; a line that is retrained weekly stands a late week, and a
table older than that is a fault."""

_request = partial(Column, available=Availability.REQUEST)
_as_of = partial(
    Column, available=Availability.AS_OF, source=Source.LOG, lag=REFRESHED, lower=0, upper=1
)
_decision = partial(
    Column, available=Availability.DECISION, source=Source.RANKING, entity=("request", "item")
)

COLUMNS = (
    _request("age_band", kind=Kind.CATEGORY, lower=0, upper=len(AGE_BANDS) - 1, known=0.9,
             entity=("user",), source=Source.CONTEXT, unfit=Unfit.REFUSE, words=AGE_BANDS,
             about="age band of the user, sent with the request"),
    _request("hour", lower=0, upper=23, known=1, entity=("request",), source=Source.CLOCK,
             about="hour of the request, UTC"),
    _request("genre", kind=Kind.CATEGORY, lower=0, upper=len(GENRES) - 1, known=0.99,
             entity=("item",), source=Source.CATALOG, words=GENRES,
             about="primary genre of the film, from the catalogue"),
    _request("film_age_days", lower=0, upper=60_000, known=0.99, entity=("item", "request"),
             source=Source.CATALOG, about="days since the film's release, from the catalogue"),
    _request("editors_pick", lower=0, upper=1, default=0, entity=("item",), source=Source.CATALOG,
             tolerance=None, about="picked by the editors, catalogue; picks change"),
    _as_of("item_ctr", entity=("item",),
           about="smoothed click rate of the film over the last 4 weeks"),
    _as_of("item_exposures", upper=None, default=0, entity=("item",),
           about="exposures of the film over the last 4 weeks"),
    _as_of("genre_age_ctr", entity=("genre", "age_band"),
           about="smoothed click rate of the genre in the user's age band"),
    _as_of("user_genre_ctr", entity=("user", "genre"),
           about="smoothed click rate of the user in the film's genre: the taste"),
    _as_of("user_ctr", entity=("user",), about="smoothed click rate of the user"),
    _decision("position", lower=1, about="place in the list, 1 is the top: may only debias"),
    _decision("arm", kind=Kind.CATEGORY, about="who ranked"),
    _decision("propensity", lower=0, upper=1,
              about="probability of this film at this place under the ranking policy"),
    Column("clicked", Availability.AFTER, lower=0, upper=1, known=1, lag=MATURITY,
           entity=("request", "item"), source=Source.OUTCOME,
           about="1 if a click arrived within the outcome window: the label"),
)  # fmt: skip

DIVERSITY = Mean("diversity", "genre", PerList.DISTINCT, margin=0.05)
"""Genres in a list: a feed that shows each user one kind of film earns clicks and loses users."""

LINE = Line(
    name="feed",
    about="Click-through of films in a ranked list.",
    cron="0 6 * * 1",
    columns=COLUMNS,
    recipe=Recipe(
        name="weekly",
        inputs=tuple(c.name for c in COLUMNS if c.may_be_input),
    ),
    policy=Policy(means=(DIVERSITY,)),
    list_length=10,
    maturity=MATURITY,
    train_weeks=2,
    segments=("genre", "age_band"),
    live_segments=("age_band",),
    rules="slipway.examples.films.rules",
    feature_provider="slipway.examples.films.features",
)
