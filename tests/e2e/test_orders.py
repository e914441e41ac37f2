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


def test_a_hold_back_keeps_its_users_beside_a_candidate_and_is_off_at_once(tmp_path):
    """Two real workers agree on it; a candidate that comes moves none of them; an order ends it."""
    home = router_kit.furnish(tmp_path)
    keys = dict(router_kit.install(home, "feed", v, seed=int(v)) for v in "123")
    held = {"champion": "2", "previous_champion": "1", "previous_share": 0.25}
    router_kit.release(home, keys, epoch=8, **held)
    users = [f"u{n}" for n in range(160)]
    # who answers must not depend on how busy the machine is
    with router_kit.running(home, budget_ms=3.6e6) as router:
        router.wait_ready()

        def met():
            answers = [router.rank(user=user) for user in users]
            return {u: (a["arm"], a["version"]) for u, a in zip(users, answers, strict=True)}

        before = met()
        back = {user for user, who in before.items() if who == ("previous", "1")}
        assert abs(len(back) / len(users) - 0.25) < 4 * (0.25 * 0.75 / len(users)) ** 0.5
        assert met() == before
        shares = {"stage": "canary_50", "share": 0.5, "candidate": "3"}
        router_kit.release(home, keys, epoch=9, **held, **shares)
        router.wait_epoch(9)
        beside = met()
        assert {user for user, who in beside.items() if who == ("previous", "1")} == back
        arms = [arm for arm, _ in beside.values()]
        assert {"candidate", "champion"} <= set(arms)
        OrderFolder(home).write(ReturnOrder("feed", "1", 10, AT, "ops", "wrong films"))
        router.wait(lambda: "1" not in {router.rank(user=user)["version"] for user in back})
        router.wait(lambda: not any(version == "1" for _, version in met().values()))
        after = met()
        assert {after[user] for user in back} <= {("champion", "2"), ("candidate", "3")}
        assert all(after[user] == beside[user] for user in users if user not in back)
