"""The picture of a line's drift."""

from slipway.reports import heat_map

ROWS = [[None, -9.0, 2.0], [None, None, None]]


def test_equal_reports_give_equal_pictures():
    """The picture is a PNG, the same for the same report, and another where a note opens."""
    first = heat_map.drift(["hour", "genre"], ["a", "b", "c"], ROWS)
    assert first.png.startswith(b"\x89PNG")
    assert heat_map.drift(["hour", "genre"], ["a", "b", "c"], ROWS) == first
    assert heat_map.drift(["hour", "genre"], ["a", "b", "c"], [ROWS[1]] * 2).png != first.png


def test_what_is_not_known_is_grey_on_the_page(monkeypatch):
    """The page's picture lets its ground through: weeks that are not known must not look like still ones."""
    unknown = heat_map.drift(["hour"], ["a"], [[None]])
    still = heat_map.drift(["hour"], ["a"], [[heat_map.WEAKEST]])
    assert unknown.svg != still.svg
    monkeypatch.setattr(heat_map, "NOT_KNOWN", "#000000")
    assert heat_map.drift(["hour"], ["a"], [[None]]).svg != unknown.svg


def test_a_line_without_weeks_has_a_picture():
    """Before the first week there is nothing to draw, and nothing fails."""
    assert heat_map.drift(["hour"], [], [[]]).png
