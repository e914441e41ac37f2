"""The reviewer's page asks one decision and answers what a reviewer asks next, in words, on any screen."""

import html as escapes
import re
import shutil
from dataclasses import replace

import pytest
import review_kit
from slipway.domain.stage import Stage
from slipway.release.drills import Drill
from slipway.reports.review import changes, decision, layout, run_record, standing, untested, words
from slipway.reports.review.brief import HELD_OUT, LIVE, EffectBeside, Findings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ORDER = (
    "The decision asked", "If it is approved", "If it is not", "The biggest risk", "How to undo it",
    "What was not tested", "Verdicts, the worst first", "losers first", "What changed against the champion",
    "Promise, rules and age", "Exposure and harm budget", "Alternatives refused", "What exactly is decided about",
)  # fmt: skip


ENDED = ("The decision asked", "If it were the champion", "What stays", *ORDER[3:])
NOTHING = Findings("", ())


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Kind and fate → the page."""
    folder = tmp_path_factory.mktemp("pages")
    return {
        (kind, fate): make(folder / kind / fate, fate)
        for kind, make in review_kit.PAGES.items()
        for fate in review_kit.FATES
    }


def plain(page):
    """The words of a page as a reader sees them."""
    return " ".join(
        escapes.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)).split()
    )


def test_every_page_answers_in_the_reviewers_order(pages):
    """Decision, consequences, risk, way back and what was not tested stand before any number."""
    for of, page in pages.items():
        ended = re.search("this release has ended|nobody will be asked", page)
        text = plain(page)
        places = [text.find(words) for words in (ENDED if ended else ORDER)]
        assert min(places) >= 0, (of, [w for w, at in zip(ORDER, places, strict=True) if at < 0])
        assert places == sorted(places), of


def test_every_page_says_by_when_and_how_to_undo_it(pages):
    """Also where nobody is asked; and no way back from a promotion is told where none can come."""
    for (kind, fate), page in pages.items():
        text = plain(page)
        first = text[text.index("The decision asked") : text.index("The biggest risk")]
        undo = text[text.index("How to undo it") : text.index("What was not tested")]
        failed = "nobody will be asked" in first or "has ended as" in first
        due = r"By when (no date: a failed|over: it ended on \w+day)" if failed else (
            r"By when (\w+day 2026|no answer is due; still undecided (on|after))"
        )  # fmt: skip
        assert re.search(due, first), (kind, fate)
        assert ("nothing is to be undone:" in undo) == failed, (kind, fate)
        assert ("After the promotion" in undo) != failed, (kind, fate)


def test_a_page_of_clusters_names_the_cluster_that_posts_left(pages):
    """A cluster has no percentage to be worse by: the one that most posts left is named with how many."""
    for fate in review_kit.FATES:
        text = plain(pages["topics", fate])
        assert "Hit hardest: cluster “3: cider, apple”, of whose 4 posts 4 are found" in text
        assert "What it does to posts" not in text
    assert "No gate is against it" in plain(pages["topics", "good"])


def test_no_page_shows_a_code_where_a_word_is_known(pages):
    """Segments and verdicts speak of Comedy and of 25 to 44, not of genre=3 and age_band=1."""
    for of, page in pages.items():
        assert not re.search(r"\b\w+=\d", plain(page)), of
    assert "age band “25 to 44”" in plain(pages["ranking", "good"])
    assert "genre “Comedy”" in plain(pages["ranking", "good"])


def test_the_risk_has_its_numbers_and_who_is_hit(pages):
    """Of each failed gate the reason, and the segment that is proven to lose most; nobody is asked about it."""
    slow, harmful = plain(pages["ranking", "slow"]), plain(pages["prediction", "harmful"])
    risk = slow[slow.index("The biggest risk") :]
    assert re.search(r"latency \([\d.]+% of the candidate's answers take", risk[:900])
    assert "Hit hardest: season “winter” is 20.0 % worse" in harmful
    for page in (harmful, plain(pages["prediction", "swinging"])):
        assert "Nothing, and nobody will be asked: this candidate has failed a gate" in page
    assert "Nothing yet." in plain(pages["topics", "undecided"])


def test_live_comparisons_have_a_power(pages):
    """Of the primary outcome at this look; segments have no limit to be powerful against."""
    good = plain(pages["ranking", "good"])
    assert re.search(r"clicks 1\.85 % better .{1,60} 2 % in the interval \d+ % live traffic", good)


def test_every_page_is_self_contained_and_small(pages):
    """Nothing is loaded from elsewhere, no script runs, and a page is at most 300 kB."""
    for of, page in pages.items():
        assert not re.search(r"(src|href)=\"(?!data:|#)", page), of
        assert "<script" not in page
        assert len(page.encode()) <= layout.LONGEST_PAGE, of


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine's PATH")
def test_no_page_scrolls_sideways_on_a_phone(pages):
    """Measured in a browser at 390 and 1400 pixels, on light and dark screens."""
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"], timeout=0
        )
        for width, scheme in ((390, "dark"), (1400, "light")):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for of, text in pages.items():
                page.set_content(text)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (of, width)
        browser.close()


@pytest.mark.parametrize(
    ("kind", "fate", "risk"),
    [
        ("ranking", "good", "Not excluded: age band “25 to 44” may be"),
        (
            "ranking",
            "harmful",
            "Proven, by the gate that asks “Is the candidate worse than the control",
        ),
        ("ranking", "undecided", "Not decided, by the gate that asks “"),
        (
            "ranking",
            "slow",
            "Proven, by the gate that asks “Is the candidate worse than the control, in clicks, in a segment or in a guardrail?”: worse than the control in latency",
        ),
        (
            "ranking",
            "swinging",
            "Proven, by the gate that asks “Does the candidate show users much the same kind of thing",
        ),
        (
            "prediction",
            "harmful",
            "Proven, by the gate that asks “Is the candidate's loss no worse",
        ),
        ("prediction", "slow", "Proven, by the gate that asks “Is the candidate as fast"),
        ("prediction", "swinging", "Proven, by the gate that asks “Do answers stay near"),
        (
            "topics",
            "harmful",
            "Proven, by the gate that asks “Do the posts have the cluster they had last week?”: 75.0% of 800",
        ),
        ("topics", "undecided", "Not decided, by the gate that asks “"),
    ],
)
def test_the_biggest_risk_is_the_one_that_the_candidate_has(pages, kind, fate, risk):
    """A harmful, an undecided, a slow and a swinging candidate are each known by their first box."""
    assert risk in plain(pages[kind, fate]).partition("The biggest risk")[2][:400]


def test_losers_stand_first():
    """The largest loss comes first, in units of what may be lost."""
    text = plain(layout.render("t", review_kit.brief(review_kit.FEED), Findings(
        "", (), segments=(EffectBeside("young", LIVE, -0.2, -0.3, -0.1), EffectBeside("old", LIVE, 0.1, 0, 0.2)))))  # fmt: skip
    assert text.index("20.00 % worse") < text.index("10.00 % better")


def test_a_version_without_a_record_is_said_to_be_unknown():
    """What nobody wrote down is said to be not known; nothing is guessed from another version."""
    known = review_kit.brief(review_kit.FEED, Stage.APPROVAL)
    (change,) = changes.changes(replace(known, champion_run=None))
    assert (change.word, "before such records" in change.before) == ("not known", True)
    (change,) = changes.changes(replace(known, run={}))
    assert change.word == "not known"
    text = plain(layout.render("t", replace(known, run={}, champion_run=None), Findings("", ())))
    assert "No gate has given a verdict: nothing is known of it." in text
    assert "UNDECIDED" in text


def test_the_diff_names_columns_recipe_and_data():
    """A column that came, a knob that moved and another week are each said; equal parts are the same."""
    found = {c.part: c for c in changes.changes(review_kit.brief(review_kit.FEED))}
    assert found["columns read"].after == "new: user_ctr"
    assert (found["recipe: max iter"].before, found["recipe: max iter"].after) == ("100", "120")
    assert found["data interval"].word == "changed"
    assert found["Slipway's code"].word == found["declaration of the line"].word == "same"


def test_the_question_says_until_when_by_whom_and_by_whom_not():
    """The review's end, the number of reviewers and the author stand in the first box."""
    asked = decision.asked(review_kit.brief(review_kit.FEED, Stage.APPROVAL), Findings("", ()))
    assert asked.open
    assert asked.until == "Monday 2026-03-30 09:00 UTC"
    assert asked.by.startswith("one reviewer")
    assert asked.not_by.startswith("adam")
    two = decision.asked(
        review_kit.brief(review_kit.FEED, Stage.APPROVAL, one_reviewer=False), Findings("", ())
    )
    assert two.by.startswith("two reviewers")
    ended = decision.asked(review_kit.brief(review_kit.FEED, Stage.RETURNED), Findings("", ()))
    assert (ended.open, "ended as returned" in ended.question) == (False, True)


def test_a_rehearsed_return_is_said_with_its_time():
    """The page says when a rollback was rehearsed, and that none ever was where there is none."""
    known = review_kit.brief(review_kit.FEED, Stage.APPROVAL)
    assert standing.way_back(known, NOTHING)["Last rollback drill"] == "never rehearsed"
    drill = Drill(
        "feed", review_kit.AT, "adam", "7", "champion 5", 7, 0.2, 30.0, 2, passed=True, ways=()
    )
    drilled = replace(known, rehearsed=drill)
    said = standing.way_back(drilled, NOTHING)["Last rollback drill"]
    assert said.startswith(
        "2026-03-09 09:00 UTC, rehearsal of taking version 7 off, by adam: 2 workers"
    )
    over = replace(known, stage=Stage.RETURNED)
    assert standing.way_back(over, NOTHING)["Now"].startswith("nothing is to be undone:")
    assert "After the promotion" not in standing.way_back(over, NOTHING)
    assert layout.points(over, Findings("", ()))["undo"].startswith("nothing is to be undone:")
    assert standing.way_back(known, NOTHING)["Now"].startswith(
        "reject it here, or `slipway rollback feed"
    )
    first = standing.way_back(review_kit.brief(review_kit.FEED), NOTHING)["Now"]
    assert first.startswith("nothing is to be undone yet")
    assert not any("rehearsed" in text for text in untested.untested(drilled, Findings("", ())))


def test_promise_and_age_are_what_the_watch_knows_or_not_known():
    """Without an effect on users nothing is promised; what the watch kept is said in its words."""
    known = review_kit.brief(review_kit.FEED, Stage.APPROVAL)
    said = standing.promises(known, Findings("", ()))
    assert (said["Promise"][:5], said["Earlier promises"]) == ("none:", "not known")
    assert said["Staleness"].endswith("what its age costs was not measured")
    seen = Findings("", (), compared=(EffectBeside("clicks", LIVE, 0.01, -0.01, 0.03),))
    kept = replace(
        known, promises="earlier promises: 2 of 3 kept", staleness="a champion of 2 weeks lost 1 %"
    )
    said = standing.promises(kept, seen)
    assert said["Promise"].startswith("clicks 1.0 % better than the champion's")
    assert said["Earlier promises"] == "earlier promises: 2 of 3 kept"
    assert said["Staleness"].endswith("a champion of 2 weeks lost 1 %")
    assert "The champion's loop" not in said
    assert said["Readiness of the line"] == "not known"
    scored = replace(kept, readiness="6 of 7 (ML Test Score)")
    assert standing.promises(scored, seen)["Readiness of the line"].startswith("6 of 7")
    looped = standing.promises(replace(kept, loop="it feeds on its own clicks"), seen)
    assert looped["The champion's loop"] == "it feeds on its own clicks"


def test_a_record_keeps_what_was_measured():
    """What the held-out week said is read back as it was, for the pages of later stages."""
    found = Findings(
        "", (), compared=(EffectBeside("clicks", HELD_OUT, 0.1, 0.0, 0.2),), users="u", rules="r"
    )
    kept = run_record.offline_of(run_record.with_offline({}, found))
    assert (kept.compared, kept.users, kept.rules) == (found.compared, "u", "r")


@pytest.mark.parametrize("line", [review_kit.FEED, review_kit.BIKE])
def test_reasons_are_put_into_the_lines_words(line):
    """Codes become words, unknown ones stay, and clicks are what the line counts."""
    say = words.plainly(line)
    column = next(c for c in line.columns if c.words)
    assert (
        say(f"worst {column.name}=0: x") == f"worst {words.label(column.name)} {column.words[0]}: x"
    )
    assert say(f"{column.name}=77") == f"{words.label(column.name)} 77"
    assert say("clicks -2 %").startswith(
        "clicks" if line is review_kit.FEED else words.outcome(line)
    )
