"""One process of the set-up: it is watched through its files, and it never outlives its parent."""

import os
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from slipway.stack.setup_environment import words

SILENT_S = 20.0
"""Seconds without a byte after which a download is said to stall; it is never given up here."""

FULL_BYTES = 50_000_000
"""A child that fails with less free space than this has failed for it, and may not have said so."""

# It reads its input beside its work and leaves at the end of it: however the parent died, nobody
# goes on writing into the environment.
GUARDED = """
import os, runpy, sys, threading
def leave():
    os.read(0, 1)
    os._exit(1)
threading.Thread(target=leave, daemon=True).start()
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True, slots=True)
class Job:
    """A kind of work, the packages it is done for, and the folder with their wheels."""

    kind: str
    names: list[str] = field(default_factory=list)
    wheels: Path = Path()


class Child:
    """A module of Python at work in a folder of its own, with its words in a file beside it."""

    def __init__(self, job: Job, python: Path, folder: Path, argv: list[str], guard: int) -> None:
        self.job, self.folder, self.log = job, folder, folder.with_suffix(".log")
        self.facts: tuple[object, ...] = ()
        self.silent_s, self.moved, self.fetched, self.full = 0.0, 0.0, 0, False
        folder.mkdir()
        env = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 - words of this set-up
                [python, "-Iu", "-c", GUARDED, *argv],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=env | {"TMPDIR": str(folder), "PIP_USER": "0"},
                pass_fds=[guard],  # nobody else starts before the last child is gone
            )

    def tells(self, there: set[str], passed_s: float) -> tuple[str, str]:
        """The kind of work that it is doing now, and that in words."""
        kind, what, text = self.job.kind, "", self.log.read_text(errors="replace")
        if kind in {"fetching", "installing"}:
            kind, what = words.doing(text, there)
        sizes = self._sizes()
        facts = (len(text), what, sum(sizes.values()))
        if facts == self.facts:
            self.silent_s += min(passed_s, 1.0)  # a machine that slept did not wait
        else:
            self.facts, self.silent_s, self.moved = facts, 0.0, time.monotonic()
            if self.job.kind == "fetching":
                wheels = sum(path.suffix != ".metadata" for path in sizes)
                self.fetched = max(self.fetched, wheels)  # they are moved away at the end
        if kind in {"finding", "downloading"} and self.silent_s >= SILENT_S:
            kind, what = "silent", f"{what.split(' (')[0]} for {self.silent_s:.0f} s"
        return kind, words.SHOWN[kind].format(what)

    def _sizes(self) -> dict[Path, int]:
        sizes: dict[Path, int] = {}
        with suppress(FileNotFoundError):  # pip tidies meanwhile
            sizes.update((path, path.stat().st_size) for path in self.folder.glob("pip-unpack-*/*"))
        return sizes

    def end(self) -> None:
        """Stop it if it still works, and give back the space that it used meanwhile."""
        self.process.kill()
        self.process.communicate()
        self.full = shutil.disk_usage(self.folder).free < FULL_BYTES
        shutil.rmtree(self.folder, ignore_errors=True)
