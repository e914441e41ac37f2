"""Measure candidate, champion and rules on the same held-out week, and judge it gate by gate."""

from pathlib import Path
from typing import Any

from slipway.data import json_file
from slipway.domain.run import EvaluatedRun, TrainedRun
from slipway.domain.stage import Stage
from slipway.gates import gates_for
from slipway.gates import judge as judge_gate
from slipway.kinds import kind_of, ranking
from slipway.settings import settings
from slipway.steps import context, retrain_ask


def evaluate(run: TrainedRun[Any]) -> EvaluatedRun[Any]:
    """Write the run's offline measurements; the champion is today's."""
    line = context.declared(run.line)
    champion = context.ledger().state(run.line).champion
    with context.versions(run.line) as fetch:
        measured, beside = kind_of(line).measure(settings().home, line, run, champion, fetch)
    path = json_file.write(run.work / "offline.json", measured.to_dict())
    retrain_ask.remember(run, measured, champion)
    return run.evaluated(path, beside)


def rules_folder(line_name: str) -> Path:
    """The hand-written rules as a ranker folder; always the same bytes for the same rules."""
    return ranking.rules(settings().home, context.line_of(line_name))


def offline_gates(run: EvaluatedRun[Any]) -> list[str]:
    """Names of the gates that judge the run, one comparison each."""
    policy = context.policy_of(run.line)
    return list(gates_for(Stage.OFFERED, has_champion=run.champion is not None, policy=policy))


def judge(run: EvaluatedRun[Any], gate: str) -> dict[str, Any]:
    """The verdict of one offline gate."""
    line = context.declared(run.line)
    measured = kind_of(line).read_measurements(json_file.read(run.measurements))
    return judge_gate(gate, measured, line.policy).to_dict()
