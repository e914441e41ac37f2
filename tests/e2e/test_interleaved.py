"""Two candidates are interleaved on real parts: router processes, guarded registry, ledger and log."""

import json
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import registry_kit
import router_kit
from slipway.data import log
from slipway.settings import settings
from slipway.steps import context

from tests.chaos import steps

pytestmark = pytest.mark.e2e

BEGIN = datetime(2026, 1, 5, 6, tzinfo=UTC)
VISITS, ASKED, LIKED = 100, 30, 5
"""Lists an hour, items asked for, and how many of them visitors like."""
POLICY = """[feed]
shadow_min_hours = 1.0
shadow_min_requests = 20
latency_min_reference = 20
latency_margin = 20.0
interleave_share = 0.4
interleave_hours = 2
interleave_lists = 60
"""


class Shop:
    """Visitors of one router, by an event clock that the test moves."""

    def __init__(self, home, router) -> None:
        self.home, self.router, self.liked = home, router, set()
        self.arms: Counter[str] = Counter()
        self._rng, self._came = random.Random(7), 0

    def until(self, version: str, stage: str) -> None:
        """Hours pass until the version is in ``stage``; it must not be decided otherwise before."""
        while context.ledger().transitions("feed")[-1].to_stage != stage:
            self.hour()
            last = context.ledger().transitions("feed")[-1]
            assert last.candidate.version == version
            assert last.to_stage in {"offered", "shadow", "interleaved", stage}, last.reason

    def hour(self) -> None:
        """An hour passes with its visitors, and a look follows."""
        end = settings().clock.at(time.time()) + timedelta(hours=1)
        for quarter in range(4):
            for _ in range(VISITS // 4):
                self._visit()
            set_clock(self.home, end - timedelta(minutes=45 - 15 * quarter))
        self.router.wait(lambda: log.complete_until(self.home, router_kit.LINE, end) >= end)
        steps.look()

    def _visit(self) -> None:
        self._came += 1
        answer = self.router.rank(user=f"u{self._came % 400}", items=router_kit.ITEMS[:ASKED])
        self.arms[answer["arm"]] += 1
        shown = [row["item"] for row in answer["items"]]
        likes = [0.5 if item in self.liked else 0.05 for item in shown]
        clicked = [place for place, like in enumerate(likes) if self._rng.random() < like]
        if clicked:
            body = router_kit.clicks(answer, clicked)
            for outcome in body["outcomes"]:
                outcome["happened_at"] = settings().clock.at(time.time()).isoformat()
            self.router.http.post("/v1/feed/outcomes", json=body).raise_for_status()


def set_clock(home, at: datetime) -> None:
    """Event time stands at ``at`` and runs a minute a second from there."""
    draft = home / "clock.draft"
    draft.write_text(json.dumps({"wall0": time.time(), "event0": at.timestamp(), "speed": 60.0}))
    draft.replace(home / "clock.json")


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A registry with the rules in it, a ledger, two workers of a router, nobody on their way."""
    (tmp_path / "policy.toml").write_text(POLICY)
    router_kit.furnish(tmp_path, as_of=BEGIN - timedelta(hours=1))
    set_clock(tmp_path, BEGIN)
    with registry_kit.running(tmp_path / "registry") as desk:
        own = {
            "HOME": tmp_path, "CLOCK": tmp_path / "clock.json", "POLICY": tmp_path / "policy.toml",
            "LEDGER_URL": f"sqlite:///{tmp_path / 'ledger.db'}",
            "PUBLIC_KEY": desk.server.signing.public, "MLFLOW_URL": desk.url,
        }  # fmt: skip
        own = {f"SLIPWAY_{name}": str(value) for name, value in own.items()}
        for name, value in own.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("SLIPWAY_MLFLOW_USER", "slipway")
        monkeypatch.setenv("SLIPWAY_MLFLOW_PASSWORD", desk.words["slipway"])
        settings.cache_clear()
        steps.register_rules()
        of_router = {"SLIPWAY_MLFLOW_USER": "router"}
        of_router["SLIPWAY_MLFLOW_PASSWORD"] = desk.words["router"]
        with router_kit.running(
            tmp_path, registry=desk.url, budget_ms=3.6e6, **own | of_router
        ) as router:
            router.wait_ready()
            yield Shop(tmp_path, router)
    settings.cache_clear()


def test_a_worse_order_is_returned_and_one_that_is_liked_as_much_goes_on(shop):
    """Visitors of both get one list of both; what they click decides, and the router follows."""
    rules = shop.router.rank(items=router_kit.ITEMS[:ASKED])["items"]
    shop.liked = {row["item"] for row in rules[:LIKED]}
    worse = steps.offer(1)
    shop.until(worse, "returned")
    assert "worse than" in context.ledger().transitions("feed")[-1].reason
    assert shop.arms.pop("interleaved")
    assert "candidate" not in shop.arms  # nobody saw its own list
    shop.liked = set()
    equal = steps.offer(2)
    shop.until(equal, "canary_1")
    assert shop.arms["interleaved"] >= 60  # what the policy asks for
    shop.router.wait_epoch(steps.stage()["epoch"])
