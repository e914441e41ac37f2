"""``slipway new`` writes a package that works at once: its test, its plan, its wheel."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from slipway.settings import settings

ROOT = Path(__file__).parents[3]
LINE_OF_CODE_LIMIT = 40


@pytest.fixture
def run(run, monkeypatch, tmp_path):
    """Run the command line in this process, in an empty folder: exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield run
    settings.cache_clear()
    for name in [name for name in sys.modules if name.startswith("deck")]:
        del sys.modules[name]


def alone(folder, *words):
    """Run Python in a folder, as its owner would."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "pipeline")}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("kind", ["ranking", "prediction", "topics"])
def test_a_new_package_works_at_once(run, tmp_path, monkeypatch, kind):
    """Its own test passes, it is found in its folder, and its plan is that of a new line."""
    name = f"deck_{kind}"
    monkeypatch.setenv("SLIPWAY_LINES", str(tmp_path / name))  # as some do first
    code, out, err = run("new", name, "--kind", kind)
    assert (code, err) == (0, "")
    assert f"slipway plan {name}" in out
    package = tmp_path / name
    tested = alone(package, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    code, out, err = run("plan", name, "--apply")
    assert (code, err) == (0, "")
    assert f"{name}: new, a line of kind {kind}" in out
    assert run("expectations", name, "--check")[0] == 0


@pytest.mark.parametrize("kind", ["ranking", "prediction", "topics"])
def test_a_new_package_is_small_and_clean(run, tmp_path, kind):
    """The line has at most forty lines of code, and every file is as ruff formats and checks it."""
    told = json.loads(run("new", f"deck_{kind}", "--kind", kind, "--json")[1])
    assert f"src/deck_{kind}/line.py" in told["files"]
    package = tmp_path / f"deck_{kind}"
    code = [
        text
        for text in (package / "src" / f"deck_{kind}" / "line.py").read_text().splitlines()
        if text.strip() and not text.strip().startswith(('"""', "#"))
    ]
    assert len(code) <= LINE_OF_CODE_LIMIT
    for words in (("format", "--check"), ("check", "--select", "E,F,I,W,B")):
        checked = alone(package, "-m", "ruff", *words, "--no-cache", "--line-length", "100", ".")
        assert checked.returncode == 0, checked.stdout


def test_a_new_package_is_a_wheel_with_its_suites(run, tmp_path):
    """Pip builds it; the entry point and the suites are in it."""
    run("new", "deck_wheel")
    how = ("--no-deps", "--no-index", "--no-build-isolation", "-q", "-w", str(tmp_path / "wheels"))
    built = alone(tmp_path, "-m", "pip", "wheel", *how, str(tmp_path / "deck_wheel"))
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as files:
        names = files.namelist()
        (points,) = (n for n in names if n.endswith("entry_points.txt"))
        assert "deck_wheel = deck_wheel.line:LINE" in files.read(points).decode()
    assert "deck_wheel/expectations/deck_wheel/training.json" in names


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Deck", "1 to 50 of a-z"),
        ("../deck", "1 to 50 of a-z"),
        ("feed", "a name that no line has yet"),
        ("email", "a name that no module of Python has"),
        ("numpy", "a name that no module of Python has"),
        ("class", "a name that no module of Python has"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(run, tmp_path, name, words):
    """Nothing is written for a name that a line or a package cannot have."""
    code, _, err = run("new", name)
    assert code == 2
    assert words in err
    assert list(tmp_path.iterdir()) == []


def test_an_existing_folder_stays_as_it_is(run, tmp_path):
    """What somebody wrote is never written over."""
    (tmp_path / "deck_there").mkdir()
    code, _, err = run("new", "deck_there")
    assert code == 2
    assert "does not exist yet" in err
    assert list((tmp_path / "deck_there").iterdir()) == []
