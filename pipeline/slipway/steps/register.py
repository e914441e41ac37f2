"""Register a judged version with its evidence, and say where it came from."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from slipway.data import json_file
from slipway.domain.release import Origin
from slipway.domain.run import EvaluatedRun, RegisteredRun
from slipway.domain.verdict import Verdict, panel_conclusion
from slipway.kinds import kind_of
from slipway.kinds.kind import VersionPage
from slipway.settings import settings
from slipway.steps import context, ledger_check, review_facts
from slipway.steps.snapshot import INTERVAL

if TYPE_CHECKING:
    from slipway.reports.review.brief import Brief


def register(
    run: EvaluatedRun[Any], verdicts: Sequence[Mapping[str, Any]], origin: Origin, author: str
) -> RegisteredRun[Any]:
    """Register the run's model with page, verdicts and figures; repeating it changes nothing.

    ``author`` is who started the run and may therefore not approve it.
    """
    line, folder = context.declared(run.line), run.work / "evidence"
    kind = kind_of(line)
    if (rules := kind.rules(settings().home, line)) is not None:
        context.registry().register_rules(line.name, rules, author="slipway")
        ledger_check.show(line.name)  # so that the router learns of new rules too
    panel = [Verdict.from_dict(verdict) for verdict in verdicts]
    measured = kind.read_measurements(json_file.read(run.measurements))
    brief = review_facts.before_exposure(run, line, origin, author)
    shown = kind.write_evidence(folder, line, run, measured, panel, brief)
    for path in run.validation.folder.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    version = context.registry().register(
        line.name,
        run.model.folder,
        folder,
        key=f"{run.key}:{run.model.fingerprint}",
        tags={
            "origin": origin.value,
            "author": author,
            "fingerprint": run.model.fingerprint,
            "learned": run.model.learned,
            "snapshot": run.snapshot.digest,
            "interval_end": run.end.isoformat(),
            "recipe": run.recipe.name,
            "offline": panel_conclusion(panel).name,
            **shown.tags,
        },
        description=_description(run, shown, panel, brief),
        params={"recipe": run.recipe.name, "rows": run.snapshot.rows, **shown.params},
        metrics=shown.metrics,
    )
    return run.registered(version, origin, author)


def _description(
    run: EvaluatedRun[Any],
    shown: VersionPage,
    panel: Sequence[Verdict],
    brief: "Brief",
) -> str:
    from slipway.reports import page  # a template engine, for this task alone
    from slipway.reports.review.layout import POINTS_FILE

    return page.description(
        lead=f"{run.recipe.name}, {brief.origin} run for the week to {run.end:%Y-%m-%d}",
        facts={
            "fingerprint": run.model.fingerprint[:16],
            "author": brief.author,
            **_asked_by(run),
            **shown.facts,
        },
        verdicts=panel,
        points=json_file.read(run.work / "evidence" / POINTS_FILE),
        links=shown.links,
        images=[
            f"get-artifact?path=evidence/{name}.png&run_uuid={{{{run_id}}}}"
            for name in shown.images
        ],
    )


def _asked_by(run: EvaluatedRun[Any]) -> dict[str, str]:
    """The watch's reasons where it asked for the run."""
    path = run.work / INTERVAL
    reasons = json_file.read(path).get("asked_by") if path.is_file() else None
    return {"asked for by": "; ".join(reasons)} if reasons else {}
