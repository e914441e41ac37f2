"""A team's own flags follow the release: all are told that can be, and the others at the next look."""

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import log_kit
import pytest
from slipway.domain.errors import NotComputable
from slipway.domain.traffic import FlagFile, Webhook
from slipway.registry.state import ReleaseState
from slipway.release.orders import OrderFolder, ReturnOrder
from slipway.serving.traffic import WebhookCaller
from slipway.steps import context, returns, traffic

STATE = ReleaseState("feed", 7, "canary_25", 0.25, champion="1", candidate="2")
HOOK = Webhook("https://flags.team.example/slipway")


@pytest.fixture
def flags(home, monkeypatch):
    """A line with a webhook and a flag file; ``state`` is what the registry shows, ``broken`` why the webhook fails."""
    made = SimpleNamespace(state=STATE, broken="", called=[], path=home / "flags.json")

    def call(self, state):
        made.called.append(state.epoch)
        if made.broken:
            raise NotComputable(HOOK.name, found=made.broken, expected="2xx", next_step="mend it")
        self._memory.parent.mkdir(parents=True, exist_ok=True)
        self._memory.write_text(json.dumps({"epoch": state.epoch}))

    line = replace(log_kit.LINE, traffic=(HOOK, FlagFile(str(made.path))))
    monkeypatch.setattr(WebhookCaller, "show", call)
    monkeypatch.setattr(context, "declared", lambda name: line)
    registry = SimpleNamespace(release_state=lambda name: made.state)
    monkeypatch.setattr(context, "registry", lambda: registry)
    return made


def held(flags):
    """What the flag file says."""
    return json.loads(flags.path.read_text())


def test_one_that_fails_is_named_and_told_at_the_next_look(flags):
    """The flag file is told all the same; what holds a state already is not told it again."""
    flags.broken = "status 500"
    with pytest.raises(
        traffic.TrafficUntold, match=r"webhook https://flags.*status 500.*next look"
    ):
        traffic.show("feed")
    assert held(flags)["epoch"] == 7
    flags.broken = ""
    traffic.show("feed")
    traffic.show("feed")
    assert flags.called == [7, 7]


def test_a_flag_that_is_ahead_is_named_and_hides_no_return(home, flags):
    """An epoch that no ledger has stands in the file: neither a look nor a return passes over it."""
    traffic.show("feed")
    flags.path.write_text(json.dumps(held(flags) | {"epoch": 10**9}))
    with pytest.raises(traffic.TrafficUntold, match=r"flag file .*epoch 1000000000 there"):
        traffic.show("feed")
    order = ReturnOrder("feed", "2", 8, log_kit.T0 + timedelta(days=1), "release_feed", "harm")
    with pytest.raises(NotComputable, match="epoch 1000000000 there"):
        traffic.take_off(order, f"flag file {flags.path}")


def test_a_return_goes_by_every_other_way_where_a_webhook_hangs(home, flags, monkeypatch):
    """The order stands, the flag file is less the version, and the look is red and names the webhook."""
    traffic.show("feed")
    flags.broken = "no answer in 5 s"
    order = ReturnOrder("feed", "2", 8, log_kit.T0 + timedelta(days=1), "release_feed", "harm")
    told = []
    monkeypatch.setattr(returns, "_show_in_registry", told.append)
    with pytest.raises(
        returns.ReturnIncomplete, match=r"reached folder and ledger and registry and flag file"
    ):
        returns.take_off(order, lambda order: None)
    assert OrderFolder(home).read("feed")[0][0].version == "2"
    assert len(told) == 1
    assert (held(flags)["candidate"], held(flags)["share"]) == (None, 0.0)
    flags.broken = ""
    with (
        monkeypatch.context() as patched
    ):  # a registry that was not told yet shows nobody the version again
        patched.setattr(OrderFolder, "read", lambda self, line: ((order,), {}))
        traffic.show("feed")
    assert held(flags)["candidate"] is None
    flags.state = ReleaseState("feed", 8, champion="1")
    traffic.show("feed")
    assert (held(flags)["epoch"], flags.called[-1]) == (8, 8)


def test_a_line_without_them_asks_nobody(home, monkeypatch):
    """Most lines are answered by the router: the registry is not asked for nothing."""
    monkeypatch.setattr(context, "declared", lambda name: log_kit.LINE)
    monkeypatch.setattr(context, "registry", lambda: None)
    traffic.show("feed")
