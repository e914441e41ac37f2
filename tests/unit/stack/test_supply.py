"""What an installation is made of is listed, and an audit that was not done is never taken for one."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from slipway.stack import supply

ROOT = Path(__file__).parents[3]
LOCKS = [ROOT / "requirements.lock"]


@pytest.fixture(scope="module")
def bill():
    """The bill of materials of this environment."""
    return supply.bill_of_materials(LOCKS)


def test_every_locked_package_that_is_installed_is_listed(bill):
    """Name, version, address and the digests that the lock allows; developers' tools are not in it."""
    listed = {part["name"]: part for part in bill["components"]}
    assert listed["numpy"]["version"] == version("numpy")
    assert listed["numpy"]["purl"] == f"pkg:pypi/numpy@{version('numpy')}"
    assert "pytest" not in listed
    assert len(listed) > 150
    lock = LOCKS[0].read_text()
    for part in bill["components"]:
        (reference,) = part["externalReferences"]
        assert reference["hashes"]
        assert all(each["content"] in lock for each in reference["hashes"])


def test_the_bill_is_whole_and_the_same_each_time(bill):
    """What depends on what stands in it, every reference leads somewhere, and nothing is random."""
    known = {part["bom-ref"] for part in bill["components"]}
    known.add(bill["metadata"]["component"]["bom-ref"])
    assert {each["ref"] for each in bill["dependencies"]} == known
    asked = {ref for each in bill["dependencies"] for ref in each["dependsOn"]}
    assert asked <= known
    assert supply.bill_of_materials(LOCKS) == bill
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])


def test_the_bill_follows_the_schema(bill):
    """CycloneDX's own validator takes it, where it is installed."""
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    pytest.importorskip("jsonschema")
    checker = validation.JsonStrictValidator(schema.SchemaVersion.V1_6)
    assert checker.validate_str(json.dumps(bill)) is None


def _answer(monkeypatch, text, err=""):
    """As if pip-audit had written this."""
    monkeypatch.setattr(supply.importlib.util, "find_spec", lambda _: True)

    def run(words, **_):
        if text:
            Path(words[words.index("--output") + 1]).write_text(text)
        return subprocess.CompletedProcess(words, 1, "", err)

    monkeypatch.setattr(supply.subprocess, "run", run)


def test_an_audit_that_was_not_done_is_said_loudly_and_is_not_red(monkeypatch, capsys):
    """Without a service `make check` goes on, and nobody can take it for an audit."""
    _answer(monkeypatch, "", "ConnectionError: no route")
    assert supply.audit(LOCKS) == 0
    said = capsys.readouterr().err
    assert "AUDIT NOT DONE" in said
    assert "no route" in said


def test_packages_that_a_service_does_not_know_are_not_taken_for_clean(monkeypatch, capsys):
    """A mirror without advisories answers for none: that is said, with how many were not asked about."""
    parts = [{"name": "a", "skip_reason": "not found"}, {"name": "b", "version": "1", "vulns": []}]
    _answer(monkeypatch, json.dumps({"dependencies": parts}))
    assert supply.audit(LOCKS) == 0
    told = capsys.readouterr()
    assert "AUDIT NOT DONE: 1 of 2 packages" in told.err
    assert "1 packages, 0 advisories" in told.out


def test_a_known_vulnerability_is_red_and_named(monkeypatch, capsys):
    """The package, its version, the advisory and where it is mended; without one it is green."""
    known = {"id": "PYSEC-1", "fix_versions": ["2.0"]}
    parts = [
        {"name": "a", "version": "1.0", "vulns": [known]},
        {"name": "b", "version": "1", "vulns": []},
    ]
    _answer(monkeypatch, json.dumps({"dependencies": parts}))
    assert supply.audit(LOCKS) == 1
    assert "a 1.0: PYSEC-1, mended in 2.0" in capsys.readouterr().err
    _answer(monkeypatch, json.dumps({"dependencies": parts[1:]}))
    assert supply.audit(LOCKS) == 0
    assert "1 packages, 0 advisories" in capsys.readouterr().out


def test_the_command_says_how_it_is_used():
    """A word that it does not know is exit code 2, with the words that it does."""
    done = subprocess.run(
        [sys.executable, "-m", "slipway.stack.supply", "bill"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "sbom" in done.stderr
