"""What a reviewer reads is what was checked, byte by byte."""

import hashlib

from slipway.registry.names import LIVE_FILES
from slipway.registry.server import evidence_shown, stored
from slipway.registry.shown import ShownRun

PAGE, FORGED = b"<h1>losers first</h1>", b"<h1>all is well</h1>"


def test_a_page_that_changes_while_it_is_read_is_not_shown(waiting, monkeypatch):
    """Put there after the check and taken away before the next one, it would leave no trace."""
    held = ShownRun({"evidence/evidence.html": hashlib.sha256(PAGE).hexdigest()}, "")
    monkeypatch.setattr(stored, "shown", lambda _: held)
    monkeypatch.setattr(evidence_shown, "check_shown", lambda *_: None)
    for body, shown in ((PAGE, PAGE.decode()), (FORGED, "")):
        monkeypatch.setattr(stored, "content", lambda *_, found=body: found)
        found = evidence_shown.evidence_of(waiting(**{LIVE_FILES: "x"}))
        assert found.html == shown
    assert "changes while it is read" in found.trouble
