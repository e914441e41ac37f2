"""The shop's visitors are real requests to a real router: ranked, logged, clicked, never lost."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import httpx
import psutil
import pytest

from pipeline import lines
from pipeline.data import engine
from pipeline.settings import Settings
from pipeline.simulation import history, pace, setting, shop
from pipeline.simulation.setting import Setting

START = datetime(2025, 1, 6, 6, tzinfo=UTC)
END = START + timedelta(days=2)
SPEED = 600.0  # event seconds per wall second: the outcome window lasts six wall seconds


@pytest.fixture(scope="module")
def line():
    return lines.load("feed")


@pytest.fixture
def router(tmp_path, line):
    """A router with two workers over a small past, without a registry; its settings and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    setting.save(tmp_path, Setting(START.isoformat(), users=300, films=90))
    world = setting.load(tmp_path).world(line.list_length)
    list(history.generate(history.Past(tmp_path, line, world, 2000, "rules-1"), START, END))
    pace.start_clock(tmp_path / "clock.json", END + timedelta(hours=12), SPEED)
    environment = {
        "SLIPWAY_HOME": str(tmp_path),
        "SLIPWAY_CLOCK": str(tmp_path / "clock.json"),
        "SLIPWAY_ROUTER_URL": f"http://127.0.0.1:{port}",
        "SLIPWAY_MLFLOW_URL": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "pipeline.serving", "--port", str(port), "--workers", "2"]
    with (tmp_path / "router.log").open("wb") as log:
        process = subprocess.Popen(command, env=os.environ | environment, stderr=log, stdout=log)
    try:
        _await_ready(environment["SLIPWAY_ROUTER_URL"])
        yield Settings.from_environment(environment), process
    finally:
        process.terminate()
        process.wait(30)


def _await_ready(url):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/readyz", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError("the router did not become ready")


def trade(of, line, seconds, *, rate=60.0, meanwhile=lambda: None):
    """Run a shop for ``seconds`` and return its tally."""
    world = setting.load(of.home).world(line.list_length)
    open_shop = shop.Shop(of, line, world, rate=rate, seed=3)

    async def main():
        stop = asyncio.Event()
        running = asyncio.create_task(open_shop.run(stop))
        await asyncio.sleep(seconds / 2)
        meanwhile()
        await asyncio.sleep(seconds / 2)
        stop.set()
        await running

    asyncio.run(main())
    return open_shop.tally


def logged(of, line):
    """Live exposures with their clicks, once every worker has sealed its log."""
    deadline, rows = time.monotonic() + 20, None
    while time.monotonic() < deadline:
        time.sleep(1.5)
        now = of.clock.at(time.time())
        con = engine.connect()
        expression = engine.labelled(
            con, of.home, line, requested_from=END, requested_to=now, cut=now
        )
        before, rows = rows, engine.fetch(con, expression, of.home, line).to_pandas()
        if before is not None and len(before) == len(rows) > 0:
            return rows
    raise AssertionError("the log did not come to rest")


def test_every_visit_is_answered_logged_and_clicked(router, line):
    """What the shop counted as answered stands in the log, and its clicks do, too."""
    of, _ = router
    tally = trade(of, line, 3.0)
    assert tally.answered == tally.visits > 50
    assert tally.refused == tally.unanswered == tally.outcomes_lost == 0
    rows = logged(of, line)
    assert rows["request_id"].nunique() == tally.answered
    assert 0.9 * tally.clicks <= rows["clicked"].sum() <= tally.clicks


def test_an_effect_on_a_version_takes_its_clicks_away(router, line):
    """Lists of a version named in the scenario are clicked less, here: never; others as before."""
    of, _ = router
    shop.set_scenario(of.home, live_effect={"rules-built-in": -1.0})
    tally = trade(of, line, 4.0)
    rows = logged(of, line)
    clicked = rows.groupby("version")["clicked"].sum()
    assert clicked["rules-built-in"] == 0
    others = clicked.drop("rules-built-in").sum()
    assert 0 < others <= tally.clicks  # a few clicks are sent too late to count


def test_a_killed_worker_leaves_no_visitor_unanswered(router, line):
    """Kill -9 of a worker in mid-trade: requests are sent again, and every one is answered."""
    of, process = router

    def kill_one():
        workers = [
            child
            for child in psutil.Process(process.pid).children()
            if "resource_tracker" not in " ".join(child.cmdline())
        ]
        os.kill(workers[0].pid, signal.SIGKILL)

    tally = trade(of, line, 6.0, meanwhile=kill_one)
    assert tally.unanswered == 0
    assert tally.answered == tally.visits > 50
    assert tally.outcomes_lost == 0
