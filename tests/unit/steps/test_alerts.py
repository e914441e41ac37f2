"""Alerts of a line go to real receivers, are kept while one answers 500, and stand in metrics and words."""

import re
from pathlib import Path

import pytest
import yaml
from alert_kit import hook, mail, self_signed, served
from slipway.domain.errors import BadConfig
from slipway.monitoring import channels
from slipway.monitoring.alerts import Cause, Event, Message, Severity
from slipway.settings import settings
from slipway.steps import alert_causes, alert_desk, alerts, context, watch_facts, watch_metrics

CAUSE = Cause(
    "promise-7",
    "promises",
    Severity.TICKET,
    'version 7 broke its "promise"',
    "-1 %",
    "+1 %",
    "2026-03-02",
)
DOCKER = Path(__file__).parents[3] / "docker"


@pytest.fixture
def receivers():
    """A hook and a mail server."""
    with served(hook()) as one, served(mail()) as other:
        yield one, other


@pytest.fixture
def at_home(home, receivers, monkeypatch):
    """A line with one cause, whose alerts go to both receivers."""
    one, other = receivers
    (home / "mail").write_text(
        f"mailto://127.0.0.1:{other.server_address[1]}"
        "?from=slipway@example.org&to=team@example.org&mode=insecure"
    )
    (home / "alerts.toml").write_text(
        f"""pages = "https://airflow.example/slipway/"
        [[channel]]
        name = "chat"
        url = "json://127.0.0.1:{one.server_address[1]}/notify"
        [[channel]]
        name = "team"
        url_file = "{home / "mail"}"
        classes = ["page", "ticket"]
        """
    )
    monkeypatch.setenv("SLIPWAY_ALERTS", str(home / "alerts.toml"))
    settings.cache_clear()
    found = {"causes": [CAUSE]}
    monkeypatch.setattr(
        alert_causes, "find", lambda *_: (found["causes"], frozenset({"promises", "looking"}))
    )
    yield found
    settings.cache_clear()


def test_both_receivers_get_what_a_person_needs(at_home, receivers):
    """JSON, and a mail with the same words; said again only when due."""
    one, other = receivers
    assert alerts.send_alerts("feed", ())["open"] == ['version 7 broke its "promise"']
    (body,), (letter,) = one.taken, other.taken
    assert body["type"] == "warning"
    assert body["title"].startswith("[ticket opened] feed: version 7")
    assert "link: https://airflow.example/slipway/watch/feed" in body["message"]
    assert "Subject: [ticket opened] feed: version 7" in letter
    assert "found: -1 %" in letter
    alerts.send_alerts("feed", ())
    assert len(one.taken) == len(other.taken) == 1
    at_home["causes"] = []
    alerts.send_alerts("feed", ())
    assert one.taken[-1]["type"] == "success"
    assert len(other.taken) == 2


def test_nothing_is_lost_while_a_channel_answers_500(at_home, receivers):
    """The other one gets its message; the failing one is named, and gets all of them once it is mended."""
    one, other = receivers
    one.status = 500
    for _ in range(2):
        with pytest.raises(alerts.AlertUndelivered, match=r"chat \(.*500"):
            alerts.send_alerts("feed", ())
    assert len(other.taken) == 1
    assert "not delivered to chat in 2 tries" in " ".join(watch_facts.of("feed").sentences)
    at_home["causes"] = []
    with pytest.raises(alerts.AlertUndelivered, match="2 not taken by chat"):
        alerts.send_alerts("feed", ())
    one.status = 200
    alerts.send_alerts("feed", ())
    assert [body["title"][:15] for body in one.taken] == ["[ticket opened]", "[ticket closed]"]
    assert not alert_desk.desk_of("feed").outbox


def test_words_of_the_data_are_told_whatever_they_hold(at_home, receivers):
    """Letters of any alphabet, line ends and half characters in a column's word reach both, in one line each."""
    one, other = receivers
    at_home["causes"] = [
        Cause(
            "drift-größe-a\r\nBcc: x@y\ud800-MISSING",
            "promises",
            Severity.PAGE,
            "the input größe\r\nBcc: all@example.org is broken",
            "映画 \ud800\n\x00",
            "-",
            "2026-03-02",
        )
    ]
    alerts.send_alerts("feed", ())
    (body,), (letter,) = one.taken, other.taken
    assert "größe Bcc: all@example.org is broken" in body["title"]
    assert "found: 映画\n" in body["message"]
    assert "\nBcc:" not in letter
    assert not alert_desk.desk_of("feed").outbox


def test_what_a_channel_fails_by_is_said_without_its_address(at_home, receivers):
    """The address of a hook is a word that lets people in: it stands in no error, page or file."""
    one, _ = receivers
    one.status = 403
    with pytest.raises(alerts.AlertUndelivered, match=r"chat \(.*403") as said:
        alerts.send_alerts("feed", ())
    kept = (context.folder("feed", "watch") / alert_desk.FILE).read_text()
    assert "/notify" not in str(said.value) + kept


def test_a_receiver_that_answers_byte_by_byte_is_not_waited_for(at_home, receivers, monkeypatch):
    """A message has its time in all, and the other channel is told."""
    one, other = receivers
    monkeypatch.setattr(channels, "LONGEST_S", 5.0)
    one.drips.set()
    with pytest.raises(alerts.AlertUndelivered, match=r"chat \(no answer in 5 s"):
        alerts.send_alerts("feed", ())
    one.drips.clear()
    assert len(other.taken) == 1


def test_a_mail_server_that_proves_nothing_is_given_no_password(receivers, tmp_path):
    """Its certificate is verified before anything is said to it: another one is an error of that channel."""
    _, other = receivers
    other.tls = self_signed(tmp_path)
    port = other.server_address[1]
    url = f"mailto://slipway:secret@127.0.0.1:{port}?from=a@example.org&to=b@example.org&mode=starttls"
    said = Message("feed/x/1", "feed", Event.OPENED, CAUSE, "2026-03-02")
    with pytest.raises(channels.NotTaken):
        channels.Channel("team", url, frozenset(Severity)).send(said, "")
    assert any("STARTTLS" in line.upper() for line in other.heard)
    assert not any("AUTH" in line or "MAIL" in line for line in other.heard)


def test_a_receiver_that_refuses_or_is_away_is_named(at_home, receivers):
    """A refused address and a closed port are errors of that channel alone."""
    one, other = receivers
    other.refuses = True
    with pytest.raises(alerts.AlertUndelivered, match="team"):
        alerts.send_alerts("feed", ())
    assert len(one.taken) == 1


def test_the_metrics_are_what_the_shipped_rules_ask_for(at_home):
    """Every metric of the rules file is written; labels are quoted; the watch's own life is one of them."""
    alerts.send_alerts("feed", ())
    said = (watch_metrics.folder() / "watch-feed.prom").read_text()
    rules = yaml.safe_load((DOCKER / "watch.rules.yaml").read_text())
    asked = {
        name
        for group in rules["groups"]
        for rule in group["rules"]
        for name in re.findall(r"slipway_\w+", rule["expr"])
    }
    assert (
        asked
        <= {line.split("{")[0] for line in said.splitlines()}
        == watch_metrics.METRICS.keys()
        | {line for line in said.splitlines() if line.startswith("#")}
    )
    assert r'what="version 7 broke its \"promise\""' in said
    assert 'slipway_watch_alerts{line="feed",class="ticket"} 1' in said
    routes = yaml.safe_load((DOCKER / "alertmanager.yaml").read_text())
    names = {receiver["name"] for receiver in routes["receivers"]}
    assert {route["receiver"] for route in routes["route"]["routes"]} < names


def test_a_source_that_is_away_is_a_cause_and_hides_no_other(home, monkeypatch):
    """The ledger cannot be read: that is named, and no alert of its returns closes."""

    def away(*_of):
        raise OSError("no route to host")

    monkeypatch.setattr(context, "ledger", away)
    causes, looked = alert_causes.find("feed", context.now(), ("the router is silent",))
    blind, *others = causes
    assert blind.found == "the router is silent"
    assert {(cause.id, cause.found) for cause in others} == {
        (f"looking-{name}", "no route to host") for name in ("returns", "retrains")
    }
    assert not looked & {"returns", "retrains"}
    assert "reports" in looked


@pytest.mark.parametrize("text", ["[]", '{"weeks": 3}', "not JSON"])
def test_a_damaged_report_of_the_watch_is_one_alert(home, text):
    """Whatever stands in the file, it is named once, and nothing that stood is closed by it."""
    (context.folder("feed", "watch") / "relation.json").write_text(text)
    (cause,), looked = alert_causes.find("feed", context.now(), ())
    assert cause.id == "looking-the watch"
    assert looked == {"looking", "sight", "returns"}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[[channel]]\nname = 'x'", "url"),
        ("[[channel]]\nname = 'x'\nurl = 'json://h'\nurl_file = '/y'", "url_file"),
        ("[[channel]]\nname = 'x'\nurl_file = '/no/such'", "channel x"),
        ("[[channel]]\nname = 'x'\nurl = 'json://h'\nclasses = ['loud']", "loud"),
        ("[[channel]]\nname = 'x'\nurl = 'json://h'\nurls = 'z'", "urls"),
        ("[[channel]]\nname = 'x'\nurl = 'jsn://u:hidden@h'", "a url of jsn"),
        ("[channel]\nname = 'x'\nurl = 'json://h'", "a table [[channel]] for each"),
        ("channel = [3]", "a table [[channel]] for each"),
        ("[[pager]]\nname = 'x'", "pager"),
        ("[repeat]\npage_gap_h = 0", "page_gap_h"),
        (2 * "[[channel]]\nname = 'x'\nurl = 'json://h'\n", "each once"),
        ("[[", "cannot be read"),
    ],
)
def test_an_alerts_file_that_would_be_misread_is_refused(tmp_path, text, word):
    """An unknown word, class, address or number, a name twice: nothing is passed over, no password said."""
    path = tmp_path / "alerts.toml"
    path.write_text(text)
    with pytest.raises(BadConfig, match=re.escape(word)) as refused:
        channels.read(path)
    assert "hidden" not in str(refused.value)


def test_the_shipped_example_is_a_file_that_is_read():
    """Its channels, when they are said again, and where the page is."""
    routes = channels.read(DOCKER / "alerts.toml")
    assert [channel.name for channel in routes.channels] == ["chat", "team"]
    assert routes.link("feed") == "https://airflow.example.org/slipway/watch/feed"
    assert routes.policy.page_gap_h == 1.0


def test_without_a_file_alerts_stand_in_words_alone():
    """Nothing is sent, and nothing is missed."""
    assert channels.read(None).channels == ()
    assert channels.read(None).link("feed") == ""
