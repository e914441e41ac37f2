"""What every step needs: the line with its policy, the clock, the ledger and the registry."""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar

from slipway import bundled, lines
from slipway.data import erasures, json_file
from slipway.domain.clusters import ClusterLine
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import BadConfig
from slipway.domain.line import Line
from slipway.domain.model import ADOPTED
from slipway.domain.policies import ReleasePolicy
from slipway.domain.run import Run
from slipway.lines.definition import compiled
from slipway.release.ledger import Ledger
from slipway.settings import settings

if TYPE_CHECKING:
    from slipway.registry.client import Registry

OWNER = "run.json"
"""Names the run whose working folder it lies in."""
_NO_RUN = ("evidence", "fingerprints", "looks", "rules", "runs")
_LONGEST_WORDS = 80

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


def judged(name: str) -> tuple[DeclaredLine, str]:
    """The line that harm is judged by, and what is wrong with its policy file: nothing promotes then."""
    return lines.understood(name, settings().policy_file, settings().home)


def judged_line(name: str) -> Line:
    """The same where it has requests."""
    line, _ = judged(name)
    return line if isinstance(line, Line) else line_of(name)  # which says what it is instead


def policy_of(name: str) -> ReleasePolicy:
    """The policy in force of a line of any kind."""
    policy: ReleasePolicy = declared(name).policy
    return policy


def suites_folder(name: str) -> Path:
    """Where the line's suites of expectations are: as the installation says, or beside the line."""
    chosen = settings().suites
    return lines.suites_folder(name) if chosen == bundled.folder("expectations") else chosen


def read_run(kind: type[AnyRun], raw: Mapping[str, Any]) -> AnyRun:
    """The run that the task before handed on; raises BadInput as :meth:`Run.from_dict`.

    Raises BadConfig where the line was edited since the run began.
    """
    name = str(raw.get("line"))
    run = kind.from_dict(raw, declared(name).recipe)
    begun, now = run.snapshot.definition, compiled(lines.declared(name)).digest
    if begun not in {"", now}:
        raise BadConfig(
            f"definition of {name}",
            found=now[:12],
            expected=f"{begun[:12]}, as when the run began",
            next_step="clear the run from its first task",
        )
    return run


def now() -> datetime:
    """The present event time (UTC)."""
    return settings().clock.at(time.time())


def ledger() -> Ledger:
    """The ledger of this installation."""
    return Ledger(settings().ledger_url)


def registry() -> "Registry":
    """The registry's client, with the pipeline's service account."""
    from slipway.registry.client import Registry  # MLflow is heavy

    return Registry.from_settings(settings())


def in_one_line(error: BaseException) -> str:
    """An error in one line."""
    return " ".join((str(error) or type(error).__name__).split())


@contextmanager
def versions(line_name: str) -> Iterator[Callable[[str], Path]]:
    """Folders of registered versions, downloaded when asked for and gone at the end.

    An address of another registered model (``models:/...``) gives its files as they were logged.
    """
    with TemporaryDirectory(dir=folder(line_name), prefix=".draft-") as scratch:

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
    """The working folder of a run, named after it: no two runs share one.

    A folder that an older version named with letters and digits alone goes to the first of the runs
    that it may be of.
    """
    words = re.sub(r"[^A-Za-z0-9]+", "-", run_key).strip("-")
    former = settings().home / "work" / line_name / words
    if words and words not in _NO_RUN and former.is_dir() and _owned_by(former, run_key):
        return former
    digest = hashlib.sha256(run_key.encode()).hexdigest()
    path = folder(line_name, "runs", f"{words[:_LONGEST_WORDS]}-{digest[:32]}".lstrip("-"))
    _owned_by(path, run_key)
    return path


def _owned_by(path: Path, run_key: str) -> bool:
    """Whether a folder is that of a run; one that nobody has taken yet becomes it."""
    owner = path / OWNER
    if not owner.exists():
        part = json_file.write(path / f".{OWNER}.{os.getpid()}.draft", {"run": run_key})
        try:
            os.link(part, owner)  # one of two runs that come at once
        except FileExistsError:
            pass
        finally:
            part.unlink()
    return bool(json_file.read(owner)["run"] == run_key)


def compared(line_name: str, end: datetime, digests: Mapping[str, str]) -> str:
    """How a run stands to earlier ones of its interval and recipe; it is remembered with them.

    Raises NotReproducible where equal causes gave another model.
    """
    from slipway.training import fingerprint  # scikit-learn is heavy

    week = f"{end:%Y-%m-%d}-{digests['recipe'][:12]}.json"
    path = folder(line_name, "fingerprints") / week
    earlier = json_file.read(path)["runs"] if path.is_file() else []
    said = fingerprint.compare(earlier, digests)
    if earlier and all(before["snapshot"] != digests["snapshot"] for before in earlier):
        said += _erased(line_name, end)
    if digests not in earlier:
        json_file.write(path, {"runs": [*earlier, dict(digests)]})
    return said


def _erased(line_name: str, end: datetime) -> str:
    """In words, whose absence may be why the rows of an interval are not those of earlier."""
    line = declared(line_name)
    first = end - timedelta(days=7) - line.needs.trained_on - line.needs.maturity
    found = erasures.touching(settings().home, line_name, first, end)
    days = ", ".join(sorted({f"{each.at:%Y-%m-%d}" for each in found}))
    return f" (erased rows: of {len(found)} persons, on {days})" if found else ""
