"""The picture of a line's drift."""

from slipway.reports import heat_map

ROWS = [[None, -9.0, 2.0], [None, None, None]]


def test_equal_reports_give_equal_pictures():
    """The picture is a PNG, the same for the same report, and another where a note opens."""
    first = heat_map.drift(["hour", "genre"], ["a", "b", "c"], ROWS)
    assert first.png.startswith(b"\x89PNG")
    assert heat_map.drift(["hour", "genre"], ["a", "b", "c"], ROWS) == first
    assert heat_map.drift(["hour", "genre"], ["a", "b", "c"], [ROWS[1]] * 2).png != first.png


def test_a_line_without_weeks_has_a_picture():
    """Before the first week there is nothing to draw, and nothing fails."""
    assert heat_map.drift(["hour"], [], [[]]).png
