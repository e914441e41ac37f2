"""The ``MLmodel`` file: what makes a ranker's folder a model that MLflow's own tools can load.

Two flavors (https://mlflow.org/docs/latest/ml/model/): ``python_function`` answers what the router
answers, for every kind of ranker; ``sklearn`` is the fitted pipeline, where the ranker is one.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slipway import lines
from slipway.training.artifact import MODEL, TRUSTED
from slipway.training.blend import file_of

LOADER = "slipway.serving.pyfunc"


@contextmanager
def described(ranker: Path, line: str) -> Iterator[Path]:
    """A copy of the folder ``ranker`` with its ``MLmodel`` file; gone at the end."""
    from mlflow import pyfunc  # noqa: PLC0415 - heavy, and only where something is registered
    from mlflow.models import Model, ModelSignature  # noqa: PLC0415 - as above

    model = Model(signature=ModelSignature(inputs=_inputs(line)))
    pyfunc.add_to_model(model, loader_module=LOADER)
    if (ranker / MODEL).is_file() and not (ranker / file_of(MODEL, 1)).is_file():
        model.add_flavor("sklearn", **_pipeline())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(ranker, Path(scratch) / ranker.name))
        model.save(folder / "MLmodel")
        yield folder


def _inputs(line: str) -> Any:  # noqa: ANN401 - MLflow's Schema
    from mlflow.types import ColSpec, Schema  # noqa: PLC0415 - as above

    if line in lines.cluster_names():
        return Schema([ColSpec("string", "text")])
    return Schema([ColSpec("double", column.name) for column in lines.load(line).features])


def _pipeline() -> dict[str, Any]:
    import sklearn  # noqa: PLC0415 - as above

    return {
        "pickled_model": MODEL,
        "serialization_format": "skops",
        "sklearn_version": sklearn.__version__,
        "skops_trusted_types": list(TRUSTED),
    }
