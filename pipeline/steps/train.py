"""Fit every seed of the run's recipe on its snapshot, and hold it to the same run of earlier."""

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
        "again": _compared(ref, fitted.digests),
        "ranker": str(fitted.folder),
        "seeds": [str(folder) for folder in fitted.seeds],
    }


def _compared(ref: Mapping[str, Any], digests: Mapping[str, str]) -> str:
    """How the run stands to earlier ones of its interval and recipe; it is remembered with them.

    Raises NotReproducible where equal causes gave another model.
    """
    from pipeline.training import fingerprint  # noqa: PLC0415 - as above

    week = f"{ref['end'][:10]}-{digests['recipe'][:12]}.json"
    path = context.folder(ref["line"], "fingerprints") / week
    earlier = context.read_json(path)["runs"] if path.is_file() else []
    said = fingerprint.compare(earlier, digests)
    if digests not in earlier:
        context.write_json(path, {"runs": [*earlier, dict(digests)]})
    return said
