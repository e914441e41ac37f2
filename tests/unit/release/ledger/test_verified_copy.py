"""The copy of verified rows: appended to, never half, one writer at a time; its own damage is named."""

import json
import stat

import ledger_kit
import pytest
from hypothesis import given
from hypothesis import strategies as st
from slipway.domain.stage import Stage
from slipway.release.ledger.check import Head
from slipway.release.ledger.rows import RepairRecord
from slipway.release.ledger.verified_copy import VerifiedCopy

STEPS = ledger_kit.steps()
ROWS = ledger_kit.chain([*STEPS, ledger_kit.after(STEPS, Stage.RETURNED)])
RECORD = RepairRecord("feed", 1, "now", "ann", "put back", "{}").after(None)


@pytest.fixture
def copy(tmp_path):
    """An empty copy."""
    return VerifiedCopy(tmp_path / "ledger", "feed")


def test_rows_are_added_once_and_read_back(copy):
    """Whoever copies again adds only what is new; head and rows are those of the ledger."""
    assert (copy.head(), copy.load().rows) == (None, ())
    for end in (2, 2, 4, 3, 5):
        copy.extend(ROWS[:end], ())
    assert copy.load().rows == ROWS
    assert copy.head() == Head(5, ROWS[-1].digest)


def test_only_its_owner_reads_it(copy, tmp_path):
    """The copy holds what the ledger holds: nobody else on the machine reads it."""
    copy.extend(ROWS, ())
    assert stat.S_IMODE(copy.path(0).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "ledger").stat().st_mode) == 0o700


@given(cut=st.integers(0, 10**5))
def test_a_writer_killed_at_any_byte_leaves_whole_rows(tmp_path_factory, cut):
    """What a killed writer left half is none: the next one goes on after the last whole row."""
    copy = VerifiedCopy(tmp_path_factory.mktemp("copy"), "feed")
    copy.extend(ROWS, ())
    whole = copy.path(0).read_bytes()
    copy.path(0).write_bytes(whole[: cut % len(whole)])
    kept = copy.load().rows
    assert kept == ROWS[: len(kept)]
    copy.extend(ROWS, ())
    assert copy.path(0).read_bytes() == whole


def test_an_edit_of_the_copy_is_named_at_its_line(copy):
    """A changed row of the copy is not taken for what was seen; the rows before it are."""
    copy.extend(ROWS, ())
    lines = copy.path(0).read_text().splitlines()
    changed = json.loads(lines[2])
    changed["row"]["actor"] = "nobody"
    lines[2] = json.dumps(changed)
    copy.path(0).write_text("\n".join(lines) + "\n")
    loaded = copy.load()
    assert loaded.rows == ROWS[:2]
    assert "line 3: epoch 3 is not what its digest was made of" in loaded.damage


def test_a_repair_begins_an_edition_and_keeps_the_one_before(copy):
    """After a repair the copy begins again with its record; what was seen before stays on disk."""
    copy.extend(ROWS[:4], ())
    before = copy.path(0).read_bytes()
    copy.extend(ROWS, (RECORD,))
    assert copy.edition == 1
    assert copy.load().repairs == (RECORD,)
    assert copy.load().rows == ROWS
    assert copy.path(0).read_bytes() == before


def test_lines_with_alike_names_have_copies_of_their_own(tmp_path):
    """A line whose name looks like another one's edition, or like a path, is not mixed up with it."""
    names = ("feed", "feed.1", "feed.1.0", "../feed", "f*")
    folder = tmp_path / "ledger"
    for place, name in enumerate(names, start=1):
        VerifiedCopy(folder, name).extend(ROWS[:place], ())
    assert [len(VerifiedCopy(folder, name).load().rows) for name in names] == [1, 2, 3, 4, 5]
    assert {path.parent for path in tmp_path.rglob("*.jsonl")} == {folder}
