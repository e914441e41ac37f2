"""The release state on this machine: polled by one process, kept on disk, read by all workers.

``router/<line>/state.json`` holds the last state the registry gave and the digest of each ranker,
``router/<model>/<version>/`` the rankers' files. Whoever holds the lock ``router/poll.lock`` asks
the registry and fetches; all workers serve what the file says. So the workers agree, the registry
is asked once however many workers there are, and without it the last state goes on, also after a
restart.
"""

import fcntl
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import orjson

from slipway.artifact.digest import digest
from slipway.domain.errors import BadInput, SlipwayError
from slipway.domain.last_look import LastLook
from slipway.registry.reader import RegistryReader
from slipway.registry.state import ReleaseState

RETRY_S = 15.0
"""Wall seconds until a version that could not be fetched whole is asked for again."""

_UNTRIED = BadInput("version", found="untried", expected="tried", next_step="try it")
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Known:
    """A line's state as kept on disk.

    ``digests`` per ``<model>/<version>`` that was fetched; ``problems`` per one that cannot be
    served, with the reason.
    """

    release: ReleaseState
    digests: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    problems: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


class StateFile:
    """Reads and replaces the kept state of one line."""

    def __init__(self, home: Path, line: str) -> None:
        self.root = home / "router"
        self._line = line
        self._path = self.root / line / "state.json"
        self._polled = self.root / line / "polled"
        self._looked = self.root / line / "looked.json"

    def stamp(self) -> tuple[int, int] | None:
        """Changes whenever the file does; None while there is none that can be looked at."""
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_ino

    def read(self) -> Known:
        """What was kept; without a file, the rules alone. Raises BadInput for a damaged file."""
        try:
            raw = orjson.loads(self._path.read_bytes())
            release = ReleaseState.from_dict(raw["release"], self._line)
            return Known(release, dict(raw["digests"]), dict(raw["problems"]))
        except FileNotFoundError:
            return Known(ReleaseState(self._line))
        except (ValueError, KeyError, TypeError, OSError, RecursionError, BadInput) as error:
            raise BadInput(
                f"router/{self._line}/state.json",
                found=str(error),
                expected="a state as the router keeps it",
                next_step="remove it; it is fetched again",
            ) from error

    def write(self, known: Known) -> None:
        """Replace the file, all or nothing."""
        body = {
            "release": known.release.to_dict(),
            "digests": dict(known.digests),
            "problems": dict(known.problems),
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_name(f".state.{os.getpid()}")
        draft.write_bytes(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
        draft.replace(self._path)

    def touch(self) -> None:
        """Remember that the registry has just answered."""
        self._polled.parent.mkdir(parents=True, exist_ok=True)
        self._polled.touch()

    def note_look(self, look: LastLook | None) -> None:
        """Remember when a look that was not seen before was seen, by the clock of this machine."""
        text = look.to_text() if look else ""
        if text and text != self._look_text():
            self._looked.write_text(text)

    def last_look(self) -> tuple[LastLook | None, float | None]:
        """The last look that was seen, and how many seconds ago; None where there was none."""
        look = LastLook.from_text(self._look_text())
        return look, _age_s(self._looked) if look else None

    def _look_text(self) -> str:
        try:
            return self._looked.read_text()
        except (OSError, ValueError):
            return ""

    def epoch(self) -> tuple[int, float]:
        """The epoch that every worker should serve, and for how many seconds it has stood there.

        Raises BadInput as :meth:`read`.
        """
        return self.read().release.epoch, _age_s(self._path) or 0.0

    def age_s(self) -> float | None:
        """Seconds since the registry last answered; None if it never did."""
        return _age_s(self._polled)


class Poller:
    """Asks the registry and fetches rankers, while this process holds the lock."""

    def __init__(self, home: Path, reader: RegistryReader) -> None:
        self._root = home / "router"
        self._reader = reader
        self._lock: int | None = None
        self._whole: dict[str, tuple[object, ...]] = {}
        self._looks: dict[str, LastLook | None] = {}
        self.heard: dict[str, ReleaseState] = {}
        self._failed: dict[str, tuple[float, Exception]] = {}

    def leads(self) -> bool:
        """Whether this process is the one that asks; the lock goes free when it dies."""
        if self._lock is None:
            self._root.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._root / "poll.lock", os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            self._lock = descriptor
        return True

    def listen(self, line: str) -> ReleaseState:
        """Ask for the state of ``line`` and remember it as ``heard``; raises as :meth:`poll`."""
        self.heard[line], self._looks[line] = self._reader.shown(line)
        return self.heard[line]

    def poll(self, file: StateFile, line: str) -> Known:
        """Ask for the state of ``line``, fetch what is missing, keep both; returns what was kept.

        What is taken away is taken off before anything is fetched. Raises RegistryUnavailable,
        RegistryRefused, and BadInput for a tag that is not understood: the last state then stays in
        force; and OSError where the state cannot be kept, when what was ``heard`` still takes off.
        """
        release = self.listen(line)
        last = _read_or_nothing(file, line)
        keys = {f"{model}/{version}": (model, version) for model, version in release.models}
        digests = {
            key: last.digests[key] for key in keys if self._is_whole(key, last.digests.get(key))
        }
        narrowed = last.release.without(last.release.versions - release.versions)
        if narrowed != last.release and len(digests) < len(keys):
            last = replace(last, release=narrowed)
            file.write(last)
        problems, fetched = {}, False
        for key, (model, version) in keys.items():
            if key in digests:
                continue
            try:
                digests[key] = self._fetch(model, version, key)
                fetched = True
            except Exception as error:  # noqa: BLE001 - a version that cannot be had keeps no other back
                problems[key] = str(error) or type(error).__name__
        known = Known(release, digests, problems)
        if fetched or known != last or file.stamp() is None:
            file.write(known)
        file.touch()
        file.note_look(self._looks.get(line))
        return known

    def _is_whole(self, key: str, have: str | None) -> bool:
        """Whether a version's files are here unchanged; read again only if they were touched."""
        folder = self._root / key
        if have is None or not folder.is_dir():
            return False
        stats = sorted((path.name, path.stat()) for path in folder.iterdir())
        seen = (have, *((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats))
        if not stats or (self._whole.get(key) != seen and digest(folder) != have):
            return False
        self._whole[key] = seen
        return True

    def _fetch(self, model: str, version: str, key: str) -> str:
        """Fetch a version's files and return their digest; a refused one is tried again later."""
        until, refused = self._failed.get(key, (0.0, _UNTRIED))
        if time.monotonic() < until:
            raise refused
        try:
            return digest(self._reader.download(model, version, self._root / key))
        except Exception as error:
            self._failed[key] = (time.monotonic() + RETRY_S, error)
            raise


def _age_s(path: Path) -> float | None:
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except OSError:
        return None


def _read_or_nothing(file: StateFile, line: str) -> Known:
    try:
        return file.read()
    except SlipwayError:
        return Known(ReleaseState(line))
