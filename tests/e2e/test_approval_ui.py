"""The review as people give it: in MLflow's own pages, in a real browser."""

import os
from pathlib import Path

import pytest
from registry_kit import WORD

PAGE = """# feed: weekly retraining

| gate | verdict | reason |
|---|---|---|
| log_loss | PASS | 1.2 % better than the champion |
| stability | PASS | genre mix within the noise floor |
"""

pytestmark = pytest.mark.e2e


@pytest.fixture
def page_of(browser, desk):
    """Opens a version's page as a user; pictures are kept where SCREENSHOTS points to."""
    contexts = []

    def open_page(user, version):
        context = browser.new_context(
            http_credentials={"username": user, "password": desk.words[user]},
            viewport={"width": 1500, "height": 1100},
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(0)  # none
        page.goto(desk.as_user().version_url("feed", version))
        page.get_by_test_id("tags-form-input-name").wait_for()
        page.get_by_role("button", name="Close").first.click()  # MLflow's assistant, not the page
        return page

    yield open_page
    for context in contexts:
        context.close()


def picture(page, name):
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.wait_for_timeout(1500)  # a toast slides in; only the picture waits for it
        page.screenshot(path=Path(folder) / f"{name}.png")


def add_tag(page, name, value):
    """Fill the form under Tags and wait for the server's answer."""
    page.get_by_test_id("tags-form-input-name").fill(name)
    page.get_by_test_id("tags-form-input-value").fill(value)
    with page.expect_response("**/model-versions/set-tag") as answer:
        page.get_by_test_id("add-tag-button").click()
    return answer.value.status


def test_a_reviewer_approves_on_the_page(desk, page_of):
    """The page says how to decide; the word typed there becomes a verified approval."""
    version = desk.waiting(description=PAGE)
    page = page_of("rita", version)
    page.get_by_text("1.2 % better than the champion").wait_for()
    page.get_by_text("approve 0123456789ab your reason").wait_for()
    picture(page, "registry-waiting")
    assert add_tag(page, "review", WORD) == 200
    approval = desk.as_user().reviews("feed", version)
    assert (approval.reviewer, approval.decision) == ("rita", "approve")
    page.reload()
    page.get_by_role("cell", name="slipway.attestation").wait_for()
    page.get_by_role("cell", name="review", exact=True).scroll_into_view_if_needed()
    picture(page, "registry-approved")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("review", "approve ffffffff other evidence", "the evidence has changed"),
        ("review", "looks good", "write for example: approve"),
        ("slipway.attestation", "{}", "written by the server"),
        ("note", "nicer", "the pipeline's service account"),
    ],
)
def test_a_refusal_is_told_on_the_page(desk, page_of, name, value, sentence):
    """A word that does not count shows the guard's sentence, and nothing is stored."""
    version = desk.waiting(description=PAGE)
    page = page_of("rita", version)
    assert 400 <= add_tag(page, name, value) < 500
    page.get_by_text(sentence).first.wait_for()
    picture(page, f"registry-refused-{name}-{value[:3].strip('{}') or 'forged'}")
    assert desk.as_user().reviews("feed", version) is None


def test_the_author_is_refused_on_the_page(desk, page_of):
    """A reviewer who started the run reads that somebody else must decide."""
    version = desk.waiting(author="ruth", description=PAGE)
    page = page_of("ruth", version)
    assert add_tag(page, "review", WORD) == 403
    page.get_by_text("somebody else than its author").first.wait_for()
    picture(page, "registry-refused-author")


def test_the_alias_form_is_closed_to_reviewers(desk, page_of):
    """A reviewer cannot promote past the pipeline with the page's own alias form."""
    version = desk.waiting(description=PAGE)
    page = page_of("rita", version)
    answer = page.request.post(
        f"{desk.url}/ajax-api/2.0/mlflow/registered-models/alias",
        data={"name": "feed", "alias": "champion", "version": version},
        timeout=0,
    )
    assert answer.status == 403
    assert desk.as_user().facts("feed", version).aliases == ()
