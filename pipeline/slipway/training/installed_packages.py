"""The digest of the environment: which packages this process runs on, by the files they consist of.

Read from what installers leave (``RECORD``), never from a list of what was asked for. Lines that
differ between two installations of one package are left out: scripts with the path of an
interpreter, compiled files, notes of the installer.
"""

import hashlib
import platform
from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, distributions

OWN = "slipway"
"""Left out: its code has a digest of its own, whether it is a clone's or a wheel's."""


@cache
def of_environment() -> str:
    """Hex SHA-256 of interpreter and installed packages as this process first saw them."""
    return of_packages(distributions())


def of_packages(found: Iterable[Distribution]) -> str:
    """Hex SHA-256 of the interpreter and ``found``; of two that have one name the first counts."""
    packages: dict[str, str] = {}
    for package in found:
        name, content = _described(package)
        packages.setdefault(name, content)
    packages.pop(OWN, None)
    state = hashlib.sha256(
        f"{platform.python_implementation()} {platform.python_version()}".encode()
    )
    for name, content in sorted(packages.items()):
        state.update(f"\n{name} {content}".encode())
    return state.hexdigest()


def _described(package: Distribution) -> tuple[str, str]:
    """Name, and version with a digest of the files; the version alone where no ``RECORD`` was left."""
    record = package.read_text("RECORD")
    files = sorted(line for line in (record or "").splitlines() if _is_content(line))
    # a path such as pandas-3.1.1.dist-info/METADATA: reading the file costs ten times as much
    about = next((line for line in files if ".dist-info/METADATA," in line), None)
    if about is None:
        return _canonical(package.name), package.version
    name, _, version = about.partition(".dist-info/")[0].partition("-")
    digest = hashlib.sha256("\n".join(files).encode()).hexdigest()
    return _canonical(name), f"{version} {digest}"


def _is_content(line: str) -> bool:
    if ",sha256=" not in line or line.startswith(("../", '"../')) or "__pycache__/" in line:
        return False
    return ".dist-info/" not in line or ".dist-info/METADATA," in line


def _canonical(name: str) -> str:
    return name.replace("_", "-").replace(".", "-").lower()
