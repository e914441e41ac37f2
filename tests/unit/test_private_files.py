"""An installation's files are for its own account alone."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from slipway import private_files

ROOT = Path(__file__).parents[2]


def mode(path):
    """The permission bits of a file."""
    return stat.S_IMODE(path.lstat().st_mode)


@pytest.fixture
def open_umask():
    """The umask that most accounts have, and the test's own one afterwards."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_home_of_an_older_version_is_closed(tmp_path, open_umask):
    """Folders become 0700 and files 0600, and what may be run stays so; a second time nothing is left."""
    home = tmp_path / "home"
    part = home / "log" / "exposures" / "part.parquet"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"rows")
    (home / "ledger.db").write_bytes(b"ledger")
    script = home / "run" / "script"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert private_files.mend(home) == 7
    assert {mode(p) for p in (home, home / "log", part.parent, script, script.parent)} == {0o700}
    assert {mode(part), mode(home / "ledger.db")} == {0o600}
    assert private_files.mend(home) == 0


def test_what_is_not_the_installations_stays_as_it_is(tmp_path, open_umask):
    """A file beside the installation's own, and what a link points to, keep their modes."""
    other = tmp_path / "elsewhere"
    other.write_text("somebody else's")
    home = tmp_path / "home"
    (home / "log").mkdir(parents=True)
    (home / "log" / "link").symlink_to(other)
    (home / "notes.txt").write_text("a person's")
    private_files.mend(home)
    assert (mode(other), mode(home / "notes.txt")) == (0o644, 0o644)


ROUTER = """
import sys; sys.argv = ['router', '--port', '1']
from slipway.serving import __main__ as router
router._prepare = router._bind = router._serve = lambda *_: None
router.main()
"""
SUPERVISOR = """
from slipway.stack import prefork
prefork.preload.load = prefork.supervisord.main = lambda *_: None
prefork.main()
"""
COMMAND = """
os.mkdir('home')
from slipway import cli
cli.app(['history', 'feed'], standalone_mode=False)
"""


@pytest.mark.parametrize(
    "creates",
    [
        "from slipway.private_files import create_private; create_private()",
        COMMAND,
        "import slipway_tasks; slipway_tasks.readable(lambda: None)()",
        ROUTER,
        SUPERVISOR,
    ],
    ids=["itself", "command line", "task of Airflow", "router", "supervisor"],
)
def test_every_process_creates_for_its_own_account_alone(creates, tmp_path):
    """Whatever umask a process was started with, its folders are 0700 and its files 0600."""
    code = (
        f"import os\nos.umask(0o022)\n{creates}\n"
        "os.mkdir('folder')\nopen('file', 'w').close()\n"
        "print(oct(os.stat('folder').st_mode & 0o777), oct(os.stat('file').st_mode & 0o777))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT / 'pipeline'}:{ROOT / 'plugins'}",
            "SLIPWAY_HOME": str(tmp_path / "home"),
            "AIRFLOW_HOME": str(tmp_path / "airflow"),
        },
    )
    assert done.stdout.split()[-2:] == ["0o700", "0o600"]


def test_whatever_the_code_puts_into_a_home_is_known():
    """A new folder of the home is named where old ones are closed, else it would stay open there."""
    source = ROOT / "pipeline" / "slipway"
    own = [
        p for p in source.rglob("*.py") if "server" not in p.parts and p.name != "environment.py"
    ]
    found = {
        name
        for path in own
        for name in re.findall(r"\bhome(?:_folder\(\))? / \"([^\"]+)\"", path.read_text())
    }
    assert found >= {"log", "work", "run", "snapshots"}
    assert found - {*private_files.OF_HOME} == set()
