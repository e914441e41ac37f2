"""Prove exposures, outcomes and training table against their suites, before anything is trained."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline import lines
from pipeline.domain.errors import ValidationFailed
from pipeline.settings import settings
from pipeline.steps import clusters, context


def validate(ref: Mapping[str, Any]) -> dict[str, Any]:
    """Run the line's checkpoints on the interval; all three run before any of them stops the run.

    Raises ValidationFailed with every failure; its evidence is kept as a run of the registry, and
    nothing downstream runs.
    """
    from pipeline.data import engine  # noqa: PLC0415 - the DAG parse stays light
    from pipeline.reports.validation import write_page  # noqa: PLC0415 - only where it is needed
    from pipeline.validation.check import check  # noqa: PLC0415 - Great Expectations is heavy

    of_clusters = ref["line"] in lines.cluster_names()
    line = (context.clusters_of if of_clusters else context.line_of)(ref["line"])
    recipe = line.recipe_with(ref["recipe"])
    docs = settings().home / "datadocs" / line.name
    con = engine.connect()
    results = [
        check(
            kind,
            table,
            line,
            recipe,
            settings().suites,
            docs,
            run=ref["run_key"],
            con=con,
            cut=ref["end"],
        )
        for kind, table in (clusters.tables(ref) if of_clusters else _tables(con, ref))
    ]
    con.disconnect()
    pages = Path(ref["work"]) / "validation"
    pages.mkdir(parents=True, exist_ok=True)
    write_page(results, pages)
    failed = [r for r in results if not r.success]
    if failed:
        reason = "; ".join(f"{r.kind}: {failure}" for r in failed for failure in r.failures)
        url = context.registry().log_validation_failure(
            line.name,
            key=ref["run_key"],
            reason=reason,
            docs=pages,
            tags={"interval_end": ref["end"], "recipe": recipe.name},
        )
        context.write_json(Path(ref["work"]) / "stopped.json", {"reason": reason, "url": url})
        raise ValidationFailed(
            f"{line.name} before training",
            found=reason,
            expected="as its expectations say",
            next_step=f"nothing was trained; read {url}",
        )
    return {**ref, "validation": str(pages)}


def _tables(
    con: Any,  # noqa: ANN401 - Ibis is untyped
    ref: Mapping[str, Any],
) -> Iterator[tuple[str, Any]]:
    """Each table by its kind, as an expression that is not read yet or rows in memory."""
    from pipeline.data import engine, snapshot  # noqa: PLC0415 - as above
    from pipeline.steps.prove import prove  # noqa: PLC0415 - as above

    line = context.line_of(ref["line"])
    recipe = line.recipe_with(ref["recipe"])
    start, end = (datetime.fromisoformat(ref[name]) for name in ("start", "end"))
    home = settings().home
    shown = engine.exposures(
        con, home, line, arrived_before=end, requested_from=start, requested_to=end
    )
    training = snapshot.verified(Path(ref["snapshot"]))
    yield "exposures", shown
    yield "outcomes", engine.outcomes(con, home, line, arrived_from=start, arrived_before=end)
    yield "training", training
    yield "proofs", prove(con, line, recipe, shown, training.to_pandas())
