"""A team's code is digested by what a module says, and by what it imports of its own package."""

import sys

import pytest
from slipway.artifact.source_digest import of_module
from slipway.domain.errors import BadConfig


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of four modules, of which ``rules`` uses two."""
    folder = tmp_path / "acme_models"
    folder.mkdir()
    files = {
        "__init__": "",
        "rules": "import numpy\nfrom acme_models.rates import USUAL\nfrom . import words\n",
        "rates": "USUAL = .2\n",
        "words": "HELLO = 'hello'\n",
        "other": "UNUSED = 1\n",
    }
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.startswith("acme_models")]:
        del sys.modules[name]


@pytest.mark.parametrize("changed", ["rules", "rates", "words"])
def test_a_changed_module_that_is_used_changes_the_digest(package, changed):
    """The module itself, and whatever it imports of its package, by both ways of importing."""
    before = of_module("acme_models.rules")
    path = package / f"{changed}.py"
    path.write_text(path.read_text() + "# another\n")
    assert of_module("acme_models.rules") != before


def test_what_is_not_used_changes_nothing(package):
    """A module beside it that nobody imports, and other packages, do not count."""
    before = of_module("acme_models.rules")
    (package / "other.py").write_text("UNUSED = 2\n")
    assert of_module("acme_models.rules") == before


def test_slipway_s_own_rooms_are_digested_elsewhere():
    """Bundled rules change with their own module alone: Slipway's code has a digest of its own."""
    assert of_module("slipway.examples.films.rules") != of_module("slipway.examples.films.line")


def test_code_without_a_file_is_refused():
    """What was typed into a console cannot be digested, nor run again."""
    with pytest.raises(BadConfig, match=r"no source file.*into a module"):
        of_module("builtins")
