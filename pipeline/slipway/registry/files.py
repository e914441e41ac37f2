"""A download that is either whole and right or not there; evidence that is still what was sealed."""

import shutil
import tempfile
from pathlib import Path, PurePosixPath

from slipway.domain.errors import ApprovalRefused, BadInput
from slipway.registry.names import EVIDENCE_FOLDER, RANKER_FOLDER
from slipway.registry.rest import Rest
from slipway.training.ranker_folder import digest


def download(rest: Rest, run_id: str, into: Path, expected: str) -> Path:
    """The ranker of a run in folder ``into``; raises BadInput for another digest than expected."""
    if into.is_dir() and any(into.iterdir()) and digest(into) == expected:
        return into
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent) as place:
        part = Path(place) / into.name
        part.mkdir()
        _fetch(rest, run_id, RANKER_FOLDER, part)
        found = digest(part)
        if found != expected:
            raise BadInput(
                f"{RANKER_FOLDER} of run {run_id}",
                found=found[:12],
                expected=f"the registered digest {expected[:12]}",
                next_step="somebody changed the artifacts: serve the last good version",
            )
        shutil.rmtree(into, ignore_errors=True)
        part.replace(into)
    return into


def check_evidence(rest: Rest, run_id: str, expected: str) -> None:
    """Raises ApprovalRefused where a run's evidence files are not the registered ones."""
    with tempfile.TemporaryDirectory() as place:
        _fetch(rest, run_id, EVIDENCE_FOLDER, Path(place))
        found = digest(Path(place))
    if found != expected:
        raise ApprovalRefused(
            f"{EVIDENCE_FOLDER} of run {run_id}",
            found=found[:12],
            expected=f"the registered digest {expected[:12]}",
            next_step="somebody changed what the reviewer read: retrain the week",
        )


def _fetch(rest: Rest, run_id: str, folder: str, into: Path) -> None:
    for path in rest.artifacts(run_id, folder):
        target = into / _inside(path, folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(rest.artifact(run_id, path))


def _inside(path: str, folder: str) -> PurePosixPath:
    """The path below ``folder``; a path that leads out of it is refused."""
    inner = PurePosixPath(path).relative_to(folder)
    if inner.is_absolute() or ".." in inner.parts:
        raise BadInput(
            "artifact path",
            found=path,
            expected=f"inside {folder}",
            next_step="look at the run: somebody logged a foreign file",
        )
    return inner
