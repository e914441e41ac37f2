"""Lines at fault beside the feed: the router's processes, which nobody else's fault concerns."""

import shutil
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest
from slipway import lines
from slipway.lines import store
from slipway.lines.definition import compiled
from slipway.settings import settings
from slipway.steps import blind_spots

sys.path.append(str(Path(__file__).parents[1]))

import lines_kit
import router_kit as kit

pytestmark = pytest.mark.e2e
running = partial(kit.running, budget_ms=3.6e6)  # who answers must not depend on the machine

AT_FAULT = {
    "deck_broken": "No module named 'no_such_package'",
    "deck_slow": "deck_slow is being opened",
    "deck_nameless": "a line called ''",
    "deck_empty": "no catalogue or no features of deck_empty yet",
    "deck_spoiled": "must be a whole Parquet file",
}


@pytest.fixture(autouse=True)
def _own_settings():
    """What a test sets is gone after it."""
    yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A broken, a slow and a nameless line, one without features, one whose catalogue is no Parquet."""
    return lines_kit.write(
        tmp_path_factory.mktemp("teams"),
        deck_broken=lines_kit.BROKEN,
        deck_slow=lines_kit.SLOW,
        deck_nameless=lines_kit.NAMELESS,
        deck_empty=lines_kit.SOUND,
        deck_spoiled=lines_kit.SOUND,
    )


def shop(home):
    """A home in which the feed has a champion, and another line a catalogue that cannot be read."""
    kit.furnish(home)
    digests = [kit.install(home, "feed", "1")]
    kit.release(home, digests, champion="1", epoch=1)
    (home / "catalog" / "deck_spoiled.parquet").write_bytes(b"no table")
    shutil.copytree(home / "features" / "feed", home / "features" / "deck_spoiled")
    return home


def _health(name):
    """What the watch of a line is told; a worker that still opens the line says so first."""
    with suppress(httpx.HTTPStatusError):
        return blind_spots.router_health(name)


def told(router):
    """What the feed's users and its reconciler see."""
    answers = [router.rank(user=f"u{n}") for n in range(20)]
    ranked = [a["items"] for a in answers if a["arm"] != "explore"]  # which draws by chance
    state = router.state() | {"now": None, "registry_age_s": None}
    return ranked, [(a["arm"], a["version"]) for a in answers], state


def test_lines_at_fault_change_nothing_of_the_feed(tmp_path, folder, monkeypatch):
    """Readiness, answers, state and watch of the feed are those of a router that has it alone; each line
    at fault is red with its own reason, and says it to whoever asks it.
    """
    with running(shop(tmp_path / "alone"), workers=1) as router:
        router.wait_ready()
        alone = told(router)
    with running(shop(tmp_path / "beside"), SLIPWAY_LINES=str(folder)) as router:
        router.wait_ready()
        assert told(router) == alone

        def reasons():
            page = router.http.get("/readyz")
            assert page.status_code == 200
            return page.json()["lines"]

        found = router.wait(
            lambda: (
                all(words in reasons().get(n, "") for n, words in AT_FAULT.items()) and reasons()
            )
        )
        assert found["feed"] == "ready"
        assert "posts" not in found
        for name in AT_FAULT:
            page = router.http.get(f"/readyz/{name}")
            assert (page.status_code, page.json()["error"]) == (503, found[name])
        for name in set(AT_FAULT) - {"deck_slow"}:  # whose requests wait a while for it
            answer = router.http.post(f"/v1/{name}/rank", json=kit.ask())
            assert answer.status_code == 503
            assert "\n" not in answer.json()["error"]
        assert router.http.get("/readyz/nope").status_code == 404
        monkeypatch.setenv("SLIPWAY_ROUTER_URL", router.url)
        settings.cache_clear()
        seen = router.wait(lambda: _health("feed"))  # each worker says first that it opens
        assert seen["status"] == "ready"
        with pytest.raises(httpx.HTTPStatusError):
            blind_spots.router_health("deck_broken")
        assert told(router) == alone
        output = router.output()
    assert "Traceback" not in output


def test_a_line_that_is_declared_later_is_found(tmp_path, folder):
    """A router that runs opens a line as soon as somebody declares it."""
    home, teams = kit.furnish(tmp_path / "home"), tmp_path / "teams"
    lines_kit.write(teams)
    with running(home, workers=1, SLIPWAY_LINES=str(teams)) as router:
        router.wait_ready()
        assert "deck_late" not in router.http.get("/readyz").json()["lines"]
        lines_kit.write(teams, deck_late=lines_kit.SOUND)
        router.wait(lambda: router.http.get("/readyz/deck_late").status_code == 503)
        assert router.http.get("/readyz").status_code == 200


def test_a_table_of_the_policy_file_that_is_of_no_line_is_red_alone(tmp_path):
    """The router names it on its pages, as an alarm and in its log; the feed answers by its own table."""
    home = kit.furnish(tmp_path / "home")
    policy = tmp_path / "policy.toml"
    policy.write_text("[fede]\nmargin = 0.05\n[feed]\nrules_share = 0.1\n")
    with running(home, workers=1, SLIPWAY_POLICY=str(policy)) as router:
        router.wait_ready()
        assert router.rank()["items"]
        page = router.http.get("/readyz")
        assert page.status_code == 200
        assert page.json()["lines"]["feed"] == "ready"
        assert "correct the line's name" in page.json()["lines"]["fede"]
        assert router.http.get("/readyz/fede").status_code == 503
        assert 'slipway_alarm{kind="policy",line="fede"} 1.0' in router.http.get("/metrics").text
        assert "policy file, [fede]" in router.output()
        policy.write_text("[feed]\nrules_share = 0.1\n")
        router.wait(lambda: router.http.get("/readyz/fede").status_code == 404)
        assert 'slipway_alarm{kind="policy",line="fede"} 0.0' in router.http.get("/metrics").text


def test_a_spoiled_policy_file_takes_no_answer_away(tmp_path):
    """A router that starts beside it answers by the policy that was last understood, and says so."""
    home = kit.furnish(tmp_path / "home")
    policy = tmp_path / "policy.toml"
    policy.write_text("[feed]\nrules_share = 0.2\n")
    lines.understood("feed", policy, home)  # as by a look
    policy.write_text("[feed\n")
    with running(home, workers=1, SLIPWAY_POLICY=str(policy)) as router:
        router.wait_ready()
        assert router.rank()["items"]
        (alarm,) = router.http.get("/readyz/feed").json()["alarms"]
        assert alarm["kind"] == "policy"
        assert "SLIPWAY_POLICY" in alarm["text"]
        assert 'slipway_alarm{kind="policy",line="feed"} 1.0' in router.http.get("/metrics").text


def test_an_edit_that_nobody_planned_is_said(tmp_path):
    """The line is answered for all the same, and the log says which definition is in use."""
    home = kit.furnish(tmp_path / "home")
    used = replace(compiled(lines.load("feed")), cron="0 5 * * 1")
    store.write(home, used)
    store.use(home, "feed", used.digest)
    with running(home, workers=1) as router:
        router.wait_ready()
        assert set(router.http.get("/readyz").json()["lines"]) == {"feed"}
        assert f"which is not in use ({used.short}): slipway plan feed" in router.output()
