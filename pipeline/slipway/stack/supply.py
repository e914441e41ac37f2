"""What an installation is made of, and whether any of it is known to be vulnerable.

``python -m slipway.stack.supply sbom LOCK...`` prints a software bill of materials in CycloneDX's JSON:
what is installed here, with the digests that the locks ask for. ``audit LOCK...`` asks a service for
advisories about what the locks name; where no service answers it says so and is no error.
"""

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import Distribution, distributions, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SPEC = "1.6"
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")  # of addresses (RFC 9562)
_LICENSES = ("License-Expression", "License")
_USAGE = "sbom or audit, then the locks: python -m slipway.stack.supply sbom requirements.lock\n"
NOT_DONE = """\
==========================================================================================
AUDIT NOT DONE: {why}
What is installed was NOT compared with known vulnerabilities. Say `make audit` where the
network reaches an advisory service; a release needs one that was done.
==========================================================================================
"""


def locked_digests(locks: Sequence[Path]) -> dict[tuple[str, str], list[str]]:
    """SHA-256 of each file that the locks allow, by canonical name and version."""
    found: dict[tuple[str, str], list[str]] = {}
    for lock in locks:
        for block in re.split(r"\n+(?=\w)", lock.read_text()):
            if match := re.match(r"([\w.-]+)==([^\s;\\]+)", block):
                digests = re.findall(r"sha256:([0-9a-f]{64})", block)
                found[canonicalize_name(match[1]), match[2]] = digests
    return found


def bill_of_materials(locks: Sequence[Path]) -> dict[str, Any]:
    """CycloneDX 1.6 of what the locks have installed here; the same installation gives the same.

    Raises KeyError for a package that is installed in another version than is locked.
    """
    digests = locked_digests(locks)
    names = {name for name, _ in digests}
    here = {canonicalize_name(each.name): each for each in distributions()}
    there = {name: each for name, each in sorted(here.items()) if name in names}
    components = [_component(each, digests[name, each.version]) for name, each in there.items()]
    root = f"pkg:pypi/slipway@{version('slipway')}"
    graph = [{"ref": root, "dependsOn": [part["bom-ref"] for part in components]}]
    graph += [{"ref": _purl(each), "dependsOn": _needs(each, there)} for each in there.values()]
    body: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "specVersion": SPEC,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "slipway",
                "version": version("slipway"),
                "purl": root,
            },
            "properties": [{"name": "python", "value": sys.version.split()[0]}],
        },
        "components": components,
        "dependencies": graph,
    }
    serial = uuid.uuid5(_NAMESPACE, json.dumps(body, sort_keys=True))
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC}.schema.json",
        **body,
        "serialNumber": f"urn:uuid:{serial}",
    }


def _purl(each: Distribution) -> str:
    return f"pkg:pypi/{canonicalize_name(each.name)}@{each.version}"


def _component(each: Distribution, digests: Sequence[str]) -> dict[str, Any]:
    hashes = [{"alg": "SHA-256", "content": digest} for digest in digests]
    said = (each.metadata[word] for word in _LICENSES if word in each.metadata)
    named = [line for text in said for line in text.splitlines()[:1]][:1]
    return {
        "type": "library",
        "bom-ref": _purl(each),
        "name": canonicalize_name(each.name),
        "version": each.version,
        "purl": _purl(each),
        **({"licenses": [{"license": {"name": named[0]}}]} if named else {}),
        # one of these files was installed: the lock allows no other
        "externalReferences": [
            {
                "type": "distribution",
                "url": _purl(each),
                "hashes": hashes,
            }
        ],
    }


def _needs(each: Distribution, there: Mapping[Any, Distribution]) -> list[str]:
    asked = (Requirement(word) for word in each.requires or ())
    names = (
        canonicalize_name(need.name)
        for need in asked
        if need.marker is None or need.marker.evaluate({"extra": ""})
    )
    return sorted({_purl(there[name]) for name in names if name in there})


def audit(locks: Sequence[Path]) -> int:
    """Exit code 1 for a package with a known vulnerability; what could not be asked is reported, and 0."""
    if importlib.util.find_spec("pip_audit") is None:
        sys.stderr.write(NOT_DONE.format(why="pip-audit is not installed (make setup-dev)"))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "audit.json"
        done = subprocess.run(  # noqa: S603 - our own words
            [
                *(sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"),
                *("--progress-spinner", "off", "--timeout", "15", "--format", "json"),
                *("--output", str(answer)),
                *(word for lock in locks for word in ("--requirement", str(lock))),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        text = answer.read_text() if answer.exists() else ""
    if not text.strip():
        why = (done.stderr.strip().splitlines() or ["no answer"])[-1][:300]
        sys.stderr.write(NOT_DONE.format(why=f"no advisory service answered ({why})"))
        return 0
    return _reported(json.loads(text))


def _reported(answer: Mapping[str, Any]) -> int:
    found = list(_advisories(answer))
    for line in found:
        sys.stderr.write(f"{line}\n")
    packages = answer["dependencies"]
    # a service that does not know a package says nothing against it, and pip-audit calls that clean
    skipped = [each["name"] for each in packages if "skip_reason" in each]
    if skipped:
        why = f"{len(skipped)} of {len(packages)} packages are not known to the advisory service"
        sys.stderr.write(NOT_DONE.format(why=f"{why} ({', '.join(skipped[:3])} …)"))
    sys.stdout.write(f"audit: {len(packages) - len(skipped)} packages, {len(found)} advisories\n")
    return bool(found)


def _advisories(answer: Mapping[str, Any]) -> Iterator[str]:
    for package in answer["dependencies"]:
        for known in package.get("vulns", ()):
            fixed = ", ".join(known.get("fix_versions", ())) or "nothing yet"
            yield f"{package['name']} {package['version']}: {known['id']}, mended in {fixed}"


def main(words: Sequence[str]) -> int:
    """One of the two, by name; returns the exit code."""
    if len(words) < 2 or words[0] not in {"sbom", "audit"}:  # noqa: PLR2004 - a word and a lock
        sys.stderr.write(_USAGE)
        return 2
    locks = [Path(word) for word in words[1:]]
    if words[0] == "audit":
        return audit(locks)
    sys.stdout.write(json.dumps(bill_of_materials(locks), indent=1, sort_keys=True) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
