"""Every way to change a ledger behind its back is found at the next look, and named."""

import sqlite3
from dataclasses import replace

import ledger_kit
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_kit import again, chain
from slipway.domain.stage import Stage
from slipway.release.ledger import Ledger
from slipway.release.ledger.check import Head, LedgerFaultKind, Witness, ledger_faults
from slipway.release.ledger.rows import LedgerRow, RepairRecord
from slipway.release.ledger.tables import TRANSITIONS, drop_guards


def head_of(rows):
    """What was verified when these rows stood."""
    return Head(rows[-1].epoch, rows[-1].digest)


def found(rows, **known):
    """Kinds and epochs of all faults."""
    return [(f.kind, f.epoch) for f in ledger_faults("feed", rows, Witness(**known))]


@pytest.fixture
def rows(steps):
    """A sound ledger of four rows."""
    return chain(steps)


def test_a_sound_ledger_has_no_fault(rows):
    """Seen for the first time, seen before, grown since, and beside a registry that is not ahead."""
    assert found(rows) == []
    assert found(rows, head=head_of(rows), registry_epoch=4) == []
    assert found(rows, head=head_of(rows[:2]), registry_epoch=2, every_body=True) == []
    assert found((), registry_epoch=0) == []


@given(st.data())
def test_any_change_of_any_column_of_any_row_is_found(data):
    """Whatever is changed where, with or without the row's digest made again, there is a fault."""
    rows = list(chain(ledger_kit.steps()))
    place = data.draw(st.integers(0, len(rows) - 1))
    name = data.draw(
        st.sampled_from(sorted(set(LedgerRow.__dataclass_fields__) - {"epoch", "line"}))
    )
    new = data.draw(st.text(max_size=5) | st.none() | st.floats() | st.integers())
    changed = replace(rows[place], **{name: new})
    if changed == rows[place]:
        return
    head = head_of(rows)
    if data.draw(st.booleans()) and name != "digest":
        changed = changed.after(rows[place - 1].digest if place else None)
    rows[place] = changed
    assert found(rows, head=head) != []


def test_an_edit_whose_whole_chain_was_made_again_is_found_by_the_head(rows):
    """Somebody who knows the digests makes all of them again: the rows are not those that were seen."""
    head, copied = head_of(rows), rows
    changed = [*rows[:1], replace(rows[1], actor="nobody"), *rows[2:]]
    changed = again(changed)
    assert found(changed, head=head) == [(LedgerFaultKind.REWRITTEN, 4)]
    assert found(changed, head=head, copied=copied) == [(LedgerFaultKind.REWRITTEN, 2)]


def test_each_kind_is_named_at_its_epoch(rows, steps):
    """A gap, an older copy, a lost ledger, a registry ahead, a row without digest, an epoch ahead."""
    kind = LedgerFaultKind
    head = head_of(rows)
    assert (kind.GAP, 3) in found([rows[0], *rows[2:]], head=head)
    assert found(rows[:2], head=head) == [(kind.OLDER, 4)]
    assert found((), head=head, registry_epoch=4) == [(kind.GONE, 4)]
    assert found((), registry_epoch=4) == [(kind.GONE, 4)]
    assert found(rows[:2], registry_epoch=4) == [(kind.REGISTRY_AHEAD, 4)]
    assert found([*rows[:3], replace(rows[3], digest=None)]) == [(kind.UNCHAINED, 4)]
    ahead = again([*rows[:3], replace(rows[3], epoch=10**6)])
    assert found(ahead, head=head_of(rows[:3])) == [(kind.GAP, 10**6), (kind.COLUMNS, 10**6)]
    assert found(rows, guards=["slipway_transitions.slipway_no_update"]) == [(kind.GUARDS, None)]


def test_columns_bodies_and_newer_words_are_read_when_they_are_new(rows, steps):
    """A column that says another thing than the body, a broken body and an unknown word are named."""
    kind, head = LedgerFaultKind, head_of(rows[:3])
    for name, value in (("actor", "nobody"), ("share", 0.5), ("version", "8"), ("at", "soon")):
        changed = again([*rows[:3], replace(rows[3], **{name: value})])
        assert found(changed, head=head) == [(kind.COLUMNS, 4)]
    assert found(again([*rows[:3], replace(rows[3], body="{")]), head=head) == [
        (kind.UNREADABLE, 4)
    ]
    newer = steps[3].to_dict() | {"mood": "calm"}
    changed = again([*rows[:3], LedgerRow.of_body(newer)])
    assert found(changed, head=head) == [(kind.NEWER, 4)]
    body = f'{{"accepted": ["{changed[3].digest}"]}}'
    record = RepairRecord("feed", 1, "now", "ann", "read it", body).after(None)
    assert found(changed, repairs=[record]) == []
    assert found(changed, repairs=[replace(record, actor="bob")]) == [(kind.REPAIRS, None)]


def test_a_repair_that_was_seen_and_is_gone_is_an_older_copy(rows):
    """A ledger restored from before its repair is named, though its rows are sound."""
    assert found(rows, head=head_of(rows), edition=1) == [(LedgerFaultKind.OLDER, None)]


CHANGES = (
    "UPDATE {} SET actor = 'nobody' WHERE epoch = 1",
    "UPDATE {} SET body = replace(body, 'adam', 'rita') WHERE epoch = 2",
    "UPDATE {} SET digest = NULL WHERE epoch = 3",
    "DELETE FROM {} WHERE epoch = 2",
    "DELETE FROM {} WHERE epoch = 4",
    "UPDATE {} SET epoch = 1000 WHERE epoch = 4",
)


@pytest.mark.parametrize("change", CHANGES)
def test_what_the_databases_own_account_does_by_hand_is_found(url, steps, rows, change):
    """With its guards dropped each database lets rows be changed; the next look names it, and the guards."""
    ledger = Ledger(url)
    for step in steps:
        ledger.append(step)
    assert ledger.rows("feed") == rows
    with ledger.database.writing() as connection:
        drop_guards(connection)
        connection.exec_driver_sql(change.format(TRANSITIONS.name))
    kinds = {
        fault.kind
        for fault in ledger_faults(
            "feed", ledger.rows("feed"), Witness(head_of(rows), guards=ledger.missing_guards())
        )
    }
    assert LedgerFaultKind.GUARDS in kinds
    assert kinds - {LedgerFaultKind.GUARDS}


def test_disabled_guards_are_found(url, postgres):
    """A guard that is disabled, or made again to do nothing, counts as missing."""
    ledger = Ledger(url)
    change = "ALTER TABLE slipway_transitions DISABLE TRIGGER slipway_no_change"
    with ledger.database.writing() as connection:
        if not ledger.database.is_postgres:
            connection.exec_driver_sql("DROP TRIGGER slipway_no_update")
            change = "CREATE TRIGGER slipway_no_update BEFORE UPDATE ON slipway_transitions BEGIN SELECT 1; END"
        connection.exec_driver_sql(change)
    assert [name.split(".")[0] for name in ledger.missing_guards()] == ["slipway_transitions"]


def test_rows_of_any_shape_hide_no_other(tmp_path, steps, returned):
    """SQLite keeps what it is given: bytes that are no text, numbers for words; the return is still read."""
    file = tmp_path / "ledger.db"
    ledger = Ledger(f"sqlite:///{file}")
    for step in [*steps, returned]:
        ledger.append(step)
    with ledger.database.writing() as connection:
        drop_guards(connection)
    with sqlite3.connect(file) as raw:
        raw.execute("UPDATE slipway_transitions SET body = CAST(x'ff' AS TEXT) WHERE epoch = 3")
        raw.execute(
            "UPDATE slipway_transitions SET at = 7, share = 'much', body = 5 WHERE epoch = 2"
        )
        raw.execute("UPDATE slipway_transitions SET body = '[[' WHERE epoch = 5")
    past = ledger.transitions("feed")
    assert [t.epoch for t in past] == [1, 2, 3, 4, 5]
    assert past[-1].to_stage is Stage.RETURNED
    assert ledger.state("feed").candidate is None
    kinds = {f.kind for f in ledger_faults("feed", ledger.rows("feed"), Witness())}
    assert LedgerFaultKind.UNREADABLE in kinds
