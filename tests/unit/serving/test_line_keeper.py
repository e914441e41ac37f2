"""A line in one worker: damage on this machine costs no answer, and no neighbour its return."""

import json
from datetime import UTC, datetime

import pytest
import router_kit
from slipway.domain.errors import BadInput
from slipway.domain.release import Candidate, Origin, Transition
from slipway.domain.stage import Stage
from slipway.registry.state import ReleaseState
from slipway.release.ledger import Ledger
from slipway.release.orders import OrderFolder, ReturnOrder
from slipway.serving.line_keeper import LineKeeper
from slipway.serving.line_service import LineService
from slipway.serving.order_reader import OrderReader
from slipway.serving.request_ids import RequestIds
from slipway.serving.state import Poller, StateFile
from slipway.settings import Settings

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
SHOWN = {
    "epoch": 8,
    "stage": "canary_50",
    "share": 0.5,
    "champion": "2",
    "candidate": "3",
    "previous_champion": "1",
}


@pytest.fixture
def keeper(desk):
    """A keeper of the line whose ledger is the stack's own."""
    reader = OrderReader(desk.home, "feed", f"sqlite:///{desk.home / 'ledger.db'}")
    file = StateFile(desk.home, "feed")
    return LineKeeper(desk.home, desk.server, file, desk.loader, reader)


def serves(keeper):
    """Champion, candidate and hold-back after one round."""
    keeper.orders.read_ledger()
    keeper.refresh_state()
    release = keeper.server.served.release
    return release.champion, release.candidate, release.previous_champion


def order(version, epoch=9, *, recorded=False):
    return ReturnOrder("feed", version, epoch, AT, "ops", "harm", recorded)


def row(epoch, version, stage, *, champion="2", share=0.0):
    who = Candidate(version, "f", "adam", Origin.MANUAL, AT, stage, AT)
    return Transition("feed", epoch, AT, "t", None, stage, share, "r", who, champion)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"release": 3}', "\x00" * 30, "[" * 90_000])
def test_a_damaged_state_is_no_state(desk, keeper, text):
    """The rules serve where nothing was understood before; else what was understood goes on. It is said."""
    path = desk.home / "router" / "feed" / "state.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert serves(keeper) == (None, None, None)
    assert desk.rank()["version"] == "rules-built-in"
    assert list(keeper.server.served.problems) == ["router/feed/state.json"]
    router_kit.release(desk.home, **SHOWN)
    assert serves(keeper) == ("2", "3", "1")
    path.write_text(text + " ")
    assert serves(keeper) == ("2", "3", "1")
    assert "router/feed/state.json" in keeper.server.served.problems


def test_a_state_in_place_of_which_is_a_folder_is_no_state(desk, keeper):
    """Nor does anything else that cannot be read keep the rules from answering."""
    (desk.home / "router" / "feed" / "state.json").unlink()
    (desk.home / "router" / "feed" / "state.json").mkdir()
    assert serves(keeper) == (None, None, None)


CASES = [
    (("3",), ("2", None, "1")),
    (("2",), ("1", "3", None)),
    (("1",), ("2", "3", None)),
    (("2", "1"), (None, "3", None)),
    (("3", "2"), ("1", None, None)),
    (("3", "2", "1"), (None, None, None)),
    (("9",), ("2", "3", "1")),
]


@pytest.mark.parametrize(("versions", "left"), CASES)
@pytest.mark.parametrize("way", ["folder", "ledger", "heard"])
def test_what_is_ordered_off_is_off_by_each_way_alone(desk, keeper, versions, left, way):
    """Before it the router goes on at its last state; one round later the version is gone."""
    router_kit.release(desk.home, **SHOWN)
    assert serves(keeper) == ("2", "3", "1")
    if way == "folder":
        for version in versions:
            OrderFolder(desk.home).write(order(version))
    elif way == "ledger":
        ledger = Ledger(f"sqlite:///{desk.home / 'ledger.db'}")
        for epoch in range(1, 9):
            ledger.append(row(epoch, "3", Stage.CANARY_50, share=0.5))
        for epoch, version in enumerate(versions, 9):
            ledger.append(row(epoch, version, Stage.RETURNED))
    else:
        keeper.heard = ReleaseState(
            "feed", 9, **{k: v for k, v in SHOWN.items() if k != "epoch"}
        ).without(versions)
    assert serves(keeper) == left


def test_an_order_ends_with_the_state_of_its_epoch(desk, keeper):
    """Earlier states are outranked, also after a restart; that one holds it and may name others."""
    router_kit.release(desk.home, **SHOWN)
    OrderFolder(desk.home).write(order("3", recorded=True))
    assert serves(keeper) == ("2", None, "1")
    router_kit.release(desk.home, **(SHOWN | {"epoch": 9}))
    assert serves(keeper) == ("2", "3", "1")
    OrderFolder(desk.home).write(order("3"))  # the ledger does not hold this one yet
    assert serves(keeper) == ("2", None, "1")


def test_a_ledger_restored_from_an_older_copy_still_returns(desk, keeper):
    """Its epochs are behind the state: what it took off last is off."""
    router_kit.release(desk.home, **(SHOWN | {"epoch": 28}))
    ledger = Ledger(f"sqlite:///{desk.home / 'ledger.db'}")
    ledger.append(row(1, "3", Stage.CANARY_50, share=0.5))
    assert serves(keeper) == ("2", "3", "1")
    ledger.append(row(2, "3", Stage.RETURNED))
    assert serves(keeper) == ("2", None, "1")


def test_a_ledger_that_cannot_be_read_takes_nothing_off_and_is_named(desk, keeper):
    """The state and the folder's orders serve on."""
    router_kit.release(desk.home, **SHOWN)
    (desk.home / "ledger.db").write_bytes(b"no database" * 100)
    OrderFolder(desk.home).write(order("3"))
    assert serves(keeper) == ("2", None, "1")
    assert "ledger" in keeper.server.served.problems


def service_of(home, name, registry=None):
    """What one worker does for a line, not started."""
    settings = Settings.from_environment({"SLIPWAY_HOME": str(home)})
    poller = Poller(settings.home, registry)
    return LineService(name, settings, 0.05, RequestIds(home), poller)


def test_a_lines_damage_ends_none_of_its_rounds(tmp_path):
    """Whatever a round raises, it is told once, and the next round is tried all the same."""
    service, seen = service_of(tmp_path, "bad"), []

    def work():
        seen.append("tried")
        raise AttributeError("of this line alone")

    for _ in range(2):
        service.round("poll", work)
    assert seen == ["tried"] * 2
    assert service._last == {"poll": "bad: AttributeError: of this line alone"}
    service.round("poll", seen.clear)
    assert service._last == {"poll": ""}


def test_every_process_listens_where_the_answer_cannot_be_kept(desk, keeper, monkeypatch):
    """On a full disk the one that asks keeps no file: all processes hear of a return all the same."""
    router_kit.release(desk.home, **SHOWN)
    returned = ReleaseState("feed", 9, champion="2", previous_champion="1")

    class Registry:
        def shown(self, line):
            return returned, None

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StateFile, "write", full)
    services = [service_of(desk.home, "feed", Registry()) for _ in range(2)]
    for service in services:
        file = StateFile(desk.home, "feed")
        reader = OrderReader(desk.home, "feed", "sqlite:///none")
        server = router_kit.line_server(desk.home)
        service.keeper = LineKeeper(desk.home, server, file, desk.loader, reader)
        service.round("poll", service.poll)
        service.round("refresh", service.refresh)
        assert service.keeper.server.served.release.candidate is None
    assert json.loads((desk.home / "router" / "feed" / "state.json").read_text())["release"][
        "candidate"
    ]


def test_only_a_damaged_file_is_refused_by_itself(desk):
    """The reader of the file says what is wrong with it; the keeper goes on without."""
    file = StateFile(desk.home, "feed")
    (desk.home / "router" / "feed" / "state.json").write_text("{")
    with pytest.raises(BadInput, match=r"router/feed/state.json"):
        file.read()
