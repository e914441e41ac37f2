"""What every step needs: the line with its policy, the clock, the ledger and the registry."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from slipway import lines
from slipway.data import json_file
from slipway.domain.clusters import ClusterLine, ClusterPolicy
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.line import Line
from slipway.domain.model import ADOPTED
from slipway.domain.policy import Policy
from slipway.domain.run import Run
from slipway.release.ledger import Ledger
from slipway.settings import settings

if TYPE_CHECKING:
    from slipway.registry.client import Registry

AnyRun = TypeVar("AnyRun", bound=Run[Any])


def line_of(name: str) -> Line:
    """The declared line with the installation's policy."""
    return lines.load(name, settings().policy_file)


def clusters_of(name: str) -> ClusterLine:
    """The declared line of clusters with the installation's policy."""
    return lines.load_clusters(name, settings().policy_file)


def declared(name: str) -> DeclaredLine:
    """The declared line of any kind, with the installation's policy."""
    return lines.declared(name, settings().policy_file)


def policy_of(name: str) -> Policy | ClusterPolicy:
    """The policy in force of a line of any kind."""
    policy: Policy | ClusterPolicy = declared(name).policy
    return policy


def read_run(kind: type[AnyRun], raw: Mapping[str, Any]) -> AnyRun:
    """The run that the task before handed on; raises BadInput as :meth:`Run.from_dict`."""
    return kind.from_dict(raw, declared(str(raw.get("line"))).recipe)


def now() -> datetime:
    """The present event time (UTC)."""
    return settings().clock.at(time.time())


def ledger() -> Ledger:
    """The ledger of this installation."""
    return Ledger(settings().ledger_url)


def registry() -> "Registry":
    """The registry's client, with the pipeline's service account."""
    from slipway.registry.client import Registry  # noqa: PLC0415 - MLflow is heavy

    return Registry.from_settings(settings())


@contextmanager
def versions(line_name: str) -> Iterator[Callable[[str], Path]]:
    """Folders of registered versions, downloaded when asked for and gone at the end.

    An address of another registered model (``models:/...``) gives its files as they were logged.
    """
    with TemporaryDirectory(dir=folder(line_name)) as scratch:

        def fetch(version: str) -> Path:
            if version.startswith(ADOPTED):
                return registry().download_model(version, Path(scratch) / "adopted")
            return registry().download(line_name, version, Path(scratch) / version)

        yield fetch


def folder(*parts: str) -> Path:
    """A working folder below the installation's home, made where it is missing."""
    path = settings().home.joinpath("work", *parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def run_folder(line_name: str, run_key: str) -> Path:
    """The working folder of a run, named after it."""
    return folder(line_name, re.sub(r"[^A-Za-z0-9]+", "-", run_key).strip("-"))


def compared(line_name: str, end: datetime, digests: Mapping[str, str]) -> str:
    """How a run stands to earlier ones of its interval and recipe; it is remembered with them.

    Raises NotReproducible where equal causes gave another model.
    """
    from slipway.training import fingerprint  # noqa: PLC0415 - scikit-learn is heavy

    week = f"{end:%Y-%m-%d}-{digests['recipe'][:12]}.json"
    path = folder(line_name, "fingerprints") / week
    earlier = read_json(path)["runs"] if path.is_file() else []
    said = fingerprint.compare(earlier, digests)
    if digests not in earlier:
        write_json(path, {"runs": [*earlier, dict(digests)]})
    return said


write_json = json_file.write
read_json = json_file.read
