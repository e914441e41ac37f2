"""The evidence page of a week's clusters shows what came and went, and which posts moved."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import review_kit
from slipway.domain.cluster import Cluster
from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.verdict import Conclusion, Verdict
from slipway.evaluation.clusters import Move
from slipway.reports import clusters as report

CUT = date(2026, 3, 2)
TERMS = (("hops", 0.4), ("malt", 0.3))
LAST = {1: "beer, hops", 2: "wine, red", 3: "cider, apple"}
WEEK = ClusterMeasurements(
    interval_end=datetime(2026, 3, 2, tzinfo=UTC), follows="7", posts=30, sizes={"1": 20, "2": 4, "9": 6},
    common=25, kept=20, living_twice=2, rematched=2, born=(9,), split_off=(), merged=(3,), retired=(),
    inertia=1.001, known_words=0.9, flows=((1, 1, 18), (1, 9, 2), (2, 2, 2), (3, 1, 3)),
)  # fmt: skip
NOW = [
    Cluster(1, "beer, hops", CUT, 20, TERMS, TERMS),
    Cluster(2, "wine, grape", CUT, 4, TERMS, TERMS),
    Cluster(9, "whisky, peat", CUT, 6, TERMS, TERMS),
]
PASSED = [Verdict("ids_kept", Conclusion.PASS, "all kept")]


def page(folder, moved):
    """The page as written, and its figures."""
    figures = report.write(
        folder,
        title="posts",
        brief=review_kit.brief(review_kit.POSTS),
        facts={},
        measured=WEEK,
        clusters=NOW,
        moved=moved,
        names=LAST,
        verdicts=PASSED,
    )
    return (folder / "evidence.html").read_text(), figures


def test_a_moved_post_is_shown_with_its_words_and_its_reason(tmp_path):
    """A reviewer reads what the post says, from where to where it went, and why."""
    said = "Is peat smoke <b>in</b> the malt?"
    why = "a new topic took it: cluster 9 was born"
    html, _ = page(tmp_path, [Move("beer/7", 1, 9, why, said)])
    for words in (
        "beer/7",
        "1 to 9",
        why,
        "Is peat smoke &lt;b&gt;in",
        "3: cider, apple",
        "merged",
    ):
        assert words in html


def test_each_cluster_says_what_it_kept_and_what_it_was_called(tmp_path):
    """Size, age, kept share; a cluster whose words changed says its old name, a new one has none."""
    html, _ = page(tmp_path, [])
    assert "20 posts, since 2026-03-02; kept 18 of last week&#39;s 20 posts (90%)" in html
    assert html.count("of last week&#39;s") == 2
    assert html.count("last week it was called") == 1
    assert "last week it was called: wine, red" in html


def test_the_pictures_stand_before_the_long_tables(tmp_path):
    """The diagram is seen at once, after the risk, not below a list of moved posts."""
    html, _ = page(tmp_path, [])
    assert (
        html.index("The biggest risk") < html.index("data:image/svg") < html.index("Clusters</h2>")
    )


def test_posts_that_came_this_week_are_in_the_diagram(monkeypatch, tmp_path):
    """Every post of the window is in one band, those that came this week in one of their own."""
    drawn = []
    monkeypatch.setattr(
        "matplotlib.axes.Axes.fill_between",
        lambda _, x, low, high, **__: drawn.append((high - low).max()),
    )
    page(tmp_path, [])
    assert sum(drawn) == pytest.approx(WEEK.posts)


def test_names_in_any_script_are_on_the_page(recwarn, tmp_path):
    """A picture shows the id alone where its font has no such signs; the tables show every name."""
    names = [replace(NOW[0], name="啤酒, 麦芽"), *NOW[1:]]
    for draw in (report.sizes(WEEK, names), report.flows(WEEK, names, LAST)):
        assert draw.png.startswith(b"\x89PNG")
    assert not [warned for warned in recwarn if "Glyph" in str(warned.message)]
    report.write(
        tmp_path,
        title="posts",
        brief=review_kit.brief(review_kit.POSTS),
        facts={},
        measured=WEEK,
        clusters=names,
        moved=[],
        names=LAST,
        verdicts=PASSED,
    )
    assert "1: 啤酒, 麦芽" in (tmp_path / "evidence.html").read_text()


def test_a_quiet_week_says_so(tmp_path):
    """Where no post moved there is a sentence instead of an empty table."""
    assert "No post moved." in page(tmp_path, [])[0]


def test_many_moves_are_cut_and_counted(tmp_path):
    """The page stays short: the rest is counted, and stands in the file beside it."""
    moved = [Move(f"p{n}", 1, 2, "its own text was edited", "words") for n in range(100)]
    html, _ = page(tmp_path, moved)
    assert ">p19<" in html
    assert ">p20<" not in html
    assert "moves.json" in html


@pytest.mark.parametrize("name", ["transition", "sizes"])
def test_equal_weeks_give_equal_pictures(tmp_path, name):
    """The pictures are files of their own, and the same numbers give the same bytes."""
    one, two = (page(tmp_path / part, [])[1] for part in "ab")
    assert [f.png for f in one] == [f.png for f in two]
    assert (tmp_path / "a" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
