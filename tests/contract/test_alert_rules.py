"""The shipped rules and routes, as Prometheus and Alertmanager themselves read them."""

import json
import shutil
import socket
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
import yaml

sys.path.append(str(Path(__file__).parents[1]))

import waits
from alert_kit import hook, served

ROOT = Path(__file__).resolve().parents[2]
RULES, ROUTES = (ROOT / "docker" / name for name in ("watch.rules.yaml", "alertmanager.yaml"))
CAUSE = 'slipway_watch_alert{{line="feed", class="{}", cause="c", what="it broke"}}'
LOOK = "slipway_watch_look_timestamp_seconds"


def program(*names):
    """The first of these programs that is here; without any the test is skipped."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"no {' or '.join(names)} on this machine's PATH")
    return found


def accepted(*words):
    """What a program says of a file that it takes."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def seen(at, alert, *labels):
    """An expectation of promtool: which alerts of a rule fire at a time, by their labels."""
    return {
        "eval_time": at,
        "alertname": alert,
        "exp_alerts": [{"exp_labels": each} for each in labels],
    }


def told(series, *expected):
    """A test of promtool over samples of a minute each; annotations are left to the rules' own file."""
    given = [{"series": name, "values": values} for name, values in series.items()]
    return {"interval": "1m", "input_series": given, "alert_rule_test": list(expected)}


def test_prometheus_fires_what_the_watch_says(tmp_path):
    """Each class fires while its cause stands and no longer; a silent, an absent and an unheard watch fire, too."""
    promtool = program("promtool")
    said = accepted(promtool, "check", "rules", str(RULES))
    assert "6 rules found" in said
    rules = yaml.safe_load(RULES.read_text())
    for rule in rules["groups"][0]["rules"]:
        del rule["annotations"]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(rules))
    about = {"line": "feed", "cause": "c", "what": "it broke"}
    tests = [
        told(
            {CAUSE.format(kind): "1x9 _x20", LOOK + '{line="feed"}': "0x60"},
            seen("5m", name, about | {"class": kind, "severity": kind}),
            seen("20m", name),
            seen("20m", "SlipwayWatchSilent"),
        )
        for kind, name in (
            ("page", "SlipwayPage"),
            ("ticket", "SlipwayTicket"),
            ("note", "SlipwayNote"),
        )
    ]
    tests += [
        told(
            {LOOK + '{line="feed"}': "0x300", 'slipway_watch_undelivered{line="feed"}': "1x300"},
            seen("2h", "SlipwayWatchSilent"),
            seen("4h", "SlipwayWatchSilent", {"line": "feed", "severity": "page"}),
            seen("1h", "SlipwayAlertsUndelivered"),
            seen("3h", "SlipwayAlertsUndelivered", {"line": "feed", "severity": "ticket"}),
        ),
        told(
            {},
            seen("30m", "SlipwayWatchAbsent"),
            seen("2h", "SlipwayWatchAbsent", {"severity": "page"}),
        ),
    ]
    asked = {"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests}
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(asked))
    accepted(promtool, "test", "rules", str(tmp_path / "test.yaml"))


@contextmanager
def alertmanager(folder, receivers):
    """A real Alertmanager with the shipped routes, whose receivers are web hooks.

    Gives its address, and a wait for something that it should do.
    """
    binary = program("prometheus-alertmanager", "alertmanager")
    routes = yaml.safe_load(ROUTES.read_text())
    routes["route"] |= {"group_wait": "1s", "group_interval": "1s"}
    for receiver in routes["receivers"]:
        url = f"http://127.0.0.1:{receivers.server_address[1]}/{receiver['name']}"
        receiver["webhook_configs"] = [{"url": url}]
    (folder / "routes.yaml").write_text(yaml.safe_dump(routes))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        binary,
        f"--config.file={folder / 'routes.yaml'}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    log = folder / "log"
    with (
        log.open("wb") as said,
        subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT) as running,
    ):
        try:
            yield f"http://127.0.0.1:{port}", partial(waits.answer_of, running, log)
        finally:
            running.terminate()


def alert(name, severity):
    """An alert as Prometheus sends it."""
    labels = {"alertname": name, "line": "feed", "severity": severity}
    return {"labels": labels, "annotations": {}, "generatorURL": "http://p.invalid/"}


def test_alertmanager_routes_each_class_and_hushes_what_a_silent_watch_said(tmp_path):
    """A page goes to pages; while the watch itself is silent its old ticket goes to nobody."""
    accepted(program("amtool"), "check-config", str(ROUTES))
    with served(hook()) as receivers, alertmanager(tmp_path, receivers) as (address, until):
        until("its answer", lambda: _ready(address))
        silent = alert("SlipwayWatchSilent", "page")
        httpx.post(f"{address}/api/v2/alerts", json=[silent], trust_env=False).raise_for_status()
        until("the page of a silent watch", lambda: receivers.taken)
        rest = [alert("SlipwayTicket", "ticket"), alert("SlipwayPage", "page")]
        httpx.post(f"{address}/api/v2/alerts", json=rest, trust_env=False).raise_for_status()
        until("the page", lambda: "SlipwayPage" in json.dumps(receivers.taken))
        assert {body["receiver"] for body in receivers.taken} == {"pages"}
        hushed = httpx.get(
            f"{address}/api/v2/alerts", params={"active": False}, trust_env=False
        ).json()
        assert [each["labels"]["alertname"] for each in hushed] == ["SlipwayTicket"]


def _ready(address):
    try:
        return httpx.get(f"{address}/-/ready", trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
