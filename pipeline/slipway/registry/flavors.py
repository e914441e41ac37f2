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
from slipway.artifact.ensemble import MODEL, file_of
from slipway.artifact.estimators import TRUSTED
from slipway.domain.clusters import ClusterLine
from slipway.domain.declared_line import DeclaredLine


@contextmanager
def described(ranker: Path, line: str) -> Iterator[Path]:
    """A copy of the folder ``ranker`` with its ``MLmodel`` file; gone at the end."""
    from mlflow import pyfunc
    from mlflow.models import Model, ModelSignature

    from slipway.artifact import pyfunc as rankers
    from slipway.training.clusters import pyfunc as clusters

    declared = lines.declared(line)
    loader = clusters if isinstance(declared, ClusterLine) else rankers
    model = Model(signature=ModelSignature(inputs=_inputs(declared)))
    pyfunc.add_to_model(model, loader_module=loader.__name__)
    if (ranker / MODEL).is_file() and not (ranker / file_of(MODEL, 1)).is_file():
        model.add_flavor("sklearn", **_pipeline())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(ranker, Path(scratch) / ranker.name))
        model.save(folder / "MLmodel")
        yield folder


def _inputs(line: DeclaredLine) -> Any:  # MLflow's Schema
    """What the model reads; of any type, for MLflow would refuse whole numbers the loader can take."""
    from mlflow.types import ColSpec, Schema
    from mlflow.types.schema import AnyType

    from slipway.training.clusters.pyfunc import TEXT

    if isinstance(line, ClusterLine):
        return Schema([ColSpec("string", TEXT)])
    inputs = (column for column in line.columns if column.may_be_input)
    return Schema([ColSpec(AnyType(), column.name) for column in inputs])


def _pipeline() -> dict[str, Any]:
    import sklearn

    return {
        "pickled_model": MODEL,
        "serialization_format": "skops",
        "sklearn_version": sklearn.__version__,
        "skops_trusted_types": list(TRUSTED),
    }
