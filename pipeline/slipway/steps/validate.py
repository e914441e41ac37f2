"""Prove a run's tables against their suites, before anything is trained."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from slipway.data import json_file
from slipway.domain.run import Run, ValidatedRun, ValidationRecord
from slipway.kinds import kind_of
from slipway.kinds.kind import Proofs
from slipway.settings import settings
from slipway.steps import context
from slipway.validation.result import digest_of

if TYPE_CHECKING:
    from slipway.validation.result import ValidationResult


def validate(run: Run[Any]) -> ValidatedRun[Any]:
    """Run the line's checkpoints on the interval; all tables are checked before any stops the run.

    What was found is kept beside the snapshot. Raises ValidationFailed with the column, the kind of
    leak and the next step of the worst failure; its evidence is kept as a run of the registry, and
    nothing downstream runs. A run that was stopped and is corrected goes on from here.
    """
    from slipway.reports.validation import write_page  # only where it is needed

    results, proofs = _check_all(run)
    pages = run.work / "validation"
    write_page(results, pages, proofs.audit)
    for result in results:
        _copy_docs(result, pages)
    digest = digest_of(results)
    _keep_beside(run.snapshot.path, run.key, results, digest)
    stopped = run.work / "stopped.json"
    if not all(result.success for result in results):
        _stop(run, results, pages, stopped)
    resumed = stopped.is_file()
    stopped.unlink(missing_ok=True)
    return run.validated(
        ValidationRecord(
            folder=pages,
            digest=digest,
            expectations=sum(len(result.findings) for result in results),
            suspicions=proofs.suspicions,
            accused=bool(proofs.audit and proofs.audit.accused),
            resumed=resumed,
        )
    )


def _check_all(run: Run[Any]) -> "tuple[tuple[ValidationResult, ...], Proofs]":
    """What every checkpoint found; proofs are made of tables that are sound in themselves."""
    from slipway.data import engine  # loads the query engine
    from slipway.validation.check import check  # Great Expectations is heavy
    from slipway.validation.checkpoint import checkpoints  # loads Great Expectations

    line, home = context.declared(run.line), settings().home
    kind, con = kind_of(line), engine.connect(settings().engine)
    shared: dict[str, Any] = {
        "line": line,
        "recipe": run.recipe,
        "suites_dir": context.suites_folder(line.name),
        "run": run.key,
        "con": con,
        "cut": run.end.isoformat(),
    }
    try:
        tables = kind.tables(con, home, line, run)
        with checkpoints(home / "datadocs" / line.name, line.name) as shared["docs"]:
            results = [check(name, table, **shared) for name, table in tables.items()]
            proofs = Proofs()
            if all(result.success for result in results):
                proofs = kind.prove(con, home, line, run, tables)
            if proofs.table is not None:
                results.append(check("proofs", proofs.table, **shared))
        return tuple(results), proofs
    finally:
        con.disconnect()


def _stop(
    run: Run[Any],
    results: "Sequence[ValidationResult]",
    pages: Path,
    stopped: Path,
) -> None:
    from slipway.validation.check import stop  # loads the query engine

    failed = [r for r in results if not r.success]
    reason = "; ".join(f"{r.kind}: {failure}" for r in failed for failure in r.failures)
    url = context.registry().log_validation_failure(
        run.line,
        key=run.key,
        reason=reason,
        docs=pages,
        tags={"interval_end": run.end.isoformat(), "recipe": run.recipe.name},
    )
    json_file.write(stopped, {"reason": reason, "url": url})
    stop(failed, read=url)


def _copy_docs(result: "ValidationResult", pages: Path) -> None:
    """The run's page of the Data Docs, beside our own: it goes with the evidence."""
    page = Path(unquote(urlsplit(result.docs).path))
    (pages / f"datadocs_{result.kind}.html").write_bytes(page.read_bytes())


def _keep_beside(
    snapshot: Path, run_key: str, results: "Sequence[ValidationResult]", digest: str
) -> None:
    """Write ``<snapshot>.validation.json``: whether it may be trained on, and where to read why."""
    json_file.write(
        snapshot.with_suffix(".validation.json"),
        {
            "success": all(result.success for result in results),
            "digest": digest,
            "run": run_key,
            "docs": {result.kind: result.docs for result in results},
            "expectations": {result.kind: len(result.findings) for result in results},
            "failures": [failure for result in results for failure in result.failures],
        },
    )
