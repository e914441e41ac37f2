"""Fit every seed of the run's recipe on its snapshot."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.steps import context


def train(ref: Mapping[str, Any]) -> dict[str, Any]:
    """Fit, compile and fingerprint; returns the reference with the rankers' folders."""
    from pipeline.data import snapshot as frozen  # noqa: PLC0415 - the DAG parse stays light
    from pipeline.training.train import train as fit  # noqa: PLC0415 - scikit-learn is heavy

    line = context.line_of(ref["line"])
    table = frozen.describe(Path(ref["snapshot"]))
    fitted = fit(table, line, line.recipe_with(ref["recipe"]), Path(ref["work"]) / "models")
    context.write_json(Path(ref["work"]) / "trained.json", fitted.to_dict())
    return {
        **ref,
        "fingerprint": fitted.fingerprint,
        "ranker": str(fitted.folder),
        "seeds": [str(folder) for folder in fitted.seeds],
    }
