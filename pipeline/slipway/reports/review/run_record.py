"""What a training run leaves behind for later pages: which data, code and recipe, and what was measured."""

from collections.abc import Mapping
from typing import Any

from slipway.domain.run import EvaluatedRun
from slipway.reports.review.brief import EffectBeside, Findings

FILE = "run.json"
"""Name of the record among the files of the evidence."""


def of_run(run: EvaluatedRun[Any], definition: str, trained: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a run; ``definition`` is the compiled line, ``trained`` what fitting left behind."""
    return {
        "interval": [run.start.isoformat(), run.end.isoformat()],
        "rows": run.snapshot.rows,
        "recipe": run.to_dict()["recipe"],
        "definition": definition,
        "parts": dict(trained.get("digests", {})),
        "reproduced": run.model.reproducibility,
        "beside": run.champion,
    }


def with_offline(record: Mapping[str, Any], found: Findings) -> dict[str, Any]:
    """The record with what was measured before any exposure."""
    return {
        **record,
        "offline": {
            "compared": [list(one) for one in found.compared],
            "segments": [list(one) for one in found.segments],
            "untested": list(found.untested),
            "users": found.users,
            "rules": found.rules,
        },
    }


def offline_of(record: Mapping[str, Any]) -> Findings:
    """What was measured before any exposure, as the record has it; nothing where it has none."""
    kept = record.get("offline", {})
    return Findings(
        lead="",
        verdicts=(),
        compared=tuple(EffectBeside(*one) for one in kept.get("compared", ())),
        segments=tuple(EffectBeside(*one) for one in kept.get("segments", ())),
        untested=tuple(kept.get("untested", ())),
        users=kept.get("users", ""),
        rules=kept.get("rules", ""),
    )
