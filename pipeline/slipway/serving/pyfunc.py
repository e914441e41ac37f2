"""The loader that the ``MLmodel`` files of earlier versions name; it hands on to today's."""

from pathlib import Path

from slipway.artifact import pyfunc as rankers
from slipway.artifact.manifest import MANIFEST
from slipway.artifact.pyfunc import BatchModel
from slipway.training.clusters import pyfunc as clusters


def _load_pyfunc(path: str) -> BatchModel:
    """Load the version in folder ``path``; raises BadInput for a damaged one."""
    loader = rankers if (Path(path) / MANIFEST).is_file() else clusters
    model: BatchModel = loader._load_pyfunc(path)  # noqa: SLF001 - the name that MLflow calls
    return model
