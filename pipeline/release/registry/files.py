"""A download that is either whole and right or not there."""

import shutil
import tempfile
from pathlib import Path, PurePosixPath

from pipeline.domain.errors import BadInput
from pipeline.release.registry.rest import Rest
from pipeline.release.registry.words import RANKER_FOLDER
from pipeline.training.ranker_folder import digest


def download(rest: Rest, run_id: str, into: Path, expected: str) -> Path:
    """The ranker of a run in folder ``into``; raises BadInput for another digest than expected."""
    if into.is_dir() and any(into.iterdir()) and digest(into) == expected:
        return into
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent) as place:
        part = Path(place) / into.name
        part.mkdir()
        for path in rest.artifacts(run_id, RANKER_FOLDER):
            target = part / _inside(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(rest.artifact(run_id, path))
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


def _inside(path: str) -> PurePosixPath:
    """The path below the ranker folder; a path that leads out of it is refused."""
    inner = PurePosixPath(path).relative_to(RANKER_FOLDER)
    if inner.is_absolute() or ".." in inner.parts:
        raise BadInput(
            "artifact path",
            found=path,
            expected=f"inside {RANKER_FOLDER}",
            next_step="look at the run: somebody logged a foreign file",
        )
    return inner
