"""What README and the page *Operate* tell people to type is typed as it stands, in the order of the pages."""

import os
import shlex
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from slipway.settings import settings

sys.path.append(str(Path(__file__).parents[2]))
sys.path.append(str(Path(__file__).parents[2] / "contract"))

import ledger_kit
import test_docs

ROOT = Path(__file__).parents[3]
PAGES = ("README.md", "pipeline/slipway/cli/OPERATE.md")
SERVERS = ("airflow", "demo", "up")
"""Commands that start servers or speak to Airflow: `tests/e2e` runs them."""
AWAY = {"clusters", "drill feed", "ledger", "reopen", "rollback", "withdraw"}
"""Commands that ask servers, which are away here: what is done without them is done, and one line says so."""
FINDS = ("audit", "drift")
"""Commands whose exit code 1 says that they found something."""
SHELL = "slipway --install-completion"
FILLED = {"COMMAND": "status", "LINE": "feed", "USER": "ann", "FOLDER": "posts.csv"}
DAYS = [str(date(2024, 1, 1) + timedelta(days=number)) for number in range(140)]
BOOKINGS = "arrival,guest,deposit,is_canceled\n" + "".join(
    f"{day},g{number % 90},{number % 7},{int(number % 3 == 0)}\n"
    for number, day in enumerate(DAYS * 40)
)
VISITS = "time,country,query\n" + "".join(
    f"{day}T10:00:00Z,{'ch' if number % 2 else 'de'},red shoes\n"
    for day in DAYS[:60]
    for number in range(40)
)
POSTS = "post_id,arrived_at,text\n1,2025-01-02T03:00:00Z,Where do hops grow?\n"


def typed():
    """Every command of the two pages but those that start servers, each once."""
    found = []
    for page in PAGES:
        found += test_docs.commands((ROOT / page).read_text("utf-8"))
    first = list(dict.fromkeys(found))
    return [each for each in first if each.split()[1:2] not in [[name] for name in SERVERS]]


@pytest.fixture
def place(home, monkeypatch):
    """A home in which a candidate waits for its reviewer, and the files that the pages speak of."""
    ledger_kit.waiting(home, "feed")
    desk = home / "desk"
    (desk / "log").mkdir(parents=True)
    monkeypatch.chdir(desk)
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "rita")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "her own word")
    monkeypatch.setenv("SLIPWAY_LINES", str(desk / "news"))
    settings.cache_clear()
    (desk / "bookings.csv").write_text(BOOKINGS)
    (desk / "posts.csv").write_text(POSTS)
    (desk / "log" / "visits.csv").write_text(VISITS)
    return desk


def test_every_command_of_the_pages_is_run(place, run):
    """Each does what it says, or says in one line which server it would need; none is a fault."""
    missed = []
    for command in typed():
        if command == SHELL:
            continue
        words = [FILLED.get(word, word) for word in shlex.split(command)[1:]]
        code, out, err = run(*words)
        needs_servers = any(" ".join(words).startswith(each) for each in AWAY)
        fine = code == 0 or (words[0] in FINDS and code == 1)
        refused = code == 2 and needs_servers and len(err.splitlines()) == 1
        if not (fine or refused):
            missed.append((command, code, (err or out)[-300:]))
    assert not missed
    assert (place / "news" / "pyproject.toml").is_file()
    assert "is_canceled" in (place / "audit" / "audit.html").read_text()
    assert "posts" in run("clusters", "posts")[2]


def test_the_pages_say_what_there_is_to_type():
    """The test above has something to run, and each command that needs servers is one of the pages."""
    said = [each.removeprefix("slipway ") for each in typed()]
    assert len(said) > 25
    assert all(any(each.startswith(name) for each in said) for name in AWAY)


@pytest.mark.skipif(sys.platform == "win32", reason="shells of Unix")
def test_completion_is_installed_for_the_shell_that_asks(tmp_path):
    """`--install-completion` writes into the home of who asks, and the file names the program."""
    program = Path(sys.executable).parent / "slipway"
    env = os.environ | {"HOME": str(tmp_path), "SLIPWAY_HOME": str(tmp_path / "none")}
    command = ["bash", "-c", f"{shlex.quote(str(program))} --install-completion; exit $?"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())
    assert "slipway" in written
