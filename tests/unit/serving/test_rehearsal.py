"""A worker says what it would do if a version were ordered off, and serves as before."""

from datetime import UTC, datetime

import pytest
import router_kit
from slipway.release.orders import REHEARSALS, OrderFolder, ReturnOrder
from slipway.serving.line_keeper import LineKeeper
from slipway.serving.line_signs import own_name
from slipway.serving.order_reader import OrderReader
from slipway.serving.rehearsal import Rehearsal, WorkerRehearsal, folder_of
from slipway.serving.state import StateFile

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.fixture
def keeper(desk):
    """A worker at champion 1 and candidate 2, which has half of the users."""
    keys = dict(router_kit.install(desk.home, "feed", v, seed=int(v)) for v in "12")
    desk.serve(keys, epoch=8, stage="canary_50", share=0.5, champion="1", candidate="2")
    reader = OrderReader(desk.home, "feed", f"sqlite:///{desk.home / 'ledger.db'}")
    keeper = LineKeeper(desk.home, desk.server, StateFile(desk.home, "feed"), desk.loader, reader)
    keeper.refresh_state()
    return keeper


def said(home, version, keeper):
    """What the worker answers to a drill of that version."""
    order = ReturnOrder("feed", version, 9, AT, "ops", f"drill of {version}")
    OrderFolder(home, REHEARSALS).write(order)
    Rehearsal(home, "feed").acknowledge(keeper)
    found = WorkerRehearsal.read(folder_of(home, "feed") / f"{own_name()}.json")
    OrderFolder(home, REHEARSALS).remove(order)
    return found


@pytest.mark.parametrize(("version", "leads"), [("2", "1"), ("1", "rules-built-in")])
def test_it_says_who_would_answer_and_serves_on(desk, keeper, version, leads):
    """The version would be gone from every arm; what is served is the very same object, and in memory."""
    before, loaded = desk.server.served, dict(desk.loader._loaded)
    found = said(desk.home, version, keeper)
    assert (found.off, found.leads, found.loaded, found.ledger) == (True, leads, True, "")
    assert (found.reason, found.epoch) == (f"drill of {version}", 8)
    keeper.refresh_state()
    assert desk.server.served is before
    assert desk.loader._loaded == loaded
    assert {desk.rank(user=f"u{n}")["version"] for n in range(40)} >= {"1", "2"}


def test_a_worker_without_its_second_way_says_so(desk, keeper):
    """A ledger that it cannot read is named."""
    (desk.home / "ledger.db").write_bytes(b"no database" * 100)
    keeper.orders.read_ledger()
    assert "database" in said(desk.home, "2", keeper).ledger


def test_without_a_drill_it_writes_nothing(desk, keeper):
    """And what it said of one that is over is taken away."""
    said(desk.home, "2", keeper)
    rehearsal = Rehearsal(desk.home, "feed")
    rehearsal.acknowledge(keeper)
    assert list(folder_of(desk.home, "feed").glob("*")) == []
