"""A PostgreSQL server of one test's own, from Debian's packages."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from slipway.stack.ports import Ports, claim

DATABASES = Path(__file__).resolve().parents[1] / "docker" / "databases.sql"
_OS_USER = "postgres"  # the server refuses to run as root; Debian's package brings this account


def binaries() -> Path | None:
    """The folder of PostgreSQL's programs: on the PATH, or where Debian puts them."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent  # a link leads to all of them
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


def why_not() -> str | None:
    """Why no server can be started here, or None."""
    if binaries() is None:
        return "PostgreSQL's programs are missing: install the package postgresql"
    if os.geteuid() == 0:
        try:
            pwd.getpwnam(_OS_USER)
        except KeyError:
            return f"PostgreSQL refuses to run as root and there is no account {_OS_USER}"
        if shutil.which("setpriv") is None:
            return "PostgreSQL refuses to run as root and setpriv is missing"
    return None


@contextmanager
def server(words: Mapping[str, str]) -> Iterator[int]:
    """A running server with the databases of docker/databases.sql; yields its port.

    ``words`` are the passwords by the names of docker/.env.example.
    """
    with empty_server(words["POSTGRES_PASSWORD"]) as port:
        _make_databases(port, words)
        yield port


@contextmanager
def empty_server(word: str) -> Iterator[int]:
    """A running server whose superuser ``postgres`` has this password; yields its port."""
    # pytest's own temporary folders are closed to other accounts
    folder = Path(tempfile.mkdtemp(prefix="slipway-pg-"))
    port = claim(Ports()).router
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _OS_USER)
        (folder / "word").write_text(word)
        (folder / "word").chmod(0o644)  # it goes with the folder
        data = str(folder / "data")
        _run("initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--no-sync",
             "--pwfile", str(folder / "word"))  # fmt: skip
        settings = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        # pg_ctl itself notices a server that ended; one that hangs is the affair of tests/hanging.py
        wait = ("-w", "-t", "86400")
        _run("pg_ctl", "-D", data, "-o", settings, "-l", str(folder / "log"), *wait, "start")
        try:
            yield port
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", *wait, "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_databases(port: int, words: Mapping[str, str]) -> None:
    """Run the script that the container's first start runs."""
    environment = {**os.environ, **words, "PGPASSWORD": words["POSTGRES_PASSWORD"]}
    where = ("-h", "127.0.0.1", "-p", str(port), "-U", "postgres", "-d", "postgres")
    _run("psql", "-q", *where, "-f", str(DATABASES), env=environment, as_server=False)


def _run(
    program: str, *words: str, env: Mapping[str, str] | None = None, as_server: bool = True
) -> None:
    folder = binaries()
    assert folder is not None
    lower = ("setpriv", f"--reuid={_OS_USER}", f"--regid={_OS_USER}", "--clear-groups")
    before = lower if as_server and os.geteuid() == 0 else ()
    # pg_ctl's server keeps what it inherits: it must not hold the caller's pipes open
    with tempfile.TemporaryFile() as out:
        done = subprocess.run(
            [*before, str(folder / program), *words],
            check=False,
            env=env,
            stdout=out,
            stderr=out,
            cwd="/",
        )
        out.seek(0)
        assert done.returncode == 0, out.read().decode()
