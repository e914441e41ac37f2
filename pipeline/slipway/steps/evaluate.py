"""Measure candidate, champion and rules on the same held-out week, and judge it gate by gate."""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from slipway import lines
from slipway.domain.cluster_measurements import ClusterMeasurements
from slipway.domain.measurement import OfflineMeasurements
from slipway.domain.stage import Stage
from slipway.gates import gates_for
from slipway.gates import judge as judge_gate
from slipway.settings import settings
from slipway.steps import clusters, context


def evaluate(ref: Mapping[str, Any]) -> dict[str, Any]:
    """Write the run's offline measurements; the champion is the one that reigns now."""
    from slipway.artifact.folder import recipe_of  # noqa: PLC0415 - loads NumPy
    from slipway.artifact.load import load_ranker  # noqa: PLC0415 - loads NumPy
    from slipway.data import snapshot as frozen  # noqa: PLC0415 - loads the query engine
    from slipway.evaluation.evaluate import evaluate as measure  # noqa: PLC0415 - loads NumPy

    if ref["line"] in lines.cluster_names():
        return clusters.evaluate(ref)
    line = context.line_of(ref["line"])
    state = context.ledger().state(line.name)
    with tempfile.TemporaryDirectory(dir=ref["work"]) as scratch:
        champion = reference = None
        if state.champion is not None:
            folder = context.registry().download(line.name, state.champion, Path(scratch))
            champion, fitted = load_ranker(folder, line), recipe_of(folder, line)
            reference = fitted[0] if fitted else None
        measured = measure(
            frozen.describe(Path(ref["snapshot"])),
            line,
            line.recipe_with(ref["recipe"]),
            load_ranker(Path(ref["ranker"]), line),
            champion,
            load_ranker(rules_folder(ref["line"]), line),
            reference=reference,
            plain=load_ranker(Path(ref["plain"]), line) if ref["plain"] else None,
            timer=time.perf_counter,
        )
    path = context.write_json(Path(ref["work"]) / "offline.json", measured.to_dict())
    return {**ref, "measurements": str(path), "champion": state.champion}


def rules_folder(line_name: str) -> Path:
    """The hand-written rules as a ranker folder; always the same bytes for the same rules."""
    import numpy as np  # noqa: PLC0415 - a judging task needs none

    from slipway.artifact.folder import write_rules  # noqa: PLC0415 - loads NumPy
    from slipway.training.examination import estimate  # noqa: PLC0415 - loads NumPy

    line = context.line_of(line_name)
    folder = settings().home / "work" / line_name / "rules"
    no_rows = np.zeros(0)
    theta = estimate(no_rows.astype(int), no_rows, no_rows.astype(bool), line.list_length)
    return write_rules(folder, line, theta)


def offline_gates(ref: Mapping[str, Any]) -> list[str]:
    """Names of the gates that judge the run, one comparison each."""
    if ref["line"] in lines.cluster_names():
        return clusters.offline_gates(ref)
    return list(gates_for(Stage.OFFERED, has_champion=ref["champion"] is not None))


def judge(ref: Mapping[str, Any], gate: str) -> dict[str, Any]:
    """The verdict of one offline gate."""
    raw = context.read_json(ref["measurements"])
    of_clusters = ref["line"] in lines.cluster_names()
    kind = ClusterMeasurements if of_clusters else OfflineMeasurements
    return judge_gate(gate, kind.from_dict(raw), context.policy_of(ref["line"])).to_dict()
