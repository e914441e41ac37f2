"""What a reviewer's page says beside the measurements: read from ledger, registry, settings and runs."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from slipway.data import json_file
from slipway.domain.declared_line import DeclaredLine
from slipway.domain.errors import SlipwayError
from slipway.domain.release import Origin, Transition, fold
from slipway.domain.run import EvaluatedRun
from slipway.domain.stage import Stage
from slipway.lines.definition import compiled
from slipway.monitoring import loop_report
from slipway.registry.names import EVIDENCE_FOLDER
from slipway.release.machine import ends_at
from slipway.reports.review import run_record
from slipway.reports.review.brief import Brief
from slipway.settings import settings
from slipway.steps import context, drill, promises, readiness, retrain_ask

TRAINED = "trained.json"


def before_exposure(
    run: EvaluatedRun[Any], line: DeclaredLine, origin: Origin, author: str
) -> Brief:
    """Of a run whose model is about to be registered, beside the champion that it was measured with."""
    trained = run.work / TRAINED
    record = run_record.of_run(
        run, compiled(line).to_text(), json_file.read(trained) if trained.is_file() else {}
    )
    return Brief(
        line=line,
        version="",
        stage=Stage.OFFERED,
        at=run.end,
        author=author,
        origin=origin.value,
        fingerprint=run.model.fingerprint,
        champion=run.champion,
        run=record,
        champion_run=record_of(line.name, run.champion),
        past=context.ledger().transitions(line.name),
        rehearsed=drill.last(line.name),
        promises=_promises(line),
        staleness=_age_costs(line),
        loop=_loop(line),
        readiness=readiness.in_words(line.name),
        one_reviewer=_one_is_enough(line, author),
    )


def of_step(line: DeclaredLine, step: Transition, past: Sequence[Transition]) -> Brief:
    """Of a step of a release that was taken; the champion is who would go on without it."""
    who, champion = step.candidate, _opponent(line.name, step, past)
    return Brief(
        line=line,
        version=who.version,
        stage=step.to_stage,
        at=step.at,
        author=who.author,
        origin=who.origin.value,
        fingerprint=who.fingerprint,
        champion=champion,
        run=record_of(line.name, who.version) or {},
        champion_run=record_of(line.name, champion),
        past=past,
        evidence_digest=who.evidence_digest or "",
        asked_until=None if step.to_stage.is_final else ends_at(who, line.policy),
        one_reviewer=_one_is_enough(line, who.author),
        rehearsed=drill.last(line.name),
        promises=_promises(line),
        staleness=_age_costs(line),
        loop=_loop(line),
        readiness=readiness.in_words(line.name),
        share=step.share,
        reason=step.reason,
    )


def _promises(line: DeclaredLine) -> str:
    """How the promises of earlier releases fared."""
    if not line.has_traffic:
        return "none: clusters answer no requests"
    return _as_far_as_read(lambda: promises.history(line.name).sentence)


def _age_costs(line: DeclaredLine) -> str:
    """What a champion's age costs, by the weeks that were measured; "" where none was."""
    if not line.has_traffic:
        return ""
    return _as_far_as_read(lambda: "; ".join(e.words for e in retrain_ask.facts(line.name).curve))


def _loop(line: DeclaredLine) -> str:
    """Whether the champion feeds on its own clicks, as the watch last judged; "" where nobody looked.

    It is told to whoever decides and refuses nothing: its weeks are the champion's, and the candidate may
    be the one that ends the loop.
    """
    path = context.folder(line.name, "watch") / loop_report.FILE
    if not path.is_file():
        return ""
    return _as_far_as_read(lambda: loop_report.LoopReport.from_dict(json_file.read(path)).decided)


def _as_far_as_read(read: Callable[[], str]) -> str:
    """What a file of the watch says, or that it is damaged: it keeps no step from being shown."""
    try:
        return read()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"not known: what the watch kept cannot be read ({context.in_one_line(error)})"


def record_of(line_name: str, version: str | None) -> Mapping[str, Any] | None:
    """What a version's training run left behind; None where it is not known: nothing is guessed."""
    if version is None:
        return None
    try:
        text = context.registry().evidence_file(
            line_name, version, f"{EVIDENCE_FOLDER}/{run_record.FILE}"
        )
        found = json.loads(text) if text else None
    except (SlipwayError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _opponent(line_name: str, step: Transition, past: Sequence[Transition]) -> str | None:
    """Who stands behind ``step``: the champion after it, or the one before where it became champion."""
    if step.to_stage is not Stage.CHAMPION and step.champion != step.candidate.version:
        return step.champion
    return fold(line_name, [t for t in past if t.epoch < step.epoch]).champion


def _one_is_enough(line: DeclaredLine, author: str) -> bool:
    """Whether one reviewer is asked: by the policy, and where it is known which person the author is."""
    try:
        return line.policy.reviewers == 1 and settings().people.author(author) is not None
    except SlipwayError:
        return False
