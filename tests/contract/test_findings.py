"""Findings about other tools: each says what follows for users and pins what it runs; none is run here."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "findings").glob("*.sh"))
PAGE = ROOT / "pipeline" / "slipway" / "SURPRISES.md"
ROW = re.compile(r"^\|.*\| (\w+) \|$", re.MULTILINE)
INSTALL = re.compile(r" install [^\\\n]*(?:\\\n[^\\\n]*)?")
MOST_LINES = 80


def test_every_finding_has_a_row_for_users():
    """The page names each script once, and no script that is not there."""
    assert SCRIPTS
    named = sorted(set(ROW.findall(PAGE.read_text("utf-8"))) - {"script"})
    assert named == [path.stem for path in SCRIPTS]


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_finding_stands_alone(path):
    """It is short, says what was expected, seen and when, cleans up, and pins every package."""
    text = path.read_text("utf-8")
    assert text.count("\n") <= MOST_LINES
    head = text.split("set -euo pipefail")[0]
    for word in ("# Expected: ", "# Seen: ", "# With: ", "# Matters: "):
        assert word in head
    assert re.search(r"seen 20\d\d-\d\d-\d\d", head)
    assert "mktemp -d" in text
    assert "trap 'rm -rf" in text
    assert "slipway" not in text
    packages = [
        word.strip("\"'")
        for found in INSTALL.findall(text)
        for word in found.split()[1:]
        if not word.startswith("-") and word != "\\"
    ]
    assert packages
    assert [package for package in packages if "==" not in package] == []
