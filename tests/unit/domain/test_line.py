"""A declared line: whole and without contradictions, or refused in one line when it is loaded."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from log_kit import with_window
from slipway.domain.declaration import RESERVED
from slipway.domain.errors import BadConfig
from slipway.domain.events import ARRIVED_AT, Exposure, OutcomeEvent, ShownItem
from slipway.domain.line import (
    Age,
    AsOf,
    Availability,
    Clock,
    Column,
    Derived,
    DType,
    Entity,
    Field,
    Line,
    Listed,
    Outcome,
    Recipe,
    Schedule,
    Sent,
    Single,
    Statistic,
    Supplied,
    Unfit,
)
from slipway.domain.mean import Mean, PerList
from slipway.examples.films.line import LINE

DAY = timedelta(days=1)
ARTICLE = Entity("item", {"category": "category", "published_at": "time", "words": "number"})


def rate(keys, **more):
    """A click rate of a day."""
    return AsOf(keys, DAY, of="clicked", **{"prior": 0.1, **more})


def news(*columns, **more):
    """A small line of another team's words, with columns of the test's own."""
    declared = (
        Column("device", "category", Sent()),
        Column("category", "category", Field("item.category")),
        *columns,
    )
    words = {"entities": (ARTICLE,), "outcomes": (Outcome("clicked"),), "rules": "team.rules"}
    exposure = Listed(5, category_of="category", group_of="device")
    return Line(
        "news", "Clicks on news.", **{"columns": declared, "exposure": exposure, **words, **more}
    )


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: Column("ctr"), "column ctr.origin == None, must be given"),
        (
            lambda: Column("ctr", "integer", Sent()),
            "column ctr.dtype == 'integer', must be one of number",
        ),
        (lambda: Column("my ctr", origin=Sent()), "column my ctr.name"),
        (
            lambda: Column("ctr", origin=Sent(), available="as_of"),
            "must be request, as its origin is Sent",
        ),
        (lambda: Column("ctr", origin="sent"), "must be Sent(), Clock()"),
        (lambda: Column("ctr", available="after"), "column ctr.lag == '0:00:00'"),
        (lambda: Column("ctr", origin=Clock(), unfit=Unfit.REFUSE), "unless the caller sends"),
        (
            lambda: Column("ctr", origin=Sent(), lower=3, upper=2),
            "column ctr.upper == 2, must be at least 3",
        ),
        (lambda: Column("ctr", origin=Sent(), words=("a",)), "none, as it is no category"),
        (lambda: Column("c", "code", Sent(), words=("a", "a")), "must be different strings"),
        (lambda: Column("c", "category", Sent(), lower=1), "as c is no number"),
        (lambda: Column("c", "category", Sent(), default=1), "must be a category"),
        (lambda: Column("c", "category", Sent(), words=("a",), default="b"), "one of its words"),
        (lambda: Column("ctr", origin=Sent(), known=2), "a share from 0 to 1"),
        (
            lambda: Column("h", "category", Clock()),
            "must be number or code, as its origin is Clock",
        ),
        (
            lambda: Column("h", "time", rate("user")),
            "must be number or code, as its origin is AsOf",
        ),
        (lambda: Column("h", "time", Age("item.born")), "must be number, as its origin is Age"),
        (
            lambda: Column("h", "time", Sent(), default="2026-01-05"),
            "column h.default == '2026-01-05'",
        ),
        (lambda: Clock("century"), "Clock.part == 'century', must be one of hour"),
        (lambda: Clock(zone="Mars/Base"), "Clock.zone == 'Mars/Base', must be an IANA zone"),
        (lambda: Field("genre"), "must be entity.field"),
        (lambda: Age("item.born", "years"), "Age.unit == 'years'"),
        (lambda: Derived(lambda: 1), "a function of declared columns"),
        (lambda: AsOf("item", DAY, "median"), "AsOf.statistic == 'median', must be one of"),
        (lambda: AsOf("item", DAY), "AsOf.of == None"),
        (
            lambda: AsOf("item", DAY, of="clicked"),
            "AsOf.prior == None, must be given, as it is a rate",
        ),
        (lambda: rate(("user", "user")), "must be different columns"),
        (lambda: AsOf("item", DAY / 48, "count", refresh="hour"), "AsOf.window"),
        (lambda: rate("item", oldest=DAY / 2), "AsOf.oldest"),
        (lambda: rate("item", strength=0), "AsOf.strength == 0"),
        (lambda: rate("item", prior=rate("user")), "the same statistic of fewer than item keys"),
        (lambda: Entity("item", {"item": "text"}), "entity item.fields == 'item: text'"),
        (lambda: Entity("item", {"title": "prose"}), "entity item.fields == 'title: prose'"),
        (
            lambda: Outcome("o", kind="boolean"),
            "outcome o.kind == 'boolean', must be one of binary",
        ),
        (lambda: Outcome("o", window=timedelta(0)), "outcome o.window"),
        (lambda: Outcome("o", cap=0), "outcome o.cap == 0"),
        (
            lambda: Mean("m", "price", "sum", cap=float("inf")),
            "policy.means.m.cap == inf, must be above 0",
        ),
        (lambda: Schedule("whenever"), "schedule.cron == 'whenever', must be five fields"),
        (lambda: Schedule("0 24 * * *"), "a hour of 0 to 23 in its place, not 24"),
        (lambda: Schedule(zone="UTC+25"), "schedule.zone"),
        (lambda: Schedule(train=timedelta(0)), "schedule.train"),
        (lambda: Listed(0), "exposure.length == 0"),
    ],
)
def test_a_part_that_contradicts_itself_is_refused(declare, said):
    """What is missing or contradicts itself is named in one line, where it is written."""
    with pytest.raises(BadConfig) as refusal:
        declare()
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (
            lambda: news(Column("score", origin=Sent())),
            "news.columns == 'score', must be a name that the log",
        ),
        (
            lambda: news(Column("device", origin=Sent())),
            "news.columns == 'device', must be declared once",
        ),
        (lambda: news(Column("clicked", origin=Sent())), "news.columns == 'clicked'"),
        (
            lambda: news(
                Column("x", origin=Supplied("feast:a")), Column("x_as_of", "time", Sent())
            ),
            "news.columns == 'x_as_of'",
        ),
        (lambda: news(columns=()), "news.columns == 0"),
        (
            lambda: news(Column("w", origin=Field("item.length"))),
            "must be one of item.category, item.published",
        ),
        (lambda: news(Column("w", origin=Field("shop.words"))), "column w.origin == 'shop.words'"),
        (
            lambda: news(Column("w", "text", Field("item.words"))),
            "must be number, as item.words is",
        ),
        (lambda: news(Column("old", origin=Age("item.words"))), "column old.dtype == 'time'"),
        (lambda: news(Column("w", origin=Sent(of="item"))), "must be request or user"),
        (
            lambda: news(Column("w", origin=Derived(lambda later: later))),
            "declare it before this one",
        ),
        (
            lambda: news(Column("r", origin=rate("martian"))),
            "column r.origin.keys == 'martian', must be one of",
        ),
        (
            lambda: news(Column("n", origin=Sent()), Column("r", origin=rate("n"))),
            "column r.origin.keys == 'n'",
        ),
        (
            lambda: news(Column("r", origin=AsOf("item", DAY, of="bought", prior=0.0))),
            "must be one of clicked",
        ),
        (
            lambda: news(Column("r", origin=AsOf("item", DAY, "last", of="device"))),
            "a last is of one of these",
        ),
        (lambda: news(entities=(ARTICLE, ARTICLE)), "news.entities"),
        (
            lambda: news(entities=(ARTICLE, Entity("store", {"size": "number"}, key="store_id"))),
            "entity store.key == 'store_id'",
        ),
        (lambda: news(outcomes=()), "news.outcomes == [], must be one that is primary"),
        (
            lambda: news(outcomes=(Outcome("clicked"), Outcome("read", "amount"))),
            "one that is primary",
        ),
        (
            lambda: news(
                outcomes=(Outcome("clicked", primary=True), Outcome("c", event="clicked"))
            ),
            "events of",
        ),
        (
            lambda: news(outcomes=(Outcome("read", "amount"),)),
            "news.outcomes.read.kind == 'amount', must be binary, or exogenous in a line of single answers",
        ),
        (
            lambda: news(exposure=Single(), outcomes=(Outcome("mood", "continuous"),)),
            "must be binary",
        ),
        (
            lambda: news(exposure=Listed(5), outcomes=(Outcome("d", "count", exogenous=True),)),
            "must be binary",
        ),
        (
            lambda: news(exposure=Listed(5)),
            "news.exposure.category_of == None, must be a category of the item",
        ),
        (
            lambda: news(exposure=Listed(5, category_of="device")),
            "news.exposure.category_of == 'device'",
        ),
        (
            lambda: news(exposure=Listed(5, "category", "category")),
            "news.exposure.group_of == 'category'",
        ),
        (lambda: news(segments=("planet",)), "news.columns == 'planet', must be one of device"),
        (
            lambda: news(Column("n", origin=Sent()), segments=("n",)),
            "news.segments == 'n', must be a category",
        ),
        (lambda: news(recipe=Recipe("weekly", ("mood",))), "news.columns == 'mood'"),
    ],
)
def test_a_line_that_could_never_work_is_refused_when_it_is_loaded(declare, said):
    """Names, references, keys and segments are checked against the whole declaration."""
    with pytest.raises(BadConfig) as refusal:
        declare()
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_what_is_known_when_follows_from_the_origin():
    """Availability, owner, lag and range need not be declared."""
    line = news(
        Column("hour", origin=Clock("hour", "Australia/Sydney")),
        Column("age_h", origin=Age("item.published_at", "hours")),
        Column("ctr", origin=rate("item")),
        Column("taste", origin=rate(("user", "category"), prior=rate("category"))),
        Column("views", origin=AsOf("item", DAY, Statistic.COUNT, refresh="hour", oldest=DAY)),
        Column("fresh", origin=Derived(lambda age_h, ctr: ctr / (1 + age_h))),
        Column("bought_7d", origin=Supplied("feast:users:bought_7d", of="user")),
    )
    found = {c.name: (str(c.available), c.entity, c.lower, c.upper) for c in line.columns}
    assert found["hour"] == ("request", ("request",), 0, 23)
    assert found["age_h"] == ("request", ("item", "request"), 0, None)
    assert found["ctr"] == ("as_of", ("item",), 0, 1)
    assert found["taste"] == ("as_of", ("item", "user"), 0, 1)
    assert found["views"] == ("as_of", ("item",), 0, None)
    assert found["fresh"] == ("as_of", ("item", "request"), None, None)
    assert found["bought_7d"] == ("as_of", ("user",), None, None)
    assert line.column("fresh").lag == timedelta(weeks=1)
    assert line.column("views").lag == DAY
    assert [c.name for c in line.context] == ["device", "bought_7d"]
    assert line.recipe.inputs == tuple(c.name for c in line.columns)


def test_an_entity_of_the_teams_own_belongs_to_its_key():
    """A store's field is a value of whoever sends the store."""
    store = Entity("store", {"city": "category"}, key="store_id", history=True)
    line = news(
        Column("store_id", "category", Sent()),
        Column("city", "category", Field("store.city")),
        entities=(ARTICLE, store),
    )
    assert line.column("city").entity == ("request",)


def test_segments_are_found_by_name():
    """The category of the item and the group of the user need no place; live ones are not of the item."""
    line = news()
    assert line.segments == ("category", "device")
    assert line.live_segments == ("device",)
    assert (line.category.name, line.group.name) == ("category", "device")
    turned = replace(line, segments=("device", "category"))
    assert turned.category.name == "category"


def test_one_answer_needs_no_category():
    """A line of single answers has no list, no position and no items' category."""
    sent = Column("device", "category", Sent())
    line = news(columns=(sent,), entities=(), exposure=Single())
    assert line.segments == ()
    assert [c.name for c in line.all_columns if not c.may_be_input] == [
        "arm",
        "propensity",
        "clicked",
    ]


def test_a_line_may_have_several_outcomes_and_one_decides():
    """The primary outcome is the label; the others are declared beside it."""
    read = Outcome("read_minutes", "amount", DAY, "sum", cap=60, unit="minutes")
    line = news(outcomes=(Outcome("clicked", primary=True), read))
    assert line.label.name == "clicked"
    assert line.column("read_minutes").upper == 60
    assert line.column("read_minutes").available is Availability.AFTER
    assert not line.column("read_minutes").may_be_input


def test_segments_and_means_are_of_declared_columns():
    """A segment or a mean of a column that nobody declared is refused before any log is read."""
    policy = replace(LINE.policy, means=(Mean("length", "minutes", PerList.MEAN),))
    for wrong in ({"segments": ("nothing",)}, {"live_segments": ("nothing",)}, {"policy": policy}):
        with pytest.raises(BadConfig, match="must be one of age_band"):
            replace(LINE, **wrong)


@pytest.mark.parametrize(("window", "timeout"), [(28, 21.0), (28, 111.9), (6, 20.0)])
def test_a_time_out_that_the_outcomes_can_never_meet_is_refused(window, timeout):
    """Four stages that each wait for their outcomes take four windows: a shorter time-out ends every release."""
    policy = replace(LINE.policy, timeout_days=timeout)
    with pytest.raises(BadConfig) as refusal:
        with_window(LINE, window * DAY, policy=policy)
    assert "policy.timeout_days" in str(refusal.value)
    assert f"{window * 4:g}" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_time_out_of_all_windows_is_long_enough():
    """Late outcomes are no fault of a line: with days enough for every stage it is declared."""
    policy = replace(LINE.policy, timeout_days=112.0)
    assert with_window(LINE, 28 * DAY, policy=policy).maturity == 28 * DAY


def test_declaring_again_changes_nothing():
    """A line made of a settled line's parts is the same line."""
    assert replace(LINE) == LINE
    assert replace(LINE, columns=LINE.columns).columns == LINE.columns


def test_columns_are_typed():
    """A declaration may say the word instead of naming the constant."""
    assert Column("device", "category", Sent()).dtype is DType.CATEGORY


def test_every_name_of_the_log_is_reserved():
    """A column of the log's own name would double it."""
    events = (Exposure, ShownItem, OutcomeEvent)
    named = {field.name for event in events for field in fields(event)} | {ARRIVED_AT}
    assert named <= RESERVED


def test_slipway_s_own_trees_read_no_texts():
    """A text is left out where no inputs are named, and refused where it is: its number says nothing."""
    note = Column("note", "text", Sent())
    assert "note" not in news(note).recipe.inputs
    for refused in (
        lambda: news(note, recipe=Recipe("words", ("note",))),
        lambda: news(note).recipe_with({"inputs": ["device", "note"]}),
    ):
        with pytest.raises(BadConfig, match=r"news\.recipe\.inputs == 'note, a text'"):
            refused()


def test_a_single_answer_has_no_items():
    """A line that ranks nothing can declare neither a table of items nor a statistic by them."""
    place = {"entities": (), "exposure": Single()}
    sent = Column("device", "category", Sent())
    for columns, entities in (
        ((sent,), (ARTICLE,)),
        ((sent, Column("views", origin=AsOf("item", DAY, "count"))), ()),
    ):
        with pytest.raises(BadConfig, match="a single answer has no items"):
            news(**{**place, "columns": columns, "entities": entities})
