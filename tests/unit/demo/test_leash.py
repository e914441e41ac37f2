"""Who kills the driver of a demo leaves nothing behind: the shop ends the stack, and itself."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from slipway.demo import opening, pace, setting
from slipway.demo.setting import Setting
from slipway.stack import waiting
from slipway.stack.installation import stack_id
from slipway.stack.waiting import Sight

AT = datetime(2025, 1, 6, 6, tzinfo=UTC)
SLEEP = [sys.executable, "-c", "print(flush=True); import time; time.sleep(600)"]


@pytest.fixture
def parts(tmp_path):
    """A driver, a member of its stack, and a shop without visitors that hangs on the driver."""
    setting.save(tmp_path, Setting(AT.isoformat(), users=20, films=40))
    pace.start_clock(tmp_path / "clock.json", AT, speed=0.0)
    own = {"SLIPWAY_HOME": str(tmp_path), "SLIPWAY_CLOCK": str(tmp_path / "clock.json")}
    of_stack = os.environ | {"SLIPWAY_STACK": stack_id(tmp_path)}
    started = []

    def start(command, environment):
        started.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE))
        return started[-1]

    driver, member = start(SLEEP, os.environ), start(SLEEP, of_stack)
    for process in (driver, member):
        process.stdout.readline()
    scenario = {"visits_per_day": 0.0, "leash": driver.pid}
    setting.write(setting.folder(tmp_path) / "scenario.json", scenario)
    shop = start([sys.executable, "-m", "slipway.demo.shop"], of_stack | own)
    yield tmp_path, driver, member, shop
    for process in started:
        process.kill()
        process.communicate()


def opened(home, shop):
    """Wait until the shop has written its first tally."""
    tally = setting.folder(home) / "shop.json"
    waiting.until("the shop", tally.is_file, lambda: Sight(shop.poll()), next_step="run it by hand")


def test_a_killed_driver_takes_its_stack_along(parts):
    """After kill -9 of the driver no process of the stack is left."""
    home, driver, member, shop = parts
    opened(home, shop)
    assert member.poll() is None
    driver.kill()
    driver.wait()
    assert member.wait() != 0
    assert shop.wait() == 0


def test_a_kept_stack_outlives_its_driver(parts):
    """A stack that was to be kept goes on without the demo that started it."""
    home, driver, member, shop = parts
    opened(home, shop)
    opening.unleash(home)
    seen = setting.folder(home) / "shop.json"
    for _ in range(3):  # the shop has read the scenario again
        before = seen.stat().st_mtime_ns
        waiting.until(
            "the next tally",
            lambda b=before: seen.stat().st_mtime_ns > b,
            lambda: Sight(shop.poll()),
            next_step="run it by hand",
        )
    driver.kill()
    driver.wait()
    before = seen.stat().st_mtime_ns
    waiting.until(
        "a tally after it",
        lambda: seen.stat().st_mtime_ns > before,
        lambda: Sight(shop.poll()),
        next_step="run it by hand",
    )
    assert (member.poll(), shop.poll()) == (None, None)
