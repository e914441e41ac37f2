"""The shop's visitors are real requests to a real router: ranked, logged, clicked, never lost."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import psutil
import pytest
import waits
from slipway import lines
from slipway.data import engine, labels, log
from slipway.demo import history, pace, setting, shop
from slipway.demo.setting import Setting
from slipway.settings import Settings
from slipway.stack import waiting

START = datetime(2025, 1, 6, 6, tzinfo=UTC)
END = START + timedelta(days=2)
OPEN = END + timedelta(hours=12)
SPEED = 7200.0  # event seconds per wall second, while the clock runs
STEP = timedelta(minutes=20)  # of event time, after which the clock waits for the shop
VISITING, CLICKING = 3, 6  # steps with visitors, and those for their last clicks


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
    list(history.generate(history.InventedPast(tmp_path, line, world, 2000, "rules-1"), START, END))
    pace.start_clock(tmp_path / "clock.json", OPEN, SPEED, until=OPEN)
    environment = {
        "SLIPWAY_HOME": str(tmp_path),
        "SLIPWAY_CLOCK": str(tmp_path / "clock.json"),
        "SLIPWAY_ROUTER_URL": f"http://127.0.0.1:{port}",
        "SLIPWAY_MLFLOW_URL": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "slipway.serving", "--port", str(port), "--workers", "2"]
    command += ["--budget-ms", "3600000"]  # who answers must not depend on the machine
    said = tmp_path / "router.log"
    with said.open("wb") as out:
        process = subprocess.Popen(command, env=os.environ | environment, stderr=out, stdout=out)

    def ready():
        with suppress(httpx.TransportError):
            url = f"{environment['SLIPWAY_ROUTER_URL']}/readyz"
            return httpx.get(url, trust_env=False, timeout=None).status_code == 200

    try:
        waits.answer_of(process, said, "the router", ready)
        yield Settings.from_environment(environment), process
    finally:
        waits.stop(process, said)


def trade(of, line, *, meanwhile=lambda: None):
    """Run a shop for an event hour and until its last clicks are sent; returns its tally.

    The clock goes on when the shop has answered all that came, so that no machine is too slow.
    """
    setting.set_scenario(of.home, visits_per_day=4000.0)
    visitors = shop.visitors_of(setting.load(of.home), line, 3)
    open_shop = shop.Shop(of, line.name, visitors, seed=3)

    async def main():
        stop = asyncio.Event()
        running = asyncio.create_task(open_shop.run(stop))

        async def once(wish):
            while not (wish() or running.done()):  # noqa: ASYNC110 - the shop calls nobody
                await asyncio.sleep(0.01)

        for step in range(VISITING + CLICKING):
            if step == VISITING:
                setting.set_scenario(of.home, visits_per_day=0.0)
            until, visits = OPEN + (step + 1) * STEP, open_shop.tally.visits
            pace.grant(of.clock_file, until)
            if step == 1:
                await once(lambda visits=visits: open_shop.tally.visits > visits)
                meanwhile()
            await once(lambda end=until: open_shop.tally.done_until >= end.timestamp() - 1)
        stop.set()
        await running

    asyncio.run(main())
    return open_shop.tally


def logged(of, line, process):
    """Live exposures with their clicks, once every worker has sealed its log."""
    end = OPEN + timedelta(days=1)
    waiting.until(
        "the sealed log",
        lambda: log.complete_until(of.home, line, end) == end,
        lambda: waits.sight_of_process(
            process, of.home / "router.log", log.complete_until(of.home, line, end)
        ),
        next_step="read router.log",
    )
    con = engine.connect()
    expression = labels.with_outcomes(
        con, of.home, line, (line.primary,), requested_from=END, requested_to=end, cut=end
    )
    return engine.fetch(con, expression, of.home, line).to_pandas()


def test_every_visit_is_answered_logged_and_clicked(router, line):
    """What the shop counted as answered stands in the log, and its clicks do, too."""
    of, process = router
    tally = trade(of, line)
    assert tally.answered == tally.visits > 50
    assert tally.refused == tally.unanswered == tally.outcomes_lost == 0
    rows = logged(of, line, process)
    assert rows["request_id"].nunique() == tally.answered
    assert 0.9 * tally.clicks <= rows["clicked"].sum() <= tally.clicks


def test_an_effect_on_a_version_takes_its_clicks_away(router, line):
    """Lists of a version named in the scenario are clicked less, here: never; others as before."""
    of, process = router
    setting.set_scenario(of.home, live_effect={"rules-built-in": -1.0})
    tally = trade(of, line)
    rows = logged(of, line, process)
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

    tally = trade(of, line, meanwhile=kill_one)
    assert tally.unanswered == 0
    assert tally.answered == tally.visits > 50
    assert tally.outcomes_lost == 0
