"""Deciding is a button, too: the guarded server's own page, by plain requests and in a real browser."""

import os
import re
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from people_kit import PEOPLE
from registry_kit import DIGEST
from slipway.domain.stage import Stage
from slipway.registry.page import review_url
from slipway.release.approval import verify

pytestmark = pytest.mark.e2e
EVIDENCE = {
    "evidence_html": "<!doctype html><h1>Losers first</h1><script>alert(1)</script><p>x &amp; y</p>"
}
WHY = "reads well in every segment"


class Visitor:
    """Somebody with a browser that runs no script: opens pages and sends forms."""

    def __init__(self, desk, user):
        auth = (user, desk.words[user]) if user else None
        self.url, self._http = desk.url, httpx.Client(auth=auth, trust_env=False, timeout=None)

    def open(self, version, name="feed"):
        """The page of a version."""
        return self._http.get(review_url(self.url, name, version))

    def press(self, version, decision, reason=WHY, *, page=None, **changed):
        """Open the page, or go on with one that is open, fill the form and press a button."""
        text = page or self.open(version).text
        token = re.search(r'name="csrf_token" value="([^"]*)"', text)
        form = {
            "decision": decision,
            "reason": reason,
            "csrf_token": token[1] if token else "",
            **changed,
        }
        return self._http.post(review_url(self.url, "feed", version), data=form)


def alert(answer):
    """What the page says in its box of refusals: one line."""
    found = re.search(r'role="alert">([^<]*)<', answer.text)
    assert found, answer.text[:400]
    assert "\n" not in found[1].strip()
    return unescape(found[1])


@pytest.fixture
def waiting(desk):
    """A version with an evidence page that waits for its reviewer."""
    return desk.waiting(evidence=EVIDENCE)


def test_a_button_makes_the_attestation_that_the_tag_makes(desk, waiting):
    """Rita's button is the signed word, bound to the evidence, that the deciding step accepts."""
    answer = Visitor(desk, "rita").press(waiting, "approve")
    assert (answer.status_code, answer.headers["location"].startswith("/slipway/review?")) == (
        303,
        True,
    )
    by_tag = desk.waiting(evidence=EVIDENCE)
    assert desk.tag("ruth", by_tag, "review", f"approve {DIGEST} {WHY}").is_success
    public, words = desk.server.signing.public.read_bytes(), []
    for version in (waiting, by_tag):
        approval = desk.as_user().reviews("feed", version)
        assert verify(approval, public, "feed", desk.candidate(version, Stage.APPROVAL), PEOPLE)
        words.append((approval.decision, approval.reason, approval.evidence_digest))
    assert words[0] == words[1] == ("approve", WHY, DIGEST)
    page = Visitor(desk, "ruth").open(waiting).text
    assert "Approved</strong> by rita" in page
    assert "<form" not in page


def test_a_reject_is_a_button_too(desk, waiting):
    """The other button says the other word."""
    assert Visitor(desk, "ruth").press(waiting, "reject", "the young lose").status_code == 303
    assert desk.as_user().reviews("feed", waiting).decision == "reject"


def test_the_evidence_is_shown_and_cannot_act(desk, waiting):
    """The page that the pipeline attached stands in a frame without rights, under a policy without scripts."""
    answer = Visitor(desk, "rita").open(waiting)
    frame = re.search(r'<iframe [^>]*sandbox srcdoc="([^"]*)"', answer.text)
    assert unescape(frame[1]) == EVIDENCE["evidence_html"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "script" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("user", "author", "words"),
    [
        ("adam", "adam", "a person listed in SLIPWAY_REVIEWERS"),
        ("slipway", "adam", "a person listed in SLIPWAY_REVIEWERS"),
        ("rita", "rita", "somebody else than its author"),
    ],
)
def test_who_may_not_decide_reads_why_and_is_refused(desk, user, author, words):
    """Author, strangers and the pipeline see the evidence, no form and one line; a forged form is refused."""
    version = desk.waiting(author=author, evidence=EVIDENCE)
    visitor = Visitor(desk, user)
    page = visitor.open(version)
    assert words in unescape(page.text)
    assert "<form" not in page.text
    assert visitor.press(version, "approve").status_code == 403
    assert desk.as_user().reviews("feed", version) is None


def test_nobody_reads_or_decides_without_a_password(desk, waiting):
    """The page is behind the same login as everything else."""
    assert Visitor(desk, None).open(waiting).status_code == 401
    assert Visitor(desk, None).press(waiting, "approve", page="-").status_code == 401


def test_no_other_page_presses_the_button(desk, waiting):
    """Without a token, with another person's, or with another version's, nothing is decided."""
    rita, ruth, other = (
        Visitor(desk, "rita"),
        Visitor(desk, "ruth"),
        desk.waiting(evidence=EVIDENCE),
    )
    for page in ("-", ruth.open(waiting).text, rita.open(other).text):
        answer = rita.press(waiting, "approve", page=page)
        assert answer.status_code == 403
        assert "Nothing was decided" in alert(answer)
    assert rita.press(waiting, "withdraw").status_code == 403
    assert desk.as_user().reviews("feed", waiting) is None


def test_a_page_of_older_evidence_decides_nothing(desk, waiting):
    """Evidence that was replaced after the page was opened is not what the button was for."""
    rita = Visitor(desk, "rita")
    page = rita.open(waiting).text
    desk.tag("slipway", waiting, "evidence_digest", "9" * 64)
    answer = rita.press(waiting, "approve", page=page)
    assert (answer.status_code, "the evidence has changed" in alert(answer)) == (400, True)
    assert desk.as_user().reviews("feed", waiting) is None


def test_a_reason_is_asked_for_and_what_was_typed_stays(desk, waiting):
    """No words are refused in one line; a second try needs no new typing."""
    answer = Visitor(desk, "rita").press(waiting, "approve", " - ")
    assert (answer.status_code, "a reason in words" in alert(answer)) == (400, True)
    assert Visitor(desk, "rita").press(waiting, "approve", "x" * 501).status_code == 400


def test_a_version_without_evidence_says_so_and_is_never_approved_there(desk):
    """No page: one line in its place, and no button that approves."""
    version = desk.waiting()  # its only file is no page of Slipway's
    text = Visitor(desk, "rita").open(version).text
    assert "has no evidence page: nothing is known of it here" in text
    assert 'value="approve"' not in text
    assert 'value="reject"' in text


def test_a_step_that_no_reviewer_was_asked_about_is_shown_and_said_to_be_unbound(desk):
    """A returned version accuses nobody: its last page is there to read, and nothing can be decided."""
    version = desk.register(evidence=EVIDENCE)
    folder = desk.folder("live", evidence_html="<p>returned by harm</p>")
    desk.as_user().attach("feed", version, folder, "00003-returned")
    assert desk.tag("slipway", version, "stage", "returned").is_success
    text = unescape(Visitor(desk, "rita").open(version).text)
    assert "returned by harm" in text
    assert "no digest holds it yet" in text
    assert "somebody changed" not in text
    assert 'name="decision"' not in text


def test_evidence_that_was_changed_is_not_shown(desk, waiting):
    """Whatever the run holds beside what was attached, the reviewer reads that instead of it."""
    desk.as_user().attach(
        "feed", waiting, desk.folder("x", evidence_html="forged"), "00009-approval"
    )
    text = unescape(Visitor(desk, "rita").open(waiting).text)
    assert "somebody changed what the reviewer reads" in text
    assert "forged" not in text


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("feed", "999"),
        ("feed", "x"),
        ("feed", ""),
        ("nothing", "1"),
        ("feed", "9" * 30),
        ("feed", "9" * 5000),
        ("feed", "0" * 5000 + "1"),
        ("feed", "²"),
        ("fe\0ed", "1"),
        ("feed\n", "1"),
    ],
)
def test_what_is_no_version_is_said_in_one_line(desk, name, version):
    """An address with a typing error is answered by a sentence."""
    answer = Visitor(desk, "rita").open(version, name)
    assert answer.status_code == 404
    assert answer.text.count("\n") == 1


def test_promote_decides_nothing(desk, waiting):
    """MLflow's Promote copies files and asks for no reason: by a reviewer it is refused, and decides nothing."""
    facts = desk.as_user().facts("feed", waiting)
    copied = {"name": "feed", "source": f"models:/feed/{waiting}", "run_id": facts.run_id}
    answer = desk.call("rita", "POST", "/api/2.0/mlflow/model-versions/create", **copied)
    assert answer.status_code == 403
    assert desk.as_user().reviews("feed", waiting) is None


def test_the_version_page_links_to_the_buttons(desk, waiting):
    """The short form says where the page is."""
    assert (
        review_url(desk.url, "feed", waiting) in desk.as_user().facts("feed", waiting).description
    )


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1400, "light")])
def test_a_reviewer_decides_in_a_browser_without_scripts(browser, desk, width, scheme):
    """The frame shows the evidence, nothing scrolls sideways, and the button signs."""
    source = os.environ.get("REVIEW_EVIDENCE")
    text = Path(source).read_text() if source else EVIDENCE["evidence_html"]
    version = desk.waiting(evidence={"evidence_html": text})
    context = browser.new_context(
        http_credentials={"username": "rita", "password": desk.words["rita"]},
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto(
        f"{desk.url}/slipway/review?{urlencode({'name': 'feed', 'version': version})}", timeout=0
    )
    assert page.frame_locator("iframe").locator("h1").first.inner_text()
    shots = os.environ.get("SCREENSHOTS")
    if shots:
        page.screenshot(path=f"{shots}/review-{width}-{scheme}.png", full_page=True)
    page.get_by_label("Reason, in words").fill(WHY)
    page.get_by_role("button", name="Approve").click(timeout=0)
    page.get_by_text("Approved").wait_for(timeout=0)
    if shots:
        page.screenshot(path=f"{shots}/review-{width}-{scheme}-done.png", full_page=True)
    context.close()
    assert desk.as_user().reviews("feed", version).reviewer == "rita"


def test_an_overseer_stops_by_a_button(desk, waiting):
    """What users get is taken off for routers at once; she is offered nothing else, others not that."""
    desk.step(waiting, Stage.CANARY_5, share=0.05)
    olga = Visitor(desk, "olga")
    page = olga.open(waiting).text
    assert "You are olga, an overseer." in page
    assert 'value="approve"' not in page
    answer = olga.press(waiting, "stop", "children are shown horror films")
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert desk.as_user().release_state("feed").candidate is None
    order = desk.as_user().orders("feed")[-1]
    assert (order.actor, order.version) == ("olga", waiting)
    assert "Stop version" not in Visitor(desk, "rita").open(waiting).text
    assert olga.press(waiting, "approve").status_code == httpx.codes.FORBIDDEN
    desk.step(waiting, Stage.RETURNED)
