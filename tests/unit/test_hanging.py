"""A test that hangs is found and named, a slow one is not."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

FOUND = """
import subprocess, sys, time
from slipway.stack import waiting

def test_sleeps():
    subprocess.run([sys.executable, "-c", "import time; time.sleep(1e6)"])

def test_spins():
    while True:
        pass

def test_waits():
    looks = []
    waiting.until(
        "many looks", lambda: looks.append(0) or len(looks) > 30,
        lambda: waiting.Sight(len(looks)), next_step="", poll_s=0.1,
    )

def test_works():
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
"""

STUBBORN = """
import time

def test_stubborn():
    while True:
        try:
            time.sleep(1e6)
        except BaseException:
            pass

def test_next():
    pass
"""


def run(folder: Path, tests: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with small limits on a file of tests, in a process of its own."""
    (folder / "test_it.py").write_text(tests)
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "hanging", "-o", "hang_idle_s=1",
         "-o", "hang_busy_s=3", "--rootdir", str(folder), *words, "test_it.py"],
        check=False, cwd=folder, env=clean | {"PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip


def test_hanging_tests_fail_and_the_others_pass(tmp_path):
    """Who sleeps or spins for ever fails with its stacks told; who waits and looks, or works, passes."""
    done = run(tmp_path, FOUND, "-n0", "-rA")
    said = re.findall(r"^(PASSED|FAILED) test_it.py::(\w+)", done.stdout, re.MULTILINE)
    assert {name: verdict for verdict, name in said} == {
        "test_sleeps": "FAILED",
        "test_spins": "FAILED",
        "test_waits": "PASSED",
        "test_works": "PASSED",
    }
    assert "HANGS: test_it.py::test_sleeps: nothing moved in" in done.stderr
    assert re.search(r"HANGS: test_it.py::test_spins: \d+ CPU seconds were used", done.stderr)
    assert "in test_spins" in done.stderr
    assert "time.sleep(1e6)" in done.stderr  # the child that is waited for


def test_a_test_that_does_not_even_fail_ends_its_worker(tmp_path):
    """pytest-xdist reports the crash by the test's name and goes on with the next test."""
    done = run(tmp_path, STUBBORN, "-n1")
    assert "crashed while running 'test_it.py::test_stubborn'" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    assert "it did not even fail: this process ends" in done.stderr
