"""Every declared line has a kind, and every kind has all verbs of a weekly run."""

import inspect

import pytest
from slipway import lines
from slipway.kinds import kind_of
from slipway.kinds.kind import LineKind

VERBS = [name for name, of in vars(LineKind).items() if inspect.isfunction(of) and name[0] != "_"]


@pytest.mark.parametrize("name", lines.all_names())
def test_a_line_of_any_kind_has_every_verb(name):
    """A step asks the kind and switches on nothing: no verb may be missing."""
    line = lines.declared(name)
    assert "fit" in VERBS
    assert all(callable(getattr(kind_of(line), verb)) for verb in VERBS)


def test_only_a_line_with_traffic_is_watched():
    """Lines that answer users are those that rank; topics answer nobody."""
    assert [n for n in lines.all_names() if lines.declared(n).has_traffic] == list(lines.names())
