"""What is installed and what the lock names: files are the only state of a set-up.

Whatever ended an earlier one, packages that are whole stay and all others count as not there.
"""

import csv
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

SITE = "lib/python*/site-packages"


def canonical(name: str) -> str:
    """A package's name as the index compares it.

    >>> canonical("Flask_WTF")
    'flask-wtf'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(text: str) -> dict[str, str]:
    r"""The lock's lines of each package by name and version.

    >>> list(locked("a_b==1.0 ; x \\\n    --hash=sha256:0\nc==2\n"))
    ['a-b==1.0', 'c==2']
    """
    entries = {}
    for block in re.split(r"\n+(?=\w)", text):
        if match := re.match(r"([\w.-]+)==([^\s;\\]+)", block):
            entries[f"{canonical(match[1])}=={match[2]}"] = f"{block}\n"
    return entries


def recorded(venv: Path) -> dict[str, Path]:
    """Installed packages by name and version; pip writes a package's list of files last of all."""
    found = {}
    for info in venv.glob(f"{SITE}/*.dist-info"):
        name, _, version = info.stem.partition("-")
        if (info / "RECORD").exists():
            found[f"{canonical(name)}=={version}"] = info
    return found


def whole(info: Path) -> bool:
    """Whether every file of a package has the size it should: a kill or a full disk cuts some."""
    try:
        sized = [(path, int(size)) for path, _, size in _files(info) if size]
        there = [(info.parent / path).stat().st_size == size for path, size in sized]
        return bool(there) and all(there)
    except (OSError, ValueError, csv.Error):
        return False


def sources(venv: Path, names: Collection[str]) -> set[Path]:
    """Files of these packages worth compiling: nobody imports the tests of other projects."""
    return {
        info.parent / path
        for name, info in recorded(venv).items()
        if name in names
        for path, *_ in _files(info)
        if path.endswith(".py") and not re.search(r"(^|/)tests?/", path)
    }


def wheels(folder: Path) -> dict[str, Path]:
    """Wheels that lie in a folder, by name and version."""
    found = {}
    for path in folder.glob("*.whl"):
        name, version, _ = path.name.split("-", 2)
        found[f"{canonical(name)}=={version}"] = path
    return found


def hashed(folder: Path) -> str:
    """A lock of the wheels in a folder; where one was built here, nobody else knows its hash."""
    lines = []
    for name, path in wheels(folder).items():
        with path.open("rb") as file:
            lines.append(f"{name} --hash=sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")
    return "\n".join(lines)


def usable(venv: Path) -> bool:
    """Whether pip runs in this environment, in this place and with the Python that runs this."""
    try:
        made = (venv / "pyvenv.cfg").read_text()
        subprocess.run(  # noqa: S603 - its own Python
            [venv / "bin/python", "-I", "-c", ""], check=True, capture_output=True
        )
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False
    version = ".".join(map(str, sys.version_info[:2]))
    fits = re.search(rf"^version = {re.escape(version)}\b", made, re.MULTILINE)
    here = re.search(rf"^command = .* {re.escape(str(venv))}$", made, re.MULTILINE)
    pip = [info for name, info in recorded(venv).items() if name.startswith("pip==")]
    return bool(fits and here and pip) and whole(pip[0])


def tidy(venv: Path, kept: Collection[Path]) -> None:
    """Remove what says more than is true: stamps, and packages of which only a part is there.

    Without anything ``kept`` the whole environment goes.
    """
    doomed = [*venv.glob(".ready-*"), *venv.glob("set-up")]
    if kept:
        doomed += [info for info in venv.glob(f"{SITE}/*.dist-info") if info not in kept]
        doomed += venv.glob(f"{SITE}/~*")
    else:
        # the file that says what this folder is goes last, else a stop here makes it a stranger's
        doomed += sorted(venv.glob("[!.]*"), key=lambda path: path.name == "pyvenv.cfg")
    for path in doomed:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _files(info: Path) -> list[list[str]]:
    with (info / "RECORD").open(newline="") as file:
        return list(csv.reader(file))
