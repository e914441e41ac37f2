"""Register a judged version with its evidence, and say where it came from."""

from collections.abc import Mapping, Sequence
from typing import Any

from slipway import lines
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.release import Origin
from slipway.domain.run import EvaluatedRun, RegisteredRun, ValidationRecord
from slipway.domain.verdict import Verdict, panel_conclusion
from slipway.settings import settings
from slipway.steps import clusters, context
from slipway.steps.evaluate import rules_folder


def register(
    run: EvaluatedRun[Any], verdicts: Sequence[Mapping[str, Any]], origin: Origin, author: str
) -> RegisteredRun[Any]:
    """Register the run's ranker with page, verdicts and figures; repeating it changes nothing.

    ``author`` is who started the run and may therefore not approve it.
    """
    from slipway.reports import evidence, page  # noqa: PLC0415 - the DAG parse stays light

    if run.line in lines.cluster_names():
        return clusters.register(run, verdicts, origin, author)
    line = context.line_of(run.line)
    registry = context.registry()
    registry.register_rules(line.name, rules_folder(line.name), author="slipway")
    ledger = context.ledger()  # so that the router learns of new rules too
    registry.project(ledger.state(line.name), ledger.transitions(line.name))
    recipe = run.recipe
    panel = [Verdict.from_dict(verdict) for verdict in verdicts]
    measured = OfflineMeasurements.from_dict(context.read_json(run.measurements))
    trained = context.read_json(run.work / "trained.json")
    facts = {
        "interval": f"{run.start.isoformat()} to {run.end.isoformat()}",
        "recipe": recipe.name,
        "origin": origin,
        "author": author,
        "fingerprint": run.model.fingerprint,
        "snapshot": run.snapshot.digest,
        "validation": _validation(run.validation),
        "suspicions": run.validation.suspicions,
        "reproduced": run.model.reproducibility,
        "stability": trained["leaned"],
    }
    facts |= {f"digest of {part}": digest[:16] for part, digest in trained["digests"].items()}
    folder = run.work / "evidence"
    figures = evidence.write_offline(
        folder,
        title=f"{line.name}: {recipe.name}, week to {measured.interval_end:%Y-%m-%d}",
        facts=facts,
        measured=measured,
        verdicts=panel,
        policy=line.policy,
    )
    for path in run.validation.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    version = registry.register(
        line.name,
        run.model.folder,
        folder,
        key=f"{run.key}:{run.model.fingerprint}",
        tags={
            "origin": origin,
            "author": author,
            "fingerprint": run.model.fingerprint,
            "snapshot": run.snapshot.digest,
            "validation": _validation(run.validation),
            "validation_page": _page("validation.html"),
            "interval_end": run.end.isoformat(),
            "recipe": recipe.name,
            "offline": panel_conclusion(panel).name,
        },
        description=page.description(
            lead=f"{recipe.name}, {origin} run for the week to {measured.interval_end:%Y-%m-%d}",
            facts={
                "fingerprint": run.model.fingerprint[:16],
                "author": author,
                "validation": _validation(run.validation),
            },
            verdicts=panel,
            links={
                "what was checked before training": _page("validation.html"),
                "its Data Docs": _page("datadocs_training.html"),
                "the evidence": _page("evidence.html"),
            },
            images=[
                f"get-artifact?path=evidence/{figure.name}.png&run_uuid={{{{run_id}}}}"
                for figure in figures[:2]
            ],
        ),
        params={"recipe": recipe.name, "max_iter": recipe.max_iter, "rows": run.snapshot.rows},
        metrics={
            **{f"log_loss_{arm}": value for arm, value in measured.log_loss.items()},
            **{f"ndcg_{arm}": value for arm, value in measured.ndcg.items()},
        },
    )
    return run.registered(version, origin, author)


def _validation(found: ValidationRecord) -> str:
    """What the registry says of the snapshot's validation; the digest is of what was found."""
    return f"PASS, {found.expectations} expectations, digest {found.digest[:16]}"


def _page(name: str) -> str:
    """Deep link to a file of the evidence; the registry fills in which run it belongs to."""
    from slipway.release.registry.page import EXPERIMENT_PLACE, RUN_PLACE, run_url  # noqa: PLC0415

    pages = settings().mlflow_pages
    return f"{run_url(pages, EXPERIMENT_PLACE, RUN_PLACE)}/evidence/{name}"
