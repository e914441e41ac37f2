"""The log of posts and the windows frozen from it."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from slipway import lines
from slipway.data import posts
from slipway.domain.errors import BadInput, LogIncomplete

LINE = lines.load_clusters("posts")
START = datetime(2026, 1, 5, tzinfo=UTC)
END = START + timedelta(weeks=1)
DAY = timedelta(days=1)


def rows(*given):
    """Rows of (id, written, arrived, text)."""
    return pd.DataFrame(given, columns=["post_id", "event_at", "arrived_at", "text"])


POSTS = rows(
    ("a", START - 30 * DAY, START - 30 * DAY, "old"),
    ("b", START + DAY, START + DAY, "first words"),
    ("b", START + DAY, START + 2 * DAY, "better words"),
    ("c", START + 3 * DAY, START + 3 * DAY, "mine"),
)


def test_a_window_holds_each_post_once_with_its_newest_text(tmp_path):
    """An edit that arrived before the cut replaces the text; the order is that of the ids."""
    posts.append(tmp_path, LINE, POSTS)
    window = posts.freeze(tmp_path, LINE, START, END, now=END)
    table = posts.load(window.path, window.digest)
    assert table["post_id"].to_pylist() == ["a", "b", "c"]
    assert table["text"].to_pylist() == ["old", "better words", "mine"]
    assert posts.ages(table, END).tolist() == [5, 0, 0]


def test_what_arrives_after_the_cut_never_changes_a_window(tmp_path):
    """Late posts, late edits, other files and another order give the same digest."""
    one, two = tmp_path / "one", tmp_path / "two"
    posts.append(one, LINE, POSTS)
    before = posts.freeze(one, LINE, START, END, now=END)
    late = rows(("c", START + 3 * DAY, END + DAY, "edited"), ("d", START + DAY, END, "late"))
    for part in (late, POSTS.iloc[::-2], POSTS.iloc[-2::-2]):
        posts.append(two, LINE, part)
    after = posts.freeze(two, LINE, START, END, now=END + 9 * DAY)
    assert after.digest == before.digest


def test_a_part_written_twice_is_one(tmp_path):
    """A repeated import adds nothing."""
    assert posts.append(tmp_path, LINE, POSTS) == posts.append(tmp_path, LINE, POSTS)


def test_weeks_that_cannot_be_frozen_are_refused(tmp_path):
    """An empty week, a week that is not over, and rows of another kind each say so."""
    with pytest.raises(BadInput, match="last week's clusters stay"):
        posts.freeze(tmp_path, LINE, START, END, now=END)
    with pytest.raises(LogIncomplete, match="wait until the week is over"):
        posts.freeze(tmp_path, LINE, START, END, now=END - DAY)
    with pytest.raises(BadInput, match="nothing was written"):
        posts.append(tmp_path, LINE, POSTS.drop(columns="text"))


def test_a_changed_snapshot_is_refused(tmp_path):
    """A frozen file that says something else by now is not trained on."""
    posts.append(tmp_path, LINE, POSTS)
    window = posts.freeze(tmp_path, LINE, START, END, now=END)
    with pytest.raises(BadInput, match="frozen"):
        posts.load(window.path, "0" * 64)
