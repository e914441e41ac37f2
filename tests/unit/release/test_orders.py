"""Orders in the stack's folder: written whole, read as far as they are whole, only taking away."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from slipway.domain.errors import BadInput
from slipway.release.orders import OrderFolder, ReturnOrder

AT = datetime(2026, 3, 9, 12, tzinfo=UTC)
ORDER = ReturnOrder("feed", "7", 9, AT, "ops", "wrong films")


def test_what_was_written_is_read_back(tmp_path):
    """An order survives the trip to disk, a second one of the same version takes its place."""
    folder = OrderFolder(tmp_path)
    assert folder.read("feed") == ((), {})
    before = folder.stamp("feed")
    folder.write(ORDER)
    assert folder.read("feed") == ((ORDER,), {})
    assert folder.stamp("feed") != before
    folder.write(ORDER.as_recorded(8))
    assert folder.read("feed") == ((replace(ORDER, recorded=True),), {})
    assert folder.read("search") == ((), {})
    assert [path.name for path in (tmp_path / "orders" / "feed").iterdir()] == ["7.json"]


def test_an_order_outranks_earlier_states_and_every_state_until_the_ledger_holds_it():
    """It ends with the state of its own epoch, once it is on record."""
    assert all(ORDER.outranks(epoch) for epoch in (0, 8, 9, 99))
    recorded = ORDER.as_recorded(9)
    assert [recorded.outranks(epoch) for epoch in (8, 9, 10)] == [True, False, False]


def test_an_order_is_taken_away_only_as_it_was_read(tmp_path):
    """One that was given again meanwhile stays."""
    folder = OrderFolder(tmp_path)
    folder.write(replace(ORDER, reason="again"))
    folder.remove(ORDER)
    assert folder.read("feed")[0] == (replace(ORDER, reason="again"),)
    folder.remove(replace(ORDER, reason="again"))
    assert folder.read("feed") == ((), {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"feed"',
        "{}",
        "\x00" * 40,
        "[" * 100_000,
        json.dumps(ORDER.to_dict() | {"line": "search"}),
        json.dumps(ORDER.to_dict() | {"version": "latest"}),
        json.dumps(ORDER.to_dict() | {"version": 7}),
        json.dumps(ORDER.to_dict() | {"epoch": "9"}),
        json.dumps(ORDER.to_dict() | {"epoch": True}),
        json.dumps(ORDER.to_dict() | {"recorded": 1}),
        json.dumps(ORDER.to_dict() | {"at": "now"}),
        json.dumps(ORDER.to_dict() | {"at": "2026-03-09T12:00:00"}),
    ],
)
def test_a_damaged_order_is_named_and_hides_no_other(tmp_path, text):
    """It is as good as no file; the order beside it stands."""
    folder = OrderFolder(tmp_path)
    folder.write(ORDER)
    (tmp_path / "orders" / "feed" / "8.json").write_text(text)
    found, problems = folder.read("feed")
    assert found == (ORDER,)
    assert list(problems) == ["orders/feed/8.json"]


def test_words_of_a_newer_writer_are_left_out(tmp_path):
    """An order with more in it is still an order."""
    raw = ORDER.to_dict() | {"urgency": "high"}
    assert ReturnOrder.from_dict(raw, "feed") == ORDER
    with pytest.raises(BadInput, match="order of search"):
        ReturnOrder.from_dict(raw, "search")


def test_a_folder_that_cannot_be_read_is_named(tmp_path):
    """A file in its place is no order, and no error."""
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "feed").write_text("x")
    orders, problems = OrderFolder(tmp_path).read("feed")
    assert orders == ()
    assert list(problems) == ["orders/feed"]
    OrderFolder(tmp_path).stamp("feed")
    with pytest.raises(OSError, match="exists"):
        OrderFolder(tmp_path).write(ORDER)
