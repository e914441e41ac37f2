"""The set-up behind ``make``: fresh, changed, broken, stopped, and refused; without any network."""

import base64
import fcntl
import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import zipfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from slipway.stack.setup_environment import __main__ as command
from slipway.stack.setup_environment import child, packages, words

ROOT = Path(__file__).parents[3]
WORDS = ["-m", "slipway.stack.setup_environment", ".venv", "requirements.lock", ".venv/.ready-1"]
BACKEND = """
import pathlib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    info = "project-0.1.dist-info"
    with zipfile.ZipFile(pathlib.Path(folder) / "project-0.1-py3-none-any.whl", "w") as file:
        file.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: project\\nVersion: 0.1\\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        file.writestr(f"{info}/RECORD", f"{info}/METADATA,,\\n{info}/WHEEL,,\\n{info}/RECORD,,\\n")
    return "project-0.1-py3-none-any.whl"
"""
RETRYING = "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by"
UNFETCHED = "Could not fetch URL http://x/simple/tiny/: connection error"
PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""


def wheel(folder, name, version="1.0", code="there = True\n"):
    """A package of one module; returns its lines of the lock."""
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": code,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        rows.append(f"{path},sha256={digest.decode().rstrip('=')},{len(text)}")
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""])
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        for inner, text in files.items():
            file.writestr(inner, text)
    return locked(name, version, hashlib.sha256(path.read_bytes()).hexdigest())


def locked(name, version, *digests):
    return " \\\n".join([f"{name}=={version}", *(f"    --hash=sha256:{d}" for d in digests)]) + "\n"


class Project:
    """A folder with a lock, wheels beside it, and a project that installs itself."""

    def __init__(self, folder):
        self.folder, self.venv = folder, folder / ".venv"
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "COV"))},
            "PYTHONPATH": str(ROOT / "pipeline"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_CACHE_DIR": "1",
            "PIP_RETRIES": "1",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(folder / "wheels"),
        }

    @property
    def site(self):
        """Where packages are."""
        return next(self.venv.glob(packages.SITE))

    def lock(self, *entries):
        """Another lock, for which nothing was set up yet."""
        (self.folder / "requirements.lock").write_text("".join(entries))
        for stamp in self.venv.glob(".ready-*"):
            stamp.unlink()

    def start(self, *, index=None):
        """A set-up under way; with ``index`` its packages come from there."""
        where = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_INDEX_URL": index} if index else {}
        return subprocess.Popen(
            [sys.executable, *WORDS],
            cwd=self.folder,
            env=self.environment | where,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def set_up(self, **how):
        """Exit code and what was said."""
        process = self.start(**how)
        out, err = process.communicate()
        return process.returncode, out, err

    def versions(self):
        """What is installed."""
        names = (info.name for info in self.venv.glob(f"{packages.SITE}/*.dist-info"))
        return {name for name in names if not name.startswith(("pip-", "setuptools-"))}

    def wait_until_alone(self):
        """Return when no process of a set-up lives any more: each of them keeps the folder's lock."""
        descriptor = os.open(self.folder, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.close(descriptor)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder after its first set-up, and what that said."""
    project = Project(tmp_path_factory.mktemp("first"))
    (project.folder / "backend.py").write_text(BACKEND)
    (project.folder / "pyproject.toml").write_text(PYPROJECT)
    wheels = project.folder / "wheels"
    elsewhere = locked("elsewhere", "1.0", "0" * 64).replace(" \\", " ; sys_platform == 'x' \\", 1)
    project.lock(wheel(wheels, "one"), wheel(wheels, "two_b"), elsewhere)
    return project, project.set_up()


@pytest.fixture
def project(made, tmp_path):
    """The same folder for one test alone."""
    first, _ = made
    shutil.copytree(first.folder, tmp_path / "own", symlinks=True)
    project = Project(tmp_path / "own")
    settings = project.venv / "pyvenv.cfg"
    settings.write_text(settings.read_text().replace(str(first.folder), str(project.folder)))
    return project


class Slow(BaseHTTPRequestHandler):
    """An index that sends half of a wheel, and the other half when it may."""

    def do_GET(self):
        """A page of links, or a wheel."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        name = self.path.rstrip("/").rpartition("/")[2]
        if not name.endswith(".whl"):
            links = [path.name for path in self.server.wheels.glob(f"{name}-*.whl")]
            self.end_headers()
            self.wfile.write("".join(f'<a href="/{link}">{link}</a>' for link in links).encode())
            return
        content = (self.server.wheels / name).read_bytes()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        self.server.half.set()
        self.server.go_on.wait(60)
        self.wfile.write(content[len(content) // 2 :])

    def log_message(self, *args):
        """Nothing."""


@contextmanager
def slow_index(wheels):
    """The server; its events ``half`` and ``go_on`` say where it is and what it may."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.wheels, server.half, server.go_on = wheels, threading.Event(), threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}/simple"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_fresh_folder_gets_what_the_lock_names(made):
    """After one command all packages and the project are there, compiled, and nothing else is left."""
    project, (code, out, err) = made
    assert (code, err) == (0, "")
    assert project.versions() == {f"{n}.dist-info" for n in ("one-1.0", "two_b-1.0", "project-0.1")}
    assert list(project.site.glob("one/__pycache__/*.pyc"))
    assert {path.name for path in project.venv.glob("[.s]*")} <= {".ready-1", ".gitignore", "share"}
    assert re.search(r"^\[  0/3\] 0:00 making the environment$", out, re.MULTILINE)
    assert re.search(r"^set up in \d+:\d\d min$", out, re.MULTILINE)


def test_what_is_ready_is_left_alone(made):
    """A set-up that finds its stamp says nothing and starts nothing."""
    project, _ = made
    assert project.set_up() == (0, "", "")


def test_a_changed_lock_changes_what_it_names(project):
    """Another version of one package is installed, and the others are not touched."""
    kept = (project.site / "one" / "__init__.py").stat().st_mtime_ns
    wheels = project.folder / "wheels"
    project.lock(wheel(wheels, "one"), wheel(wheels, "two_b", "2.0"))
    assert project.set_up()[0] == 0
    assert "two_b-2.0.dist-info" in project.versions()
    assert "two_b-1.0.dist-info" not in project.versions()
    assert (project.site / "one" / "__init__.py").stat().st_mtime_ns == kept


def test_packages_of_which_a_part_is_missing_are_repaired(project):
    """What a kill or a full disk left half written is installed again without a word."""
    (project.venv / ".ready-1").unlink()
    site = project.site
    (site / "one" / "__init__.py").write_text("")
    (site / "two_b-1.0.dist-info" / "RECORD").unlink()
    (site / "~ne-0.9.dist-info").mkdir()
    code, _, err = project.set_up()
    assert (code, err) == (0, "")
    assert (site / "one" / "__init__.py").read_text() == "there = True\n"
    assert (site / "two_b-1.0.dist-info" / "RECORD").exists()
    assert not (site / "~ne-0.9.dist-info").exists()


@pytest.mark.parametrize("harm", ["moved", "no pip", "no python", "another version"])
def test_an_environment_that_cannot_work_is_made_anew(project, harm):
    """Neither pip nor Python of an environment are trusted where they cannot be this folder's."""
    assert packages.usable(project.venv)
    settings = project.venv / "pyvenv.cfg"
    if harm == "moved":
        project.venv = project.venv.rename(project.folder / "elsewhere")
    elif harm == "no pip":
        next(project.site.glob("pip-*.dist-info")).joinpath("RECORD").write_text("")
    elif harm == "no python":
        (project.venv / "bin" / "python").unlink()
    else:
        settings.write_text(re.sub(r"version = 3\.\d+", "version = 3.1", settings.read_text()))
    assert not packages.usable(project.venv)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_next_set_up_goes_on_where_one_was_stopped(project, how):
    """A set-up ended in the middle of a download leaves no process, and no harm for the next."""
    new = wheel(project.folder / "wheels", "three")
    project.lock((project.folder / "requirements.lock").read_text(), new)
    with slow_index(project.folder / "wheels") as server:
        process = project.start(index=server.url)
        assert server.half.wait(60)
        process.send_signal(how)
        _, err = process.communicate()
        project.wait_until_alone()
    if how == signal.SIGINT:
        assert (process.returncode, err) == (130, "stopped: the same command goes on from here\n")
    assert project.set_up()[::2] == (0, "")
    assert "three-1.0.dist-info" in project.versions()


def test_the_second_of_two_waits_for_the_first(project):
    """Two set-ups of one folder are one: the later says that it waits, and finds all done."""
    project.lock(wheel(project.folder / "wheels", "three"))
    with slow_index(project.folder / "wheels") as server:
        first = project.start(index=server.url)
        assert server.half.wait(60)
        second = project.start(index=server.url)
        said = second.stdout.readline()
        assert "another set-up works in this folder: waiting" in said
        server.go_on.set()
        assert [first.wait(), second.wait()] == [0, 0]
        assert [second.stdout.read(), second.stderr.read()] == ["", ""]
        first.communicate()


def test_a_download_that_stalls_is_said_and_waited_for(project, monkeypatch, capsys):
    """Without a byte for a while the package is named, and when bytes come again all is well."""
    project.lock(wheel(project.folder / "wheels", "three"))
    monkeypatch.setattr(child, "SILENT_S", 1.0)
    monkeypatch.chdir(project.folder)
    said = []
    with slow_index(project.folder / "wheels") as server:
        for name, value in project.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PIP_NO_INDEX", "0")
        monkeypatch.setenv("PIP_INDEX_URL", server.url)

        def show(display, text, *, now=False):
            said.append((now, text))
            if "no byte" in text:
                server.go_on.set()

        monkeypatch.setattr(words.Display, "show", show)
        assert command.main(WORDS[2:]) == 0
    stalled = [text for now, text in said if now]
    assert re.search(r"no byte of three 1\.0 for 1 s: still waiting; stop with Ctrl-C", stalled[0])


def test_an_index_out_of_reach_is_one_line(project):
    """Without network the one line says so and names the file with pip's words."""
    project.lock(wheel(project.folder / "wheels", "three"))
    with slow_index(project.folder / "wheels") as server:
        closed = server.url
    code, _, err = project.set_up(index=closed)
    assert code == 2
    assert re.fullmatch(
        r"package index == '\[Errno \d+\] Connection refused', must be reachable: "
        r"check network, .* run the same command again, .*; see (.*)\n",
        err,
    )
    assert "Connection refused" in Path(err.rpartition("see ")[2].strip()).read_text()
    assert project.set_up()[0] == 0


def test_a_wheel_with_another_hash_is_not_installed(project):
    """A changed file is named with its hash, and no part of it gets into the environment."""
    wheel(project.folder / "wheels", "three")
    project.lock(locked("three", "1.0", "0" * 64))
    code, _, err = project.set_up()
    assert code == 2
    assert re.match(r"hash of three==1\.0 == '[0-9a-f]{64}', must be one of those in", err)
    assert err.count("\n") == 1
    assert "three-1.0.dist-info" not in project.versions()


def test_too_small_a_disk_is_refused_before_anything_starts(tmp_path, monkeypatch, capsys):
    """One line says how much is free and how much is needed; nothing was made."""
    (tmp_path / "requirements.lock").write_text(locked("one", "1.0", "0" * 64))
    monkeypatch.chdir(tmp_path)
    assert command.main(WORDS[2:], free=lambda _: 1_200_000_000) == 2
    err = capsys.readouterr().err
    assert "== '1.2 GB', must be at least 3.0 GB: free some, then run" in err
    assert err.count("\n") == 1
    assert not (tmp_path / ".venv").exists()


def test_the_last_packages_need_less_space(project, monkeypatch):
    """Where two of four packages are there, half of the space is enough."""
    monkeypatch.chdir(project.folder)
    asked = []
    monkeypatch.setattr(command, "check_space", lambda _, share, free: asked.append(share))
    monkeypatch.setattr(command.SetUp, "run", lambda _: None)
    text = (project.folder / "requirements.lock").read_text()
    project.lock(text, wheel(project.folder / "wheels", "three"))
    assert command.main(WORDS[2:]) == 0
    assert asked == [0.5]


def test_a_python_without_venv_is_refused(tmp_path, monkeypatch, capsys):
    """What Debian leaves out of its Python is named with the package that brings it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "MODULES", ("zlib", "_no_such_module"))
    assert command.main(WORDS[2:]) == 2
    err = capsys.readouterr().err
    assert "== 'without no_such_module', must be a whole Python: on Debian or Ubuntu apt" in err
    assert not (tmp_path / ".venv").exists()


def test_somebody_elses_folder_is_refused():
    """A person who may not write there is told who may, and nothing is made."""
    folder = Path(tempfile.mkdtemp())  # not pytest's own, which nobody else may enter
    folder.chmod(0o755 if os.geteuid() == 0 else 0o555)
    code = (
        "import os, sys; from slipway.stack.setup_environment import __main__ as command\n"
        "os.getuid() or os.setuid(65534)\n"
        "command.MODULES = ()  # a Python in root's home is closed to others\n"
        f"sys.exit(command.main({WORDS[2:]}))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "pipeline")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert re.match(rf"{folder} == 'not writable, owner \w+', must be writable for", done.stderr)
    assert done.stderr.count("\n") == 1
    assert not list(folder.iterdir())
    folder.rmdir()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_is_no_environment_is_left_alone(tmp_path, monkeypatch, capsys, kind):
    """A file or a folder of something else in the environment's place is not deleted."""
    precious = tmp_path / ".venv" if kind == "file" else tmp_path / ".venv" / "thesis"
    precious.parent.mkdir(exist_ok=True)
    precious.write_text("precious")
    monkeypatch.chdir(tmp_path)
    assert command.main(WORDS[2:]) == 2
    assert "'something else', must be an environment or free" in capsys.readouterr().err
    assert precious.read_text() == "precious"


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "disk == 'No space left on device', must be about 3 GB free",
        ),
        (
            "error: [Errno 13] Permission denied: '/x/.venv/bin/f2py'",
            "/x/.venv/bin/f2py == 'not writable', must be yours",
        ),
        (
            f"{RETRYING} 'ReadTimeoutError(\"Pool(host='x'): Read timed out. (timeout=15)\")': /tiny/",
            "package index == 'Read timed out.', must be reachable: check network",
        ),
        (
            f"{RETRYING} 'ProtocolError('aborted', Disconnected('Remote end closed'))': /tiny/",
            "package index == 'Remote end closed', must be reachable",
        ),
        (
            f"{RETRYING} 'SSLError(1, '[SSL: FAILED] verify failed: no issuer (_ssl.c:1006)'))': /t/",
            "package index == 'no issuer', must be reachable",
        ),
        (
            f"{UNFETCHED}: Pool(host='x'): Max retries (Caused by E('<a b>: [Errno -3] No name')) - skipping",
            "package index == '[Errno -3] No name', must be reachable",
        ),
        (
            "pip._vendor.urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(5)')",
            "package index == ",
        ),
        (
            "ERROR: HTTP error 503 while getting somewhere",
            "package index == 'HTTP error 503', must be reachable",
        ),
        (
            "ERROR: No matching distribution found for tiny==9",
            "wheel of tiny==9 == 'none for this Python and system', must be one that is ready, as source",
        ),
        ("words\nERROR: new in pip 99\nmore\n", "set-up == 'ERROR: new in pip 99', must be"),
        ("", "set-up == 'ended with code 137', must be without error"),
    ],
)
def test_what_pip_says_becomes_one_line(tmp_path, said, line):
    """Each way to fail has its own line, with the log's place in it, and an unknown one has pip's."""
    log = tmp_path / "7.log"
    log.write_text(said)
    text = str(words.why(log, 137))
    assert text.startswith(line)
    assert str(log) in text
    assert "\n" not in text
    assert str(words.why(log, 137, full=True)).startswith("disk == 'No space left on device'")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("", "reading the lock"),
        ("Collecting tiny-one==1.0 (from -r 3.txt (line 1))\n", "looking for tiny-one"),
        (
            "  Downloading https://x.y/a/tiny_one-1.0-py3-none-any.whl (2.1 MB)\n",
            "downloading tiny_one 1.0 (2.1 MB)",
        ),
        ("  Downloading tiny-one-1.0.tar.gz (2 kB)\n", "downloading tiny-one 1.0 (2 kB)"),
        (
            "  WARNING: Retrying (Retry(total=3, connect=None)) after connection broken",
            "the package index does not answer; tries left: 3",
        ),
        ("Installing collected packages: One, two_b, four\n", "installing two-b"),
    ],
)
def test_progress_says_what_pip_is_doing(said, shown):
    """The last of pip's words that a person can use are shown."""
    kind, what = words.doing(said, {"one"})
    assert words.SHOWN[kind].format(what) == shown


def test_a_terminal_shows_one_line_and_a_file_a_line_now_and_then(monkeypatch):
    """A short text covers the longer one before it; into a file only what is due is written."""
    out = io.StringIO()
    display = words.Display(out)
    for text in ("a long text", "short"):
        display.show(text)
    display.show("urgent", now=True)
    assert out.getvalue() == "a long text\nurgent\n"
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    display = words.Display(terminal)
    for text in ("a long text", "short"):
        display.show(text)
    display.say("stays")
    assert terminal.getvalue() == "\ra long text\rshort      \r     \rstays\n"


@pytest.fixture
def make(tmp_path):
    """``make setup`` in a folder with a Python that only notes that it was started."""
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"
        '[ "$1" = -V ] && echo "Python 3.9.2" && exit\n'
        '[ "$1" = -c ] && exit "${TOO_OLD:-0}"\n'
        'echo "$@" >> calls; mkdir -p .venv/bin; cp "$0" .venv/bin/python\n'
        'for word; do case "$word" in .venv/.ready*) touch "$word";; esac; done\n'
    )
    python.chmod(0o755)

    def run(folder=tmp_path, target="setup", **env):
        done = subprocess.run(
            ["make", target, f"PYTHON={python}"],
            cwd=folder,
            env=os.environ | env,
            capture_output=True,
            text=True,
            check=False,
        )
        calls = folder / "calls"
        number = len(calls.read_text().splitlines()) if calls.exists() else 0
        return done.returncode, number, done.stderr

    return run


def test_make_sets_up_again_only_when_it_must(make, tmp_path):
    """No Python is started until lock or packaging change, the folder moves or its Python is gone."""
    assert make()[:2] == (0, 1)
    assert make()[:2] == (0, 1)
    for name in ("requirements.lock", "pyproject.toml"):
        with (tmp_path / name).open("a") as file:
            file.write("# changed\n")
    assert make()[:2] == (0, 2)
    (tmp_path / ".venv" / "bin" / "python").unlink()
    assert make()[:2] == (0, 3)
    assert make()[:2] == (0, 3)
    shutil.copytree(tmp_path, tmp_path / "moved")
    assert make(tmp_path / "moved")[:2] == (0, 4)


def test_developers_tools_come_on_top(make, tmp_path):
    """Who tests has both locks set up at once; then a user's set-up has nothing to do, nor the other way."""
    assert make(target="setup-dev")[:2] == (0, 1)
    words = (tmp_path / "calls").read_text().split()
    assert [word for word in words if word.endswith(".lock")] == [
        "requirements.lock",
        "requirements-dev.lock",
    ]
    assert make()[:2] == (0, 1)
    with (tmp_path / "requirements-dev.lock").open("a") as file:
        file.write("# changed\n")
    assert make()[:2] == (0, 1)
    assert make(target="setup-dev")[:2] == (0, 2)


def test_too_old_a_python_is_one_line(make):
    """The version found, the version needed and how to name another Python are said; nothing starts."""
    code, calls, err = make(TOO_OLD="1")
    assert (code, calls) == (2, 0)
    assert err.startswith("PYTHON == 'Python 3.9.2', must be Python >= 3.11: run make PYTHON=")


def test_two_locks_are_set_up_together(project):
    """Packages of both locks are installed, and both stamps are there at the end."""
    one = wheel(project.folder / "wheels", "one")
    two = wheel(project.folder / "wheels", "two")
    project.lock(one)
    (project.folder / "requirements-dev.lock").write_text(two)
    done = subprocess.run(
        [sys.executable, *WORDS[:4], "requirements-dev.lock", ".venv/.ready-1", ".venv/.ready-dev-1"],
        cwd=project.folder, env=project.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(packages.recorded(project.venv)) >= {"one==1.0", "two==1.0"}
    assert {p.name for p in project.venv.glob(".ready-*")} == {".ready-1", ".ready-dev-1"}


def test_source_is_refused_with_the_way_out(project, tmp_path):
    """A package without a wheel for this Python is not built: no stranger's code runs, and it is said."""
    ran = tmp_path / "ran"
    folder = project.folder / "wheels"
    folder.mkdir(exist_ok=True)
    setup = f"open({str(ran)!r}, 'w').close()\nfrom setuptools import setup\nsetup(name='odd', version='1.0')\n"
    path = folder / "odd-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("odd-1.0/setup.py")
        info.size = len(setup)
        archive.addfile(info, io.BytesIO(setup.encode()))
    project.lock(locked("odd", "1.0", hashlib.sha256(path.read_bytes()).hexdigest()))
    code, _, err = project.set_up()
    assert code == 2
    assert "wheel of odd==1.0 == 'none for this Python and system'" in err
    assert "use another Python" in err
    assert not ran.exists()
