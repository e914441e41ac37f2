"""Slipway as a stranger gets it: a wheel, installed beside the packages of this environment."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("pipeline", "dags", "plugins", "expectations", "README.md", "LICENSE", "setup.py")
PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")
BUILD = "import sys, setuptools.build_meta as backend; backend.build_sdist(sys.argv[1])"


def build(folder: Path) -> Path:
    """The wheel, made in ``folder`` without a network: from the sources, by way of an archive of them."""
    copy = folder / "sources"
    copy.mkdir(parents=True)
    for name in (*SOURCES, "pyproject.toml"):
        put = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        put(ROOT / name, copy / name)
    run(sys.executable, "-c", BUILD, str(folder), cwd=copy)
    shutil.rmtree(copy)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        # Python 3.11.3 and older know no filter
        safely = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        files.extractall(folder / "archive", **safely)
    (unpacked,) = (folder / "archive").iterdir()
    how = ("--no-deps", "--no-index", "--no-build-isolation", "-w", str(folder))
    run(sys.executable, *PIP, "wheel", *how, str(unpacked), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def environment(wheel: Path, folder: Path) -> Path:
    """The Python of a new environment in ``folder`` with the wheel, and all packages but a Slipway's."""
    run(sys.executable, "-m", "venv", "--without-pip", str(folder), cwd=wheel.parent)
    python = folder / "bin" / "python"
    how = ("install", "--no-deps", "--no-index", str(wheel))
    run(sys.executable, *PIP, "--python", str(python), *how, cwd=wheel.parent)
    (site,) = folder.glob("lib/python*/site-packages")
    shared = folder / "shared"
    shared.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        # the editable Slipway has entry points, too
        if not entry.name.startswith(("slipway-", "__editable__")):
            (shared / entry.name).symlink_to(entry)
    (site / "shared.pth").write_text(str(shared))  # searched after this folder
    return python


def install(python: Path, project: Path) -> None:
    """Install a project into an environment without a network, as ``pip install`` would."""
    how = ("--no-deps", "--no-index", "--no-build-isolation", "-w", str(project / "dist"))
    run(sys.executable, *PIP, "wheel", *how, str(project), cwd=project)
    (wheel,) = (project / "dist").glob("*.whl")
    words = ("install", "--no-deps", "--no-index", str(wheel))
    run(sys.executable, *PIP, "--python", str(python), *words, cwd=project)


def run(*words: str, cwd: Path) -> None:
    """Run a command that must succeed."""
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
