"""Prove a run's tables against their suites, before anything is trained."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from slipway import lines
from slipway.domain.line import Line
from slipway.settings import settings
from slipway.steps import clusters, context, leak_audit
from slipway.validation.result import digest_of

if TYPE_CHECKING:
    from slipway.audit.finding import Audit
    from slipway.validation.result import ValidationResult


def validate(ref: Mapping[str, Any]) -> dict[str, Any]:
    """Run the line's checkpoints on the interval; all tables are checked before any stops the run.

    What was found is kept beside the snapshot. Raises ValidationFailed with the column, the kind of
    leak and the next step of the worst failure; its evidence is kept as a run of the registry, and
    nothing downstream runs. A run that was stopped and is corrected goes on from here.
    """
    from slipway.reports.validation import write_page  # noqa: PLC0415 - only where it is needed

    results, suspected = _check_all(ref)
    pages = Path(ref["work"]) / "validation"
    write_page(results, pages, suspected)
    for result in results:
        _copy_docs(result, pages)
    digest = digest_of(results)
    _keep_beside(Path(ref["snapshot"]), ref["run_key"], results, digest)
    stopped = Path(ref["work"]) / "stopped.json"
    if not all(result.success for result in results):
        _stop(ref, results, pages, stopped)
    resumed = stopped.is_file()
    stopped.unlink(missing_ok=True)
    suspicions = leak_audit.said(suspected)
    return {
        **ref,
        "note": suspicions if suspected and suspected.accused else "",
        "suspicions": suspicions,
        "validation": str(pages),
        "validation_digest": digest,
        "expectations": sum(len(result.findings) for result in results),
        "resumed": resumed or ref.get("resumed", False),
    }


def _check_all(ref: Mapping[str, Any]) -> "tuple[tuple[ValidationResult, ...], Audit | None]":
    """What every checkpoint found, and the audit of a training table that is sound in itself."""
    from slipway.data import engine  # noqa: PLC0415 - loads the query engine
    from slipway.steps.leak_proofs import prove  # noqa: PLC0415 - loads the query engine
    from slipway.validation.check import check  # noqa: PLC0415 - loads the query engine
    from slipway.validation.checkpoint import checkpoints  # noqa: PLC0415 - loads Great Expectations

    line = context.declared(ref["line"])
    of_clusters = line.name in lines.cluster_names()
    con = engine.connect(settings().engine)
    told: dict[str, Any] = {
        "line": line,
        "recipe": line.recipe_with(ref["recipe"]),
        "suites_dir": settings().suites,
        "run": ref["run_key"],
        "con": con,
        "cut": ref["end"],
    }
    try:
        tables = dict(clusters.tables(ref)) if of_clusters else _tables(con, ref)
        with checkpoints(settings().home / "datadocs" / line.name, line.name) as told["docs"]:
            results = [check(kind, table, **told) for kind, table in tables.items()]
            suspected = None
            if isinstance(line, Line) and all(result.success for result in results):
                recipe, training = told["recipe"], tables["training"]
                suspected = leak_audit.audited(line, recipe, training)
                proofs = prove(con, ref, tables, leak_audit.leaks(suspected))
                results.append(check("proofs", proofs, **told))
        return tuple(results), suspected
    finally:
        con.disconnect()


def _stop(
    ref: Mapping[str, Any],
    results: "Sequence[ValidationResult]",
    pages: Path,
    stopped: Path,
) -> None:
    from slipway.validation.check import stop  # noqa: PLC0415 - loads the query engine

    line = context.declared(ref["line"])
    failed = [r for r in results if not r.success]
    reason = "; ".join(f"{r.kind}: {failure}" for r in failed for failure in r.failures)
    url = context.registry().log_validation_failure(
        ref["line"],
        key=ref["run_key"],
        reason=reason,
        docs=pages,
        tags={"interval_end": ref["end"], "recipe": line.recipe_with(ref["recipe"]).name},
    )
    context.write_json(stopped, {"reason": reason, "url": url})
    stop(failed, read=url)


def _copy_docs(result: "ValidationResult", pages: Path) -> None:
    """The run's page of the Data Docs, beside our own: it goes with the evidence."""
    page = Path(unquote(urlsplit(result.docs).path))
    (pages / f"datadocs_{result.kind}.html").write_bytes(page.read_bytes())


def _keep_beside(
    snapshot: Path, run_key: str, results: "Sequence[ValidationResult]", digest: str
) -> None:
    """Write ``<snapshot>.validation.json``: whether it may be trained on, and where to read why."""
    context.write_json(
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


def _tables(
    con: Any,  # noqa: ANN401 - Ibis is untyped
    ref: Mapping[str, Any],
) -> dict[str, Any]:
    """Each table by its kind: expressions that are not read yet, or rows in memory."""
    from slipway.data import engine, snapshot  # noqa: PLC0415 - loads the query engine

    line, home = context.line_of(ref["line"]), settings().home
    start, end = (datetime.fromisoformat(ref[name]) for name in ("start", "end"))
    shown = engine.exposures(
        con, home, line, arrived_before=end, requested_from=start, requested_to=end
    )
    came = engine.outcomes(con, home, line, arrived_from=start, arrived_before=end)
    training = snapshot.verified(Path(ref["snapshot"]))
    return {"exposures": shown, "outcomes": came, "training": training}
