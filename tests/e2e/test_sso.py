"""People come in by a proxy that names them; a header alone makes nobody anybody else."""

import httpx
import pytest
from registry_kit import running

pytestmark = pytest.mark.e2e
WORD = "a word that the proxy alone has: 0123456789"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A guarded server behind a proxy."""
    home = tmp_path_factory.mktemp("sso")
    secret = home / "proxy.secret"
    secret.write_text(f"{WORD}\n")
    with running(home / "mlflow", proxy_secret=secret) as found:
        yield found


def ask(desk, *headers, auth=None, path="/api/2.0/mlflow/users/current", method="GET"):
    """One request with these headers, as often as they are given."""
    with httpx.Client(trust_env=False, timeout=None) as client:
        return client.request(method, f"{desk.url}{path}", headers=list(headers), auth=auth)


def test_the_proxy_brings_a_person_in(desk):
    """Who it names is who asks, in MLflow's API and on the review page; the password goes on working."""
    proven = [("X-Forwarded-User", "rita"), ("X-Slipway-Proxy", WORD)]
    assert ask(desk, *proven).json()["user"]["username"] == "rita"
    version = desk.waiting(evidence={"evidence_html": "<h1>Losers first</h1>"})
    page = ask(desk, *proven, path=f"/slipway/review?name=feed&version={version}")
    assert "You are rita, a reviewer." in page.text
    by_password = ask(desk, auth=("ruth", desk.words["ruth"]))
    assert by_password.json()["user"]["username"] == "ruth"


USER, PROXY = "X-Forwarded-User", "X-Slipway-Proxy"


@pytest.mark.parametrize(
    "headers",
    [
        [(USER, "rita")],
        [(USER, "rita"), (PROXY, "")],
        [(USER, "rita"), (PROXY, WORD[:-1])],
        [(USER, "rita"), (USER, "ruth"), (PROXY, WORD)],
        [(USER, "rita"), (PROXY, "x"), (PROXY, WORD)],
        [(PROXY, WORD)],
        [(USER, "nobody"), (PROXY, WORD)],
        [(USER, "admin"), (PROXY, WORD)],
        [(USER, "slipway"), (PROXY, WORD)],
        [(USER, "router"), (PROXY, WORD)],
        [(USER, "rita, ruth"), (PROXY, WORD)],
        [("X-Slipway-Person", "rita")],
        [("X_Forwarded_User", "rita"), ("X_Slipway_Person", "rita")],
    ],
)
def test_a_name_that_the_proxy_did_not_set_is_refused(desk, headers):
    """No word, a wrong one, two of them, a machine's account, or the header that the server uses inside."""
    assert ask(desk, *headers).status_code == httpx.codes.UNAUTHORIZED


def test_a_spoofed_name_does_not_outrank_a_password(desk):
    """Whoever is logged in as Ruth and names Rita is refused, and is not Rita."""
    own = ("ruth", desk.words["ruth"])
    assert ask(desk, (USER, "rita"), auth=own).status_code == httpx.codes.UNAUTHORIZED
    inside = ask(desk, ("X-Slipway-Person", "rita"), auth=own)
    assert inside.json()["user"]["username"] == "ruth"
