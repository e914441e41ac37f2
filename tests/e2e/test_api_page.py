"""The page of the router's interface says what a real router answers."""

import api_page


def test_the_page_shows_what_a_real_router_answers():
    """Requests, statuses and the forms of all answers; ``python tests/api_page.py`` takes them again."""
    with api_page.router() as router:
        now = api_page.text(api_page.exchanges(router))
    kept = api_page.PAGE.read_text("utf-8")
    assert api_page.forms_of_page(kept) == api_page.forms_of_page(now)
    statuses = {status for *_, status, _ in api_page.forms_of_page(kept)}
    assert statuses == {200, 422}
