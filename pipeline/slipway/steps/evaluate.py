"""Measure candidate, champion and rules on the same held-out week, and judge it gate by gate."""

import tempfile
import time
from pathlib import Path
from typing import Any

from slipway import lines
from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.run import EvaluatedRun, TrainedRun
from slipway.domain.stage import Stage
from slipway.gates import gates_for
from slipway.gates import judge as judge_gate
from slipway.settings import settings
from slipway.steps import clusters, context


def evaluate(run: TrainedRun[Any]) -> EvaluatedRun[Any]:
    """Write the run's offline measurements; the champion is the one that reigns now."""
    from slipway.data import snapshot as frozen  # noqa: PLC0415 - the DAG parse stays light
    from slipway.evaluation.evaluate import evaluate as measure  # noqa: PLC0415 - as above
    from slipway.evaluation.rankers import load_ranker  # noqa: PLC0415 - as above
    from slipway.training.artifact import recipe_of  # noqa: PLC0415 - as above

    if run.line in lines.cluster_names():
        return clusters.evaluate(run)
    line = context.line_of(run.line)
    state = context.ledger().state(line.name)
    with tempfile.TemporaryDirectory(dir=run.work) as scratch:
        champion = reference = None
        if state.champion is not None:
            folder = context.registry().download(line.name, state.champion, Path(scratch))
            champion, fitted = load_ranker(folder, line), recipe_of(folder, line)
            reference = fitted[0] if fitted else None
        measured = measure(
            frozen.describe(run.snapshot.path),
            line,
            run.recipe,
            load_ranker(run.model.folder, line),
            champion,
            load_ranker(rules_folder(run.line), line),
            reference=reference,
            plain=load_ranker(run.model.plain, line) if run.model.plain else None,
            timer=time.perf_counter,
        )
    path = context.write_json(run.work / "offline.json", measured.to_dict())
    return run.evaluated(path, state.champion)


def rules_folder(line_name: str) -> Path:
    """The hand-written rules as a ranker folder; always the same bytes for the same rules."""
    import numpy as np  # noqa: PLC0415 - as above

    from slipway.training.artifact import write_rules  # noqa: PLC0415 - as above
    from slipway.training.examination import estimate  # noqa: PLC0415 - as above

    line = context.line_of(line_name)
    folder = settings().home / "work" / line_name / "rules"
    no_rows = np.zeros(0)
    theta = estimate(no_rows.astype(int), no_rows, no_rows.astype(bool), line.list_length)
    return write_rules(folder, line, theta)


def offline_gates(run: EvaluatedRun[Any]) -> list[str]:
    """Names of the gates that judge the run, one comparison each."""
    policy = context.policy_of(run.line)
    return list(gates_for(Stage.OFFERED, has_champion=run.champion is not None, policy=policy))


def judge(run: EvaluatedRun[Any], gate: str) -> dict[str, Any]:
    """The verdict of one offline gate."""
    raw = context.read_json(run.measurements)
    of_clusters = run.line in lines.cluster_names()
    kind = ClusterMeasurements if of_clusters else OfflineMeasurements
    return judge_gate(gate, kind.from_dict(raw), context.policy_of(run.line)).to_dict()
