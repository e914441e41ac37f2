"""An overseer takes a version off users at once, with a reason; nobody else does, and nothing is given."""

import json

import pytest
from mlflow.exceptions import MlflowException
from slipway.registry.names import ORDERS, RELEASE
from slipway.registry.order_tag import orders_of
from slipway.registry.state import ReleaseState


@pytest.fixture
def live(desk, monkeypatch):
    """Version 1 on 5 % of users; Olga oversees."""
    version = desk.register()
    state = ReleaseState("feed", 4, "canary_5", 0.05, candidate=version)
    desk.model_tag("slipway", RELEASE, state.to_text())
    return version


def shown(desk):
    """What routers obey, and the orders that wait for the ledger."""
    tags = desk.store.get_registered_model("feed").tags
    return ReleaseState.from_text(tags[RELEASE], "feed"), orders_of(tags.get(ORDERS), "feed")


@pytest.mark.parametrize("who", ["olga", "rita"])
def test_an_overseer_stops_what_users_get(desk, live, who):
    """Routers see it gone in the same epoch, the order for the ledger has person and reason."""
    desk.tag(who, live, "stop", "children are shown horror films")
    state, (order,) = shown(desk)
    assert (state.candidate, state.epoch, state.share) == (None, 4, 0.0)
    assert (order.version, order.actor) == (live, who)
    assert order.reason == "stopped: children are shown horror films"
    assert desk.tags(live)["stop"] == order.reason


@pytest.mark.parametrize("who", ["adam", "slipway", "admin", ""])
def test_nobody_else_does(desk, live, who):
    """Neither an engineer nor the pipeline's own account; what is shown stays."""
    with pytest.raises(MlflowException, match="an overseer or a reviewer"):
        desk.tag(who, live, "stop", "why not")
    state, orders = shown(desk)
    assert (state.candidate, orders) == (live, ())


def test_an_overseer_does_nothing_else(desk, live):
    """No approval, no state, no other tag: the right only takes away."""
    waiting = desk.waiting()
    for key, value in (("review", "approve 01234567 fine"), ("stage", "champion"), ("note", "x")):
        with pytest.raises(MlflowException):
            desk.tag("olga", waiting, key, value)
    with pytest.raises(MlflowException):
        desk.model_tag("olga", RELEASE, json.dumps({}))
    with pytest.raises(MlflowException):
        desk.register("olga")


@pytest.mark.parametrize(
    ("reason", "words"), [(" ", "must be a sentence"), ("x" * 501, "at most 500")]
)
def test_a_stop_needs_a_reason(desk, live, reason, words):
    """It stands in the ledger."""
    with pytest.raises(MlflowException, match=words):
        desk.tag("olga", live, "stop", reason)


def test_what_no_user_gets_cannot_be_stopped(desk, live):
    """One line says so."""
    other = desk.register()
    with pytest.raises(MlflowException, match="nothing is to be stopped"):
        desk.tag("olga", other, "stop", "to be sure")
