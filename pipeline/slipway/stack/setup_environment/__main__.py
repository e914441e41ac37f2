"""``python -m slipway.stack.setup_environment VENV LOCK... STAMP...``, for the Makefile alone.

What cannot end well is said in one line before anything is changed; the exit code is then 2.
"""

import errno
import fcntl
import importlib.util
import os
import pwd
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from slipway.domain.errors import BadConfig, SlipwayError
from slipway.stack.setup_environment import packages
from slipway.stack.setup_environment.words import AGAIN, NO_SPACE, OTHER, Display
from slipway.stack.setup_environment.work import SetUp

NEEDED_BYTES = 3_000_000_000
"""Free space for a whole environment: its packages, and the wheels that they come in."""

MODULES = ("ensurepip", "venv", "_ctypes", "_sqlite3", "_ssl", "zlib")
"""Parts that a system's Python may come without."""

REFUSED, STOPPED = 2, 130


def check_python() -> None:
    """This Python can make environments, and run what will be in them."""
    missing = [name for name in MODULES if importlib.util.find_spec(name) is None]
    if missing:
        version = "python{}.{}".format(*sys.version_info)
        raise BadConfig(
            sys.executable,
            found=f"without {', '.join(name.strip('_') for name in missing)}",
            expected="a whole Python",
            next_step=f"on Debian or Ubuntu apt install {version}-venv, elsewhere {OTHER}",
        )


def check_folder(venv: Path) -> None:
    """The environment's place is free or an environment, and this user may write there."""
    if venv.exists() and not (venv.is_dir() and (_ours(venv) or not any(venv.iterdir()))):
        raise BadConfig(
            str(venv),
            found="something else",
            expected="an environment or free",
            next_step="move it away",
        )
    inner = [venv / "bin", *venv.glob(packages.SITE), *venv.glob(f"{packages.SITE}/*.dist-info")]
    for path in (venv.parent, venv, *inner):
        if path.exists() and not os.access(path, os.W_OK | os.X_OK):
            raise BadConfig(
                str(path),
                found=f"not writable, owner {_user(path.stat().st_uid)}",
                expected=f"writable for {_user(os.geteuid())}",
                next_step="run make as its owner, or in a copy of your own",
            )


def check_space(venv: Path, share: float, free: Callable[[Path], int]) -> None:
    """There is room for the ``share`` of the packages that is missing."""
    needed, found = NEEDED_BYTES * share, free(venv.parent)
    if found < needed:
        raise BadConfig(
            f"free space of {venv.parent}",
            found=f"{found / 1e9:.1f} GB",
            expected=f"at least {needed / 1e9:.1f} GB",
            next_step=f"free some, {AGAIN}",
        )


@contextmanager
def alone(folder: Path, display: Display) -> Iterator[int]:
    """Nobody else sets up in this folder meanwhile; yields the descriptor that says so."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            display.say("another set-up works in this folder: waiting for it; stop with Ctrl-C")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            pass
        yield descriptor
    finally:
        os.close(descriptor)


def set_up(venv: Path, locks: list[Path], stamps: list[Path], free: Callable[[Path], int]) -> None:
    """Check everything that can be known before, then work; the stamps come last."""
    display = Display(sys.stdout)
    try:
        with alone(venv.parent, display) as guard:
            if all(stamp.exists() for stamp in stamps):
                return
            check_python()
            check_folder(venv)
            work = SetUp(venv, locks, display, guard)
            check_space(venv, len(work.missing) / max(1, len(work.packages)), free)
            display.say(
                f"setting up {venv} from {' and '.join(map(str, locks))}: once, a few minutes"
            )
            work.run()
            for stamp in stamps:
                stamp.touch()
            display.say(f"set up in {work.passed()} min")
    finally:
        display.end_line()


def main(
    argv: list[str], free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
) -> int:
    """Set up; returns the exit code."""
    venv, *others = (Path(word) for word in argv)
    locks = [path for path in others if path.suffix == ".lock"]
    stamps = [path for path in others if path.suffix != ".lock"]
    try:
        set_up(venv.absolute(), locks, stamps, free)
    except SlipwayError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    except OSError as error:
        sys.stderr.write(f"{_of_system(venv, error)}\n")
        return REFUSED
    except KeyboardInterrupt:
        sys.stderr.write("stopped: the same command goes on from here\n")
        return STOPPED
    return 0


def _ours(venv: Path) -> bool:
    return (venv / "pyvenv.cfg").exists() or (venv / "set-up").exists()


def _user(uid: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _of_system(venv: Path, error: OSError) -> SlipwayError:
    full = error.errno in {errno.ENOSPC, errno.EDQUOT}
    expected, next_step = NO_SPACE if full else ("there and yours", f"see to it, {AGAIN}")
    found = error.strerror or str(error)
    return BadConfig(
        str(error.filename or venv), found=found, expected=expected, next_step=next_step
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
