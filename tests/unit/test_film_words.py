"""No room but the examples and the demo knows a film."""

import re
from pathlib import Path

import slipway

PACKAGE = Path(slipway.__file__).parent
WORDS = re.compile(r"film|movie|genre|age_band|editors_pick|released_at", re.IGNORECASE)
AT_HOME = ("examples", "demo")

LEFT = {"domain/former_names.py"}
"""Names that files written before used: read for ever; nothing else may follow."""


def test_no_room_but_examples_and_demo_knows_a_film():
    """A word of the film shop stands in no other room, and in none that is not excused by name."""
    sources = (
        path
        for suffix in ("py", "html", "j2", "toml")
        for path in PACKAGE.rglob(f"*.{suffix}")
        if path.relative_to(PACKAGE).parts[0] not in AT_HOME
    )
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in sources
        if WORDS.search(path.read_text(encoding="utf-8"))
    }
    assert found - LEFT == set(), "give it the line's own word instead (a column, its words)"
    assert LEFT - found == set(), "take it off the list"
