"""Fit the run's recipe on its snapshot, and hold it to the same run of earlier."""

import tempfile
from pathlib import Path
from typing import Any

from slipway import lines
from slipway.domain.release import fold
from slipway.domain.run import ModelRecord, TrainedRun, ValidatedRun
from slipway.steps import clusters, context


def train(run: ValidatedRun[Any]) -> TrainedRun[Any]:
    """Fit, compile and fingerprint.

    A recipe that leans on the champion leans on the one that reigned when the interval ended, so
    that a backfill of the week leans on the same.
    """
    from slipway.data import snapshot as frozen  # noqa: PLC0415 - the DAG parse stays light
    from slipway.training.train import train as fit  # noqa: PLC0415 - scikit-learn is heavy

    if run.line in lines.cluster_names():
        return clusters.train(run)
    line = context.line_of(run.line)
    table = frozen.describe(run.snapshot.path)
    with tempfile.TemporaryDirectory(dir=run.work) as scratch:
        champion = _reigning(run, Path(scratch)) if run.recipe.leans else None
        fitted = fit(table, line, run.recipe, run.work / "models", champion)
    context.write_json(run.work / "trained.json", fitted.to_dict())
    again = context.compared(run.line, run.end, fitted.digests)
    return run.trained(ModelRecord(fitted.folder, fitted.fingerprint, again, fitted.plain))


def _reigning(run: ValidatedRun[Any], scratch: Path) -> Path | None:
    """The ranker of the champion at the interval's end; None where the rules reigned."""
    past = [t for t in context.ledger().transitions(run.line) if t.at <= run.end]
    version = fold(run.line, past).champion
    if version is None:
        return None
    return context.registry().download(run.line, version, scratch / "champion")
