"""A PostgreSQL server of the run's own that can be taken away and brought back."""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import postgres_kit
import psutil
import psycopg
import router_kit


class Database:
    """One server; ``url`` is that of the ledger."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, router_kit.free_port()
        self.word = secrets.token_hex(8)

    @property
    def url(self) -> str:
        """The ledger's address, by the driver of the containers."""
        return f"postgresql+psycopg://postgres:{self.word}@127.0.0.1:{self.port}/postgres"

    def make(self) -> None:
        """An empty cluster."""
        word = self.folder / "word"
        word.write_text(self.word)
        word.chmod(0o644)  # it goes with the folder
        postgres_kit._run("initdb", "-D", str(self.folder / "data"), "-U", "postgres", "-A",
                          "scram-sha-256", "--pwfile", str(word))  # fmt: skip

    def start(self) -> None:
        """Start it, with every commit on disk."""
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder}"
        self._ctl("-o", settings, "-l", str(self.folder / "log"), "start")

    def empty(self) -> None:
        """Forget every ledger."""
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")

    @property
    def pid(self) -> int:
        """The number of the server's first process."""
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def is_back(self) -> None:
        """Start it where its first process was killed, once what that one left behind has ended."""
        while (self.folder / "data" / "postmaster.pid").exists() and psutil.pid_exists(self.pid):
            if self._answers():
                return
            time.sleep(0.1)
        while not self._answers():
            with suppress(AssertionError):  # a backend of the killed one still holds the memory
                self.start()

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.url.replace("+psycopg", ""), connect_timeout=5).close()
            return True
        return False

    def kill(self) -> None:
        """Stop it as a crash would."""
        self._ctl("-m", "immediate", "stop")

    def _ctl(self, *words: str) -> None:
        postgres_kit._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-t", "86400", *words)


@contextmanager
def running() -> Iterator[Database]:
    """A server until the block ends; raises SystemExit where there is none here."""
    if why := postgres_kit.why_not():
        raise SystemExit(why)
    folder = Path(tempfile.mkdtemp(prefix="slipway-chaos-pg-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        database = Database(folder)
        database.make()
        database.start()
        try:
            yield database
        finally:
            database.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
