"""Who asks for a user's arm is told what the router itself would do."""

import json

import pytest
from slipway.domain.errors import BadInput
from slipway.serving import line_pages
from slipway.serving.rank import NotReady


def test_a_user_s_arm_and_version_are_those_of_a_request(desk, kit):
    """Asked again it is the same, and what is ranked for the user is logged with it."""
    digests = [kit.install(desk.home, "feed", v, seed=int(v)) for v in ("1", "2")]
    desk.serve(digests, stage="canary_50", share=0.5, champion="1", candidate="2", epoch=4)
    found = {}
    for user in [f"user {k}" for k in range(40)]:
        told = json.loads(
            line_pages.assignment(desk.server, f"user={user.replace(' ', '+')}".encode())
        )
        answer = desk.rank(user=user)
        assert told == {word: answer[word] for word in ("arm", "version", "stage")} | {"epoch": 4}
        found[told["arm"]] = told["version"]
    assert {found["champion"], found["candidate"]} == {"1", "2"}


@pytest.mark.parametrize(
    "query", [b"", b"user=", b"user=a&user=b", b"user=a&line=b", b"user=" + b"x" * 201]
)
def test_a_query_that_names_no_user_is_refused(desk, query):
    """One user and nothing else, in one line."""
    desk.serve()
    with pytest.raises(BadInput, match="query"):
        line_pages.assignment(desk.server, query)


def test_without_a_state_nobody_is_assigned(desk):
    """A guess would put users where no share has put them."""
    desk.server.served = None
    with pytest.raises(NotReady):
        line_pages.assignment(desk.server, b"user=a")
