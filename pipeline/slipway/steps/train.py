"""Fit the run's recipe on its snapshot, and hold it to the same run of earlier."""

import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from slipway import lines
from slipway.domain.release import fold
from slipway.steps import clusters, context


def train(ref: Mapping[str, Any]) -> dict[str, Any]:
    """Fit, compile and fingerprint; returns the reference with the ranker's folder.

    A recipe that leans on the champion leans on the one that reigned when the interval ended, so
    that a backfill of the week leans on the same.
    """
    from slipway.data import snapshot as frozen  # noqa: PLC0415 - loads the query engine
    from slipway.training.train import train as fit  # noqa: PLC0415 - scikit-learn is heavy

    if ref["line"] in lines.cluster_names():
        return clusters.train(ref)
    line = context.line_of(ref["line"])
    recipe = line.recipe_with(ref["recipe"])
    table = frozen.describe(Path(ref["snapshot"]))
    with tempfile.TemporaryDirectory(dir=ref["work"]) as scratch:
        champion = _reigning(ref, Path(scratch)) if recipe.uses_champion else None
        fitted = fit(table, line, recipe, Path(ref["work"]) / "models", champion)
    context.write_json(Path(ref["work"]) / "trained.json", fitted.to_dict())
    return {
        **ref,
        "fingerprint": fitted.fingerprint,
        "again": context.compared(ref["line"], ref["end"], fitted.digests),
        "ranker": str(fitted.folder),
        "plain": str(fitted.plain) if fitted.plain else None,
    }


def _reigning(ref: Mapping[str, Any], scratch: Path) -> Path | None:
    """The ranker of the champion at the interval's end; None where the rules reigned."""
    end = datetime.fromisoformat(ref["end"])
    past = [t for t in context.ledger().transitions(ref["line"]) if t.at <= end]
    version = fold(ref["line"], past).champion
    if version is None:
        return None
    return context.registry().download(ref["line"], version, scratch / "champion")
