"""A return reaches real processes of a router whose registry is away, by folder and by ledger."""

from datetime import UTC, datetime

import pytest
import router_kit
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.release.ledger import Ledger
from slipway.release.orders import OrderFolder, ReturnOrder

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
GONE = 'slipway_candidate_share{line="feed"} 0.0'  # the largest of all workers


@pytest.fixture
def router(tmp_path):
    """Two workers at their last known state: champion 1, candidate 2 at half of the users."""
    home = router_kit.furnish(tmp_path)
    keys = [router_kit.install(home, "feed", version, seed=int(version)) for version in "12"]
    router_kit.release(
        home, dict(keys), epoch=8, stage="canary_50", share=0.5, champion="1", candidate="2"
    )
    with router_kit.running(home, SLIPWAY_LEDGER_URL=f"sqlite:///{home}/ledger.db") as found:
        found.wait_ready()
        assert found.state()["candidate"] == "2"
        yield found, home


def off(router):
    """Wait until no worker answers by the candidate; whom users then get."""
    router.wait(lambda: GONE in router.http.get("/metrics").text)
    return {router.rank(user=f"u{n}")["version"] for n in range(60)}


def test_an_order_in_the_folder_reaches_every_worker(router):
    """Also while another order is damaged, which the state names."""
    found, home = router
    OrderFolder(home).write(ReturnOrder("feed", "2", 9, AT, "ops", "harm"))
    (home / "orders" / "feed" / "7.json").write_text("{")
    assert "2" not in off(found)
    found.wait(lambda: "orders/feed/7.json" in found.state()["problems"])


def test_a_return_in_the_ledger_reaches_every_worker(router):
    """Nothing but the ledger could be written."""
    found, home = router
    ledger = Ledger(f"sqlite:///{home}/ledger.db")
    stages = (Stage.OFFERED, Stage.SHADOW, Stage.CANARY_50, Stage.RETURNED)
    for epoch, stage in enumerate(stages, 1):
        who = Candidate("2", "f", "adam", Origin.MANUAL, AT, stage, AT)
        share = 0.5 if stage.is_live else 0.0
        ledger.append(Transition("feed", epoch, AT, "t", None, stage, share, "r", who, "1"))
    assert "2" not in off(found)
    assert found.state()["champion"] == "1"
