"""Register a judged version with its evidence, and say where it came from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway import lines
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.verdict import Verdict, panel_conclusion
from slipway.settings import settings
from slipway.steps import clusters, context
from slipway.steps.evaluate import rules_folder


def register(
    ref: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]], origin: str, author: str
) -> dict[str, Any]:
    """Register the run's ranker with page, verdicts and figures; repeating it changes nothing.

    ``origin`` is scheduled, manual or backfill; ``author`` is who started the run and may therefore
    not approve it.
    """
    from slipway.reports import evidence, page  # noqa: PLC0415 - loads SciPy

    if ref["line"] in lines.cluster_names():
        return clusters.register(ref, verdicts, origin, author)
    line = context.line_of(ref["line"])
    registry = context.registry()
    registry.register_rules(line.name, rules_folder(line.name), author="slipway")
    ledger = context.ledger()  # so that the router learns of new rules too
    registry.project(ledger.state(line.name), ledger.transitions(line.name))
    recipe = line.recipe_with(ref["recipe"])
    panel = [Verdict.from_dict(verdict) for verdict in verdicts]
    measured = OfflineMeasurements.from_dict(context.read_json(ref["measurements"]))
    trained = context.read_json(Path(ref["work"]) / "trained.json")
    facts = {
        "interval": f"{ref['start']} to {ref['end']}",
        "recipe": recipe.name,
        "origin": origin,
        "author": author,
        "fingerprint": ref["fingerprint"],
        "snapshot": ref["snapshot_digest"],
        "validation": _validation(ref),
        "suspicions": ref["suspicions"],
        "reproduced": ref["again"],
        "stability": trained["leaned"],
    }
    facts |= {f"digest of {part}": digest[:16] for part, digest in trained["digests"].items()}
    folder = Path(ref["work"]) / "evidence"
    figures = evidence.write_offline(
        folder,
        title=f"{line.name}: {recipe.name}, week to {measured.interval_end:%Y-%m-%d}",
        facts=facts,
        measured=measured,
        verdicts=panel,
        policy=line.policy,
    )
    for path in Path(ref["validation"]).iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    version = registry.register(
        line.name,
        Path(ref["ranker"]),
        folder,
        key=f"{ref['run_key']}:{ref['fingerprint']}",
        tags={
            "origin": origin,
            "author": author,
            "fingerprint": ref["fingerprint"],
            "snapshot": ref["snapshot_digest"],
            "validation": _validation(ref),
            "validation_page": _page("validation.html"),
            "interval_end": ref["end"],
            "recipe": recipe.name,
            "offline": panel_conclusion(panel).name,
        },
        description=page.description(
            lead=f"{recipe.name}, {origin} run for the week to {measured.interval_end:%Y-%m-%d}",
            facts={
                "fingerprint": ref["fingerprint"][:16],
                "author": author,
                "validation": _validation(ref),
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
        params={"recipe": recipe.name, "max_iter": recipe.max_iter, "rows": ref["rows"]},
        metrics={
            **{f"log_loss_{arm}": value for arm, value in measured.log_loss.items()},
            **{f"ndcg_{arm}": value for arm, value in measured.ndcg.items()},
        },
    )
    return {**ref, "version": version, "origin": origin, "author": author}


def _validation(ref: Mapping[str, Any]) -> str:
    """What the registry says of the snapshot's validation; the digest is of what was found."""
    return f"PASS, {ref['expectations']} expectations, digest {ref['validation_digest'][:16]}"


def _page(name: str) -> str:
    """Deep link to a file of the evidence; the registry fills in which run it belongs to."""
    from slipway.registry.page import EXPERIMENT_PLACE, RUN_PLACE, run_url  # noqa: PLC0415

    pages = settings().mlflow_pages
    return f"{run_url(pages, EXPERIMENT_PLACE, RUN_PLACE)}/evidence/{name}"
