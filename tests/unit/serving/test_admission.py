"""Host, origin, token and type of a request: what a page of somebody else could send is refused."""

import pytest
from slipway.domain.errors import BadConfig
from slipway.serving.admission import Admission, RequestRefused, require_json
from slipway.settings import Settings

OURS = Admission(frozenset({"127.0.0.1", "router", "::1"}))


def headers(**words):
    return [(name.replace("_", "-").encode(), value.encode()) for name, value in words.items()]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8900", "Router:8900", "[::1]:8900"])
@pytest.mark.parametrize("origin", [None, "http://router:8900", "http://127.0.0.1"])
def test_own_hosts_and_pages_are_let_in(host, origin):
    """With and without port, in any case of letters."""
    more = headers(origin=origin) if origin else []
    assert OURS.check(headers(host=host, content_type="application/json") + more)


@pytest.mark.parametrize(
    "host", ["", "evil.example", "router.evil.example", "x@router", "[", "router, evil"]
)
def test_another_host_is_refused(host):
    """A name that somebody else points at this machine is not answered."""
    with pytest.raises(RequestRefused) as caught:
        OURS.check(headers(host=host))
    assert caught.value.status == 421


def test_a_host_that_comes_twice_is_refused():
    """No two readers of one request may see different hosts."""
    with pytest.raises(RequestRefused):
        OURS.check(headers(host="router") + headers(host="evil.example"))


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "",
        "http://[",
        "router",
        "http://router@evil.example",
        "https://router.evil.example",
    ],
)
def test_a_page_of_another_site_is_refused(origin):
    """A browser says where a request comes from."""
    with pytest.raises(RequestRefused) as caught:
        OURS.check(headers(host="router", origin=origin))
    assert caught.value.status == 403


def test_any_host_where_it_is_set():
    """A router behind a proxy that checks hosts need not know them."""
    assert Admission(frozenset({"*"})).check(headers(host="shop.example")) == ""


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "json", "application/jsonp"]
)
def test_a_body_of_another_type_is_refused(kind):
    """What a form of any page can send is not JSON."""
    with pytest.raises(RequestRefused) as caught:
        require_json(kind)
    assert caught.value.status == 415
    require_json("Application/JSON; charset=utf-8")


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer x", "Basic 0123456789abcdef", "Bearer 0123456789abcdeé"]
)
def test_a_wrong_token_is_refused(sent):
    """Where a token is set, every request on a line needs it."""
    guarded = Admission(OURS.hosts, "0123456789abcdef")
    with pytest.raises(RequestRefused) as caught:
        guarded.check([(b"host", b"router"), (b"authorization", sent.encode("latin-1"))])
    assert caught.value.status == 401
    assert "www-authenticate" in caught.value.headers
    guarded.check(headers(host="router", authorization="bearer 0123456789abcdef"))


def test_too_many_headers_are_refused():
    """A head that came in one piece is measured as well."""
    with pytest.raises(RequestRefused) as caught:
        OURS.check(headers(host="router") + [(b"x", b"y" * 100)] * 300)
    assert caught.value.status == 431


def test_the_hosts_are_those_that_tasks_reach_the_router_by():
    """Without a setting the address of the router in the settings is enough."""
    found = Settings.from_environment({"SLIPWAY_ROUTER_URL": "http://Router:8900"})
    assert {"router", "127.0.0.1", "localhost"} <= found.router_hosts
    more = Settings.from_environment({"SLIPWAY_ROUTER_HOSTS": "shop.example, feed.example"})
    assert {"shop.example", "feed.example", "127.0.0.1"} <= more.router_hosts


@pytest.mark.parametrize(
    "word", ["short", "with blanks in it all", "ééééééééééééééééééé", "0123456789abcdef\n"]
)
def test_a_token_that_protects_nothing_is_refused(word):
    """It is said at start and without the word, and no settings page shows it."""
    with pytest.raises(BadConfig) as caught:
        Settings.from_environment({"SLIPWAY_ROUTER_TOKEN": word})
    assert word not in str(caught.value)
    kept = Settings.from_environment({"SLIPWAY_ROUTER_TOKEN": "0123456789abcdef"})
    assert "0123456789abcdef" not in repr(kept)


def test_a_body_of_no_type_is_let_in_where_it_may_be_and_comes_from_no_page():
    """Clients of the Open Inference Protocol name no type; a page could leave it out to ask without leave."""
    untyped = Admission(frozenset({"*"})).check(headers(host="shop.example"))
    require_json(untyped, or_nothing=True)
    of_page = headers(host="shop.example", origin="http://evil.example")
    refused = [(untyped, False), (Admission(frozenset({"*"})).check(of_page), True)]
    for kind, or_nothing in [*refused, ("text/plain", True)]:
        with pytest.raises(RequestRefused) as caught:
            require_json(kind, or_nothing=or_nothing)
        assert caught.value.status == 415
