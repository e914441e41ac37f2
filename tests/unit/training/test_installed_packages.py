"""The environment's digest follows the files of packages and nothing that an installer notes."""

from importlib.metadata import PathDistribution

import pytest
from slipway.training.installed_packages import of_packages

RECORD = """one/a.py,sha256=aaa,10
one-1.0.dist-info/METADATA,sha256=bbb,20
one-1.0.dist-info/RECORD,,
"""


@pytest.fixture
def package(tmp_path):
    """Makes an installed package of a name and version with this RECORD; None: without one."""

    def make(record=RECORD, name="one", version="1.0", place="site"):
        folder = tmp_path / place / f"{name}-{version}.dist-info"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        if record is not None:
            (folder / "RECORD").write_text(record)
        return PathDistribution(folder)

    return make


@pytest.mark.parametrize(
    "line",
    [
        "../../../bin/one,sha256=ccc,200",
        "one/__pycache__/a.cpython-311.pyc,,",
        "one-1.0.dist-info/INSTALLER,sha256=ddd,4",
        "one-1.0.dist-info/direct_url.json,sha256=eee,50",
    ],
)
def test_what_an_installer_adds_changes_nothing(package, line):
    """The same package in another folder, or installed by another tool, is the same."""
    assert of_packages([package(f"{line}\n{RECORD}")]) == of_packages([package()])


@pytest.mark.parametrize(
    "record",
    [RECORD.replace("aaa", "xxx"), RECORD.replace("bbb", "xxx"), RECORD.replace("1.0", "1.1")],
)
def test_a_changed_file_or_version_changes_the_digest(package, record):
    """A package that was patched in place or released again is another."""
    before = of_packages([package()])
    assert of_packages([package(record)]) != before


def test_the_first_of_two_packages_of_a_name_counts(package):
    """What a process imports is what lies first on its path."""
    first, second = package(), package(RECORD.replace("1.0", "2.0"), version="2.0", place="later")
    assert of_packages([first, second]) == of_packages([first])


def test_a_package_without_record_counts_by_its_version(package):
    """A system's own packages have no list of files."""
    found = {of_packages([package(None, "two", version, version)]) for version in ("1", "2")}
    assert len(found | {of_packages([])}) == 3


def test_slipway_itself_is_left_out(package):
    """Its code has a digest of its own."""
    record = RECORD.replace("one-1.0", "slipway-1.0")
    assert of_packages([package(record, "slipway")]) == of_packages([])
