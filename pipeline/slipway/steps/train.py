"""Fit the run's recipe on its snapshot, and hold it to the same run of earlier."""

from typing import Any

from slipway.data import json_file
from slipway.domain.release import fold
from slipway.domain.run import ModelRecord, TrainedRun, ValidatedRun
from slipway.kinds import kind_of
from slipway.steps import context


def train(run: ValidatedRun[Any]) -> TrainedRun[Any]:
    """Fit, fingerprint, and compare with earlier runs of the interval; raises as they do."""
    line = context.declared(run.line)
    with context.versions(run.line) as fetch:
        fitted = kind_of(line).fit(line, run, _champion(run), fetch)
    for name, value in fitted.files.items():
        json_file.write(run.work / name, value)
    return run.trained(
        ModelRecord(
            folder=fitted.folder,
            fingerprint=fitted.fingerprint,
            reproducibility=context.compared(run.line, run.end, fitted.digests),
            plain=fitted.plain,
            follows=fitted.follows,
            learned=fitted.digests["learned"],
        )
    )


def _champion(run: ValidatedRun[Any]) -> str | None:
    """The champion of the interval's end: a backfill of the week is fitted beside the same one."""
    past = [t for t in context.ledger().transitions(run.line) if t.at <= run.end]
    return fold(run.line, past).champion
