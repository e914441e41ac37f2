"""Files of an installation are for its own account alone: folders 0700, files 0600.

The log holds what users did, the registry's database the hashes of passwords: on a machine with
other accounts none of it is theirs to read.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

UMASK = 0o077
FOLDER_MODE = 0o700
_OTHERS = stat.S_IRWXG | stat.S_IRWXO

OF_HOME = (
    "airflow", "catalog", "clock.json", "datadocs", "demo_policy.toml", "erasures", "features", "keys", "ledger",
    "ledger.db", "ledger.db-shm", "ledger.db-wal", "lines", "log", "metrics", "mlflow", "orders", "people.toml", "rollups", "router", "run",
    "simulation", "snapshots", "spill", "work",
)  # fmt: skip
"""What an installation makes in its home: whatever else lies there is somebody else's affair."""


def create_private() -> None:
    """Whatever this process and its children create from now on is for this account alone."""
    os.umask(UMASK)


def scratch(home: Path) -> Path:
    """The folder for rows that a process needs for a while; what a killed one leaves is swept daily."""
    root = home / "spill"
    if home.is_dir():
        root.mkdir(mode=FOLDER_MODE, exist_ok=True)
    return root


def close(home: Path) -> None:
    """Keep other accounts out of a home, whatever the modes of what is in it."""
    home.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    _close(home)


def mend(home: Path) -> int:
    """Take from other accounts what an older version gave them; returns how many files it was.

    The home itself comes first: from then on nobody else reaches what is in it. Links are not
    followed, and what belongs to another account is left alone.
    """
    home.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    mended = int(_close(home))
    for name in OF_HOME:
        for path in _below(home / name):
            mended += _close(path)
    return mended


def _below(path: Path) -> Iterator[Path]:
    if path.is_symlink() or not path.exists():
        return
    yield path
    if not path.is_dir():
        return
    for folder, folders, names in os.walk(path):
        for name in (*folders, *names):
            yield Path(folder, name)


def _close(path: Path) -> bool:
    """Whether others could do anything with a file that is ours, and now cannot."""
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode) or found.st_uid != os.geteuid():
            return False
        if not stat.S_IMODE(found.st_mode) & _OTHERS:
            return False
        path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
    except FileNotFoundError:
        return False  # a neighbour has just moved it
    return True
