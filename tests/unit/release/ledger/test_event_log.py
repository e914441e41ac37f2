"""An exported ledger proves itself: whatever is changed, moved, left out or cut off is named."""

import json
from dataclasses import replace

import pytest
import review_kit
from slipway.domain.errors import BadInput
from slipway.domain.stage import Stage
from slipway.release.ledger import event_log
from slipway.release.ledger.rows import LedgerRow


@pytest.fixture
def text():
    """Seven rows as they are exported."""
    rows, previous = [], None
    for step in review_kit.past(review_kit.FEED, Stage.APPROVAL):
        rows.append(LedgerRow.of(step).after(previous))
        previous = rows[-1].digest
    return "".join(f"{line}\n" for line in event_log.json_lines(rows, ()))


def found(text):
    """The faults of a file."""
    return event_log.faults(event_log.read(text, "file"))


def test_what_was_exported_is_sound(text):
    """Every row is read again, and the last line says how many there are."""
    assert found(text) == []
    assert len(event_log.read(text, "file").rows) == 7
    assert found("".join(f"{line}\n" for line in event_log.json_lines((), ()))) == []


@pytest.mark.parametrize("cut", [0, 3, 6, 7])
def test_a_line_that_is_left_out_is_found(text, cut):
    """The first, one between, the last row, and the end itself."""
    lines = text.splitlines()
    del lines[cut]
    assert found("\n".join(lines))


def test_an_edited_or_moved_row_is_found(text):
    """Another share in a column or a body, two rows exchanged, or a row of another line."""
    lines = text.splitlines()
    edited = json.loads(lines[2])
    edited["row"]["share"] = 0.9
    assert found("\n".join([*lines[:2], json.dumps(edited), *lines[3:]]))
    assert found("\n".join([lines[1], lines[0], *lines[2:]]))
    log = event_log.read(text, "file")
    assert event_log.faults(replace(log, rows=(*log.rows[:-1], replace(log.rows[-1], line="bank"))))


@pytest.mark.parametrize(
    "odd", ["{", "[]", '{"row": {}}', '{"other": {}}', '{"end": {}}', "[" * 100_000]
)
def test_what_is_no_line_of_it_is_refused_with_its_number(text, odd):
    """The number of the line stands in the error, whatever is wrong with it."""
    with pytest.raises(BadInput, match="file, line 2"):
        event_log.read("\n".join([text.splitlines()[0], odd]), "file")
    with pytest.raises(BadInput, match="after the end"):
        event_log.read(text + text, "file")
