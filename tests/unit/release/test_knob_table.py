"""The page of the policy's numbers is what the knobs say."""

import dataclasses
from pathlib import Path

import slipway
from slipway.domain.policy import Policy
from slipway.release.knob_table import knob_tables

PAGE = Path(slipway.__file__).parent / "release" / "POLICY.md"


def test_the_page_is_what_the_knobs_say():
    """Write it again with ``slipway knobs > pipeline/slipway/release/POLICY.md`` after a knob changed."""
    assert PAGE.read_text(encoding="utf-8") == knob_tables()


def test_every_knob_stands_there():
    """With its unit; what has none is no number."""
    for field in dataclasses.fields(Policy):
        row = f"| `{field.name}` |"
        assert (row in knob_tables()) == ("unit" in field.metadata), field.name
