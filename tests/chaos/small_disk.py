"""A small disk of its own for the log, so that it can be full without anybody else's being so."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path


def fill(home: Path) -> str:
    """Put the log on a small disk and fill it; says why where that cannot be done."""
    log, kept = home / "log", home / "log-before"
    log.mkdir(exist_ok=True)
    size = 2 * sum(p.stat().st_size for p in log.rglob("*") if p.is_file()) + (64 << 20)
    shutil.copytree(log, kept, symlinks=True, dirs_exist_ok=True)
    mount = ("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(log))
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        return "no small disk can be mounted here"
    shutil.copytree(kept, log, symlinks=True, dirs_exist_ok=True)
    with suppress(OSError), (log / "filler").open("wb") as file:
        while file.write(bytes(1 << 16)):
            file.flush()
    return ""


def free(home: Path) -> None:
    """Remove what filled it, and move the log back."""
    log, kept = home / "log", home / "log-after"
    if not log.is_mount():
        return
    (log / "filler").unlink(missing_ok=True)
    shutil.copytree(log, kept, symlinks=True, dirs_exist_ok=True)
    subprocess.run(("umount", "-l", str(log)), check=True)
    shutil.rmtree(log)
    kept.rename(log)
    shutil.rmtree(home / "log-before", ignore_errors=True)
